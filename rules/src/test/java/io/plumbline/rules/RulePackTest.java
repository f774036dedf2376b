package io.plumbline.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Mutations;
import io.plumbline.rules.workbench.RuleCases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pack that comes with the product: each rule does what its cases say. */
class RulePackTest {
    static List<RuleSource> sources() {
        return RulePack.sources();
    }

    @ParameterizedTest
    @MethodSource("sources")
    void matchesItsCasesAndLeavesTheOthersAlone(RuleSource source) {
        assertThat(RuleCases.run(source, RulePack.cases(source), Placeholders.NONE))
                .as(source.name())
                .allSatisfy(result -> assertThat(result.matched())
                        .as(result.position().toString())
                        .isEqualTo(result.expected()));
    }

    /** What {@code rules test --mutate} says of the pack: nothing of a rule can be changed without that a case goes the other way. */
    @ParameterizedTest
    @MethodSource("sources")
    void eachPartIsProtectedByACase(RuleSource source) {
        Mutations.Outcome outcome = Mutations.run(source, RulePack.cases(source), Placeholders.NONE);
        assertThat(outcome.survivors()).as(source.name()).isEmpty();
        assertThat(outcome.noticed()).as(source.name()).isPositive();
        assertThat(outcome.left()).as(source.name()).isZero();
    }

    @Test
    void isOneRuleSet() {
        RuleSet set = RuleSet.load(RulePack.sources(), Placeholders.NONE);
        assertThat(set.detections().stream().filter(set::reports).count()).isGreaterThanOrEqualTo(80);
        assertThat(set.correlations().stream()
                        .filter(correlation -> set.reports(correlation.definition()))
                        .count())
                .isGreaterThanOrEqualTo(15);
        assertThat(set.documents()).allSatisfy(document -> assertThat(set.unusedIdentifiers(document))
                .isEmpty());
    }

    @Test
    void saysOfEachReportedRuleWhatItIsAndHowMuchItMatters() {
        RuleSet set = RuleSet.load(RulePack.sources(), Placeholders.NONE);
        for (SigmaDocument document : set.documents()) {
            if (set.reports(document)) {
                assertThat(document.metadata().level()).isPresent();
                assertThat(document.metadata().description()).isNotEmpty();
                assertThat(document.metadata().tags())
                        .isNotEmpty()
                        .allMatch(tag -> tag.matches("(attack|atlas)\\.((aml\\.)?t\\d{4}(\\.\\d{3})?|[a-z-]+)"));
                assertThat(document.metadata().id())
                        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
            }
        }
    }

    @Test
    void theIndexNamesEveryFile() throws IOException {
        Path folder = Path.of("src/main/resources/rules");
        try (Stream<Path> files = Files.walk(folder)) {
            List<String> rules = files.map(file -> folder.relativize(file).toString())
                    .filter(name -> name.endsWith(".yml") && !name.endsWith(".cases.yml"))
                    .sorted()
                    .toList();
            assertThat(RulePack.sources()).extracting(RuleSource::name).containsExactlyElementsOf(rules);
        }
    }
}
