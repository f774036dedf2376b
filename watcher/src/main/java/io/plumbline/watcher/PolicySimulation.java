package io.plumbline.watcher;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the watcher would have said of a recorded session under another policy. The session did what it did under its own: nothing that the
 * other policy would have refused or frozen is missing from what comes after.
 */
public final class PolicySimulation {
    private PolicySimulation() {}

    /**
     * @param alerts in the order of the stream
     * @param questions to people
     * @param denied calls and connections that were refused at once
     * @param frozenBy the cause of the first freeze, an event's id; empty: none
     * @param risk of the session in the end, 0 to 100
     */
    public record Outcome(
            List<AlertRaised> alerts,
            List<ApprovalRequested> questions,
            int denied,
            Optional<String> frozenBy,
            int risk) {
        public Outcome {
            alerts = List.copyOf(alerts);
            questions = List.copyOf(questions);
        }
    }

    /**
     * Judges the telemetry of one session again, without what people ordered.
     *
     * @param telemetry of one session, in its order
     * @param policy to judge by; empty: its own
     */
    public static Outcome of(List<Event> telemetry, Optional<TaskPolicy> policy) {
        Watcher watcher = new Watcher(List.of());
        SessionState state = SessionState.empty();
        List<AlertRaised> alerts = new ArrayList<>();
        List<ApprovalRequested> questions = new ArrayList<>();
        int denied = 0;
        Optional<String> frozenBy = Optional.empty();
        for (Event event : telemetry) {
            for (Event verdict : watcher.onEvent(state, under(event, policy))) {
                switch (verdict.getPayloadCase()) {
                    case ALERT_RAISED -> alerts.add(verdict.getAlertRaised());
                    case APPROVAL_REQUESTED -> questions.add(verdict.getApprovalRequested());
                    case GATE_ANSWERED ->
                        denied += verdict.getGateAnswered().getDecision() == GateDecision.DENY ? 1 : 0;
                    case EGRESS_ANSWERED ->
                        denied += verdict.getEgressAnswered().getAllowed() ? 0 : 1;
                    case FREEZE_ORDERED -> frozenBy = frozenBy.or(() -> Optional.of(event.getId()));
                    default -> {}
                }
            }
        }
        return new Outcome(alerts, questions, denied, frozenBy, state.values().getRisk());
    }

    private static Event under(Event event, Optional<TaskPolicy> policy) {
        if (policy.isEmpty() || !event.hasTaskAssigned()) {
            return event;
        }
        int revision = event.getTaskAssigned().getPolicy().getRevision();
        Event.Builder changed = event.toBuilder();
        changed.getTaskAssignedBuilder().setPolicy(policy.get().toBuilder().setRevision(revision));
        return changed.build();
    }
}
