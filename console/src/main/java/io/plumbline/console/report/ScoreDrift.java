package io.plumbline.console.report;

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
     * The population stability index: the sum of (p - q) ln(p / q), where each piece has at least half an alert. 0: the same.
     *
     * @return empty when one side has fewer than 20
     */
    public static Optional<Double> of(List<Long> before, List<Long> now) {
        double all = before.stream().mapToLong(Long::longValue).sum();
        double newest = now.stream().mapToLong(Long::longValue).sum();
        if (all < FEWEST || newest < FEWEST) {
            return Optional.empty();
        }
        double index = 0;
        for (int i = 0; i < before.size(); i++) {
            double p = Math.max(0.5, now.get(i)) / newest;
            double q = Math.max(0.5, before.get(i)) / all;
            index += (p - q) * Math.log(p / q);
        }
        return Optional.of(index);
    }

    /** In one word. */
    public static String spoken(double index) {
        if (index < NOTICEABLE) {
            return "as before";
        }
        return index < LARGE ? "noticeable" : "large";
    }
}
