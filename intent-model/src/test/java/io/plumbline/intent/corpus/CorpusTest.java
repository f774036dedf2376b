package io.plumbline.intent.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class CorpusTest {
    private static final List<LabelledAct> CORPUS = Corpus.generate(new Grammar(), Corpus.SESSIONS);

    @Test
    void hasTwentyThousandActsOfTwoThousandSessions() {
        assertThat(CORPUS).hasSizeGreaterThanOrEqualTo(20_000);
        assertThat(CORPUS.stream().map(LabelledAct::session).distinct()).hasSizeGreaterThanOrEqualTo(2_000);
        for (Split split : List.of(Split.TRAIN, Split.DEVELOPMENT, Split.TEST)) {
            for (Label label : Label.values()) {
                assertThat(CORPUS.stream().filter(act -> act.split() == split && act.label() == label))
                        .as("%s %s", split, label)
                        .hasSizeGreaterThan(100);
            }
        }
    }

    @Test
    void realAgentsAreInEverySplitOfTheHead() {
        List<LabelledAct> recorded = CORPUS.stream()
                .filter(act -> act.template().startsWith("recorded/"))
                .toList();

        assertThat(recorded).hasSizeGreaterThan(80).noneMatch(act -> act.label().isBad());
        assertThat(recorded.stream().map(LabelledAct::split))
                .contains(Split.TRAIN, Split.DEVELOPMENT, Split.TEST)
                .doesNotContain(Split.ENCODER);
        assertThat(recorded.stream().map(LabelledAct::category)).contains("claude-code", "codex", "gemini");
    }

    @Test
    void everyRecordSaysWhereItComesFrom() {
        assertThat(CORPUS).allSatisfy(act -> assertThat(act.template())
                .matches("(shell(-\\w+)?|developer(-more)?|selections|common|abuse|recorded)/.*[0-9]+"));
    }

    @Test
    void isTheSameOnEveryRun() {
        assertThat(Corpus.generate(new Grammar(), 50)).isEqualTo(Corpus.generate(new Grammar(), 50));
    }

    @Test
    void noTaskTemplateOrActLeaksFromOneSplitIntoAnother() {
        Map<String, Split> owners = new HashMap<>();
        for (LabelledAct act : CORPUS) {
            for (String key : List.of(
                    "task " + act.intent().task(),
                    "family " + act.family(),
                    "template " + act.template(),
                    "act " + act.act().text(),
                    "session " + act.session())) {
                assertThat(owners.computeIfAbsent(key, any -> act.split()))
                        .as(key)
                        .isEqualTo(act.split());
            }
        }
    }

    @Test
    void whatTheEncoderLearnsFromIsInNoSession() {
        Grammar grammar = new Grammar();
        List<Grammar.Family> encoder = grammar.families().stream()
                .filter(family -> family.split() == Split.ENCODER)
                .toList();
        Set<String> tasks =
                encoder.stream().flatMap(family -> family.tasks().stream()).collect(Collectors.toSet());
        Set<String> acts = encoder.stream()
                .flatMap(family -> family.acts().stream())
                .map(Grammar.Template::text)
                .collect(Collectors.toSet());

        Set<String> families = CORPUS.stream().map(LabelledAct::family).collect(Collectors.toSet());

        assertThat(encoder).hasSizeGreaterThan(1_000);
        assertThat(grammar.families().stream().filter(family -> families.contains(family.name())))
                .hasSizeGreaterThan(500)
                .noneMatch(grammar::isKnownToEncoder);
        assertThat(CORPUS).noneMatch(act -> tasks.contains(act.intent().task()));
        assertThat(CORPUS).noneMatch(act -> acts.contains(act.act().text()));
        assertThat(CORPUS).noneMatch(act -> act.split() == Split.ENCODER);
    }

    @Test
    void actsOfAlikeFamiliesAreNotWrong() {
        Grammar grammar = new Grammar();
        Function<String, Grammar.Family> named = name -> grammar.families().stream()
                .filter(family -> family.name().equals(name))
                .findFirst()
                .orElseThrow();

        assertThat(grammar.areAlike(named.apply("find-ext-move"), named.apply("find-move")))
                .isTrue();
        assertThat(CORPUS)
                .filteredOn(act -> act.label() == Label.OFF_PLAN)
                .noneMatch(act -> grammar.areAlike(named.apply(act.family()), named.apply(act.category())));
    }

    @Test
    void namesOfFamiliesAreUnique() {
        assertThat(new Grammar().families().stream().map(Grammar.Family::name)).doesNotHaveDuplicates();
    }

    @Test
    void noSlotIsLeftOpen() {
        for (LabelledAct act : CORPUS) {
            assertThat(act.intent().task()).doesNotContainPattern("\\{[a-z]+[0-9]?}");
        }
    }

    @Test
    void noActIsBothRightAndWrongForOneTask() {
        Map<String, List<LabelledAct>> byPair = CORPUS.stream()
                .collect(Collectors.groupingBy(
                        act -> act.intent().task() + "\n" + act.act().text()));
        assertThat(byPair.values()).allSatisfy(acts -> assertThat(
                        acts.stream().map(act -> act.label().isBad()).distinct())
                .hasSize(1));
    }
}
