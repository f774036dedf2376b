package io.plumbline.jobs.index;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.SuppressionEnded;
import io.plumbline.events.v1.SuppressionOrdered;
import io.plumbline.jobs.index.SessionState.Alert;
import io.plumbline.jobs.index.SessionState.Approval;
import io.plumbline.jobs.index.SessionState.Cause;
import io.plumbline.jobs.index.SessionState.Lifecycle;
import io.plumbline.jobs.index.SessionState.Order;
import io.plumbline.jobs.index.SessionState.PlanStep;
import io.plumbline.jobs.index.SessionState.Refused;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Renders events and session states as the documents of the four indices. */
final class Documents {
    static final String EVENTS_PREFIX = "plumbline-events-";
    static final String SESSIONS = "plumbline-sessions";
    static final String ALERTS = "plumbline-alerts";
    static final String CAUSES = "plumbline-causes";
    static final String SUPPRESSIONS = "plumbline-suppressions";
    static final String APPROVALS = "plumbline-approvals";

    private static final DateTimeFormatter MONTH =
            DateTimeFormatter.ofPattern("uuuu.MM", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final long DAY_NS = Duration.ofDays(1).toNanos();

    private Documents() {}

    /** The event as it is, under its own id. */
    static IndexOperation event(Event event) {
        return new IndexOperation(
                IndexOperation.Mode.REPLACE,
                EVENTS_PREFIX + month(event),
                event.getId(),
                EcsDocument.render(event).toString());
    }

    /**
     * The month that an event is filed under. Claims carry the agent's clock; where it is more than a day off the host's, the
     * host's counts, so that an agent cannot make the cluster create an index per event.
     */
    static String month(Event event) {
        long at = event.getEventTimeNs();
        long observed = event.getObservedTimeNs();
        if (observed > 0 && (at <= 0 || Math.abs(at - observed) > DAY_NS)) {
            at = observed;
        }
        return MONTH.format(Instant.ofEpochSecond(Math.max(0, at) / 1_000_000_000L));
    }

    /** The documents that an event changes beside the session's own; {@code state} is the state after the event. */
    static List<IndexOperation> consequences(SessionState state, Event event, Suppressions suppressions) {
        List<IndexOperation> operations = new ArrayList<>();
        switch (event.getPayloadCase()) {
            case ALERT_RAISED -> {
                operations.add(alert(state, event, suppressions));
                operations.add(raisedCause(state, event, suppressions));
            }
            case TRIAGE_NOTED -> triage(state, event, suppressions, operations);
            case APPROVAL_REQUESTED -> operations.add(approval(state, event));
            case APPROVAL_DECIDED ->
                outcome(state, event.getApprovalDecided().getApproval()).ifPresent(operations::add);
            case APPROVAL_SETTLED ->
                outcome(state, event.getApprovalSettled().getApproval()).ifPresent(operations::add);
            case GATE_ANSWERED -> {
                if (!event.getGateAnswered().getApproval().isEmpty()) {
                    outcome(state, event.getGateAnswered().getApproval()).ifPresent(operations::add);
                }
            }
            default -> {
                // Every other event shows in the session's document only.
            }
        }
        return operations;
    }

    static IndexOperation session(SessionState state, Suppressions suppressions) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("tenant", state.identity().tenant());
        document.put("session", state.identity().session());
        document.put("host", state.identity().host());
        document.putObject("agent")
                .put("name", state.agent().name())
                .put("version", state.agent().version())
                .put("model", state.agent().model())
                .put("session", state.agent().session())
                .put("declared_sandbox", state.agent().declaredSandbox());
        document.put("task", state.task().text());
        document.put("workspace", state.task().workspace());
        document.put("assigned_by", state.task().assignedBy());
        document.putObject("policy")
                .put("name", state.task().policy())
                .put("revision", state.task().revision())
                .put("confirmed", state.task().confirmed())
                .put("alert_at", state.task().alertAt())
                .put("ask_at", state.task().askAt())
                .put("freeze_at", state.task().freezeAt());
        Refused refused = state.task().refused();
        if (refused != null) {
            document.withObject("/policy/refused")
                    .put("revision", refused.revision())
                    .put("reason", refused.reason())
                    .put("order", refused.order());
        }
        lifecycle(state.lifecycle(), document);
        document.put("risk", state.risk().total());
        document.put("step", state.risk().step());
        document.put("severity", state.risk().highestSeverity());
        time(document, "started", state.span().startedNs());
        time(document, "last_seen", state.span().lastNs());
        time(document, "ended", state.span().endedNs());
        document.put("end_reason", state.span().endReason());
        document.putObject("counts")
                .put("events", state.seen().events())
                .put("claims", state.seen().claims())
                .put("evidence", state.seen().evidence())
                .put("alerts", state.seen().alerts())
                .put(
                        "open_alerts",
                        state.alerts().values().stream()
                                .filter(alert ->
                                        suppressions.standing(state, alert).isOpen())
                                .count())
                .put("missing", state.seen().missing())
                .put("dropped", state.seen().dropped())
                .put(
                        "pending_approvals",
                        state.approvals().values().stream()
                                .filter(approval ->
                                        approval.known() && approval.state().equals("pending"))
                                .count());
        document.putObject("daemon")
                .put("version", state.daemon().version())
                .put("spool_bytes", state.daemon().spoolBytes())
                .put("spool_limit_bytes", state.daemon().spoolLimit());
        ArrayNode plan = document.putArray("plan");
        for (PlanStep step : state.plan()) {
            plan.addObject()
                    .put("text", step.text())
                    .put("status", step.status())
                    .put("item", step.item());
        }
        return new IndexOperation(
                IndexOperation.Mode.REPLACE,
                SESSIONS,
                state.identity().tenant() + "/" + state.identity().session(),
                document.toString());
    }

