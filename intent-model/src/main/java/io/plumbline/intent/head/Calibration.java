package io.plumbline.intent.head;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A rising, piecewise linear map from a score to a probability, fitted by isotonic regression (pool adjacent violators). */
public final class Calibration {
    private static final int MAX_KNOTS = 4_096;

    private final double[] scores;
    private final double[] probabilities;

    private Calibration(double[] scores, double[] probabilities) {
        this.scores = scores;
        this.probabilities = probabilities;
    }

    /** @param bad one a score */
    public static Calibration fit(double[] scores, boolean[] bad) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        List<double[]> pools = new ArrayList<>();
        for (int i : order) {
            pools.add(new double[] {scores[i], bad[i] ? 1 : 0, 1});
            while (pools.size() > 1
                    && pools.getLast()[1] * pools.get(pools.size() - 2)[2]
                            <= pools.get(pools.size() - 2)[1] * pools.getLast()[2]) {
                double[] last = pools.removeLast();
                double[] before = pools.getLast();
                before[0] = (before[0] * before[2] + last[0] * last[2]) / (before[2] + last[2]);
                before[1] += last[1];
                before[2] += last[2];
            }
        }
        double[] knots = new double[pools.size()];
        double[] values = new double[pools.size()];
        for (int i = 0; i < knots.length; i++) {
            // One imagined example of each kind keeps the ends away from certainty.
            knots[i] = (float) pools.get(i)[0];
            values[i] = (float) ((pools.get(i)[1] + 0.2) / (pools.get(i)[2] + 0.4));
        }
        for (int i = 1; i < knots.length; i++) {
            values[i] = Math.max(values[i], values[i - 1]);
        }
        return new Calibration(knots, values);
    }

    /** Rising in the score; strictly, by a trace of the score itself, so that equal probabilities keep their order. */
    public double probability(double score) {
        int at = Arrays.binarySearch(scores, score);
        double value;
        if (at >= 0) {
            value = probabilities[at];
        } else {
            int above = -at - 1;
            if (above == 0) {
                value = probabilities[0];
            } else if (above == scores.length) {
                value = probabilities[above - 1];
            } else {
                double share = (score - scores[above - 1]) / (scores[above] - scores[above - 1]);
                value = probabilities[above - 1] + share * (probabilities[above] - probabilities[above - 1]);
            }
        }
        return 0.998 * value + 0.002 * sigmoid(score / 4);
    }

    static double sigmoid(double x) {
        return 1 / (1 + StrictMath.exp(-x));
    }

    void write(DataOutput out) throws IOException {
        out.writeInt(scores.length);
        for (int i = 0; i < scores.length; i++) {
            out.writeFloat((float) scores[i]);
            out.writeFloat((float) probabilities[i]);
        }
    }

    static Calibration read(DataInput in) throws IOException {
        int count = in.readInt();
        if (count < 1 || count > MAX_KNOTS) {
            throw new IOException("calibration: " + count + " knots (expected: 1 to " + MAX_KNOTS + ")");
        }
        double[] scores = new double[count];
        double[] probabilities = new double[count];
        for (int i = 0; i < count; i++) {
            scores[i] = in.readFloat();
            probabilities[i] = in.readFloat();
            boolean rises = i == 0 || scores[i] >= scores[i - 1] && probabilities[i] >= probabilities[i - 1];
            if (!rises || !(probabilities[i] >= 0 && probabilities[i] <= 1)) {
                throw new IOException("calibration: knot " + i + " (expected: rising, 0 to 1)");
            }
        }
        return new Calibration(scores, probabilities);
    }
}
