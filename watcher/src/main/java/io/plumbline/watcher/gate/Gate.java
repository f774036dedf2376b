package io.plumbline.watcher.gate;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.watcher.deviation.PlanReview.Reviewed;
import io.plumbline.watcher.deviation.PolicyCheck;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.judge.Finding;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.risk.Ladder.Step;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Approval;
import io.plumbline.watcher.state.v1.Phase;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Answers announced calls and new connections. Whatever is not clearly allowed is refused or asked for. */
public final class Gate {
    /** An answer to a call, with the question to a person when there is one. */
    public record Answer(GateAnswered answer, Optional<ApprovalRequested> question) {}

    /** An answer to a held connection: at once, or a question to a person first. */
    public sealed interface EgressAnswer {
        record Answered(EgressAnswered answer) implements EgressAnswer {}

        record Asked(ApprovalRequested question) implements EgressAnswer {}
    }

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final WatchState.Builder state;
    private final IntentLedger ledger;
    private final PolicyCheck policyCheck;

    public Gate(SessionState session, IntentLedger ledger, PolicyCheck policyCheck) {
        this.state = session.values();
        this.ledger = ledger;
        this.policyCheck = policyCheck;
    }

    /**
     * The answer to a call whose hook waits.
     *
     * @param reviewed what it announces of the scopes that the policy names, the strictest first
     * @param judged what a judge wants to be asked about or refused
     */
    public Answer answer(Event event, List<Reviewed> reviewed, Optional<Finding> judged) {
        ToolCall call = event.getToolCall();
        if (!state.hasTask()) {
            return refuse(event, "no task is assigned to this session");
        }
        if (state.getPhase() != Phase.WATCHING) {
            return refuse(event, "the session is stopped by its security policy");
        }
        TaskPolicy policy = state.getTask().getPolicy();
        if (policy.getToolsDenyList().contains(call.getTool())) {
            return refuse(event, "the policy " + policy.getName() + " does not allow the tool " + call.getTool());
        }
        Optional<Reviewed> strictest = reviewed.stream().findFirst();
        if (strictest
                .filter(one -> one.answer().compareTo(Scope.Answer.DENY) >= 0)
                .isPresent()) {
            Reviewed one = strictest.get();
            return refuse(
                    event,
                    "the policy " + policy.getName() + " does not allow this (" + one.clause() + "): " + one.what()
                            + ". " + one.scope().why());
        }
        if (judged.filter(finding -> finding.consequence() == Finding.Consequence.REFUSE)
                .isPresent()) {
            return refuse(event, judged.get().clause() + ": " + judged.get().why());
        }
        int named = policy.getToolsAskList().indexOf(call.getTool());
        if (named >= 0) {
            return ask(event, "tools.ask[" + named + "] " + call.getTool(), Severity.MEDIUM);
        }
        if (strictest.filter(one -> one.answer() == Scope.Answer.ASK).isPresent()) {
            return ask(event, strictest.get().clause() + ": " + strictest.get().what(), Severity.HIGH);
        }
        if (judged.isPresent()) {
            return ask(
                    event,
                    judged.get().clause() + ": " + judged.get().why(),
                    judged.get().severity());
        }
        if (Ladder.of(policy).step(state.getRisk()) == Step.ASK) {
            return ask(event, "ladder.ask " + policy.getAskAt() + " <= risk " + state.getRisk(), Severity.HIGH);
        }
        ledger.allow(call.getCall());
        return new Answer(answered(event.getId(), call.getCall(), GateDecision.ALLOW, "", ""), Optional.empty());
    }

    /** What the policy says about an announced call, whoever holds it: allow, log, ask, deny or freeze. */
    public String verdict(ToolCall call, List<Reviewed> reviewed) {
        if (!state.hasTask()) {
            return "";
        }
        Scope.Answer answer =
                reviewed.stream().findFirst().map(Reviewed::answer).orElse(Scope.Answer.ALLOW);
        TaskPolicy policy = state.getTask().getPolicy();
        if (answer.compareTo(Scope.Answer.DENY) < 0) {
            if (policy.getToolsDenyList().contains(call.getTool())) {
                return Scope.Answer.DENY.word();
            }
            if (policy.getToolsAskList().contains(call.getTool())) {
                return Scope.Answer.ASK.word();
            }
        }
        return answer.word();
    }

