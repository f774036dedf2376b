package io.plumbline.watcher.gate;

import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.shell.Uninspectable;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
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
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.judge.Finding;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.risk.Ladder.Step;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.Approval;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.Grant;
import io.plumbline.watcher.state.v1.Phase;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
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

    /** What became of a question, and the final answer to what waited for it; none while another person has to decide. */
    public record Settled(Optional<GateAnswered> call, Optional<EgressAnswered> connection, ApprovalSettled how) {}

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Uninspectable parts that are shown with a question. */
    private static final int MOST_PARTS = 20;

    private final WatchState.Builder state;
    private final IntentLedger ledger;
    private final PolicyCheck policyCheck;
    private final Approvals approvals;

    public Gate(SessionState session, IntentLedger ledger, PolicyCheck policyCheck) {
        this.state = session.values();
        this.ledger = ledger;
        this.policyCheck = policyCheck;
        this.approvals = new Approvals(state);
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
                    "the policy " + policy.getName() + " does not allow this (" + one.answered() + "): " + one.what()
                            + ". " + one.why());
        }
        if (judged.filter(finding -> finding.consequence() == Finding.Consequence.REFUSE)
                .isPresent()) {
            return refuse(event, judged.get().clause() + ": " + judged.get().why());
        }
        if (call.getEscalation()
                && ledger.call(call.getCall()).filter(Call::getDenied).isPresent()) {
            return refuse(event, "the call itself was refused");
        }
        Optional<Asking> asking = asking(call, strictest, judged, policy);
        if (asking.isPresent()) {
            return asking.get().again()
                    ? ask(event, asking.get().clause(), asking.get().tier())
                    : askOnce(event, asking.get().clause(), asking.get().tier());
        }
        ledger.allow(call.getCall());
        return new Answer(answered(event.getId(), call.getCall(), GateDecision.ALLOW, "", ""), Optional.empty());
    }

    /**
     * Why a person is asked.
     *
     * @param again also when the same was approved for the session
     */
    private record Asking(String clause, Severity tier, boolean again) {}

    /** Of all reasons to ask the gravest: a further one never makes it easier. */
    private Optional<Asking> asking(
            ToolCall call, Optional<Reviewed> strictest, Optional<Finding> judged, TaskPolicy policy) {
        List<Asking> reasons = new ArrayList<>();
        if (Ladder.of(policy).step(state.getRisk()).compareTo(Step.ASK) >= 0) {
            reasons.add(
                    new Asking("ladder.ask " + policy.getAskAt() + " <= risk " + state.getRisk(), Severity.HIGH, true));
        }
        strictest
                .filter(one -> one.answer() == Scope.Answer.ASK)
                .ifPresent(one -> reasons.add(new Asking(one.answered() + ": " + one.what(), Severity.HIGH, false)));
        judged.ifPresent(
                finding -> reasons.add(new Asking(finding.clause() + ": " + finding.why(), finding.severity(), true)));
        int named = policy.getToolsAskList().indexOf(call.getTool());
        if (named >= 0) {
            reasons.add(new Asking("tools.ask[" + named + "] " + call.getTool(), Severity.MEDIUM, false));
        }
        boolean again = reasons.stream().anyMatch(Asking::again);
        // Of equal ones what the call itself is says more than what was before it.
        return reasons.reversed().stream()
                .max(Comparator.comparing(Asking::tier))
                .map(gravest -> new Asking(gravest.clause(), gravest.tier(), again));
    }

    /** The answer to a call under the id of another one, which stays as it is. */
    public Answer idUsedBefore(Event event) {
        return new Answer(
                answered(
                        event.getId(),
                        event.getToolCall().getCall(),
                        GateDecision.DENY,
                        "the id of this call has been used for another one; announce it under an id of its own",
                        ""),
                Optional.empty());
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

    /** Not asked again for what a person has approved for the session, while nothing speaks against the session. */
    private Answer askOnce(Event event, String clause, Severity tier) {
        ToolCall call = event.getToolCall();
        // What was cut off could be anything: equal beginnings are not equal bytes.
        boolean quiet = event.getTruncatedCount() == 0
                && isFolderKnown(call)
                && !state.getTainted()
                && Ladder.of(state.getTask().getPolicy()).step(state.getRisk()).compareTo(Step.ASK) < 0;
        Optional<Grant> grant =
                quiet ? approvals.grant(EventIds.sha256Hex(subject(call)), event.getEventTimeNs()) : Optional.empty();
        if (grant.isEmpty()) {
            return ask(event, clause, tier);
        }
        ledger.approve(call.getCall(), grant.get().getApproval());
        return new Answer(
                answered(
                        event.getId(),
                        call.getCall(),
                        GateDecision.ALLOW,
                        "approved for the session by "
                                + String.join(" and ", grant.get().getPeopleList()),
                        grant.get().getApproval()),
                Optional.empty());
    }

    private Answer ask(Event event, String clause, Severity tier) {
        ToolCall call = event.getToolCall();
        // Until a person has decided, the call counts as refused: if it runs all the same, that is a deviation.
        ledger.deny(call.getCall());
        Footprint footprint = ledger.footprint(call.getCall());
        ApprovalRequested.Builder asking = question(event, subject(call), clause, tier);
        if (!isFolderKnown(call)) {
            asking.setSessionSeconds(0);
        }
        ApprovalRequested question = asking.setCall(call.getCall())
                .setTool(call.getTool())
                .setStatedReason(call.getStatedReason())
                .setExpected(footprint.describe())
                .addAllEnvironment(footprint.environment())
                .addAllUninspectable(footprint.uninspectable().stream()
                        .limit(MOST_PARTS)
                        .map(Uninspectable::toString)
                        .toList())
                .build();
        approvals.remember(asked(question)
                .setCall(call.getCall())
                .setAnnounced(ledger.call(call.getCall())
                        .map(Call::getEvent)
                        .filter(announced -> !announced.equals(event.getId()))
                        .orElse(""))
                .build());
        return new Answer(
                answered(
                        event.getId(),
                        call.getCall(),
                        GateDecision.ASK,
                        "waiting for a person: " + clause,
                        question.getApproval()),
                Optional.of(question));
    }

    private ApprovalRequested.Builder question(Event event, String subject, String clause, Severity tier) {
        TaskPolicy policy = state.getTask().getPolicy();
        return ApprovalRequested.newBuilder()
                .setApproval(EventIds.derived(event.getId(), "approval"))
                .setCause(event.getId())
                .setSubject(subject)
                .setSubjectSha256(EventIds.sha256Hex(subject))
                .setClause(clause)
                .setTier(tier)
                .setPeople(needsTwo(policy, tier) ? 2 : 1)
                .setSessionSeconds(event.getTruncatedCount() == 0 ? policy.getSessionApprovalSeconds() : 0)
                .setDeadlineNs(event.getEventTimeNs() + policy.getApprovalDeadlineSeconds() * NANOS_PER_SECOND);
    }

    /** A word from a newer contract asks for two people. */
    private static boolean needsTwo(TaskPolicy policy, Severity tier) {
        return switch (policy.getFourEyes()) {
            case "", "none" -> false;
            case "high" -> tier.compareTo(Severity.HIGH) >= 0;
            default -> true;
        };
    }

    private static Approval.Builder asked(ApprovalRequested question) {
        return Approval.newBuilder()
                .setApproval(question.getApproval())
                .setCause(question.getCause())
                .setSubjectSha256(question.getSubjectSha256())
                .setDeadlineNs(question.getDeadlineNs())
                .setPeople(question.getPeople())
                .setSessionSeconds(question.getSessionSeconds());
    }

    /** What a person's decision leads to; empty when the question is unknown or was settled before. All but an approval is a refusal. */
    public Optional<Settled> decided(Event event) {
        ApprovalDecided decision = event.getApprovalDecided();
        return Optional.ofNullable(state.getApprovalsMap().get(decision.getApproval()))
                .flatMap(approval -> approvals.decide(decision, event.getEventTimeNs(), gone(approval)))
                .map(this::answered);
    }

    private Optional<String> gone(Approval approval) {
        if (state.getPhase() != Phase.WATCHING) {
            return Optional.of("the session is stopped by its security policy");
        }
        if (approval.getEgress()) {
            return state.getTainted()
                    ? Optional.of("the session deviated before; nothing new leaves until a person has looked")
                    : Optional.empty();
        }
        // The call id is the agent's word; it may have announced something else under it since.
        String announced = approval.getAnnounced().isEmpty() ? approval.getCause() : approval.getAnnounced();
        boolean same = ledger.call(approval.getCall())
                .filter(call -> call.getEvent().equals(announced))
                .isPresent();
        return same ? Optional.empty() : Optional.of("the approval was given for other bytes");
    }

    /** The questions whose time is over on the session's clock. */
    public List<Settled> overdue(long nowNs) {
        return approvals.overdue(nowNs).stream().map(this::answered).toList();
    }

    /** All questions: what they were asked under has changed. Nothing that was approved for the session holds any longer. */
    public List<Settled> superseded(String why) {
        state.clearGrants();
        return approvals.supersede(approval -> true, why).stream()
                .map(this::answered)
                .toList();
    }

    private Settled answered(Approvals.Settled settled) {
        Approval approval = settled.approval();
        if (settled.open()) {
            return new Settled(Optional.empty(), Optional.empty(), settled.how());
        }
        String reason = settled.how().getReason();
        if (approval.getEgress()) {
            return new Settled(
                    Optional.empty(),
                    Optional.of(
                            answered(approval.getCause(), approval.getConnection(), settled.approved() ? "" : reason)),
                    settled.how());
        }
        if (settled.approved()) {
            ledger.approve(approval.getCall(), approval.getApproval());
        }
        return new Settled(
                Optional.of(answered(
                        approval.getCause(),
                        approval.getCall(),
                        settled.approved() ? GateDecision.ALLOW : GateDecision.DENY,
                        reason,
                        approval.getApproval())),
                Optional.empty(),
                settled.how());
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
            return request.getUpload() && approvals.approvedFor(request.getConnection())
                    ? new EgressAnswer.Answered(answered(event.getId(), request.getConnection(), ""))
                    : askEgress(event);
        }
        return new EgressAnswer.Answered(answered(event.getId(), request.getConnection(), refusal));
    }

    private EgressAnswer askEgress(Event event) {
        EgressRequested request = event.getEgressRequested();
        String subject = subject(request, state.getTask().getPolicy());
        if (approvals.grant(EventIds.sha256Hex(subject), event.getEventTimeNs()).isPresent()) {
            return new EgressAnswer.Answered(answered(event.getId(), request.getConnection(), ""));
        }
        ApprovalRequested question = question(event, subject, "egress-unknown ask", Severity.MEDIUM)
                .setTool("egress")
                .build();
        approvals.remember(asked(question)
                .setEgress(true)
                .setConnection(request.getConnection())
                .build());
        return new EgressAnswer.Asked(question);
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

    /**
     * The exact bytes that a person decides about: tool and arguments as the agent gave them, where they would run, by its name and, where
     * that has links, the folder that it is, under which revision. What was approved inside of the agent's own sandbox was not approved outside of it.
     */
    private String subject(ToolCall call) {
        TaskPolicy policy = state.getTask().getPolicy();
        boolean linked = !call.getRealCwd().isEmpty()
                && !call.getCwd().equals(call.getRealCwd())
                && !call.getCwd().equals(call.getRealCwd() + "/");
        return call.getTool() + "\n" + call.getCwd() + "\n" + call.getArgumentsJson() + "\n"
                + (linked ? "the folder is " + call.getRealCwd() + "\n" : "")
                + (call.getEscalation() ? "outside of the agent's own sandbox\n" : "") + policy.getName()
                + " revision " + policy.getRevision();
    }

    /**
     * Whether the folder's name cannot mean another one at the next call: the host has found out which one it is, or it is the workspace.
     * Where it has not (a {@code ..} in the arguments, a folder that exists inside only), a person approves one call. Without a host there
     * are names alone.
     */
    private boolean isFolderKnown(ToolCall call) {
        String folder = call.getCwd();
        String workspace = state.getTask().getWorkspace();
        return folder.isEmpty()
                || !call.getRealCwd().isEmpty()
                || folder.equals(workspace)
                || folder.equals(workspace + "/")
                || state.getHost().equals(EventLimits.DIRECT_HOST);
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
