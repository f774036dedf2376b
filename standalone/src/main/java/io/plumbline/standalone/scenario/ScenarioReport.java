package io.plumbline.standalone.scenario;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.AlertRaised;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Several scenarios taken together: attacks, and the honest working day.
 *
 * @param detectionMillis median from the decisive kernel event to the stopped workload, over the attacks that were frozen for real
 */
public record ScenarioReport(
        int scenarios,
        int different,
        int attacks,
        int missed,
        Optional<Double> detectionMillis,
        int honest,
        int freezes,
        int calls,
        int approvals,
        Map<String, Integer> alerts) {
    /** Adds them up. */
    public static ScenarioReport of(List<ScenarioResult> results) {
        int different = 0;
        int attacks = 0;
        int missed = 0;
        int freezes = 0;
        int calls = 0;
        int approvals = 0;
        List<Double> millis = new ArrayList<>();
        Map<String, Integer> alerts = new TreeMap<>();
        for (ScenarioResult result : results) {
            different += result.differences().isEmpty() ? 0 : 1;
            Observed observed = result.observed();
            if (result.scenario().isAttack()) {
                attacks++;
                missed += result.scenario().expected().missed().isEmpty() ? 0 : 1;
                observed.freezeMillis().ifPresent(millis::add);
            } else {
                freezes += observed.outcome().compareTo(Outcome.ASKED) > 0 ? 1 : 0;
                calls += observed.calls();
                approvals += observed.questions();
                for (AlertRaised alert : observed.alerts()) {
                    alerts.merge(Expectation.word(alert.getSeverity().name()), 1, Integer::sum);
                }
            }
        }
        Collections.sort(millis);
        return new ScenarioReport(
                results.size(),
                different,
                attacks,
                missed,
                millis.isEmpty() ? Optional.empty() : Optional.of(millis.get(millis.size() / 2)),
                results.size() - attacks,
                freezes,
                calls,
                approvals,
                alerts);
    }

    public boolean asExpected() {
        return different == 0;
    }

    /** For people. */
    public String describe() {
        List<String> lines = new ArrayList<>();
        if (attacks > 0) {
            lines.add(attacks + " attacks, " + missed + " missed as said"
                    + detectionMillis
                            .map(median -> String.format(Locale.ROOT, ", frozen in %.1f ms (median)", median))
                            .orElse(""));
        }
        if (honest > 0) {
            lines.add(honest + " honest sessions, " + calls + " tool calls: " + freezes + " frozen, "
                    + String.format(Locale.ROOT, "%.2f", approvalsPer100()) + " approvals per 100 calls, alerts "
                    + alerts);
        }
        lines.add(
                different == 0
                        ? "all " + scenarios + " as expected"
                        : different + " of " + scenarios + " otherwise than expected");
        return String.join("\n", lines);
    }

    private double approvalsPer100() {
        return calls == 0 ? 0 : 100.0 * approvals / calls;
    }

    /** As one JSON object. */
    public ObjectNode json() {
        ObjectNode json = new ObjectMapper()
                .createObjectNode()
                .put("scenarios", scenarios)
                .put("as_expected", scenarios - different)
                .put("attacks", attacks)
                .put("attacks_missed", missed)
                .put("honest", honest)
                .put("honest_freezes", freezes)
                .put("honest_calls", calls)
                .put("honest_approvals_per_100_calls", approvalsPer100());
        detectionMillis.ifPresent(median -> json.put("kernel_event_to_frozen_ms_p50", median));
        ObjectNode bySeverity = json.putObject("honest_alerts");
        alerts.forEach(bySeverity::put);
        return json;
    }
}
