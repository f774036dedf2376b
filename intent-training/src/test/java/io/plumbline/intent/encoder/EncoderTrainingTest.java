package io.plumbline.intent.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.intent.encoder.EncoderTraining.Settings;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.text.Encoder;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** With PyTorch, one layer and a few small lessons; the whole training where it is asked for. */
final class EncoderTrainingTest {
    private static final Pattern LOSS = Pattern.compile("step \\d+ of \\d+, loss ([0-9.]+)");

    @Test
    void theLossFallsAndAnotherRunGivesTheSameFile() throws Exception {
        Settings settings = new Settings(List.of(0), 40, 12, 1e-3, 7);
        List<String> lines = new ArrayList<>();

        byte[] first = EncoderTraining.train(settings, lines::add);
        byte[] second = EncoderTraining.train(settings, line -> {});

        assertThat(second).isEqualTo(first);
        List<Double> losses = lines.stream()
                .map(LOSS::matcher)
                .filter(Matcher::matches)
                .map(line -> Double.valueOf(line.group(1)))
                .toList();
        assertThat(losses).hasSize(2);
        assertThat(losses.getLast()).isLessThan(losses.getFirst());
    }

    /**
     * Ten minutes on two cores that have nothing else to do: {@code ./plumbline mvn -pl intent-training -am package
     * -Dtest=EncoderTrainingTest -Dsurefire.failIfNoSpecifiedTests=false -Dplumbline.training=true}.
     */
    @Test
    @EnabledIfSystemProperty(named = "plumbline.training", matches = "true")
    void theWholeTrainingGivesTheShippedEncoder() throws Exception {
        byte[] shipped;
        try (InputStream stream = Encoder.class.getResourceAsStream("/io/plumbline/intent/model/encoder.onnx")) {
            shipped = Objects.requireNonNull(stream).readAllBytes();
        }

        byte[] trained = EncoderTraining.train(Settings.SHIPPED, System.out::println);

        assertThat(Head.sha256(trained)).isEqualTo(Head.sha256(shipped));
    }

    @Test
    void aTrainingOfNothingIsRefused() {
        assertThatThrownBy(() -> new Settings(List.of(), 10, 12, 1e-3, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: at least 1");
    }
}
