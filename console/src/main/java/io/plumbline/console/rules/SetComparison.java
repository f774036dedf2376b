package io.plumbline.console.rules;

import io.plumbline.console.log.EventLog;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.hunt.StoredEvents;
import io.plumbline.rules.workbench.Backtest;
import io.plumbline.rules.workbench.Backtest.Hit;
import io.plumbline.rules.workbench.Recordings;
import io.plumbline.rules.workbench.Recordings.Recording;
import io.plumbline.watcher.judge.SessionRecorder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a set says of the newest stored sessions that another one does not.
 *
 * @param notAnswerable rules that ask, in either set, for what is not where the sessions were read; neither set's hits of them count
 * @param left sessions that were not read: there were enough events, or too many in one session
 * @param gained hits of the candidate that the set in force has not, in words; {@code lost} the other way round
 */
public record SetComparison(
        int sessions, int left, long events, int notAnswerable, int hits, List<String> gained, List<String> lost) {
    /** Sessions that are read. */
    public static final int SESSIONS = 20;

    public SetComparison {
        gained = List.copyOf(gained);
        lost = List.copyOf(lost);
    }

    /** Where sessions are read. */
    public enum From {
        /** With what the watcher knows of each act. */
        LOG,
        /** Also sessions that the log has no more. Documents do not say who acted and what explains it. */
        SEARCH_COPY
    }

    /**
     * @throws EventLogException when the log does not answer
     * @throws io.plumbline.console.search.SearchUnavailableException when the search copy does not answer in full
     * @throws io.plumbline.rules.RuleException when the candidate does not load whole
     */
    public static SetComparison run(RuleBundle inForce, RuleBundle candidate, From from, Search search, EventLog log)
            throws EventLogException {
        RuleSet after = candidate.load();
        RuleSet before = inForce.loadUsable().set();
        List<Hit> now = new ArrayList<>();
        List<Hit> then = new ArrayList<>();
        Map<String, Set<String>> notHeld = new HashMap<>();
        int notAnswerable = 0;
        if (from == From.SEARCH_COPY) {
            notHeld.putAll(StoredEvents.notHeld(after));
            notHeld.putAll(StoredEvents.notHeld(before));
            notAnswerable = notHeld.size();
        }
        int sessions = 0;
        long events = 0;
        int left = 0;
        for (SessionSummary session : search.sessions(SESSIONS)) {
            if (events > Recordings.MAX_EVENTS) {
                left++;
                continue;
            }
            // One after another: the events of all of them would not fit into memory.
            Optional<List<SigmaEvent>> read =
                    switch (from) {
                        case LOG -> Optional.of(SessionRecorder.record(log.telemetry(session.session())));
                        case SEARCH_COPY -> search.stored(session.session());
                    };
            if (read.isEmpty()) {
                left++;
                continue;
            }
            Recording recording = new Recording(session.session(), read.get());
            now.addAll(StoredEvents.answerable(Backtest.run(after, List.of(recording)), notHeld));
            then.addAll(StoredEvents.answerable(Backtest.run(before, List.of(recording)), notHeld));
            sessions++;
            events += recording.events().size();
        }
        return new SetComparison(
                sessions,
                left,
                events,
                notAnswerable,
                now.size(),
                words(Backtest.without(now, then)),
                words(Backtest.without(then, now)));
    }

    private static List<String> words(List<Hit> hits) {
        return hits.stream()
                .map(hit -> hit.match().title() + " at " + hit.match().events().getLast() + " in " + hit.recording())
                .toList();
    }
}
