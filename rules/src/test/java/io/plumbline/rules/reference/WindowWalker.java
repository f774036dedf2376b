package io.plumbline.rules.reference;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * One correlation, looked at again from the beginning for every match: all matches of a group are kept in a list, and each window is cut out
 * of it and asked with and without the match that came.
 */
final class WindowWalker {
    /** Seconds beyond the timespan that a match may be late. */
    private static final long LATENESS = 10;

    /**
     * A match of one of its rules.
     *
     * @param order of arrival of its event
     * @param position of the rule in the correlation
     */
    record Match(long second, long order, int position, Map<String, Object> fields) {}

    private final String type;
    private final long span;
    private final int rules;
    private final List<String> groupBy;
    private final String field;
    private final double percentile;
    private final Map<String, Number> limits;
    private final Map<List<String>, List<Match>> groups = new LinkedHashMap<>();

    /** @param limits word of the comparison to number; empty for types that want all rules */
    WindowWalker(
            String type,
            long span,
            int rules,
            List<String> groupBy,
            String field,
            double percentile,
            Map<String, Number> limits) {
        this.type = type;
        this.span = span;
        this.rules = rules;
        this.groupBy = groupBy;
        this.field = field;
        this.percentile = percentile;
        this.limits = limits;
    }

    /** The second at which the window ends that the match completes; empty: it completes none. */
    Optional<Long> take(Match match) {
        List<String> group = new ArrayList<>();
        for (String name : groupBy) {
            if (!match.fields().containsKey(name)) {
                return Optional.empty();
            }
            group.add(String.valueOf(match.fields().get(name)));
        }
        if (!field.isEmpty() && !match.fields().containsKey(field)
                || type.matches("value_(sum|avg|percentile|median)")
                        && !(match.fields().get(field) instanceof Number)) {
            return Optional.empty();
        }
        List<Match> all = groups.computeIfAbsent(group, ignored -> new ArrayList<>());
        long newest = all.stream().mapToLong(Match::second).max().orElse(match.second());
        if (match.second() < newest - span - LATENESS) {
            return Optional.empty();
        }
        all.add(match);
        long oldest = Math.max(newest, match.second()) - span - LATENESS;
        all.removeIf(one -> one.second() < oldest);
        // Stable: of one time, in the order of arrival.
        all.sort(Comparator.comparingLong(Match::second));
        for (int end = all.indexOf(match); end < all.size() && all.get(end).second() - span <= match.second(); end++) {
            long from = all.get(end).second() - span;
            List<Match> window = new ArrayList<>(all.subList(0, end + 1));
            window.removeIf(one -> one.second() < from);
            List<Match> without = new ArrayList<>(window);
            without.remove(match);
            if (holds(window) && !holds(without)) {
                return Optional.of(all.get(end).second());
            }
        }
        return Optional.empty();
    }

    private boolean holds(List<Match> window) {
        if (window.isEmpty()) {
            return false;
        }
        if (type.equals("temporal_ordered")) {
            return chain(window, 0, Long.MIN_VALUE, -1);
        }
        double figure = figure(window);
        if (limits.isEmpty()) {
            return figure == rules;
        }
        return limits.entrySet().stream().allMatch(limit -> {
            double number = limit.getValue().doubleValue();
            return switch (limit.getKey()) {
                case "gt" -> figure > number;
                case "gte" -> figure >= number;
                case "lt" -> figure < number;
                case "lte" -> figure <= number;
                case "eq" -> figure == number;
                default -> figure != number;
            };
        });
    }

    /** Whether the steps from one on can be taken behind an event: every choice is tried. */
    private boolean chain(List<Match> window, int step, long second, long order) {
        if (step == rules) {
            return true;
        }
        return window.stream()
                .anyMatch(match -> match.position() == step
                        && (match.second() > second || match.second() == second && match.order() > order)
                        && chain(window, step + 1, match.second(), match.order()));
    }

    private double figure(List<Match> window) {
        return switch (type) {
            case "event_count" -> window.size();
            case "value_count" -> {
                TreeSet<String> values = new TreeSet<>();
                window.forEach(match -> values.add(String.valueOf(match.fields().get(field))));
                yield values.size();
            }
            case "temporal" -> window.stream().map(Match::position).distinct().count();
            case "value_sum" -> numbers(window).stream().mapToDouble(x -> x).sum();
            case "value_avg" -> numbers(window).stream().mapToDouble(x -> x).sum() / window.size();
            default -> {
                List<Double> sorted = numbers(window).stream().sorted().toList();
                double rank = percentile / 100 * (sorted.size() - 1);
                double below = sorted.get((int) rank);
                double above = sorted.get(Math.min(sorted.size() - 1, (int) rank + 1));
                yield below + (above - below) * (rank - (int) rank);
            }
        };
    }

    private List<Double> numbers(List<Match> window) {
        return window.stream()
                .map(match -> match.fields().get(field) instanceof Number number ? number.doubleValue() : 0.0)
                .toList();
    }
}
