package io.plumbline.console.audit;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which acts are asked for, as it stands in the address of the audit page. An empty text: any.
 *
 * @param act one of {@link #ACTS}
 * @param within hours back from now; 0: all
 * @param reason words of the reason that was given
 */
public record AuditQuery(String person, String act, String session, int within, String reason) {
    /** Kinds of acts, each with the events of the log that are of it. */
    public static final Map<String, List<String>> ACTS = acts();

    /** The acts that change something about a session, by their events; the others are about looking and signing in. */
    public static final Set<String> DECISIONS = Stream.of("orders", "approvals", "triage", "reviews", "policies")
            .flatMap(kind -> ACTS.getOrDefault(kind, List.of()).stream())
            .collect(Collectors.toUnmodifiableSet());

    public static final List<Integer> HOURS = List.of(1, 8, 24, 168, 720);
    public static final AuditQuery ALL = new AuditQuery("", "", "", 0, "");

    private static final int MAX_TEXT = 200;

    public AuditQuery {
        person = cut(person);
        act = ACTS.containsKey(act) ? act : "";
        session = cut(session);
        within = HOURS.contains(within) ? within : 0;
        reason = cut(reason);
    }

    private static Map<String, List<String>> acts() {
        Map<String, List<String>> acts = new LinkedHashMap<>();
        acts.put("orders", List.of("freeze-ordered", "thaw-ordered", "kill-ordered"));
        acts.put("approvals", List.of("approval-decided"));
        acts.put("triage", List.of("triage-noted", "suppression-ordered", "suppression-ended"));
        acts.put("reviews", List.of("review-decided"));
        acts.put("policies", List.of("policy-revised"));
        acts.put("activations", List.of("rule-set-activated", "model-activated", "activation-proposed"));
        acts.put("unmasking", List.of("unmasking-recorded"));
        acts.put("exports", List.of("export-recorded"));
        acts.put("sign-in", List.of("sign-in-recorded"));
        acts.put("access", List.of("access-changed"));
        return acts;
    }

    /** @param parameters of the address; what is not known counts as not given */
    public static AuditQuery of(Map<String, List<String>> parameters) {
        return new AuditQuery(
                first(parameters, "person"),
                first(parameters, "act"),
                first(parameters, "session"),
                hours(first(parameters, "hours")),
                first(parameters, "reason"));
    }

    /** The part of the address after the question mark. */
    public String address() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("person", person);
        parameters.put("act", act);
        parameters.put("session", session);
        parameters.put("hours", within == 0 ? "" : Integer.toString(within));
        parameters.put("reason", reason);
        StringBuilder address = new StringBuilder();
        parameters.forEach((name, value) -> {
            if (!value.isEmpty()) {
                address.append(address.isEmpty() ? "" : "&")
                        .append(name)
                        .append('=')
                        .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
            }
        });
        return address.toString();
    }

    /** What {@link #address} gives, read again. */
    public static AuditQuery ofAddress(String address) {
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

    /** With one part changed, by its name in the address. */
    public AuditQuery with(String name, String value) {
        return new AuditQuery(
                name.equals("person") ? value : person,
                name.equals("act") ? value : act,
                name.equals("session") ? value : session,
                name.equals("hours") ? hours(value) : within,
                name.equals("reason") ? value : reason);
    }

    /** The events of the log that are asked for. */
    public List<String> actions() {
        return act.isEmpty()
                ? ACTS.values().stream().flatMap(List::stream).toList()
                : ACTS.getOrDefault(act, List.of());
    }

    public Duration age() {
        return Duration.ofHours(within);
    }

    private static String first(Map<String, List<String>> parameters, String name) {
        return parameters.getOrDefault(name, List.of()).stream().findFirst().orElse("");
    }

    private static int hours(String text) {
        return text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
    }

    private static String cut(String text) {
        String stripped = text.strip();
        return stripped.length() > MAX_TEXT ? stripped.substring(0, MAX_TEXT) : stripped;
    }
}
