package io.plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class FigureTest {
    private static final List<Double> HUNDRED =
            IntStream.rangeClosed(1, 100).mapToObj(Double::valueOf).toList();

    @Test
    void percentilesAreValuesThatWereMeasured() {
        Figure figure = Figure.of("x", "ms", HUNDRED, OptionalDouble.empty(), "m");
        assertThat(List.of(figure.p50(), figure.p99(), figure.max())).containsExactly(50.0, 99.0, 100.0);
    }

    @Test
    void theTargetIsHeldAgainstThe99thPercentile() {
        assertThat(Figure.of("x", "ms", HUNDRED, OptionalDouble.of(99), "m").met())
                .isTrue();
        assertThat(Figure.of("x", "ms", HUNDRED, OptionalDouble.of(98), "m").met())
                .isFalse();
    }

    @Test
    void aFigureWithoutTargetSaysNothingOfOne() {
        assertThat(Figure.of("x", "ms", List.of(1.23456), OptionalDouble.empty(), "m")
                        .json()
                        .toString())
                .isEqualTo("{\"figure\":\"x\",\"unit\":\"ms\",\"n\":1,\"p50\":1.235,\"p99\":1.235,\"max\":1.235,"
                        + "\"method\":\"m\"}");
    }

    @Test
    void aLeastValueIsMetByItsMedian() {
        Figure figure = Figure.of("rate", "events/s", List.of(10.0, 20.0, 30.0), OptionalDouble.empty(), "m");

        assertThat(figure.atLeast(20).met()).isTrue();
        assertThat(figure.atLeast(21).met()).isFalse();
        assertThat(figure.atLeast(21).json().path("target_is").asText()).isEqualTo("least p50");
    }

    @Test
    void aMedianHasATargetOfItsOwnBesideThe99thPercentiles() {
        Figure figure = Figure.of("x", "ms", HUNDRED, OptionalDouble.of(99), "m");

        assertThat(figure.medianAtMost(50).met()).isTrue();
        assertThat(figure.medianAtMost(49).met()).isFalse();
        assertThat(Figure.of("x", "ms", HUNDRED, OptionalDouble.of(98), "m")
                        .medianAtMost(50)
                        .met())
                .isFalse();
        assertThat(figure.medianAtMost(49).json().path("met").asBoolean(true)).isFalse();
        assertThat(figure.medianAtMost(49).describe()).contains("p50 <= 49: NOT MET", "p99 <= 99: met");
    }
}
