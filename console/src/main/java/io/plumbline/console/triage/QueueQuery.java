package io.plumbline.console.triage;

import io.plumbline.console.search.CauseRow;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The question behind the queue; its address says all of it. Empty filters ask for everything.
 *
 * @param state open, mine, closed, suppressed or all; what waits for somebody when it is none of them
 * @param severity lowest severity word
 * @param within only what was raised in so many hours; 0: ever
 * @param text see {@link QueueText}
 */
public record QueueQuery(
        String state,
        String severity,
        String kind,
        String host,
        String agent,
        String assignee,
        long within,
        String text) {
    public static final List<String> STATES = List.of("waiting", "open", "mine", "closed", "suppressed", "all");
    public static final List<String> SEVERITIES = List.of("informational", "low", "medium", "high", "critical");
    public static final List<String> KINDS = List.of(
            "unannounced", "out_of_policy", "off_plan", "rule", "false_report", "telemetry_gap", "cross_session");
    /** Longest text of a filter, characters; more is cut. */
    private static final int MAX_TEXT = 500;

    private static final Set<Long> HOURS = Set.of(0L, 1L, 8L, 24L, 168L);

    /** What waits for somebody. */
    public static final QueueQuery WAITING = new QueueQuery("waiting", "", "", "", "", "", 0, "");

    public QueueQuery {
        state = STATES.contains(state) ? state : "waiting";
        severity = SEVERITIES.contains(severity) ? severity : "";
        kind = KINDS.contains(kind) ? kind : "";
        host = cut(host);
        agent = cut(agent);
        assignee = cut(assignee);
        within = HOURS.contains(within) ? within : 0;
        text = cut(text.strip());
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }

    /** From the parameters of an address; unknown names and values are left out. */
    public static QueueQuery of(Map<String, List<String>> parameters) {
        return new QueueQuery(
                first(parameters, "state"),
                first(parameters, "severity"),
                first(parameters, "kind"),
                first(parameters, "host"),
                first(parameters, "agent"),
                first(parameters, "assignee"),
                number(first(parameters, "hours")),
                first(parameters, "q"));
    }

    /** From the part of an address after the question mark. */
    public static QueueQuery of(String address) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (String pair : address.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                parameters.put(
                        pair.substring(0, equals),
                        List.of(URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8)));
            }
        }
        return of(parameters);
    }

    /** The part of an address after the question mark; empty for {@link #WAITING}. */
    public String address() {
        StringBuilder address = new StringBuilder();
        put(address, "state", state.equals("waiting") ? "" : state);
        put(address, "severity", severity);
        put(address, "kind", kind);
        put(address, "host", host);
        put(address, "agent", agent);
        put(address, "assignee", assignee);
        put(address, "hours", within == 0 ? "" : Long.toString(within));
        put(address, "q", text);
        return address.toString();
    }

    /**
     * Whether a cause that nobody has decided about belongs here. False for every {@link #text}: what words match, the search copy says.
     *
     * @param cause open and nobody's
     */
    public boolean admits(CauseRow cause, Instant now) {
        return List.of("waiting", "open", "all").contains(state)
                && text.isEmpty()
                && assignee.isEmpty()
                && cause.severityNumber() > SEVERITIES.indexOf(severity)
                && (kind.isEmpty() || kind.equals(cause.kind()))
                && (host.isEmpty() || host.equals(cause.host()))
                && (agent.isEmpty() || agent.equals(cause.agent()))
                && (within == 0 || !cause.last().isBefore(now.minus(age())));
    }

    public Duration age() {
        return Duration.ofHours(within);
    }

    private static void put(StringBuilder address, String name, String value) {
        if (!value.isEmpty()) {
            address.append(address.isEmpty() ? "" : "&")
                    .append(name)
                    .append('=')
                    .append(URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"));
        }
    }

    private static String first(Map<String, List<String>> parameters, String name) {
        return parameters.getOrDefault(name, List.of()).stream().findFirst().orElse("");
    }

    private static long number(String text) {
        return text.matches("[0-9]{1,4}") ? Long.parseLong(text) : 0;
    }
}
