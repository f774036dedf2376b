package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.Rules;
import io.plumbline.rules.sigma.Placeholders;
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
