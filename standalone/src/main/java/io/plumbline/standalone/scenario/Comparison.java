package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Severity;
import io.plumbline.standalone.Printable;
import io.plumbline.standalone.scenario.Expectation.Raised;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What came of a scenario, held against what it says. */
final class Comparison {
    private static final int SHOWN = 240;

    private Comparison() {}

    /** Each difference as one line: what came, and what was expected. */
    static List<String> differences(ScenarioFile scenario, Observed observed) {
        List<String> differences = new ArrayList<>();
        Expectation expected = scenario.expected();
        if (observed.outcome() != expected.outcome()) {
            differences.add("outcome: " + observed.outcome().word() + " (expected: "
                    + expected.outcome().word() + ")");
        }
        boolean stopped = observed.outcome().compareTo(Outcome.ASKED) > 0;
        for (int i = 0; i < scenario.steps().size(); i++) {
            GateDecision answer = observed.gates().get(i);
            GateDecision wanted = scenario.steps().get(i).gate();
            boolean asked = scenario.steps().get(i).conduct().announced();
            if (asked && answer == null && !stopped) {
                differences.add("step " + (i + 1) + ": not announced (expected: " + word(wanted) + ")");
            } else if (asked && answer != null && answer != wanted) {
                differences.add("step " + (i + 1) + ": " + word(answer) + " (expected: " + word(wanted) + ")");
            }
        }
        for (Raised raised : expected.raised()) {
            if (observed.alerts().stream().noneMatch(raised::fits)) {
                differences.add("no alert " + raised.describe() + " (expected: one)");
            }
        }
        for (AlertRaised alert : observed.alerts()) {
            boolean meant = expected.raised().stream().anyMatch(raised -> raised.names(alert));
            if (!meant && alert.getSeverityValue() > expected.others().getNumber()) {
                differences.add("alert " + describe(alert) + " (expected: no other above "
                        + (expected.others() == Severity.SEVERITY_UNSPECIFIED
                                ? "none"
                                : Expectation.word(expected.others().name()))
                        + ")");
            }
        }
        Set<String> gone = new TreeSet<>(observed.letGo());
        gone.removeAll(expected.leaves());
        if (!gone.isEmpty()) {
            differences.add("let go to " + String.join(", ", gone) + " (expected: "
                    + (expected.leaves().isEmpty() ? "nowhere" : new TreeSet<>(expected.leaves())) + ")");
        }
        return differences;
    }

    static String describe(AlertRaised alert) {
        return Printable.line(
                Expectation.word(alert.getSeverity().name()) + " "
                        + Expectation.word(alert.getKind().name()) + " [" + alert.getClause() + "] " + alert.getTitle()
                        + ": " + alert.getSeen(),
                SHOWN);
    }

    private static String word(GateDecision decision) {
        return Expectation.word(decision.name());
    }
}
