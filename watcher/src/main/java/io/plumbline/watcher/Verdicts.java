package io.plumbline.watcher;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.Judged;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.ProbeAnswered;
import io.plumbline.events.v1.ScoresCounted;
import io.plumbline.events.v1.SessionRisk;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;

/** Collects the verdicts on one event. Numbers and names them from their cause, so that a replay gives the same bytes. */
final class Verdicts {
    private final WatchState.Builder state;
    private final Event cause;
    private final List<Event> verdicts = new ArrayList<>();

    Verdicts(WatchState.Builder state, Event cause) {
        this.state = state;
        this.cause = cause;
    }

    List<Event> all() {
        return List.copyOf(verdicts);
    }

    void add(GateAnswered answer) {
        add("gate", answer.getCause() + answer.getDecision(), Event.newBuilder().setGateAnswered(answer));
    }

    void add(EgressAnswered answer) {
        add("egress", answer.getCause(), Event.newBuilder().setEgressAnswered(answer));
    }

    void add(ApprovalRequested request) {
        add("approval", request.getApproval(), Event.newBuilder().setApprovalRequested(request));
    }

    void add(ApprovalSettled settled) {
        add(
                "approval-settled",
                settled.getApproval() + settled.getState(),
                Event.newBuilder().setApprovalSettled(settled));
    }

    void add(AlertRaised alert, String key) {
        add("alert", alert.getKind() + key, Event.newBuilder().setAlertRaised(alert));
    }

    void add(SessionRisk risk) {
        add("risk", risk.getCause() + risk.getRisk(), Event.newBuilder().setSessionRisk(risk));
    }

    void add(ScoresCounted scores) {
        add("scores", "", Event.newBuilder().setScoresCounted(scores));
    }

    void add(ProbeAnswered answer) {
        add("probe", answer.getCause(), Event.newBuilder().setProbeAnswered(answer));
    }

    void add(FreezeOrdered order) {
        add("freeze", order.getCause(), Event.newBuilder().setFreezeOrdered(order));
    }

    void add(ThawOrdered order) {
        add("thaw", order.getCause(), Event.newBuilder().setThawOrdered(order));
    }

    void add(KillOrdered order) {
        add("kill", order.getCause(), Event.newBuilder().setKillOrdered(order));
    }

    void add(Judged judged) {
        add("judged", "", Event.newBuilder().setJudged(judged));
    }

    void add(PolicyRevised order) {
        add(
                "policy",
                PolicyStatements.sha256(order.getSigned()),
                Event.newBuilder().setPolicyRevised(order));
    }

    private void add(String kind, String what, Event.Builder verdict) {
        state.setVerdictSeq(state.getVerdictSeq() + 1);
        verdicts.add(verdict.setId(EventIds.derived(cause.getId(), kind, what))
                .setTenant(cause.getTenant())
                .setHost(state.getHost())
                .setSession(cause.getSession())
                .setChannel(Channel.VERDICTS)
                .setSeq(state.getVerdictSeq())
                .setPolicyRevision(state.getTask().getPolicy().getRevision())
                .setEventTimeNs(cause.getEventTimeNs())
                .setObservedTimeNs(cause.getObservedTimeNs())
                .build());
    }
}
