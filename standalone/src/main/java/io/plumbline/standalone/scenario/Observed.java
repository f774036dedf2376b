package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.ScriptedModel;
import io.plumbline.standalone.session.FollowedSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What came of a session, from its telemetry and verdicts.
 *
 * @param gates the gate's answers by step of the script; a step that was not announced has none
 * @param letGo hosts, beside the agent's model, that a connection was let go to
 * @param freezeMillis from the kernel event that decided to the stopped workload, where it was frozen for real
 * @param calls tool calls that were announced to the gate
 * @param questions that were put to people
 */
public record Observed(
        Outcome outcome,
        Map<Integer, GateDecision> gates,
        List<AlertRaised> alerts,
        Set<String> letGo,
        Optional<Double> freezeMillis,
        int calls,
        int questions) {
    public Observed {
        alerts = List.copyOf(alerts);
    }

    /** @param events telemetry and verdicts of one session; whether they are mixed does not matter, each kind is in its order */
    static Observed of(Scenario script, List<Event> events) {
        List<Event> verdicts = events.stream()
                .filter(event -> event.getChannel() == Channel.VERDICTS)
                .toList();
        List<ToolCall> calls = new ArrayList<>();
        Map<String, String> requests = new HashMap<>();
        Set<String> models = new TreeSet<>();
        boolean frozen = false;
        boolean killed = false;
        Optional<Double> millis = Optional.empty();
        for (Event event : events) {
            switch (event.getPayloadCase()) {
                case TASK_ASSIGNED -> {
                    for (EgressRule rule : event.getTaskAssigned().getPolicy().getEgressList()) {
                        if (rule.getService().equals("model")) {
                            models.add(rule.getHost() + ":" + rule.getPort());
                        }
                    }
                }
                case TOOL_CALL -> {
                    if (event.getToolCall().getGated()) {
                        calls.add(event.getToolCall());
                    }
                }
                case EGRESS_REQUESTED -> {
                    EgressRequested request = event.getEgressRequested();
                    requests.put(event.getId(), request.getHost() + ":" + request.getPort());
                }
                case FREEZE_ORDERED -> frozen = true;
                case RUNTIME_STATE -> {
                    RuntimeState state = event.getRuntimeState();
                    if (state.getState() == RuntimeState.State.FROZEN) {
                        millis = millis.or(() -> FollowedSession.freezeMillis(event));
                        // The host's own: nobody ordered it.
                        frozen |= state.getOrder().isEmpty();
                    }
                    killed |= state.getState() == RuntimeState.State.KILLED;
                }
                default -> {}
            }
        }
        Map<String, GateDecision> answers = new HashMap<>();
        List<AlertRaised> alerts = new ArrayList<>();
        Set<String> letGo = new TreeSet<>();
        int questions = 0;
        for (Event verdict : verdicts) {
            switch (verdict.getPayloadCase()) {
                case GATE_ANSWERED -> {
                    GateAnswered answer = verdict.getGateAnswered();
                    // After a question comes what the person said; the first answer is the gate's own.
                    answers.putIfAbsent(answer.getCall(), answer.getDecision());
                }
                case ALERT_RAISED -> alerts.add(verdict.getAlertRaised());
                case APPROVAL_REQUESTED -> {
                    questions++;
                    answers.put(verdict.getApprovalRequested().getCall(), GateDecision.ASK);
                }
                case EGRESS_ANSWERED -> {
                    String target = requests.get(verdict.getEgressAnswered().getCause());
                    if (verdict.getEgressAnswered().getAllowed() && target != null && !models.contains(target)) {
                        letGo.add(target.replaceFirst(":\\d+$", ""));
                    }
                }
                default -> {}
            }
        }
        Outcome outcome =
                frozen ? Outcome.FROZEN : killed ? Outcome.KILLED : questions > 0 ? Outcome.ASKED : Outcome.RUNS;
        return new Observed(outcome, gates(script, calls, answers), alerts, letGo, millis, calls.size(), questions);
    }

    /** By the turn that the scripted model writes into each id; where an agent makes ids of its own, in the order of the calls. */
    private static Map<Integer, GateDecision> gates(
            Scenario script, List<ToolCall> calls, Map<String, GateDecision> answers) {
        Map<ScriptedModel.Place, Integer> steps = new LinkedHashMap<>();
        for (int turn = 0; turn < script.turns().size(); turn++) {
            for (int i = 0; i < script.turns().get(turn).steps().size(); i++) {
                steps.put(new ScriptedModel.Place(turn, i), steps.size());
            }
        }
        Map<Integer, GateDecision> gates = new TreeMap<>();
        int next = 0;
        for (ToolCall call : calls) {
            Optional<Integer> named = ScriptedModel.Place.of(call.getCall()).map(steps::get);
            if (named.isEmpty() && call.getCommand().isEmpty() && call.getPathsCount() == 0) {
                // A plan, or something that the agent does on its own.
                continue;
            }
            int step = named.orElse(next);
            next = step + 1;
            GateDecision answer = answers.get(call.getCall());
            if (answer != null) {
                gates.merge(step, answer, (first, again) -> again.getNumber() > first.getNumber() ? again : first);
            }
        }
        return gates;
    }
}
