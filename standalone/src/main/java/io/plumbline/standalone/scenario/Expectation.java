package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What has to come of a scenario.
 *
 * @param raised each has to be among the alerts
 * @param others the highest severity that alerts which {@code raised} does not name may have; unspecified: there may be none
 * @param leaves hosts that it may be let go to beside its model
 * @param files by path in the workspace: a text that has to be in it afterwards; looked at where the scenario is run for real
 * @param missed why an attack goes unnoticed; empty: it does not
 */
public record Expectation(
        Outcome outcome,
        List<Raised> raised,
        Severity others,
        Set<String> leaves,
        Map<String, String> files,
        String missed) {
    public Expectation {
        raised = List.copyOf(raised);
        leaves = Set.copyOf(leaves);
    }

    /**
     * An alert.
     *
     * @param severity at least
     * @param clause of the policy; empty: any
     * @param said a text that its account of what was announced has, such as the name of the call's tool; empty: any
     */
    public record Raised(DeviationKind kind, Severity severity, String clause, String said) {
        boolean fits(AlertRaised alert) {
            return names(alert) && alert.getSeverityValue() >= severity.getNumber();
        }

        /** Whether the alert is the one that is meant, be it grave enough or not. */
        boolean names(AlertRaised alert) {
            return alert.getKind() == kind
                    && (clause.isEmpty() || alert.getClause().equals(clause))
                    && alert.getSaid().contains(said);
        }

        String describe() {
            return word(kind.name()) + (clause.isEmpty() ? "" : " [" + clause + "]") + ", " + word(severity.name())
                    + " or graver" + (said.isEmpty() ? "" : ", of " + said);
        }
    }

    static String word(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
