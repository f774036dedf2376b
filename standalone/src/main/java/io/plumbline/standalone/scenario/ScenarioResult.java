package io.plumbline.standalone.scenario;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.AlertRaised;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * A scenario that was run or judged again.
 *
 * @param differences from what it says, one line each; none: as expected
 */
public record ScenarioResult(ScenarioFile scenario, Observed observed, List<String> differences) {
    public ScenarioResult {
        differences = List.copyOf(differences);
    }

    /** Of sessions that were played one after another: the last one's, and the differences of those before with their names. */
    static ScenarioResult of(List<ScenarioResult> sessions) {
        List<String> all = new ArrayList<>();
        for (ScenarioResult session : sessions.subList(0, sessions.size() - 1)) {
            session.differences()
                    .forEach(difference -> all.add(session.scenario().name() + ": " + difference));
        }
        ScenarioResult last = sessions.getLast();
        all.addAll(last.differences());
        return new ScenarioResult(last.scenario(), last.observed(), all);
    }

    /** With differences that are known beside those of the verdicts. */
    ScenarioResult and(List<String> more) {
        List<String> all = new ArrayList<>(differences);
        all.addAll(more);
        return new ScenarioResult(scenario, observed, all);
    }

    /** The alerts, one line each. */
    public List<String> alerts() {
        return observed.alerts().stream().map(Comparison::describe).toList();
    }

    /** As one JSON object. */
    public ObjectNode json() {
        ObjectNode json = new ObjectMapper()
                .createObjectNode()
                .put("scenario", scenario.name())
                .put("agent", scenario.agent())
                .put("outcome", observed.outcome().word())
                .put("expected", scenario.expected().outcome().word())
                .put("as_expected", differences.isEmpty())
                .put("missed", !scenario.expected().missed().isEmpty())
                .put("calls", observed.calls())
                .put("approvals", observed.questions());
        observed.freezeMillis().ifPresent(millis -> json.put("kernel_event_to_frozen_ms", millis));
        TreeMap<String, Integer> alerts = new TreeMap<>();
        for (AlertRaised alert : observed.alerts()) {
            alerts.merge(Expectation.word(alert.getSeverity().name()), 1, Integer::sum);
        }
        ObjectNode bySeverity = json.putObject("alerts");
        alerts.forEach(bySeverity::put);
        differences.forEach(json.putArray("differences")::add);
        return json;
    }
}