    private static void lifecycle(Lifecycle lifecycle, ObjectNode document) {
        ObjectNode confirmed = document.putObject("state")
                .put("confirmed", lifecycle.state())
                .put("reason", lifecycle.reason())
                .put("order", lifecycle.order());
        time(confirmed, "since", lifecycle.sinceNs());
        if (lifecycle.latencyNs() >= 0) {
            confirmed.put("latency_ns", lifecycle.latencyNs());
        }
        if (lifecycle.state().equals("exited")) {
            confirmed.put("exit_code", lifecycle.exitCode());
        }
        lifecycle.requested().ifPresent(order -> order(order, confirmed.putObject("requested")));
        lifecycle.ordered().ifPresent(order -> order(order, confirmed.putObject("ordered")));
        lifecycle.lastOrder().ifPresent(order -> order(order, confirmed.putObject("last_order")));
        lifecycle.refused().ifPresent(order -> confirmed
                .putObject("refused")
                .put("action", order.action())
                .put("by", order.by())
                .put("reason", lifecycle.reason())
                .put("order", order.cause()));
        document.putObject("runtime")
                .put("name", lifecycle.runtime())
                .put("mechanism", lifecycle.mechanism())
                .put("degraded", lifecycle.degraded());
    }

    private static void order(Order order, ObjectNode target) {
        target.put("action", order.action())
                .put("id", order.id())
                .put("by", order.by())
                .put("reason", order.reason())
                .put("cause", order.cause());
        time(target, "at", order.atNs());
    }

    private static IndexOperation alert(SessionState state, Event event, Suppressions suppressions) {
        Alert alert = state.alerts().getOrDefault(event.getId(), new Alert(event.getId(), event.getEventTimeNs(), 0));
        ObjectNode document = raised(state, event);
        document.put("cause", alert.cause());
        document.put("deviation", event.getAlertRaised().getDeviation());
        document.put("severity", EcsDocument.severity(event.getAlertRaised().getSeverity()));
        document.put("severity_number", event.getAlertRaised().getSeverity().getNumber());
        document.put("risk", event.getAlertRaised().getRisk());
        triaged(state.cause(alert.cause()).triage(), suppressions.standing(state, alert), document);
        return merge(ALERTS, event.getId(), document);
    }

    /** What the newest alert says about its cause, and how often and how badly it was raised. */
    private static IndexOperation raisedCause(SessionState state, Event event, Suppressions suppressions) {
        String id = state.alerts()
                .getOrDefault(event.getId(), new Alert(event.getId(), 0, 0))
                .cause();
        Cause cause = state.cause(id);
        ObjectNode document = raised(state, event);
        document.put("cause", id);
        document.put("alert", event.getId());
        document.put("severity", EcsDocument.severity(Severity.forNumber(cause.severity())));
        document.put("severity_number", cause.severity());
        document.put("risk", cause.risk());
        document.put("alerts", cause.alerts());
        time(document, "first", cause.firstNs());
        triaged(cause.triage(), suppressions.standing(state, cause), document);
        recorded(cause.triage(), document);
        return merge(CAUSES, causeId(state, id), document);
    }

    private static String causeId(SessionState state, String cause) {
        return state.identity().tenant() + "/" + state.identity().session() + "/" + cause;
    }

