package io.plumbline.console.session;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.HostUse;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.session.SessionComparison.Aspect;
import io.plumbline.console.session.SessionComparison.Trait;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads what of a session is compared with another's; at most {@value #MAX_VALUES} of each aspect. */
public final class SessionTraits {
    static final int MAX_VALUES = 500;

    private SessionTraits() {}

    public static Map<Aspect, Trait> read(Search search, SessionSummary summary) {
        String session = summary.session();
        Map<Aspect, Trait> traits = new EnumMap<>(Aspect.class);
        traits.put(Aspect.PLAN, plan(summary));
        List<TimelineEvent> calls =
                search.events(session, List.of("tool-call"), Optional.empty(), Search.Keep.OLDEST, Search.MAX_RESULTS);
        traits.put(Aspect.CALLS, counted(calls.stream().map(SessionTraits::call).toList(), Search.MAX_RESULTS));
        traits.put(Aspect.PROGRAMS, trait(search.programs(session, MAX_VALUES)));
        traits.put(Aspect.FILES_WRITTEN, trait(search.written(session, MAX_VALUES)));
        traits.put(Aspect.HOSTS, hosts(search.hosts(session, MAX_VALUES)));
        traits.put(Aspect.ALERTS, alerts(search.alerts(Optional.of(session), MAX_VALUES)));
        return traits;
    }

    private static Trait plan(SessionSummary summary) {
        Map<String, String> told = new LinkedHashMap<>();
        summary.plan().stream().limit(MAX_VALUES).forEach(item -> told.put(item.text(), item.status()));
        return new Trait(told, summary.plan().size() > MAX_VALUES);
    }

    /** Without arguments that are not a command or a path: those are masked elsewhere too. */
    private static String call(TimelineEvent event) {
        String command = event.text("/plumbline/call/command");
        return command.isEmpty()
                ? (event.text("/plumbline/call/tool") + " " + String.join(", ", event.texts("/plumbline/call/paths")))
                        .strip()
                : command;
    }

    /** @param limit so many may have been read; as many are taken for cut */
    static Trait counted(List<String> values, int limit) {
        Map<String, Long> counts = new LinkedHashMap<>();
        values.forEach(value -> counts.merge(value, 1L, Long::sum));
        return trait(new Search.Occurrences(counts, values.size() >= limit));
    }

    private static Trait trait(Search.Occurrences occurrences) {
        Map<String, String> told = new LinkedHashMap<>();
        occurrences.counts().forEach((value, count) -> told.put(value, times(count)));
        return new Trait(told, occurrences.isCut());
    }

    private static Trait hosts(List<HostUse> hosts) {
        Map<String, String> told = new LinkedHashMap<>();
        hosts.forEach(host -> told.put(
                host.host(),
                String.format(
                        Locale.ROOT,
                        "%,d B out, %,d B in%s",
                        host.bytesOut(),
                        host.bytesIn(),
                        host.refused() == 0 ? "" : ", " + host.refused() + " refused")));
        return new Trait(told, hosts.size() >= MAX_VALUES);
    }

    private static Trait alerts(List<AlertRow> alerts) {
        Map<String, String> told = new LinkedHashMap<>();
        // The newest first: the verdict that is told is the newest alert's.
        alerts.forEach(alert -> told.putIfAbsent(
                alert.severity() + " " + alert.kind() + ": " + alert.title(),
                alert.status().replace('_', ' ')));
        return new Trait(told, alerts.size() >= MAX_VALUES);
    }

    private static String times(long count) {
        return String.format(Locale.ROOT, "%,d×", count);
    }
}
