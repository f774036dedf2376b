package io.plumbline.console.search;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Documents of the index job as records. A field that is missing reads as empty: an older job may have written the document. */
final class Documents {
    private Documents() {}

    static SessionSummary session(JsonNode d) {
        JsonNode counts = d.path("counts");
        JsonNode state = d.path("state");
        return new SessionSummary(
                text(d, "/tenant"),
                text(d, "/session"),
                text(d, "/host"),
                text(d, "/agent/name"),
                text(d, "/agent/version"),
                text(d, "/agent/model"),
                text(d, "/task"),
                text(d, "/workspace"),
                text(d, "/policy/name"),
                d.at("/policy/revision").asLong(),
                d.at("/policy/confirmed").asBoolean(),
                d.at("/policy").has("refused")
                        ? Optional.of(new SessionSummary.RefusedPolicy(
                                d.at("/policy/refused/revision").asLong(),
                                text(d, "/policy/refused/reason"),
                                text(d, "/policy/refused/order")))
                        : Optional.empty(),
                d.at("/policy/freeze_at").asInt(),
                text(d, "/runtime/name"),
                text(d, "/runtime/mechanism"),
                d.at("/runtime/degraded").asBoolean(),
                state.path("confirmed").asText("unknown"),
                instant(state, "/since"),
                text(state, "/reason"),
                state.has("latency_ns")
                        ? Optional.of(Duration.ofNanos(state.path("latency_ns").asLong()))
                        : Optional.empty(),
                order(state.path("requested")),
                order(state.path("ordered")),
                order(state.path("last_order")),
                state.has("refused")
                        ? Optional.of(new SessionSummary.RefusedOrder(
                                text(state, "/refused/action"),
                                text(state, "/refused/by"),
                                text(state, "/refused/reason"),
                                text(state, "/refused/order")))
                        : Optional.empty(),
                d.path("risk").asInt(),
                d.path("severity").asInt(),
                instant(d, "/started"),
                instant(d, "/last_seen"),
                instant(d, "/ended"),
                counts.path("events").asLong(),
                counts.path("claims").asLong(),
                counts.path("evidence").asLong(),
                counts.path("alerts").asLong(),
                counts.path("open_alerts").asLong(),
                counts.path("missing").asLong(),
                counts.path("dropped").asLong(),
                counts.path("pending_approvals").asLong(),
                new SessionSummary.Daemon(
                        text(d, "/daemon/version"),
                        d.at("/daemon/spool_bytes").asLong(),
                        d.at("/daemon/spool_limit_bytes").asLong()),
                plan(d));
    }

    static AlertRow alert(String id, JsonNode d) {
        return new AlertRow(
                id,
                instant(d, "/@timestamp").orElse(Instant.EPOCH),
                text(d, "/session"),
                text(d, "/agent"),
                text(d, "/task"),
                d.path("degraded").asBoolean(),
                text(d, "/kind"),
                text(d, "/severity"),
                d.path("severity_number").asInt(),
                text(d, "/title"),
                text(d, "/said"),
                text(d, "/seen"),
                text(d, "/why"),
                text(d, "/clause"),
                text(d, "/call"),
                texts(d, "evidence"),
                d.path("risk_added").asInt(),
                d.path("risk").asInt(),
                d.path("status").asText("open"),
                text(d, "/triage/note"),
                text(d, "/triage/noted_by"),
                text(d, "/cause").isEmpty() ? id : text(d, "/cause"),
                d.at("/triage/version").asLong());
    }

    static CauseRow cause(JsonNode d) {
        List<CauseRow.Decision> history = new ArrayList<>();
        d.path("history")
                .forEach(entry -> history.add(new CauseRow.Decision(
                        text(entry, "/event"),
                        instant(entry, "/at").orElse(Instant.EPOCH),
                        text(entry, "/by"),
                        text(entry, "/verdict"),
                        text(entry, "/note"),
                        text(entry, "/assignee"),
                        text(entry, "/reason_code"),
                        suppressed(entry.path("suppression")))));
        List<CauseRow.Refusal> refusals = new ArrayList<>();
        d.path("refusals")
                .forEach(entry -> refusals.add(new CauseRow.Refusal(
                        text(entry, "/event"),
                        instant(entry, "/at").orElse(Instant.EPOCH),
                        text(entry, "/by"),
                        text(entry, "/verdict"),
                        text(entry, "/why"))));
        Instant last = instant(d, "/@timestamp").orElse(Instant.EPOCH);
        return new CauseRow(
                text(d, "/cause"),
                text(d, "/session"),
                text(d, "/alert"),
                last,
                instant(d, "/first").orElse(last),
                text(d, "/host"),
                text(d, "/agent"),
                text(d, "/task"),
                true,
                d.path("degraded").asBoolean(),
                text(d, "/kind"),
                text(d, "/severity"),
                d.path("severity_number").asInt(),
                text(d, "/title"),
                text(d, "/said"),
                text(d, "/seen"),
                text(d, "/why"),
                text(d, "/clause"),
                text(d, "/call"),
                text(d, "/expected"),
                d.path("risk").asInt(),
                d.path("alerts").asLong(),
                d.path("status").asText("open"),
                d.at("/triage/version").asLong(),
                text(d, "/triage/assignee"),
                suppressed(d.at("/triage/suppression")),
                text(d, "/suppressed_by"),
                List.copyOf(history),
                List.copyOf(refusals));
    }