    private static ObjectNode raised(SessionState state, Event event) {
        AlertRaised alert = event.getAlertRaised();
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("@timestamp", EcsDocument.timestamp(event.getEventTimeNs()));
        document.put("tenant", event.getTenant());
        document.put("session", event.getSession());
        document.put("host", state.identity().host());
        document.put("agent", state.agent().name());
        document.put("task", state.task().text());
        document.put("degraded", state.lifecycle().degraded());
        document.put("kind", alert.getKind().name().toLowerCase(Locale.ROOT));
        document.put("title", alert.getTitle());
        document.put("said", alert.getSaid());
        document.put("seen", alert.getSeen());
        document.put("why", alert.getWhy());
        document.put("clause", alert.getClause());
        document.put("scope", alert.getScope());
        document.put("expected", alert.getExpected());
        document.put("call", alert.getCall());
        ArrayNode evidence = document.putArray("evidence");
        alert.getEvidenceList().forEach(evidence::add);
        document.put("risk_added", alert.getRiskAdded());
        return document;
    }

    private static void triage(
            SessionState state, Event event, Suppressions suppressions, List<IndexOperation> operations) {
        String id = Triage.cause(event.getTriageNoted());
        Cause cause = state.cause(id);
        Triage triage = cause.triage();
        // Without an alert it would be a cause of nothing; the alert's own write carries what was decided before.
        if (cause.alerts() > 0) {
            ObjectNode document = JsonNodeFactory.instance.objectNode();
            triaged(triage, suppressions.standing(state, cause), document);
            recorded(triage, document);
            operations.add(merge(CAUSES, causeId(state, id), document));
        }
        boolean accepted = !triage.history().isEmpty()
                && triage.history().getLast().event().equals(event.getId());
        if (accepted) {
            alerts(state, id, suppressions, operations);
        }
    }

    private static void alerts(
            SessionState state, String cause, Suppressions suppressions, List<IndexOperation> operations) {
        state.alerts().forEach((id, alert) -> {
            if (alert.cause().equals(cause)) {
                ObjectNode document = JsonNodeFactory.instance.objectNode();
                triaged(state.cause(cause).triage(), suppressions.standing(state, alert), document);
                operations.add(merge(ALERTS, id, document));
            }
        });
    }

    /** What changes about a session when the tenant's suppressions do, or when more is known about it; empty: nothing does. */
    static List<IndexOperation> standing(SessionState state, Predicate<Cause> concerned, Suppressions suppressions) {
        List<IndexOperation> operations = new ArrayList<>();
        state.causes().forEach((id, cause) -> {
            if (cause.alerts() > 0 && concerned.test(cause)) {
                ObjectNode document = JsonNodeFactory.instance.objectNode();
                triaged(cause.triage(), suppressions.standing(state, cause), document);
                operations.add(merge(CAUSES, causeId(state, id), document));
                alerts(state, id, suppressions, operations);
            }
        });
        if (!operations.isEmpty()) {
            operations.add(session(state, suppressions));
        }
        return operations;
    }

    /** @param refused why it does not count; empty: it does */
    static IndexOperation suppression(Event event, Optional<String> refused) {
        SuppressionOrdered ordered = event.getSuppressionOrdered();
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("tenant", event.getTenant());
        document.put("id", event.getId());
        document.put("@timestamp", EcsDocument.timestamp(event.getEventTimeNs()));
        document.put("kind", ordered.getKind().name().toLowerCase(Locale.ROOT));
        document.put("clause", ordered.getClause());
        document.put("agent", ordered.getAgent());
        document.put("workspace", ordered.getWorkspace());
        document.put("highest", EcsDocument.severity(ordered.getHighest()));
        document.put("owner", ordered.getOwner());
        document.put("by", ordered.getOrderedBy());
        document.put("reason", ordered.getReason());
        document.put("expires", EcsDocument.timestamp(ordered.getExpiresNs()));
        document.put("refused", refused.orElse(""));
        return merge(SUPPRESSIONS, event.getTenant() + "/" + event.getId(), document);
    }

    /** The end that counts. */
    static IndexOperation suppressionEnd(Event event) {
        SuppressionEnded ended = event.getSuppressionEnded();
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.putObject("ended")
                .put("event", event.getId())
                .put("at", EcsDocument.timestamp(event.getEventTimeNs()))
                .put("by", ended.getEndedBy())
                .put("reason", ended.getReason());
        return merge(SUPPRESSIONS, event.getTenant() + "/" + ended.getSuppression(), document);
    }

    /** Every field, since a write leaves what it does not name as it was. */
    private static void triaged(Triage triage, Suppressions.Standing standing, ObjectNode document) {
        document.put("status", standing.status());
        document.put("suppressed_by", standing.suppressedBy());
        ObjectNode target = document.putObject("triage");
        Optional<Triage.Decision> latest = triage.latest();
        target.put("version", triage.version());
        target.put("assignee", triage.assignee());
        target.put("verdict", latest.map(Triage.Decision::word).orElse(""));
        target.put("note", latest.map(Triage.Decision::note).orElse(""));
        target.put("reason_code", latest.map(Triage.Decision::reasonCode).orElse(""));
        target.put("noted_by", latest.map(Triage.Decision::by).orElse(""));
        target.put(
                "at",
                latest.map(decision -> EcsDocument.timestamp(decision.atNs())).orElse(null));
        suppression(latest.map(Triage.Decision::suppression).orElse(null), target);
    }

