package io.plumbline.intent.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.intent.encoder.EncoderTraining.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** With PyTorch, one layer and a few small lessons. */
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

    @Test
    void aTrainingOfNothingIsRefused() {
        assertThatThrownBy(() -> new Settings(List.of(), 10, 12, 1e-3, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: at least 1");
    }
}
