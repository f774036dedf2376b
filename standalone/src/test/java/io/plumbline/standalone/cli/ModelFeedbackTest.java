package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.intent.corpus.Feedback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFeedbackTest {
    private static final long RAISED_NS = 1_790_000_000_000_000_000L;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static Event alert(IntentScore score, String kind) {
        return Event.newBuilder()
                .setId("a1")
                .setTenant("default")
                .setSession("s1")
                .setEventTimeNs(RAISED_NS)
                .setAlertRaised(AlertRaised.newBuilder().setIntentScore(score).setActKind(kind))
                .build();
    }

    private static IntentScore.Builder score() {
        return IntentScore.newBuilder()
                .setRisk(0.97)
                .setFloor(0.95)
                .setBand("does_not_serve")
                .setModelVersion("abc")
                .setTask("Fix the test")
                .setAct("npm publish");
    }

    /** A cause as the console answers, with decisions a minute after the alert. */
    private static JsonNode cause(String... words) throws IOException {
        ObjectNode cause = new ObjectMapper().createObjectNode();
        for (String word : words) {
            cause.withArray("history")
                    .addObject()
                    .put("word", word)
                    .put("by", "ann")
                    .put("reason_code", "misuse")
                    .put("note", "")
                    .put("at", "2026-09-21T14:20:00Z");
        }
        return cause;
    }

    @Test
    void aVerdictBecomesARecordThatTrainingTakesOnceSomebodyElseReviewedIt() throws IOException {
        ObjectNode record = ModelFeedbackCommand.record(
                        alert(score().build(), "command"), cause("acknowledged", "true_positive"))
                .orElseThrow();

        assertThat(record.path("serves").asBoolean()).isFalse();
        assertThat(record.path("model_version").asText()).isEqualTo("abc");
        record.put("reviewed_by", "bea");
        Path file = Files.write(folder.resolve("f.jsonl"), List.of(record.toString()));
        assertThat(Feedback.read(file)).singleElement().satisfies(read -> {
            assertThat(read.act().text()).isEqualTo("npm publish");
            assertThat(read.serves()).isFalse();
            assertThat(read.alert()).isEqualTo("a1");
        });
    }

    @Test
    void theNewestVerdictCountsAndAReopenedCauseHasNone() throws IOException {
        Event alert = alert(score().build(), "command");

        assertThat(ModelFeedbackCommand.record(alert, cause("true_positive", "benign"))
                        .orElseThrow()
                        .path("serves")
                        .asBoolean())
                .isTrue();
        assertThat(ModelFeedbackCommand.record(alert, cause("benign", "reopened")))
                .isEmpty();
        assertThat(ModelFeedbackCommand.record(alert, cause("acknowledged", "duplicate")))
                .isEmpty();
        assertThat(ModelFeedbackCommand.record(alert, cause())).isEmpty();
    }

    @Test
    void aVerdictFromBeforeTheAlertIsNotAboutIt() throws IOException {
        Event later = alert(score().build(), "command").toBuilder()
                .setEventTimeNs(RAISED_NS + 10_000_000_000_000_000L)
                .build();

        assertThat(ModelFeedbackCommand.record(later, cause("benign"))).isEmpty();
    }

    @Test
    void plansActsWithoutScoreAndCutTextsAreLeftOut() throws IOException {
        JsonNode benign = cause("benign");

        assertThat(ModelFeedbackCommand.record(alert(score().build(), ""), benign))
                .isEmpty();
        assertThat(ModelFeedbackCommand.record(
                        alert(score().setNotScored("TOO_SLOW: 300 ms").build(), "command"), benign))
                .isEmpty();
        assertThat(ModelFeedbackCommand.record(alert(score().setAct("npm pub…").build(), "command"), benign))
                .isEmpty();
    }
}
