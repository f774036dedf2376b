package io.plumbline.intent.evaluation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Figures of a score that should be high for bad acts. Ties count half. */
public final class Metrics {
    private static final int RESAMPLES = 200;

    private Metrics() {}

    /**
     * @param low end of the 95 % interval (bootstrap over sessions)
     * @param high the other end
     */
    public record Estimate(double value, double low, double high) {}

    /** What one of both groups of scores says. */
    @FunctionalInterface
    public interface Figure {
        /** @param good scores of benign acts, ascending @param bad scores of bad acts, ascending */
        double of(double[] good, double[] bad);
    }

    /** Probability that a bad act scores higher than a good one. */
    public static double auc(double[] good, double[] bad) {
        double sum = 0;
        int below = 0;
        int upTo = 0;
        for (double score : bad) {
            while (below < good.length && good[below] < score) {
                below++;
            }
            upTo = Math.max(upTo, below);
            while (upTo < good.length && good[upTo] <= score) {
                upTo++;
            }
            sum += (below + upTo) / 2.0;
        }
        return sum / ((double) good.length * bad.length);
    }

    /** The score that a share of good acts exceeds at most. */
    public static double threshold(double[] good, double falseAlarms) {
        return good[Math.clamp((long) Math.floor(good.length * (1 - falseAlarms)), 0, good.length - 1)];
    }

    /** Share of bad acts that do not exceed the threshold. */
    public static double missed(double[] bad, double threshold) {
        int missed = 0;
        for (double score : bad) {
            missed += score <= threshold ? 1 : 0;
        }
        return (double) missed / bad.length;
    }

    /** Share of bad acts missed at a share of false alarms. */
    public static Figure missesAt(double falseAlarms) {
        return (good, bad) -> good.length == 0 ? Double.NaN : missed(bad, threshold(good, falseAlarms));
    }

    /**
     * Scores with the sessions that they are of. Acts of one session are alike, so what is drawn again is whole sessions.
     *
     * @param scores ascending
     * @param sessions one a score
     */
    public record Sample(double[] scores, int[] sessions) {
        /** In any order. */
        public static Sample of(double[] scores, int[] sessions) {
            Integer[] order = new Integer[scores.length];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
            double[] sorted = new double[scores.length];
            int[] of = new int[scores.length];
            for (int i = 0; i < order.length; i++) {
                sorted[i] = scores[order[i]];
                of[i] = sessions[order[i]];
            }
            return new Sample(sorted, of);
        }

        /** Each score as often as its session was drawn; ascending. */
        private double[] drawn(Map<Integer, Integer> times) {
            int size = 0;
            for (int session : sessions) {
                size += times.getOrDefault(session, 0);
            }
            double[] drawn = new double[size];
            int at = 0;
            for (int i = 0; i < scores.length; i++) {
                for (int left = times.getOrDefault(sessions[i], 0); left > 0; left--) {
                    drawn[at++] = scores[i];
                }
            }
            return drawn;
        }
    }

    /** A figure with its bootstrap interval over sessions; the same on every run. */
    public static Estimate estimate(Sample good, Sample bad, Figure figure) {
        return interval(
                figure.of(good.scores(), bad.scores()),
                sessions(good, bad),
                times -> figure.of(good.drawn(times), bad.drawn(times)));
    }

    /** By how much the figure of one scorer is above that of another one on the same acts, with its bootstrap interval. */
    public static Estimate difference(Sample good, Sample bad, Sample otherGood, Sample otherBad, Figure figure) {
        return interval(
                figure.of(good.scores(), bad.scores()) - figure.of(otherGood.scores(), otherBad.scores()),
                sessions(good, bad),
                times -> figure.of(good.drawn(times), bad.drawn(times))
                        - figure.of(otherGood.drawn(times), otherBad.drawn(times)));
    }

    /** A share of so many acts with its 95 % interval (Wilson), as if each were drawn for itself. */
    static Estimate share(double share, int acts) {
        double z = 1.96;
        double n = Math.max(1, acts);
        double middle = (share + z * z / (2 * n)) / (1 + z * z / n);
        double half = z / (1 + z * z / n) * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n));
        return new Estimate(share, Math.max(0, middle - half), Math.min(1, middle + half));
    }

    private static int[] sessions(Sample good, Sample bad) {
        return IntStream.concat(Arrays.stream(good.sessions()), Arrays.stream(bad.sessions()))
                .distinct()
                .sorted()
                .toArray();
    }

    private static Estimate interval(double value, int[] sessions, ToDoubleFunction<Map<Integer, Integer>> again) {
        SplittableRandom random = new SplittableRandom(11);
        double[] values = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            Map<Integer, Integer> times = new HashMap<>();
            for (int drawn = 0; drawn < sessions.length; drawn++) {
                times.merge(sessions[random.nextInt(sessions.length)], 1, Integer::sum);
            }
            values[i] = again.applyAsDouble(times);
        }
        // A draw without one of both groups says nothing.
        double[] known =
                Arrays.stream(values).filter(one -> !Double.isNaN(one)).sorted().toArray();
        return known.length == 0
                ? new Estimate(value, value, value)
                : new Estimate(value, known[(int) (known.length * 0.025)], known[(int) (known.length * 0.975)]);
    }

    static double[] sorted(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
