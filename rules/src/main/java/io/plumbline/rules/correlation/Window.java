package io.plumbline.rules.correlation;

import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Limit;
import io.plumbline.rules.sigma.SigmaDocument.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** The matches of one group that a window may still contain, oldest first; matches of the same time in the order of arrival. */
final class Window {
    /** Matches kept of one group; more than a condition can ask for. */
    static final int MAX_ENTRIES = 2048;

    /**
     * One match.
     *
     * @param sequence number of the event, which breaks ties of time; two matches of one event have the same
     * @param position of the rule in the correlation
     * @param value what is counted; empty when nothing is
     * @param number what is computed with; 0 when nothing is
     */
    record Entry(long timeNs, long sequence, int position, String value, double number, List<String> events) {}

    private final List<Entry> entries = new ArrayList<>();

    /** By position: how many matches there are. */
    private int[] ofPosition = new int[4];

    private boolean saturated;

    List<Entry> entries() {
        return entries;
    }

    /** True when matches were dropped that a window could have contained. */
    boolean saturated() {
        return saturated;
    }

    void saturate() {
        saturated = true;
    }

    /**
     * Drops a match, so that many of one kind do not push out the few of another, and returns the place that it had: one between two
     * of its own kind, without which nothing is lost; else, of the kind that there are most of, the second.
     */
    int makeRoom(Type type) {
        saturated = true;
        int gone =
                switch (type) {
                    case TEMPORAL, TEMPORAL_ORDERED -> dispensable(Entry::position);
                    case VALUE_COUNT -> dispensable(Entry::value);
                    case EVENT_COUNT, VALUE_SUM, VALUE_AVG, VALUE_PERCENTILE, VALUE_MEDIAN -> 0;
                };
        ofPosition[entries.remove(gone).position()]--;
        return gone;
    }

    private <K> int dispensable(Function<Entry, K> kind) {
        for (int i = entries.size() - 2; i > 0; i--) {
            K own = kind.apply(entries.get(i));
            if (own.equals(kind.apply(entries.get(i - 1))) && own.equals(kind.apply(entries.get(i + 1)))) {
                return i;
            }
        }
        Map<K, Integer> counts = new HashMap<>();
        entries.forEach(entry -> counts.merge(kind.apply(entry), 1, Integer::sum));
        int most = Collections.max(counts.values());
        Set<K> once = new HashSet<>();
        for (int i = 0; i < entries.size(); i++) {
            K own = kind.apply(entries.get(i));
            // The first of a kind stays: for what comes in an order it counts most.
            if (!once.add(own) && counts.getOrDefault(own, 0) == most) {
                return i;
            }
        }
        return 0;
    }

    /** Time of the newest match. */
    long newestNs() {
        return entries.getLast().timeNs();
    }

    /** Puts a match in its place and returns the place. */
    int insert(Entry entry) {
        int at = entries.size();
        while (at > 0 && entries.get(at - 1).timeNs() > entry.timeNs()) {
            at--;
        }
        entries.add(at, entry);
        if (entry.position() >= ofPosition.length) {
            ofPosition = Arrays.copyOf(ofPosition, entry.position() + 1);
        }
        ofPosition[entry.position()]++;
        return at;
    }

    /** Drops what is older; returns how many. */
    int dropBefore(long timeNs) {
        int count = 0;
        while (count < entries.size() && entries.get(count).timeNs() < timeNs) {
            ofPosition[entries.get(count).position()]--;
            count++;
        }
        entries.subList(0, count).clear();
        return count;
    }

