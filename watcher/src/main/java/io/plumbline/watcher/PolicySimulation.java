package io.plumbline.watcher;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the watcher would have said of a recorded session under another policy. The session did what it did under its own: nothing that the
 * other policy would have refused or frozen is missing from what comes after.
 */
public final class PolicySimulation {
    private PolicySimulation() {}

    /**
     * @param alerts in the order of the stream
     * @param questions to people
     * @param denied calls and connections that were refused at once, as one line each by the id of their event
     * @param frozenBy the cause of the first freeze, an event's id; empty: none
     * @param risk of the session in the end, 0 to 100
     */
    public record Outcome(
            List<AlertRaised> alerts,
            List<ApprovalRequested> questions,
            Map<String, String> denied,
            Optional<String> frozenBy,
            int risk) {
        public Outcome {
            alerts = List.copyOf(alerts);
            questions = List.copyOf(questions);
            denied = Collections.unmodifiableMap(new LinkedHashMap<>(denied));
        }
    }

    /**
     * What another policy would have changed, each as one line for people. The texts are the workload's and the agent's.
     *
     * @param still alerts that both raise; likewise {@code gone} of the first alone, {@code fresh} of the second alone
     * @param newlyAsked questions to people that only the second asks
     * @param newlyDenied calls and connections that only the second refuses
     */
    public record Comparison(
            List<String> still,
            List<String> gone,
            List<String> fresh,
            List<String> newlyAsked,
            List<String> newlyDenied) {
        /** @param own what the watcher says under the session's own policy; @param other under the other */
        public static Comparison of(Outcome own, Outcome other) {
            Set<String> before = lines(own);
            Set<String> after = lines(other);
            Set<String> asked =
                    own.questions().stream().map(ApprovalRequested::getCause).collect(Collectors.toSet());
            return new Comparison(
                    before.stream().filter(after::contains).toList(),
                    before.stream().filter(line -> !after.contains(line)).toList(),
                    after.stream().filter(line -> !before.contains(line)).toList(),
                    other.questions().stream()
                            .filter(question -> !asked.contains(question.getCause()))
                            .map(question -> question.getTool() + " " + question.getSubject() + " ["
                                    + question.getClause() + "]")
                            .distinct()
                            .toList(),
                    other.denied().entrySet().stream()
                            .filter(refused -> !own.denied().containsKey(refused.getKey()))
                            .map(Map.Entry::getValue)
                            .distinct()
                            .toList());
        }

        private static Set<String> lines(Outcome outcome) {
            return outcome.alerts().stream()
                    .map(alert -> alert.getSeverity() + " " + alert.getTitle() + ": " + alert.getSeen() + " ["
                            + alert.getClause() + "]")
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        }
    }

    /**
     * Judges the telemetry of one session again, without what people ordered.
     *
     * @param telemetry of one session, in its order
     * @param policy to judge by; empty: its own
     * @param judges asked about every event, besides the watcher itself
     */
    public static Outcome of(List<Event> telemetry, Optional<TaskPolicy> policy, List<Judge> judges) {
        Watcher watcher = new Watcher(judges);
        SessionState state = SessionState.empty();
        List<AlertRaised> alerts = new ArrayList<>();
        List<ApprovalRequested> questions = new ArrayList<>();
        Map<String, String> denied = new LinkedHashMap<>();
        Optional<String> frozenBy = Optional.empty();
        for (Event event : telemetry) {
            // Orders are left out, so what the host confirms is taken for ordered.
            if (event.getPolicyConfirmed().hasInForce()) {
                new Revisions(state.values()).ordered(event.getPolicyConfirmed().getStatementSha256());
            }
            for (Event verdict : watcher.onEvent(state, under(event, policy))) {
                switch (verdict.getPayloadCase()) {
                    case ALERT_RAISED -> alerts.add(verdict.getAlertRaised());
                    case APPROVAL_REQUESTED -> questions.add(verdict.getApprovalRequested());
                    case GATE_ANSWERED -> {
                        if (verdict.getGateAnswered().getDecision() == GateDecision.DENY
                                && verdict.getGateAnswered().getCause().equals(event.getId())) {
                            denied.put(
                                    verdict.getGateAnswered().getCause(),
                                    event.getToolCall().getTool() + " "
                                            + event.getToolCall().getCommand() + ": "
                                            + verdict.getGateAnswered().getReason());
                        }
                    }
                    case EGRESS_ANSWERED -> {
                        if (!verdict.getEgressAnswered().getAllowed()
                                && verdict.getEgressAnswered().getCause().equals(event.getId())) {
                            denied.put(
                                    verdict.getEgressAnswered().getCause(),
                                    "connection to "
                                            + event.getEgressRequested().getHost() + ":"
                                            + event.getEgressRequested().getPort() + ": "
                                            + verdict.getEgressAnswered().getReason());
                        }
                    }
                    case FREEZE_ORDERED -> frozenBy = frozenBy.or(() -> Optional.of(event.getId()));
                    default -> {}
                }
            }
        }
        return new Outcome(alerts, questions, denied, frozenBy, state.values().getRisk());
    }

    private static Event under(Event event, Optional<TaskPolicy> policy) {
        if (policy.isEmpty()) {
            return event;
        }
        Event.Builder changed = event.toBuilder();
        if (event.hasTaskAssigned()) {
            changed.getTaskAssignedBuilder()
                    .setPolicy(revised(policy.get(), event.getTaskAssigned().getPolicy()));
        } else if (event.getPolicyConfirmed().hasInForce()) {
            changed.getPolicyConfirmedBuilder()
                    .setInForce(revised(policy.get(), event.getPolicyConfirmed().getInForce()));
        }
        return changed.build();
    }

    private static TaskPolicy revised(TaskPolicy policy, TaskPolicy inItsPlace) {
        return policy.toBuilder().setRevision(inItsPlace.getRevision()).build();
    }
}
