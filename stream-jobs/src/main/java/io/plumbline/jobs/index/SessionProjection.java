package io.plumbline.jobs.index;

import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.jobs.index.SessionState.Agent;
import io.plumbline.jobs.index.SessionState.Alert;
import io.plumbline.jobs.index.SessionState.Approval;
import io.plumbline.jobs.index.SessionState.Cause;
import io.plumbline.jobs.index.SessionState.Daemon;
import io.plumbline.jobs.index.SessionState.Identity;
import io.plumbline.jobs.index.SessionState.Lifecycle;
import io.plumbline.jobs.index.SessionState.Order;
import io.plumbline.jobs.index.SessionState.PlanStep;
import io.plumbline.jobs.index.SessionState.Risk;
import io.plumbline.jobs.index.SessionState.Seen;
import io.plumbline.jobs.index.SessionState.Span;
import io.plumbline.jobs.index.SessionState.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * The pure step of the session projection: state and event in, state out. The three topics reach the job in any interleaving, so
 * no step relies on an order being seen before its confirmation, nor a request before its decision.
 */
final class SessionProjection {
    private SessionProjection() {}

    static SessionState apply(SessionState state, Event event) {
        if (alreadyCounted(state.seen(), event)) {
            return state;
        }
        SessionState next = state.with(new Identity(
                        event.getTenant(),
                        event.getSession(),
                        event.getHost().isEmpty() ? state.identity().host() : event.getHost()))
                .with(count(state.seen(), event))
                .with(span(state.span(), event));
        return payload(next, event);
    }

    /** Whether the session's document has to be written at once; the rest may wait for the next beat. */
    static boolean isUrgent(Event event) {
        return switch (event.getPayloadCase()) {
            case PROCESS_STARTED,
                    PROCESS_EXITED,
                    PROCESS_FORKED,
                    FILE_OPENED,
                    FILE_CHANGED,
                    CONNECTED,
                    BOUND,
                    ACCEPTED,
                    RAW_SYSCALL,
                    NAMED_SYSCALL,
                    HEARTBEAT,
                    EGRESS_REQUESTED,
                    EGRESS_DECIDED,
                    EGRESS_ANSWERED,
                    REASONING,
                    RAW_CLAIM,
                    SCORES_COUNTED,
                    JUDGED -> false;
            default -> true;
        };
    }

