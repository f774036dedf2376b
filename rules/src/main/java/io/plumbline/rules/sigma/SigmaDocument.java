package io.plumbline.rules.sigma;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One document of a rule source. */
public sealed interface SigmaDocument {
    Metadata metadata();

    /**
     * A rule over single events.
     *
     * @param expression what its conditions say, any of them
     */
    record Detection(Metadata metadata, LogSource logSource, Expression expression) implements SigmaDocument {}

    /**
     * A rule over the matches of other rules.
     *
     * @param rules ids or names, in the order that {@code temporal_ordered} wants
     * @param groupBy names of fields or aliases; empty: one group
     * @param aliases alias to rule reference to field
     * @param fields whose values are counted or computed with; empty where the type has none
     * @param percentile 0 to 100 for {@code value_percentile} and {@code value_median}
     * @param limits at most two comparisons; all have to hold
     * @param generate true: the rules that are named also report for themselves
     */
    record Correlation(
            Metadata metadata,
            Type type,
            List<String> rules,
            List<String> groupBy,
            Map<String, Map<String, String>> aliases,
            Duration timespan,
            List<String> fields,
            double percentile,
            List<Limit> limits,
            boolean generate)
            implements SigmaDocument {
        public Correlation {
            rules = List.copyOf(rules);
            groupBy = List.copyOf(groupBy);
            aliases = Map.copyOf(aliases);
            fields = List.copyOf(fields);
            limits = List.copyOf(limits);
        }
    }

    /** A comparison of a correlation's figure. */
    record Limit(Comparison comparison, double number) {}

    /** What a correlation computes over its window. */
    enum Type {
        EVENT_COUNT,
        VALUE_COUNT,
        TEMPORAL,
        TEMPORAL_ORDERED,
        VALUE_SUM,
        VALUE_AVG,
        VALUE_PERCENTILE,
        VALUE_MEDIAN;

        /** True when events are told apart by the rule that they match, not by a value. */
        public boolean temporal() {
            return this == TEMPORAL || this == TEMPORAL_ORDERED;
        }

        /** True when the values of a field have to be numbers. */
        public boolean numeric() {
            return this == VALUE_SUM || this == VALUE_AVG || this == VALUE_PERCENTILE || this == VALUE_MEDIAN;
        }

        static Optional<Type> of(String word) {
            for (Type type : values()) {
                if (type.word().equals(word)) {
                    return Optional.of(type);
                }
            }
            return Optional.empty();
        }

        /** The word that stands for it in rules. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * A condition that is added to other rules.
     *
     * @param expression has to hold as well for the named rules to match
     * @param excludes false: the condition's top is no negation, so the filter keeps what it selects
     */
    record Filter(Metadata metadata, LogSource logSource, List<String> rules, Expression expression, boolean excludes)
            implements SigmaDocument {
        public Filter {
            rules = List.copyOf(rules);
        }
    }
}
