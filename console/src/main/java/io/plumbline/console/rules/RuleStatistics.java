package io.plumbline.console.rules;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How a rule did.
 *
 * @param rule its id
 * @param hits alerts of it
 * @param perDay each day, the oldest first
 * @param right alerts that people called true positives
 * @param wrong alerts that people called benign or expected by policy
 * @param triaged when somebody last gave a verdict
 */
public record RuleStatistics(
        String rule, long hits, List<Day> perDay, long right, long wrong, Optional<Instant> triaged) {
    /** What was raised on a day, and what people called it since. */
    public record Day(long hits, long right, long wrong) {
        public static final Day EMPTY = new Day(0, 0, 0);

        /** Empty when none of the day's alerts has a verdict. */
        public Optional<Double> precision() {
            return share(right, wrong);
        }
    }

    public RuleStatistics {
        perDay = List.copyOf(perDay);
    }

    public static RuleStatistics none(String rule) {
        return new RuleStatistics(rule, 0, List.of(), 0, 0, Optional.empty());
    }

    /** Share of the alerts with a verdict that were right; empty when none has a verdict. */
    public Optional<Double> precision() {
        return share(right, wrong);
    }

    private static Optional<Double> share(long right, long wrong) {
        return right + wrong == 0 ? Optional.empty() : Optional.of((double) right / (right + wrong));
    }
}
