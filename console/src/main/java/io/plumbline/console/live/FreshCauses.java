package io.plumbline.console.live;

import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search.CausePage;
import io.plumbline.console.triage.QueueQuery;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Causes that a verdict began and that no list of the search copy has shown yet. Each is shown in front of every list that it belongs to, until
 * a list has it, a moment after the search copy has its document, or at the latest after {@link #LIFE}. At most {@value #MAX}; more wait for the
 * search copy.
 */
final class FreshCauses {
    static final int MAX = 100;
    static final Duration LIFE = Duration.ofSeconds(30);

    /** From a document until every list that it belongs to has it, for the search copy refreshes itself several times in that. */
    static final Duration UNTIL_LISTED = Duration.ofSeconds(1);

    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    private record Waiting(CauseRow row, Instant until) {}

    /** @return whether there was room */
    synchronized boolean add(CauseRow row, Instant now) {
        return waiting.size() < MAX && waiting.putIfAbsent(row.key(), new Waiting(row, now.plus(LIFE))) == null;
    }

    /** Those that may still be needed. */
    synchronized List<CauseRow> rows(Instant now) {
        waiting.values().removeIf(one -> one.until().isBefore(now));
        return waiting.values().stream().map(Waiting::row).toList();
    }

    /** The search copy has these as documents. */
    synchronized void recorded(Collection<String> keys, Instant now) {
        Instant end = now.plus(UNTIL_LISTED);
        keys.forEach(key -> waiting.computeIfPresent(
                key, (k, one) -> one.until().isAfter(end) ? new Waiting(one.row(), end) : one));
    }

    /**
     * What a person is to see.
     *
     * @param listed of the search copy, for {@code query}
     */
    synchronized CausePage before(CausePage listed, QueueQuery query, Instant now) {
        Set<String> known = new HashSet<>();
        listed.rows().forEach(row -> known.add(row.key()));
        waiting.keySet().removeAll(known);
        List<CauseRow> rows = new ArrayList<>(
                rows(now).stream().filter(row -> query.admits(row, now)).toList());
        if (rows.isEmpty()) {
            return listed;
        }
        // Of a list that could not be read nobody knows how long it is.
        long total = listed.total() < 0 ? listed.total() : listed.total() + rows.size();
        rows.addAll(listed.rows());
        return new CausePage(List.copyOf(rows), total);
    }
}
