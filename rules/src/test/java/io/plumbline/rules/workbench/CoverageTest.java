package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.Rules;
import io.plumbline.rules.sigma.Placeholders;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoverageTest {
    @Test
    void tablesAreWhole() {
        assertThat(Techniques.ATTACK.techniques()).hasSizeGreaterThan(650);
        assertThat(Techniques.ATTACK.tactics()).hasSize(15);
        assertThat(Techniques.ATLAS.tactics()).hasSize(16);
        for (Techniques base : Techniques.values()) {
            base.techniques().values().forEach(technique -> assertThat(
                            base.tactics().keySet())
                    .as(technique.id())
                    .containsAll(technique.tactics()));
        }
        assertThat(Techniques.ATTACK.retired("T1562.001")).contains("T1685");
        assertThat(Techniques.ATTACK.retired("T1685")).isEmpty();
        assertThat(Techniques.ATLAS.technique("atlas.aml.t0051.001")).contains("AML.T0051.001");
        assertThat(Techniques.ATTACK.technique("atlas.aml.t0051.001")).isEmpty();
    }

    @Test
    void aSubTechniqueCoversNotItsParentButLeavesNoGap() {
        RuleSet set = Rules.load(Rules.selection("F: x").replace("id: ", "tags: [attack.t1059.004]\nid: "));
        Coverage coverage = Coverage.of(set, Techniques.ATTACK);
        Coverage.Row execution = coverage.rows().stream()
                .filter(row -> row.tactic().shortName().equals("execution"))
                .findFirst()
                .orElseThrow();
        assertThat(execution.covered()).isEqualTo(1);
        assertThat(execution.missing())
                .extracting(Techniques.Technique::id)
                .doesNotContain("T1059")
                .contains("T1203");
        JsonNode layer = coverage.layer("x");
        assertThat(layer.at("/techniques/0/techniqueID").asText()).isEqualTo("T1059.004");
        assertThat(layer.at("/techniques/0/score").asInt()).isEqualTo(1);
        assertThat(layer.at("/versions/attack").asText()).isEqualTo("19");
        assertThat(layer.at("/domain").asText()).isEqualTo("enterprise-attack");
    }

    @Test
    void thePackHasTechniquesOfBoth() {
        RuleSet set = RuleSet.load(RulePack.sources(), Placeholders.NONE);
        assertThat(Coverage.of(set, Techniques.ATTACK).rules()).hasSizeGreaterThan(50);
        Coverage atlas = Coverage.of(set, Techniques.ATLAS);
        assertThat(atlas.rules()).containsKeys("AML.T0051.001", "AML.T0081");
        JsonNode layer = atlas.layer("x");
        assertThat(layer.at("/domain").asText()).isEqualTo("atlas-atlas");
        assertThat(layer.at("/versions/layer").asText()).isEqualTo("4.3");
        assertThat(layer.at("/versions/attack").isMissingNode()).isTrue();
        assertThat(layer.path("techniques").findValuesAsText("techniqueID"))
                .containsExactlyElementsOf(atlas.rules().keySet());
        assertThat(atlas.rows()).anySatisfy(row -> assertThat(row.missing()).isNotEmpty());
    }

    @Test
    void diagnosticsCountFromZeroInCodeUnits() {
        RuleSource source = new RuleSource("r.yml", Rules.selection("F: ['\uD83D\uDE00', '*']"));
        JsonNode file = Diagnostics.render(List.of(source), Lint.check(List.of(source), Placeholders.NONE))
                .getFirst();
        for (JsonNode diagnostic : file.path("diagnostics")) {
            if (diagnostic.path("code").asText().equals("wildcard-only")) {
                assertThat(diagnostic.at("/range/start/line").asInt()).isEqualTo(6);
                assertThat(diagnostic.at("/range/start/character").asInt()).isEqualTo(14);
                assertThat(diagnostic.at("/range/end/character").asInt()).isEqualTo(17);
                assertThat(diagnostic.path("severity").asInt()).isEqualTo(2);
                return;
            }
        }
        throw new AssertionError(file.toString());
    }

    @Test
    void jUnitNamesCasesAndFailures() {
        RuleSource rule = new RuleSource("r.yml", Rules.selection("F: x"));
        JUnitReport report = new JUnitReport();
        report.ran(
                "r.yml",
                RuleCases.run(rule, new RuleSource("c.yml", "match:\n  - F: y\nnone:\n  - F: z\n"), Placeholders.NONE));
        assertThat(report.render())
                .contains("<testsuite name=\"r.yml\" tests=\"2\" failures=\"1\" errors=\"0\">")
                .contains(
                        "<testcase classname=\"the-rule\" name=\"match at line 2\"><failure message=\"c.yml:2:5 does not match");
    }
}
