package io.plumbline.intent.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class CorpusTest {
    private static final List<LabelledAct> CORPUS = Corpus.generate(new Grammar(), Corpus.SESSIONS);

    @Test
    void hasTwentyThousandActsOfTwoThousandSessions() {
        assertThat(CORPUS).hasSizeGreaterThanOrEqualTo(20_000);
        assertThat(CORPUS.stream().map(LabelledAct::session).distinct()).hasSizeGreaterThanOrEqualTo(2_000);
        for (Split split : Split.values()) {
            for (Label label : Label.values()) {
                assertThat(CORPUS.stream().filter(act -> act.split() == split && act.label() == label))
                        .as("%s %s", split, label)
                        .hasSizeGreaterThan(100);
            }
        }
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
