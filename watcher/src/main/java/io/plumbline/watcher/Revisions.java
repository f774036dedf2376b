package io.plumbline.watcher;

import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.deviation.Deviation;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.List;

/** Revisions of the session's policy between a person's order and the host's answer. */
final class Revisions {
    private final WatchState.Builder state;

    Revisions(WatchState.Builder state) {
        this.state = state;
    }

    void ordered(PolicyRevised order) {
        ordered(PolicyStatements.sha256(order.getSigned()));
    }

    /** @param statementSha256 of the signed statement */
    void ordered(String statementSha256) {
        if (state.getRevisionsOrderedCount() == StateLimits.REVISIONS) {
            List<String> kept = List.copyOf(state.getRevisionsOrderedList().subList(1, StateLimits.REVISIONS));
            state.clearRevisionsOrdered().addAllRevisionsOrdered(kept);
            state.getEvictedBuilder().setRevisions(state.getEvicted().getRevisions() + 1);
        }
        state.addRevisionsOrdered(statementSha256);
    }

    /** True when the revision was ordered; what was ordered before it is superseded. */
    boolean answered(String statementSha256) {
        int at = state.getRevisionsOrderedList().indexOf(statementSha256);
        if (at < 0) {
            return false;
        }
        List<String> later =
                List.copyOf(state.getRevisionsOrderedList().subList(at + 1, state.getRevisionsOrderedCount()));
        state.clearRevisionsOrdered().addAllRevisionsOrdered(later);
        return true;
    }

    /** The host says that a policy is in force which nobody ordered: it is not judged by, and the session is stopped. */
    static Deviation notOrdered(PolicyConfirmed confirmed) {
        return new Deviation(
                DeviationKind.OUT_OF_POLICY,
                Severity.CRITICAL,
                "policy-not-ordered|" + confirmed.getStatementSha256(),
                "A policy came into force that nobody ordered",
                "revision " + confirmed.getRevision() + " of policy " + confirmed.getPolicy(),
                "Only a person's signed order revises a policy. The revision before is still judged by.",
                "policy",
                "",
                Ladder.MAX,
                true);
    }
}
