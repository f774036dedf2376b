package io.plumbline.intent.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Figures of a score that should be high for bad acts. Ties count half. */
public final class Metrics {
    private static final int RESAMPLES = 200;

    private Metrics() {}

    /**
     * @param low end of the 95 % interval (bootstrap over acts)
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
        return (good, bad) -> missed(bad, threshold(good, falseAlarms));
    }

    /** A figure with its bootstrap interval; the same on every run. */
    public static Estimate estimate(double[] good, double[] bad, Figure figure) {
        double[] sortedGood = sorted(good);
        double[] sortedBad = sorted(bad);
        SplittableRandom random = new SplittableRandom(11);
        double[] values = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            values[i] = figure.of(resampled(sortedGood, random), resampled(sortedBad, random));
        }
        Arrays.sort(values);
        return new Estimate(
                figure.of(sortedGood, sortedBad), values[(int) (RESAMPLES * 0.025)], values[(int) (RESAMPLES * 0.975)]);
    }

    /** Draws with replacement; ascending, by counting how often each place was drawn. */
    private static double[] resampled(double[] sorted, SplittableRandom random) {
        int[] drawn = new int[sorted.length];
        for (int i = 0; i < sorted.length; i++) {
            drawn[random.nextInt(sorted.length)]++;
        }
        double[] sample = new double[sorted.length];
        int at = 0;
        for (int i = 0; i < sorted.length; i++) {
            for (int n = 0; n < drawn[i]; n++) {
                sample[at++] = sorted[i];
            }
        }
        return sample;
    }

    static double[] sorted(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}
