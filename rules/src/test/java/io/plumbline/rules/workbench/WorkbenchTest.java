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
import java.util.Optional;
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
    void editorsAndCodeHostsAreToldAddressesOfFiles(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a rule #1.yml");
        Files.writeString(file, "title: [");
        List<RuleSource> sources = RuleFiles.read(List.of(file));
        List<Remark> remarks = Lint.check(sources, Placeholders.NONE);
        String place = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";

        assertThat(file.toUri().toString()).startsWith("file:///").endsWith("/a%20rule%20%231.yml");
        assertThat(Diagnostics.render(sources, remarks).getFirst().path("uri").asText())
                .isEqualTo(file.toUri().toString());
        assertThat(Sarif.render(remarks).at(place).asText())
                .isEqualTo(file.toUri().toString());

        List<RuleSource> relative = List.of(new RuleSource("rules/a rule.yml", "title: ["));
        assertThat(Sarif.render(Lint.check(relative, Placeholders.NONE))
                        .at(place)
                        .asText())
                .isEqualTo("rules/a%20rule.yml");
        assertThat(SourceUri.reference("a:b.yml")).isEqualTo("./a:b.yml");
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

    private static final String TWO = """
            title: One
            id: 11111111-1111-4111-8111-111111111111
            name: one
            logsource: {product: linux, category: process_creation}
            detection: {s: {F: x}, condition: s}
            ---
            title: Two
            id: 22222222-2222-4222-8222-222222222222
            logsource: {product: linux, category: process_creation}
            detection: {s: {F: y}, condition: s}
            """;

    @Test
    void casesSayWhichRuleOfTheFileTheyAreAbout() {
        RuleSource rules = new RuleSource("r.yml", TWO);
        String cases = """
                match: [{F: x}]
                none: [{F: y}]
                ---
                rule: 22222222-2222-4222-8222-222222222222
                match: [{F: y}]
                none: [{F: x}]
                """;
        assertThat(RuleCases.run(rules, new RuleSource("r.cases.yml", cases), Placeholders.NONE))
                .allMatch(RuleCases.Result::passed)
                .extracting(result -> result.rule().substring(0, 1))
                .containsExactly("1", "1", "2", "2");
        assertThatThrownBy(() -> RuleCases.run(
                        rules, new RuleSource("r.cases.yml", cases.replace("rule: 2", "rule: 3")), Placeholders.NONE))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("rule '32222222-2222-4222-8222-222222222222' (expected: an id or a name");
        assertThatThrownBy(() -> RuleCases.run(
                        rules, new RuleSource("r.cases.yml", cases.replace("none: [{F: x}]", "")), Placeholders.NONE))
                .hasMessageContaining("no case under none of 22222222");
    }

    @Test
    void casesAreAlsoJsonLines() {
        RuleSource rules = new RuleSource("r.yml", TWO);
        String lines = """
                {"expect": "match", "rule": "one", "events": [{"F": "x"}]}

                {"expect": "none", "rule": "one", "events": [{"F": "\\u0079"}]}
                """;
        assertThat(RuleCases.run(rules, new RuleSource("r.cases.jsonl", lines), Placeholders.NONE))
                .allMatch(RuleCases.Result::passed)
                .extracting(result -> result.position().line())
                .containsExactly(1, 3);
        for (String wrong : List.of(
                "{\"expect\": \"maybe\", \"events\": [{\"F\": \"x\"}]}",
                "{\"expect\": \"none\"}",
                "{\"expect\": \"none\", \"events\": []}")) {
            assertThatThrownBy(() ->
                            RuleCases.run(rules, new RuleSource("r.cases.jsonl", lines + wrong), Placeholders.NONE))
                    .isInstanceOf(RuleException.class)
                    .hasMessageContaining("r.cases.jsonl:4")
                    .hasMessageContaining("expected: expect, match or none, and events");
        }
    }

    @Test
    void lintNamesTheRuleOfACollectionThatNoCaseIsAbout() {
        RuleSource rules = new RuleSource("r.yml", TWO);
        RuleSource cases = new RuleSource("r.cases.yml", "match: [{F: x}]\nnone: [{F: y}]\n");
        assertThat(Lint.check(List.of(rules), Placeholders.NONE, source -> Optional.of(cases)))
                .filteredOn(remark -> remark.check() == Check.NO_CASES)
                .singleElement()
                .satisfies(remark -> assertThat(remark.text()).contains("'Two' has no cases"));
    }

    @Test
    void casesAreInOneOfTheTwoForms(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("a.yml"), "x");
        Files.writeString(folder.resolve("a.cases.jsonl"), "z");
        RuleSource rule = RuleFiles.read(List.of(folder)).getFirst();
        assertThat(RuleFiles.cases(rule).orElseThrow().name()).endsWith("a.cases.jsonl");
        Files.writeString(folder.resolve("a.cases.yml"), "z");
        assertThatThrownBy(() -> RuleFiles.cases(rule)).hasMessageContaining("expected: one of them");
    }
}