    static CanaryReport canary(JsonNode d) {
        JsonNode canary = d.at("/plumbline/canary");
        return new CanaryReport(
                instant(d, "/@timestamp").orElse(Instant.EPOCH),
                canary.path("proven").asBoolean(),
                text(d, "/event/reason"),
                Duration.ofNanos(canary.path("freeze_ns").asLong()),
                Duration.ofNanos(canary.path("thaw_ns").asLong()));
    }

    static SuppressionRow suppression(JsonNode d) {
        return new SuppressionRow(
                text(d, "/id"),
                instant(d, "/@timestamp").orElse(Instant.EPOCH),
                text(d, "/kind"),
                text(d, "/clause"),
                text(d, "/agent"),
                text(d, "/workspace"),
                text(d, "/highest"),
                text(d, "/owner"),
                text(d, "/by"),
                text(d, "/reason"),
                instant(d, "/expires").orElse(Instant.EPOCH),
                text(d, "/refused"),
                d.path("ended").isObject()
                        ? Optional.of(new SuppressionRow.End(
                                text(d, "/ended/event"),
                                instant(d, "/ended/at").orElse(Instant.EPOCH),
                                text(d, "/ended/by"),
                                text(d, "/ended/reason")))
                        : Optional.empty());
    }

    private static Optional<CauseRow.Suppressed> suppressed(JsonNode d) {
        return d.isObject()
                ? Optional.of(new CauseRow.Suppressed(text(d, "/owner"), text(d, "/scope"), instant(d, "/expires")))
                : Optional.empty();
    }

    static ApprovalRow approval(String id, JsonNode d) {
        return new ApprovalRow(
                id,
                instant(d, "/@timestamp").orElse(Instant.EPOCH),
                text(d, "/session"),
                text(d, "/agent"),
                text(d, "/agent_version"),
                text(d, "/task"),
                text(d, "/workspace"),
                d.path("degraded").asBoolean(),
                text(d, "/policy"),
                d.path("policy_revision").asLong(),
                text(d, "/call"),
                text(d, "/tool"),
                text(d, "/subject"),
                text(d, "/subject_sha256"),
                text(d, "/clause"),
                text(d, "/tier"),
                d.path("tier_number").asInt(),
                text(d, "/stated_reason"),
                instant(d, "/deadline"),
                plan(d),
                text(d, "/expected"),
                texts(d, "uninspectable"),
                d.path("people_needed").asLong(1),
                d.path("session_seconds").asLong(),
                d.path("state").asText("pending"),
                text(d, "/settled"),
                texts(d, "people"),
                d.path("wanted_seconds").asLong(),
                instant(d, "/session_until"),
                text(d, "/decided_by"),
                text(d, "/decision_reason"));
    }

    static TimelineEvent event(String id, JsonNode d) {
        return new TimelineEvent(
                id,
                instant(d, "/@timestamp").orElse(Instant.EPOCH),
                text(d, "/event/action"),
                text(d, "/plumbline/channel"),
                d.at("/plumbline/seq").asLong(),
                d);
    }

    private static List<SessionSummary.PlanItem> plan(JsonNode d) {
        List<SessionSummary.PlanItem> items = new ArrayList<>();
        d.path("plan")
                .forEach(item -> items.add(new SessionSummary.PlanItem(text(item, "/text"), text(item, "/status"))));
        return List.copyOf(items);
    }

    private static Optional<SessionSummary.OrderInFlight> order(JsonNode d) {
        if (!d.isObject()) {
            return Optional.empty();
        }
        return Optional.of(new SessionSummary.OrderInFlight(
                text(d, "/action"), text(d, "/id"), text(d, "/by"), text(d, "/reason"), instant(d, "/at")));
    }

    private static List<String> texts(JsonNode d, String field) {
        List<String> texts = new ArrayList<>();
        d.path(field).forEach(item -> texts.add(item.asText()));
        return List.copyOf(texts);
    }

    private static String text(JsonNode d, String pointer) {
        return d.at(pointer).asText("");
    }

    static Optional<Instant> instant(JsonNode d, String pointer) {
        String value = text(d, pointer);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(value));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