    private static void recorded(Triage triage, ObjectNode document) {
        ArrayNode history = document.putArray("history");
        for (Triage.Decision decision : triage.history()) {
            ObjectNode entry = history.addObject()
                    .put("event", decision.event())
                    .put("at", EcsDocument.timestamp(decision.atNs()))
                    .put("by", decision.by())
                    .put("verdict", decision.word())
                    .put("note", decision.note())
                    .put("assignee", decision.assignee())
                    .put("reason_code", decision.reasonCode());
            suppression(decision.suppression(), entry);
        }
        ArrayNode refusals = document.putArray("refusals");
        for (Triage.Refusal refusal : triage.refusals()) {
            refusals.addObject()
                    .put("event", refusal.event())
                    .put("at", EcsDocument.timestamp(refusal.atNs()))
                    .put("by", refusal.by())
                    .put("verdict", refusal.word())
                    .put("on_version", refusal.onVersion())
                    .put("version", refusal.version())
                    .put("why", refusal.why());
        }
    }

    private static void suppression(Triage.@Nullable Suppressing suppression, ObjectNode target) {
        if (suppression == null) {
            target.putNull("suppression");
            return;
        }
        target.putObject("suppression")
                .put("owner", suppression.owner())
                .put("scope", suppression.scope())
                .put("expires", EcsDocument.timestamp(suppression.expiresNs()));
    }

    private static IndexOperation approval(SessionState state, Event event) {
        ApprovalRequested requested = event.getApprovalRequested();
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("@timestamp", EcsDocument.timestamp(event.getEventTimeNs()));
        document.put("tenant", event.getTenant());
        document.put("session", event.getSession());
        document.put("agent", state.agent().name());
        document.put("agent_version", state.agent().version());
        document.put("task", state.task().text());
        document.put("workspace", state.task().workspace());
        document.put("degraded", state.lifecycle().degraded());
        document.put("policy", state.task().policy());
        document.put("policy_revision", state.task().revision());
        document.put("approval", requested.getApproval());
        document.put("call", requested.getCall());
        document.put("tool", requested.getTool());
        document.put("subject", requested.getSubject());
        document.put("subject_sha256", requested.getSubjectSha256());
        document.put("clause", requested.getClause());
        document.put("tier", EcsDocument.severity(requested.getTier()));
        document.put("tier_number", requested.getTier().getNumber());
        document.put("stated_reason", requested.getStatedReason());
        document.put("expected", requested.getExpected());
        ArrayNode environment = document.putArray("environment");
        requested.getEnvironmentList().forEach(environment::add);
        ArrayNode uninspectable = document.putArray("uninspectable");
        requested.getUninspectableList().forEach(uninspectable::add);
        document.put("people_needed", Math.max(1, requested.getPeople()));
        document.put("session_seconds", requested.getSessionSeconds());
        time(document, "deadline", requested.getDeadlineNs());
        ArrayNode plan = document.putArray("plan");
        state.plan().forEach(step -> plan.addObject().put("text", step.text()).put("status", step.status()));
        outcome(state.approvals().getOrDefault(requested.getApproval(), Approval.UNKNOWN), document);
        return merge(APPROVALS, requested.getApproval(), document);
    }

    private static Optional<IndexOperation> outcome(SessionState state, String id) {
        // A document that has an outcome only would be an approval of nothing; the request's document carries it.
        return Optional.ofNullable(state.approvals().get(id))
                .filter(Approval::known)
                .map(approval -> {
                    ObjectNode document = JsonNodeFactory.instance.objectNode();
                    outcome(approval, document);
                    return merge(APPROVALS, id, document);
                });
    }

    private static void outcome(Approval approval, ObjectNode document) {
        document.put("state", approval.state());
        document.put("decided_by", approval.decidedBy());
        document.put("decision_reason", approval.reason());
        document.put("settled", approval.settled());
        ArrayNode people = document.putArray("people");
        approval.people().forEach(people::add);
        document.put("wanted_seconds", approval.wantedSeconds());
        time(document, "decided", approval.decidedNs());
        time(document, "session_until", approval.sessionUntilNs());
    }

    private static IndexOperation merge(String index, String id, ObjectNode document) {
        return new IndexOperation(IndexOperation.Mode.MERGE, index, id, document.toString());
    }

    private static void time(ObjectNode target, String name, long nanoseconds) {
        if (nanoseconds > 0) {
            target.put(name, EcsDocument.timestamp(nanoseconds));
        }
    }
}
