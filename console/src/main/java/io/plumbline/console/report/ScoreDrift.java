package io.plumbline.console.report;

import io.plumbline.intent.head.ScoreDistribution;
import java.util.List;
import java.util.Optional;

/** How far two distributions over the same pieces are apart. */
public final class ScoreDrift {
    /** Below this nobody looks twice; a usual reading of the index. */
    public static final double NOTICEABLE = 0.1;

    /** From here on the distributions are different ones. */
    public static final double LARGE = 0.25;

    /** Fewer say nothing about a distribution. */
    private static final long FEWEST = 20;

    private ScoreDrift() {}

    /**
     * The population stability index, as the watcher reckons it. 0: the same.
     *
     * @param before counts of {@value ScoreDistribution#BINS} pieces, {@code now} likewise
     * @return empty when one side has fewer than 20
     */
    public static Optional<Double> of(List<Long> before, List<Long> now) {
        ScoreDistribution reference = distribution(before);
        ScoreDistribution newest = distribution(now);
        return reference.total() < FEWEST || newest.total() < FEWEST
                ? Optional.empty()
                : Optional.of(newest.stabilityIndex(reference));
    }

    private static ScoreDistribution distribution(List<Long> counts) {
        ScoreDistribution distribution = new ScoreDistribution();
        for (int piece = 0; piece < ScoreDistribution.BINS; piece++) {
            for (long i = 0; i < counts.get(piece); i++) {
                distribution.add(piece);
            }
        }
        return distribution;
    }

    /** In one word. */
    public static String spoken(double index) {
        if (index < NOTICEABLE) {
            return "as before";
        }
        return index < LARGE ? "noticeable" : "large";
    }
}