    private Answer refuse(Event event, String reason) {
        String call = event.getToolCall().getCall();
        ledger.deny(call);
        return new Answer(answered(event.getId(), call, GateDecision.DENY, reason, ""), Optional.empty());
    }

    private Answer ask(Event event, String clause, Severity tier) {
        ToolCall call = event.getToolCall();
        // Until a person has decided, the call counts as refused: if it runs all the same, that is a deviation.
        ledger.deny(call.getCall());
        String approval = EventIds.derived(event.getId(), "approval");
        String subject = subject(call);
        long deadline =
                event.getEventTimeNs() + state.getTask().getPolicy().getApprovalDeadlineSeconds() * NANOS_PER_SECOND;
        remember(Approval.newBuilder()
                .setApproval(approval)
                .setCause(event.getId())
                .setCall(call.getCall())
                .setSubjectSha256(EventIds.sha256Hex(subject))
                .setDeadlineNs(deadline)
                .build());
        ApprovalRequested question = ApprovalRequested.newBuilder()
                .setApproval(approval)
                .setCause(event.getId())
                .setCall(call.getCall())
                .setTool(call.getTool())
                .setSubject(subject)
                .setSubjectSha256(EventIds.sha256Hex(subject))
                .setClause(clause)
                .setTier(tier)
                .setDeadlineNs(deadline)
                .setStatedReason(call.getStatedReason())
                .build();
        return new Answer(
                answered(event.getId(), call.getCall(), GateDecision.ASK, "waiting for a person: " + clause, approval),
                Optional.of(question));
    }

    private void remember(Approval approval) {
        if (state.getApprovalsCount() >= StateLimits.APPROVALS) {
            state.getApprovalsMap().values().stream()
                    .min(Comparator.comparing((Approval known) -> !known.getDecided())
                            .thenComparing(Approval::getDeadlineNs))
                    .ifPresent(oldest -> {
                        state.removeApprovals(oldest.getApproval());
                        state.getEvictedBuilder()
                                .setApprovals(state.getEvicted().getApprovals() + 1);
                    });
        }
        state.putApprovals(approval.getApproval(), approval);
    }

    /**
     * The final answer after a person's decision; empty when the approval is unknown or was decided before. A decision about
     * other bytes than the ones asked for, or after the deadline, is a refusal.
     */
    public Optional<GateAnswered> decided(Event event) {
        ApprovalDecided decision = event.getApprovalDecided();
        Approval approval = state.getApprovalsMap().get(decision.getApproval());
        if (approval == null || approval.getDecided() || approval.getEgress()) {
            return Optional.empty();
        }
        state.putApprovals(
                approval.getApproval(), approval.toBuilder().setDecided(true).build());
        boolean sameBytes = approval.getSubjectSha256().equals(decision.getSubjectSha256());
        boolean inTime = event.getEventTimeNs() <= approval.getDeadlineNs();
        boolean running = state.getPhase() == Phase.WATCHING;
        // The call id is the agent's word; it may have announced something else under it since.
        boolean sameCall = ledger.call(approval.getCall())
                .filter(call -> call.getEvent().equals(approval.getCause()))
                .isPresent();
        boolean allowed = decision.getApproved() && sameBytes && inTime && running && sameCall;
        String reason;
        if (allowed) {
            ledger.allow(approval.getCall());
            reason = "approved by " + decision.getDecidedBy();
        } else if (decision.getApproved()) {
            reason = !sameBytes || !sameCall
                    ? "the approval was given for other bytes"
                    : inTime ? "the session is stopped by its security policy" : "the approval came too late";
        } else {
            reason = "denied by " + decision.getDecidedBy() + ": " + decision.getReason();
        }
        return Optional.of(answered(
                approval.getCause(),
                approval.getCall(),
                allowed ? GateDecision.ALLOW : GateDecision.DENY,
                reason,
                approval.getApproval()));
    }