    /** First match of the window that ends with a match: not older than the timespan. */
    int start(int end, long timespanNs) {
        long earliest = entries.get(end).timeNs() - timespanNs;
        int low = 0;
        int high = end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).timeNs() < earliest) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Whether the matches from start to end, both included, meet the condition, and would not do so without one of them. */
    boolean completed(Correlation correlation, int start, int end, int match) {
        return changed(correlation, start, end, match)
                && meets(correlation, start, end, -1)
                && !meets(correlation, start, end, match);
    }

    /** False when the match certainly makes no difference, which needs no look at all the others. */
    private boolean changed(Correlation correlation, int start, int end, int match) {
        Entry own = entries.get(match);
        return switch (correlation.type()) {
            case EVENT_COUNT, VALUE_SUM, VALUE_AVG, VALUE_PERCENTILE, VALUE_MEDIAN -> true;
            case VALUE_COUNT ->
                !another(start, end, match, entry -> entry.value().equals(own.value()));
            case TEMPORAL -> !another(start, end, match, entry -> entry.position() == own.position());
            // As the newest one it can only be the last step.
            case TEMPORAL_ORDERED ->
                match < end || (allBefore(own.position()) && holds(correlation, own.position() + 1));
        };
    }

    /** From the newest on: what comes often is found soon. */
    private boolean another(int start, int end, int match, Predicate<Entry> kind) {
        for (int i = end; i >= start; i--) {
            if (i != match && kind.test(entries.get(i))) {
                return true;
            }
        }
        return false;
    }

    private boolean allBefore(int position) {
        for (int i = 0; i < position; i++) {
            if (ofPosition[i] == 0) {
                return false;
            }
        }
        return true;
    }

    /** @param without a match that is left out; -1: none */
    private boolean meets(Correlation correlation, int start, int end, int without) {
        return start <= end
                && (start != end || start != without)
                && holds(correlation, figure(correlation, start, end, without));
    }

    private static boolean holds(Correlation correlation, double figure) {
        for (Limit limit : correlation.limits()) {
            if (!limit.comparison().holds(Double.compare(figure, limit.number()))) {
                return false;
            }
        }
        return true;
    }

    private double figure(Correlation correlation, int start, int end, int without) {
        return switch (correlation.type()) {
            case EVENT_COUNT -> end - start + (without >= start && without <= end ? 0 : 1);
            case VALUE_COUNT -> {
                Set<String> values = new HashSet<>();
                for (int i = start; i <= end; i++) {
                    if (i != without) {
                        values.add(entries.get(i).value());
                    }
                }
                yield values.size();
            }
            case TEMPORAL -> {
                long rules = 0;
                for (int i = start; i <= end; i++) {
                    if (i != without) {
                        rules |= 1L << entries.get(i).position();
                    }
                }
                yield Long.bitCount(rules);
            }
            case TEMPORAL_ORDERED ->
                steps(correlation.rules().size(), start, end, without).size();
            case VALUE_SUM -> sum(start, end, without);
            case VALUE_AVG -> sum(start, end, without) / (end - start + (without >= start && without <= end ? 0 : 1));
            case VALUE_PERCENTILE, VALUE_MEDIAN -> percentile(correlation.percentile(), start, end, without);
        };
    }

    /** The matches that a correlation's match rests on: of an ordered one its steps, else all of the window. */
    List<Entry> contributing(Correlation correlation, int start, int end) {
        return correlation.type() == Type.TEMPORAL_ORDERED
                ? steps(correlation.rules().size(), start, end, -1)
                : entries.subList(start, end + 1);
    }

    /** The earliest matches that meet the rules in their order, each of a later event than the one before; as far as they go. */
    private List<Entry> steps(int rules, int start, int end, int without) {
        List<Entry> steps = new ArrayList<>();
        for (int i = start; i <= end && steps.size() < rules; i++) {
            Entry entry = entries.get(i);
            if (i != without
                    && entry.position() == steps.size()
                    && (steps.isEmpty()
                            || entry.timeNs() > steps.getLast().timeNs()
                            || entry.sequence() > steps.getLast().sequence())) {
                steps.add(entry);
            }
        }
        return steps;
    }

    /** Neumaier's sum: the order of large and small numbers does not matter much. */
    private double sum(int start, int end, int without) {
        double sum = 0;
        double lost = 0;
        for (int i = start; i <= end; i++) {
            if (i != without) {
                double number = entries.get(i).number();
                double next = sum + number;
                lost += Math.abs(sum) >= Math.abs(number) ? (sum - next) + number : (number - next) + sum;
                sum = next;
            }
        }
        return sum + lost;
    }

    /** Linear interpolation between the two closest ranks. */
    private double percentile(double percentile, int start, int end, int without) {
        double[] numbers = new double[end - start + 1];
        int count = 0;
        for (int i = start; i <= end; i++) {
            if (i != without) {
                numbers[count++] = entries.get(i).number();
            }
        }
        double[] sorted = Arrays.copyOf(numbers, count);
        Arrays.sort(sorted);
        double rank = percentile / 100 * (count - 1);
        int below = (int) Math.floor(rank);
        int above = Math.min(count - 1, below + 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (rank - below);
    }
}
