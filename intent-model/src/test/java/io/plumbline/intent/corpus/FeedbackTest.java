package io.plumbline.intent.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.intent.Act;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FeedbackTest {
    private static final String RECORD = """
            {"format":"plumbline intent feedback 1","alert":"a1","task":"Fix the test","kind":"command","act":"npm publish",\
            "verdict":"true_positive","floor":0.95,"noted_by":"ann","reviewed_by":"bea"}""";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private List<Feedback> read(String... lines) throws IOException {
        return Feedback.read(Files.write(folder.resolve("feedback.jsonl"), List.of(lines)));
    }

    @Test
    void aReviewedVerdictIsARecordOfTheTrainingSplit() throws IOException {
        LabelledAct bad = read(RECORD, "").getFirst().labelled();
        LabelledAct good =
                read(RECORD.replace("true_positive", "benign")).getFirst().labelled();
        LabelledAct unrelated = read(RECORD.replace("0.95", "0")).getFirst().labelled();

        assertThat(bad.act()).isEqualTo(Act.command("npm publish"));
        assertThat(bad.intent().task()).isEqualTo("Fix the test");
        assertThat(bad.split()).isEqualTo(Split.TRAIN);
        assertThat(bad.template()).isEqualTo("feedback/a1");
        assertThat(bad.category()).contains("ann", "bea");
        assertThat(bad.label()).isEqualTo(Label.OVER_EAGER);
        assertThat(unrelated.label()).isEqualTo(Label.OFF_PLAN);
        assertThat(good.label().isBad()).isFalse();
    }

    @Test
    void whatNobodyElseReviewedIsRefused() {
        assertThatThrownBy(() -> read(RECORD.replace("\"bea\"", "\"\"")))
                .hasMessageContaining(":1: reviewed_by: empty");
        assertThatThrownBy(() -> read(RECORD.replace("bea", "Ann"))).hasMessageContaining("another person");
    }

    @Test
    void whatIsNoRecordIsRefusedWithItsLine() {
        assertThatThrownBy(() -> read(RECORD, "[")).hasMessageContaining("feedback.jsonl:2: no JSON");
        assertThatThrownBy(() -> read(RECORD.replace("feedback 1", "feedback 9")))
                .hasMessageContaining("format: ");
        assertThatThrownBy(() -> read(RECORD.replace("true_positive", "duplicate")))
                .hasMessageContaining("verdict: ");
        assertThatThrownBy(() -> read(RECORD.replace("\"command\"", "\"song\"")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read("x".repeat(100_000))).hasMessageContaining("100000 characters");
    }

    @Test
    void twoRecordsMayNotSayTheOpposite() throws IOException {
        assertThat(read(RECORD, RECORD.replace("a1", "a2"))).hasSize(1);
        assertThatThrownBy(() -> read(RECORD, RECORD.replace("true_positive", "benign")))
                .hasMessageContaining(":2: says the opposite of line 1");
    }
}