    /** The answer to a connection that is held at the barrier; everything the session did before has been judged. */
    public EgressAnswer answerEgress(Event event) {
        EgressRequested request = event.getEgressRequested();
        String refusal = "";
        if (!state.hasTask()) {
            refusal = "no task is assigned to this session";
        } else if (state.getPhase() != Phase.WATCHING) {
            refusal = "the session is stopped";
        } else if (!policyCheck.allows(request) && !policyCheck.asks(request)) {
            refusal = "the policy does not list this destination";
        } else if (state.getTainted() && !policyCheck.isService(request)) {
            refusal = "the session deviated before; nothing new leaves until a person has looked";
        } else if (!policyCheck.allows(request)) {
            // What was approved for the connection holds for what it sends later, as long as nothing was found since.
            return request.getUpload() && approvedBefore(request.getConnection())
                    ? new EgressAnswer.Answered(answered(event.getId(), request.getConnection(), ""))
                    : askEgress(event);
        }
        return new EgressAnswer.Answered(answered(event.getId(), request.getConnection(), refusal));
    }

    private boolean approvedBefore(long connection) {
        return state.getApprovalsMap().values().stream()
                .anyMatch(known -> known.getEgress() && known.getConnection() == connection && known.getApproved());
    }

    private EgressAnswer askEgress(Event event) {
        EgressRequested request = event.getEgressRequested();
        TaskPolicy policy = state.getTask().getPolicy();
        String approval = EventIds.derived(event.getId(), "approval");
        String subject = subject(request, policy);
        long deadline = event.getEventTimeNs() + policy.getApprovalDeadlineSeconds() * NANOS_PER_SECOND;
        remember(Approval.newBuilder()
                .setApproval(approval)
                .setCause(event.getId())
                .setSubjectSha256(EventIds.sha256Hex(subject))
                .setDeadlineNs(deadline)
                .setEgress(true)
                .setConnection(request.getConnection())
                .build());
        return new EgressAnswer.Asked(ApprovalRequested.newBuilder()
                .setApproval(approval)
                .setCause(event.getId())
                .setTool("egress")
                .setSubject(subject)
                .setSubjectSha256(EventIds.sha256Hex(subject))
                .setClause("egress-unknown ask")
                .setTier(Severity.MEDIUM)
                .setDeadlineNs(deadline)
                .build());
    }

    /** The final answer to a held connection after a person's decision; closed on the same grounds as {@link #decided}. */
    public Optional<EgressAnswered> decidedEgress(Event event) {
        ApprovalDecided decision = event.getApprovalDecided();
        Approval approval = state.getApprovalsMap().get(decision.getApproval());
        if (approval == null || approval.getDecided() || !approval.getEgress()) {
            return Optional.empty();
        }
        String refusal = "";
        if (!decision.getApproved()) {
            refusal = "denied by " + decision.getDecidedBy() + ": " + decision.getReason();
        } else if (!approval.getSubjectSha256().equals(decision.getSubjectSha256())) {
            refusal = "the approval was given for another destination";
        } else if (event.getEventTimeNs() > approval.getDeadlineNs()) {
            refusal = "the approval came too late";
        } else if (state.getPhase() != Phase.WATCHING) {
            refusal = "the session is stopped by its security policy";
        } else if (state.getTainted()) {
            refusal = "the session deviated before; nothing new leaves until a person has looked";
        }
        state.putApprovals(
                approval.getApproval(),
                approval.toBuilder()
                        .setDecided(true)
                        .setApproved(refusal.isEmpty())
                        .build());
        return Optional.of(answered(approval.getCause(), approval.getConnection(), refusal));
    }

    private static EgressAnswered answered(String cause, long connection, String refusal) {
        return EgressAnswered.newBuilder()
                .setCause(cause)
                .setConnection(connection)
                .setAllowed(refusal.isEmpty())
                .setReason(refusal)
                .build();
    }

    /** The exact bytes that a person decides about: where to, by which method, under which revision of the policy. */
    private static String subject(EgressRequested request, TaskPolicy policy) {
        return request.getHost() + ":" + request.getPort() + "\n" + request.getMethod() + "\n" + policy.getName()
                + " revision " + policy.getRevision();
    }

    /** The exact bytes that a person decides about: tool and arguments as the agent gave them, and where they would run. */
    private static String subject(ToolCall call) {
        return call.getTool() + "\n" + call.getCwd() + "\n" + call.getArgumentsJson();
    }

    private static GateAnswered answered(
            String cause, String call, GateDecision decision, String reason, String approval) {
        return GateAnswered.newBuilder()
                .setCause(cause)
                .setCall(call)
                .setDecision(decision)
                .setReason(reason)
                .setApproval(approval)
                .build();
    }
}