    /** Telemetry is delivered at least once and numbered without gaps, so a number that was passed was counted. */
    private static boolean alreadyCounted(Seen seen, Event event) {
        if (event.getSeq() == 0) {
            return false;
        }
        return switch (event.getChannel()) {
            case CLAIMS -> event.getSeq() <= seen.lastClaimsSeq();
            case EVIDENCE -> event.getSeq() <= seen.lastEvidenceSeq();
            case CONTROL, VERDICTS, CHANNEL_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    }

    private static Seen count(Seen seen, Event event) {
        long claims = seen.claims();
        long evidence = seen.evidence();
        long lastClaims = seen.lastClaimsSeq();
        long lastEvidence = seen.lastEvidenceSeq();
        long missing = seen.missing();
        if (event.getChannel() == Channel.CLAIMS) {
            claims++;
            if (event.getSeq() > 0) {
                missing += event.getSeq() - lastClaims - 1;
                lastClaims = event.getSeq();
            }
        } else if (event.getChannel() == Channel.EVIDENCE) {
            evidence++;
            if (event.getSeq() > 0) {
                missing += event.getSeq() - lastEvidence - 1;
                lastEvidence = event.getSeq();
            }
        }
        long dropped =
                switch (event.getPayloadCase()) {
                    case TRACE_LOSS ->
                        Math.max(seen.dropped(), event.getTraceLoss().getDroppedTotal());
                    // An end that nobody could account for hides at least one message.
                    case SESSION_RECONCILED ->
                        event.getSessionReconciled().getComplete() ? seen.dropped() : Math.max(seen.dropped(), 1);
                    case HEARTBEAT ->
                        Math.max(seen.dropped(), event.getHeartbeat().getDroppedTotal());
                    default -> seen.dropped();
                };
        return new Seen(seen.events() + 1, claims, evidence, lastClaims, lastEvidence, missing, dropped, seen.alerts());
    }

    private static Span span(Span span, Event event) {
        long at = event.getEventTimeNs();
        // A tick says that nothing came: it makes nobody seen.
        if (at <= 0 || event.hasTick()) {
            return span;
        }
        return new Span(
                span.startedNs() == 0 ? at : Math.min(span.startedNs(), at),
                Math.max(span.lastNs(), at),
                span.endedNs(),
                span.endReason());
    }

    private static SessionState payload(SessionState state, Event event) {
        return switch (event.getPayloadCase()) {
            case HEARTBEAT ->
                state.with(new Daemon(
                        event.getHeartbeat().getHostVersion(),
                        event.getHeartbeat().getSpoolBytes(),
                        event.getHeartbeat().getSpoolLimitBytes()));
            case SESSION_DECLARED -> {
                SessionDeclared declared = event.getSessionDeclared();
                // The task names the agent that the host started; what it calls itself adds version and model.
                String known = state.agent().name();
                yield state.with(new Agent(
                        known.isEmpty() ? declared.getAgent() : known,
                        declared.getAgentVersion(),
                        declared.getModel(),
                        declared.getAgentSession(),
                        declared.getDeclaredSandbox()));
            }
            case PLAN -> state.with(plan(state.plan(), event.getPlan()));
            case SESSION_ENDED ->
                state.with(new Span(
                        state.span().startedNs(),
                        state.span().lastNs(),
                        event.getEventTimeNs(),
                        event.getSessionEnded().getReason()));
            case TASK_ASSIGNED -> taskAssigned(state, event.getTaskAssigned());
            case POLICY_CONFIRMED -> {
                PolicyConfirmed policy = event.getPolicyConfirmed();
                yield state.with(
                        policy.hasInForce()
                                ? state.task().under(policy.getInForce())
                                : state.task().confirmedAs(policy.getPolicy(), policy.getRevision()));
            }
            case POLICY_REFUSED -> state.with(state.task().refusing(event.getPolicyRefused()));
            case RUNTIME_STATE -> state.with(settled(confirmed(state.lifecycle(), event)));
            case FREEZE_ORDERED ->
                ordered(
                        state,
                        event,
                        "freeze",
                        event.getFreezeOrdered().getOrderedBy(),
                        event.getFreezeOrdered().getReason(),
                        event.getFreezeOrdered().getCause());
            case THAW_ORDERED ->
                ordered(
                        state,
                        event,
                        "thaw",
                        event.getThawOrdered().getOrderedBy(),
                        event.getThawOrdered().getReason(),
                        event.getThawOrdered().getCause());
            case KILL_ORDERED ->
                ordered(
                        state,
                        event,
                        "kill",
                        event.getKillOrdered().getOrderedBy(),
                        event.getKillOrdered().getReason(),
                        event.getKillOrdered().getCause());
            case SESSION_RISK ->
                state.with(new Risk(
                        event.getSessionRisk().getRisk(),
                        event.getSessionRisk().getStep(),
                        state.risk().highestSeverity()));
            case ALERT_RAISED -> alertRaised(state, event);
            case TRIAGE_NOTED -> {
                String id = Triage.cause(event.getTriageNoted());
                Cause before = state.cause(id);
                yield state.withCause(id, before.with(before.triage().after(event)));
            }
            case APPROVAL_REQUESTED -> {
                String id = event.getApprovalRequested().getApproval();
                Approval before = state.approvals().getOrDefault(id, Approval.UNKNOWN);
                yield state.withApproval(
                        id,
                        before.asked(
                                event.getApprovalRequested().getDeadlineNs(),
                                event.getApprovalRequested().getPeople()));
            }
            case APPROVAL_DECIDED -> decided(state, event);
            case APPROVAL_SETTLED -> settled(state, event.getApprovalSettled());
            case GATE_ANSWERED -> gateAnswered(state, event.getGateAnswered());
            default -> state;
        };
    }

    private static List<PlanStep> plan(List<PlanStep> before, Plan plan) {
        List<PlanStep> items = new ArrayList<>(plan.getIncremental() ? before : List.of());
        for (PlanItem item : plan.getItemsList()) {
            PlanStep step = new PlanStep(item.getText(), item.getStatus(), item.getItem());
            int known = indexOf(items, step);
            if (known >= 0) {
                PlanStep old = items.get(known);
                items.set(
                        known,
                        new PlanStep(step.text().isEmpty() ? old.text() : step.text(), step.status(), step.item()));
            } else {
                items.add(step);
            }
        }
        return items;
    }

    private static int indexOf(List<PlanStep> items, PlanStep step) {
        for (int i = 0; i < items.size(); i++) {
            PlanStep item = items.get(i);
            if (step.item().isEmpty()
                    ? item.text().equals(step.text())
                    : item.item().equals(step.item())) {
                return i;
            }
        }
        return -1;
    }

    private static SessionState taskAssigned(SessionState state, TaskAssigned assigned) {
        Task before = state.task();
        boolean sameRevision = before.policy().equals(assigned.getPolicy().getName())
                && before.revision() == assigned.getPolicy().getRevision();
        SessionState next = state.with(new Task(
                assigned.getTask(),
                assigned.getWorkspace(),
                assigned.getAssignedBy(),
                assigned.getPolicy().getName(),
                assigned.getPolicy().getRevision(),
                before.confirmed() && sameRevision,
                assigned.getPolicy().getAlertAt(),
                assigned.getPolicy().getAskAt(),
                assigned.getPolicy().getFreezeAt(),
                null));
        if (!state.agent().name().isEmpty()) {
            return next;
        }
        Agent agent = state.agent();
        // An agent that nobody knows is shown by the name that the person gave it.
        String name =
                assigned.getAgentName().isEmpty() ? assigned.getAgent() : assigned.getAgentName() + " (no claims)";
        return next.with(new Agent(name, agent.version(), agent.model(), agent.session(), agent.declaredSandbox()));
    }

    private static Lifecycle confirmed(Lifecycle before, Event event) {
        RuntimeState runtime = event.getRuntimeState();
        StageTimes stages = runtime.getStages();
        long latency = -1;
        if (stages.getDoneNs() > 0 && stages.getKernelNs() > 0) {
            latency = stages.getDoneNs() - stages.getKernelNs();
        } else if (before.lastOrder().isPresent()
                && before.lastOrder().get().id().equals(runtime.getOrder())) {
            latency = event.getEventTimeNs() - before.lastOrder().get().atNs();
        }
        String state = EcsDocument.state(runtime.getState());
        if (SessionState.OVER.contains(before.state()) && SessionState.OVER.contains(state)) {
            // A killed session's process exits too; what ended it comes first and stays.
            return before;
        }
        // A host reports its state again after a reconnect; that says nothing new about when and why.
        boolean sameState = state.equals(before.state());
        boolean sameOrder = runtime.getOrder().isEmpty() || runtime.getOrder().equals(before.order());
        boolean repeated = sameState && sameOrder && latency < 0;
        // What the host has not done changes nothing of what it had done before.
        boolean refused = before.lastOrder()
                .filter(last -> last.id().equals(runtime.getOrder()) && !last.leadsTo(state))
                .isPresent();
        boolean unchanged = repeated || sameState && refused;
        return new Lifecycle(
                state,
                unchanged ? before.sinceNs() : event.getEventTimeNs(),
                repeated ? before.reason() : runtime.getReason(),
                repeated ? before.order() : runtime.getOrder(),
                unchanged ? before.latencyNs() : latency,
                runtime.getExitCode(),
                runtime.getRuntime().isEmpty() ? before.runtime() : runtime.getRuntime(),
                runtime.getMechanism().isEmpty() ? before.mechanism() : runtime.getMechanism(),
                before.degraded() || runtime.getDegraded(),
                before.requestedOrder(),
                before.issuedOrder(),
                before.latestOrder());
    }

    private static SessionState ordered(
            SessionState state, Event event, String action, String by, String reason, String cause) {
        Lifecycle before = state.lifecycle();
        Order order = new Order(action, event.getId(), by, reason, event.getEventTimeNs(), cause);
        boolean byPerson = event.getChannel() == Channel.CONTROL;
        // The confirmation overtook its order on another topic.
        long latency = !byPerson && before.order().equals(event.getId()) && before.latencyNs() < 0
                ? before.sinceNs() - event.getEventTimeNs()
                : before.latencyNs();
        return state.with(settled(new Lifecycle(
                before.state(),
                before.sinceNs(),
                before.reason(),
                before.order(),
                latency,
                before.exitCode(),
                before.runtime(),
                before.mechanism(),
                before.degraded(),
                byPerson ? order : before.requestedOrder(),
                byPerson ? before.issuedOrder() : order,
                byPerson ? before.latestOrder() : order)));
    }

    /** Takes out the orders in flight that the confirmed state has fulfilled, or that the host has answered. */
    private static Lifecycle settled(Lifecycle lifecycle) {
        return new Lifecycle(
                lifecycle.state(),
                lifecycle.sinceNs(),
                lifecycle.reason(),
                lifecycle.order(),
                lifecycle.latencyNs(),
                lifecycle.exitCode(),
                lifecycle.runtime(),
                lifecycle.mechanism(),
                lifecycle.degraded(),
                lifecycle
                        .requested()
                        .filter(order -> !fulfilled(order, lifecycle))
                        .orElse(null),
                lifecycle
                        .ordered()
                        .filter(order -> !fulfilled(order, lifecycle))
                        .orElse(null),
                lifecycle.latestOrder());
    }

    private static boolean fulfilled(Order order, Lifecycle lifecycle) {
        // A person's order reaches the host as the watcher's, whose cause it is.
        boolean answered = lifecycle.order().equals(order.id())
                || lifecycle
                        .lastOrder()
                        .filter(last -> last.id().equals(lifecycle.order())
                                && last.cause().equals(order.id()))
                        .isPresent();
        // Freezing what is frozen is done already; what ran before a thaw was ordered may be about to freeze.
        boolean early = order.action().equals("thaw")
                && lifecycle.state().equals("running")
                && lifecycle.sinceNs() < order.atNs();
        return answered || order.leadsTo(lifecycle.state()) && !early;
    }

    private static SessionState alertRaised(SessionState state, Event event) {
        AlertRaised alert = event.getAlertRaised();
        if (state.alerts().containsKey(event.getId())) {
            return state;
        }
        Seen seen = state.seen();
        int severity = alert.getSeverity().getNumber();
        String cause = alert.getDeviation().isEmpty() ? event.getId() : alert.getDeviation();
        return state.with(new Seen(
                        seen.events(),
                        seen.claims(),
                        seen.evidence(),
                        seen.lastClaimsSeq(),
                        seen.lastEvidenceSeq(),
                        seen.missing(),
                        seen.dropped(),
                        seen.alerts() + 1))
                .with(new Risk(
                        Math.max(state.risk().total(), alert.getRisk()),
                        state.risk().step(),
                        Math.max(state.risk().highestSeverity(), severity)))
                .withAlert(event.getId(), new Alert(cause, event.getEventTimeNs(), severity))
                .withCause(cause, state.cause(cause).raised(event.getEventTimeNs(), alert));
    }

    private static SessionState decided(SessionState state, Event event) {
        ApprovalDecided decided = event.getApprovalDecided();
        Approval before = state.approvals().getOrDefault(decided.getApproval(), Approval.UNKNOWN);
        return state.withApproval(
                decided.getApproval(),
                before.decided(
                        decided.getDecidedBy(),
                        decided.getReason(),
                        event.getEventTimeNs(),
                        decided.getApproved() ? "approved" : "denied",
                        decided.getSessionSeconds()));
    }

    private static SessionState settled(SessionState state, ApprovalSettled settled) {
        Approval before = state.approvals().getOrDefault(settled.getApproval(), Approval.UNKNOWN);
        String now = EcsDocument.approvalState(settled.getState());
        // Another person's approval that does not count repeats the word; nothing comes after one that is final.
        boolean late = now.equals(Approval.NEEDS_SECOND)
                && !before.settled().isEmpty()
                && !before.settled().equals(Approval.NEEDS_SECOND);
        return late
                ? state
                : state.withApproval(
                        settled.getApproval(),
                        before.settled(now, settled.getReason(), settled.getPeopleList(), settled.getSessionUntilNs()));
    }

    private static SessionState gateAnswered(SessionState state, GateAnswered answered) {
        if (answered.getApproval().isEmpty() || answered.getDecision() == GateDecision.ASK) {
            return state;
        }
        Approval before = state.approvals().getOrDefault(answered.getApproval(), Approval.UNKNOWN);
        if (!before.decision().isEmpty() || !before.settled().isEmpty()) {
            return state;
        }
        return state.withApproval(
                answered.getApproval(),
                before.answered(
                        answered.getDecision() == GateDecision.ALLOW ? "approved" : "timed_out", answered.getReason()));
    }
}
