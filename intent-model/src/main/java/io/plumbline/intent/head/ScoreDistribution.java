package io.plumbline.intent.head;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * How many scores fell into each of {@value #BINS} fixed bins of the calibrated risk; finer at the low end, where nearly all scores of an
 * honest day lie. Not safe for use by several threads.
 */
public final class ScoreDistribution {
    public static final int BINS = 10;

    /** Upper ends of all bins but the last. */
    private static final double[] ENDS = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95};

    /** Scores assumed in each bin beside those seen, so that an empty bin is not infinitely unlikely. */
    private static final double PRIOR = 0.5;

    private final long[] counts = new long[BINS];
    private long total;

    /** The bin of a risk, 0 to {@value #BINS} - 1. */
    public static int bin(double risk) {
        int bin = 0;
        while (bin < ENDS.length && risk > ENDS[bin]) {
            bin++;
        }
        return bin;
    }

    /** Upper ends of the bins but the last, which ends at 1; ascending. */
    public static List<Double> ends() {
        return DoubleStream.of(ENDS).boxed().toList();
    }

    public void add(int bin) {
        counts[bin]++;
        total++;
    }

    /** Takes back what was added before. */
    public void remove(int bin) {
        if (counts[bin] == 0) {
            throw new IllegalArgumentException("bin " + bin + ": empty (expected: a score that was added)");
        }
        counts[bin]--;
        total--;
    }

    public long total() {
        return total;
    }

    /**
     * Population stability index of these scores against others: the sum over bins of (p - q) ln(p / q). 0: the same; by the usual
     * reading below 0.1 stable, above 0.25 another population.
     */
    public double stabilityIndex(ScoreDistribution trained) {
        double index = 0;
        for (int i = 0; i < BINS; i++) {
            double here = share(i);
            double there = trained.share(i);
            index += (here - there) * StrictMath.log(here / there);
        }
        return index;
    }

    private double share(int bin) {
        return (counts[bin] + PRIOR) / (total + PRIOR * BINS);
    }

    void write(DataOutput out) throws IOException {
        out.writeInt(BINS);
        for (long count : counts) {
            out.writeInt((int) Math.min(Integer.MAX_VALUE, count));
        }
    }

    static ScoreDistribution read(DataInput in) throws IOException {
        int bins = in.readInt();
        if (bins != BINS) {
            throw new IOException("scores: " + bins + " bins (expected: " + BINS + ")");
        }
        ScoreDistribution read = new ScoreDistribution();
        for (int i = 0; i < bins; i++) {
            int count = in.readInt();
            if (count < 0) {
                throw new IOException("scores: " + count + " in bin " + i + " (expected: >= 0)");
            }
            read.counts[i] = count;
            read.total += count;
        }
        return read;
    }
}
