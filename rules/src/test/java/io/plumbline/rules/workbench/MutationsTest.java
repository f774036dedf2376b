package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.workbench.Mutations.Outcome;
import io.plumbline.rules.workbench.Mutations.Survivor;
import org.junit.jupiter.api.Test;

class MutationsTest {
    private static final String RULE = """
            title: t
            id: r
            logsource: {category: test}
            detection:
                selection:
                    F:
                        - a
                        - b
                    G: c
                filter:
                    H: d
                condition: selection and not filter
            """;

    private static Outcome run(String rule, String cases) {
        return Mutations.run(new RuleSource("r.yml", rule), new RuleSource("c.yml", cases), Placeholders.NONE);
    }

    @Test
    void namesThePartsThatNoCaseProtects() {
        Outcome outcome = run(RULE, "match:\n  - {F: a, G: c}\nnone:\n  - {F: x, G: c}\n");
        assertThat(outcome.survivors())
                .extracting(Survivor::change)
                .containsExactly("without 'b'", "without 'G'", "condition 'selection'");
        assertThat(outcome.survivors().getFirst().position().toString()).isEqualTo("r.yml:8:15");
        assertThat(outcome.noticed()).isPositive();
    }

    @Test
    void casesForEveryPartLeaveNoSurvivor() {
        Outcome outcome = run(
                RULE,
                "match:\n  - {F: a, G: c}\n  - {F: b, G: c}\nnone:\n  - {F: x, G: c}\n  - {F: a, G: x}\n  - {F: a, G: c, H: d}\n");
        assertThat(outcome.survivors()).isEmpty();
        assertThat(outcome.left()).isZero();
    }

    @Test
    void aCorrelationIsChangedToo() {
        String rules = RULE
                + "---\ntitle: c\nid: k\ncorrelation:\n    type: event_count\n    rules:\n        - r\n    group-by:\n        - U\n"
                + "    timespan: 5m\n    condition:\n        gte: 2\n";
        String event = "      - {_source: test/x, F: a, G: c, U: u, _at: ";
        Outcome outcome = run(rules, "match:\n  -\n" + event + "0}\n" + event + "10}\nnone:\n  -\n" + event + "0}\n");
        assertThat(outcome.survivors())
                .extracting(Survivor::change)
                .contains("50m in place of '5m'", "without 'group-by'")
                .doesNotContain("3 in place of '2'", "1 in place of '2'");
    }

    @Test
    void namesTheModifiersThatNoCaseProtects() {
        String rule = RULE.replace("F:", "F|contains|cased:").replace("G: c", "G|neq: c");
        String cases =
                "match:\n  - {F: xa, G: d}\n  - {F: b, G: d}\nnone:\n  - {F: x, G: d}\n  - {F: a}\n  - {F: a, G: d, H: d}\n";

        Outcome outcome = run(rule, cases);

        assertThat(outcome.survivors())
                .extracting(Survivor::change)
                .containsExactly("without '|cased' of 'F|contains|cased'");
        assertThat(run(rule, cases + "  - {F: A, G: d}\n").survivors()).isEmpty();
    }

    @Test
    void failingCasesAreAnError() {
        assertThatThrownBy(() -> run(RULE, "match:\n  - {F: x}\nnone:\n  - {F: a}\n"))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("a failing case (expected: cases that pass");
    }
}
