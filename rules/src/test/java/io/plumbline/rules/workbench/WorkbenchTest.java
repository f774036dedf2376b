package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.Rules;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.workbench.Lint.Check;
import io.plumbline.rules.workbench.Lint.Remark;
import io.plumbline.rules.workbench.Lint.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkbenchTest {
    private static List<Remark> lint(String text) {
        return Lint.check(List.of(new RuleSource("r.yml", text)), Placeholders.NONE);
    }

    private static List<Check> checks(String text) {
        return lint(text).stream().map(Remark::check).toList();
    }

    private static final String HEAD =
            "title: t\nid: 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\nlevel: low\ndescription: d\n"
                    + "logsource: {category: test}\n";

    @Test
    void aCleanRuleHasNoRemarks() {
        assertThat(lint(HEAD + "tags: [attack.t1059.004, attack.execution]\ndetection: {s: {F: x}, condition: s}\n"))
                .isEmpty();
    }

    @Test
    void remarksNameWhatIsDoubtful() {
        assertThat(checks(HEAD + "detection: {s: {F: x}, t: {F: y}, condition: s}\n"))
                .containsExactly(Check.UNUSED_IDENTIFIER);
        assertThat(checks(HEAD + "detection: {s: {F: x}, condition: not s}\n")).containsExactly(Check.ALWAYS_EVALUATED);
        assertThat(checks(HEAD + "detection: {s: {F|re: '[ab]+'}, condition: s}\n"))
                .containsExactly(Check.SLOW_EXPRESSION);
        assertThat(checks(HEAD + "detection: {s: {F|contains: '*'}, condition: s}\nfilename: x\n"))
                .containsExactly(Check.UNKNOWN_KEY);
        assertThat(checks(HEAD + "tags: [Attack.T1, attack.t15]\ndetection: {s: {F: x}, condition: s}\n"))
                .containsExactly(Check.TAG_FORM, Check.TAG_FORM);
        assertThat(checks("title: t\nlogsource: {category: test}\ndetection: {s: {F: x}, condition: s}\n"))
                .containsExactly(Check.NO_ID, Check.NO_LEVEL, Check.NO_DESCRIPTION);
        assertThat(checks(HEAD + "status: deprecated\ndetection: {s: {F: x}, condition: s}\n"))
                .containsExactly(Check.DEPRECATED);
        assertThat(checks(HEAD + "filter: {rules: [x], s: {F: x}, condition: not s}\n"))
                .containsExactly(Check.REFUSED);
    }

    @Test
    void aFilterThatKeepsWhatItSelectsIsNamed() {
        String rule =
                HEAD + "detection: {s: {F: x}, condition: s}\n---\ntitle: f\nid: 6f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b\n"
                        + "logsource: {category: test}\nfilter: {rules: [5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0b], s: {F: x}, condition: ";
        assertThat(checks(rule + "s}\n")).containsExactly(Check.FILTER_POLARITY);
        assertThat(checks(rule + "not s}\n")).isEmpty();
    }

    @Test
    void thePackIsClean() {
        assertThat(Lint.check(RulePack.sources(), Placeholders.NONE))
                .filteredOn(remark -> remark.severity() != Severity.NOTE)
                .isEmpty();
    }

    @Test
    void sarifHasAPlaceForEachRemark() {
        var log = Sarif.render(lint("title: ["));
        assertThat(log.path("version").asText()).isEqualTo("2.1.0");
        var result = log.path("runs").path(0).path("results").path(0);
        assertThat(result.path("ruleId").asText()).isEqualTo("refused");
        assertThat(result.path("level").asText()).isEqualTo("error");
        assertThat(result.at("/locations/0/physicalLocation/region/startLine").asInt())
                .isPositive();
    }

    @Test
    void anExplanationSaysWhatEachPartSays() {
        RuleSet set = Rules.load(Rules.rule("a:\n  F|contains: x\n  G: 5\nb:\n  H: null\ncondition: a and not b\n"));
        Explanation explanation =
                Explanation.of(set.detections().getFirst().expression(), Rules.event("{'F':'axb','G':6}"));
        assertThat(explanation.lines())
                .containsExactly(
                        "no  all of",
                        "  no  all of",
                        "    yes F is '*x*'; the event has axb",
                        "    no  G is '5'; the event has 6",
                        "  no  not",
                        "    yes H is null; the event has no text");
    }

    @Test
    void casesHaveToBeOfBothKinds() {
        RuleSource rule = new RuleSource("r.yml", Rules.selection("F: x"));
        assertThat(RuleCases.run(rule, new RuleSource("c", "match:\n  - F: x\nnone:\n  - F: y\n"), Placeholders.NONE))
                .allMatch(RuleCases.Result::passed);
        assertThat(RuleCases.run(rule, new RuleSource("c", "match:\n  - F: y\nnone:\n  - F: x\n"), Placeholders.NONE))
                .noneMatch(RuleCases.Result::passed);
        assertThatThrownBy(() -> RuleCases.run(rule, new RuleSource("c", "match:\n  - F: x\n"), Placeholders.NONE))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("no case under none");
        assertThatThrownBy(() -> RuleCases.run(rule, new RuleSource("c", "matches: []\n"), Placeholders.NONE))
                .hasMessageContaining("expected: match or none");
    }

    @Test
    void filesAreReadInOrderWithoutTheirCases(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("b.yml"), "x");
        Files.writeString(folder.resolve("a.yaml"), "y");
        Files.writeString(folder.resolve("a.cases.yml"), "z");
        List<RuleSource> sources = RuleFiles.read(List.of(folder));
        assertThat(sources).extracting(RuleSource::text).containsExactly("y", "x");
        assertThat(RuleFiles.cases(sources.getFirst()).orElseThrow().text()).isEqualTo("z");
        assertThat(RuleFiles.cases(sources.getLast())).isEmpty();
        assertThatThrownBy(() -> RuleFiles.read(List.of(folder.resolve("missing"))))
                .hasMessageContaining("missing");
    }
}
