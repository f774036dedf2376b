package io.plumbline.console.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.StageTimes;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PipelineLagTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private static StageTimes kernel(Duration before) {
        Instant at = NOON.minus(before);
        return StageTimes.newBuilder()
                .setKernelNs(at.getEpochSecond() * 1_000_000_000L + at.getNano())
                .build();
    }

    @Test
    void tellsMedianAndTail() {
        PipelineLag lag = new PipelineLag();
        for (int i = 1; i <= 100; i++) {
            lag.arrived(kernel(Duration.ofMillis(i)), NOON);
        }

        assertThat(PipelineLag.percentile(lag.samples(), 50)).contains(Duration.ofMillis(50));
        assertThat(PipelineLag.percentile(lag.samples(), 99)).contains(Duration.ofMillis(99));
    }

    @Test
    void leavesOutWhatSaysNothingOfTheWayAndCountsIt() {
        PipelineLag lag = new PipelineLag();
        lag.arrived(StageTimes.getDefaultInstance(), NOON);
        lag.arrived(kernel(Duration.ofHours(1)), NOON);
        lag.arrived(kernel(Duration.ofSeconds(-5)), NOON);

        assertThat(lag.samples()).isEmpty();
        assertThat(lag.leftOut()).isEqualTo(new PipelineLag.LeftOut(1, 1));
        assertThat(PipelineLag.percentile(lag.samples(), 50)).isEmpty();
    }

    @Test
    void remembersTheNewestOnly() {
        PipelineLag lag = new PipelineLag();
        for (int i = 0; i < PipelineLag.MAX_SAMPLES + 10; i++) {
            lag.arrived(kernel(Duration.ofMillis(i)), NOON);
        }

        assertThat(lag.samples()).hasSize(PipelineLag.MAX_SAMPLES);
        assertThat(lag.samples().getFirst().lag()).isEqualTo(Duration.ofMillis(10));
    }
}
