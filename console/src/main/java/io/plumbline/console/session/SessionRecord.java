package io.plumbline.console.session;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.Density;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.search.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the session page shows, read at one moment. Each kind of event is bounded; {@link #shown} against {@link #counts} says what
 * was left out.
 *
 * @param claims what was said, and what people and the watcher ordered and answered, in the order of time
 * @param processes forks, execs, exits
 * @param files opens and changes
 * @param network connections and egress
 * @param counts events of each action in the search copy
 * @param density counts by time; present when there are more events than are shown
 */
public record SessionRecord(
        SessionSummary summary,
        List<TimelineEvent> claims,
        List<TimelineEvent> processes,
        List<TimelineEvent> files,
        List<TimelineEvent> network,
        List<AlertRow> alerts,
        Map<String, Long> counts,
        ProcessTree tree,
        Optional<Density> density) {
    /** Most events of one kind. */
    public static final int MAX_EVENTS = 1_500;

    private static final int DRAWN_WHEN_COUNTED = 300;

    /** About one per four pixels of the timeline. */
    private static final int DENSITY_PIECES = 200;

    private static final List<String> SAID_AND_JUDGED = List.of(
            "session-declared",
            "prompt",
            "plan",
            "message",
            "tool-call",
            "tool-result",
            "approval-by-agent",
            "session-ended",
            "runtime-state",
            "evidence-collected",
            "changes-found",
            "review-decided",
            "trace-loss",
            "session-reconciled",
            "task-assigned",
            "policy-confirmed",
            "policy-revised",
            "policy-refused",
            "approval-decided",
            "approval-settled",
            "freeze-ordered",
            "thaw-ordered",
            "kill-ordered",
            "triage-noted",
            "gate-answered",
            "approval-requested",
            "session-risk");
    private static final List<String> PROCESSES = List.of("process-forked", "process-started", "process-exited");
    /** Events of the files tab. */
    public static final List<String> FILES = List.of("file-opened", "file-changed");
    /** Events of the egress tab. */
    public static final List<String> NETWORK =
            List.of("connected", "bound", "accepted", "egress-requested", "egress-decided", "egress-answered");

    /** Empty when there is no such session. */
    public static Optional<SessionRecord> read(Search search, String session) {
        return read(search, session, Optional.empty(), Optional.empty());
    }

    /**
     * @param window where kernel events are read; what was said and judged is read of the whole session
     * @param at an event that somebody looks at; it is read wherever it is
     */
    public static Optional<SessionRecord> read(
            Search search, String session, Optional<Window> window, Optional<String> at) {
        return search.session(session).map(summary -> read(search, summary, window, at));
    }

    private static SessionRecord read(
            Search search, SessionSummary summary, Optional<Window> window, Optional<String> at) {
        String id = summary.session();
        List<AlertRow> alerts = search.alerts(Optional.of(id), 500);
        List<TimelineEvent> claims =
                search.events(id, SAID_AND_JUDGED, Optional.empty(), Search.Keep.NEWEST, MAX_EVENTS);
        List<TimelineEvent> processes = search.events(id, PROCESSES, window, Search.Keep.NEWEST, MAX_EVENTS);
        Map<String, Long> counts = search.countsByAction(id);
        List<TimelineEvent> files = search.events(id, FILES, window, Search.Keep.NEWEST, limit(counts, FILES, window));
        List<TimelineEvent> network =
                search.events(id, NETWORK, window, Search.Keep.NEWEST, limit(counts, NETWORK, window));
        List<TimelineEvent> evidence = new ArrayList<>();
        evidence.addAll(files);
        evidence.addAll(network);
        Set<String> known = new HashSet<>();
        evidence.forEach(event -> known.add(event.id()));
        processes.forEach(event -> known.add(event.id()));
        claims.forEach(event -> known.add(event.id()));
        List<String> missing = Stream.concat(at.stream(), alerts.stream().flatMap(alert -> alert.evidence().stream()))
                .filter(event -> !known.contains(event))
                .distinct()
                .limit(500)
                .toList();
        if (!missing.isEmpty()) {
            // What an alert rests on is shown even when newer events of its kind filled the page.
            for (TimelineEvent event : search.eventsById(id, missing)) {
                evidence.add(event);
                if (FILES.contains(event.action())) {
                    files = with(files, event);
                } else if (NETWORK.contains(event.action())) {
                    network = with(network, event);
                } else if (PROCESSES.contains(event.action())) {
                    processes = with(processes, event);
                } else if (SAID_AND_JUDGED.contains(event.action())) {
                    claims = with(claims, event);
                }
            }
        }
        List<TimelineEvent> calls = claims.stream()
                .filter(event -> event.action().equals("tool-call"))
                .toList();
        SessionRecord record = new SessionRecord(
                summary,
                claims,
                processes,
                files,
                network,
                alerts,
                counts,
                ProcessTree.of(processes, calls, alerts, evidence),
                Optional.empty());
        return record.shown().isCut()
                ? record.with(search.density(id, window, DENSITY_PIECES, PROCESSES, FILES, NETWORK))
                : record;
    }

    /** Of what is counted instead only the newest are drawn, until somebody looks closer. */
    private static int limit(Map<String, Long> counts, List<String> actions, Optional<Window> window) {
        return window.isEmpty() && count(counts, actions) > MAX_EVENTS ? DRAWN_WHEN_COUNTED : MAX_EVENTS;
    }

    private SessionRecord with(Optional<Density> counted) {
        return new SessionRecord(summary, claims, processes, files, network, alerts, counts, tree, counted);
    }

    private static List<TimelineEvent> with(List<TimelineEvent> events, TimelineEvent added) {
        List<TimelineEvent> all = new ArrayList<>(events);
        all.add(added);
        all.sort(Comparator.comparing(TimelineEvent::at));
        return all;
    }

    /** The event that announced a call. */
    public Optional<TimelineEvent> call(String id) {
        return claims.stream()
                .filter(event -> event.action().equals("tool-call")
                        && event.text("/plumbline/call/id").equals(id))
                .findFirst();
    }

    public Optional<TimelineEvent> event(String id) {
        return Stream.of(claims, processes, files, network)
                .flatMap(List::stream)
                .filter(event -> event.id().equals(id))
                .findFirst();
    }

    /** Alerts by what they added to the risk, the largest first. */
    public List<AlertRow> worstFirst() {
        return alerts.stream()
                .sorted(Comparator.comparingInt(AlertRow::riskAdded)
                        .thenComparing(AlertRow::severityNumber)
                        .reversed()
                        .thenComparing(AlertRow::at))
                .toList();
    }

    /** How many events of the kinds on this page exist and how many of them are on it. */
    public Shown shown() {
        long all = count(PROCESSES) + count(FILES) + count(NETWORK) + count(SAID_AND_JUDGED);
        return new Shown(claims.size() + processes.size() + files.size() + network.size(), all);
    }

    public long fileCount() {
        return count(FILES);
    }

    public long networkCount() {
        return count(NETWORK);
    }

    public long eventCount() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Whether the session's own document counts events that are not found yet; those are written apart. */
    public boolean isBehind() {
        return eventCount() < summary.events();
    }

    private long count(List<String> actions) {
        return count(counts, actions);
    }

    private static long count(Map<String, Long> counts, List<String> actions) {
        return actions.stream()
                .mapToLong(action -> counts.getOrDefault(action, 0L))
                .sum();
    }

    public record Shown(long onPage, long all) {
        public boolean isCut() {
            return onPage < all;
        }
    }
}
