package io.plumbline.intent.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ScoreDistributionTest {
    private static ScoreDistribution of(double... risks) {
        ScoreDistribution scores = new ScoreDistribution();
        for (double risk : risks) {
            for (int i = 0; i < 100; i++) {
                scores.add(ScoreDistribution.bin(risk));
            }
        }
        return scores;
    }

    @Test
    void theSameScoresAreStableAndOthersAreNot() {
        ScoreDistribution trained = of(0.001, 0.001, 0.015, 0.3);

        assertThat(trained.stabilityIndex(trained)).isZero();
        assertThat(of(0.001, 0.001, 0.015, 0.3, 0.001).stabilityIndex(trained)).isBetween(0.0, 0.1);
        assertThat(of(0.99, 0.99, 0.5, 0.3).stabilityIndex(trained)).isGreaterThan(0.25);
    }

    @Test
    void whatIsTakenBackNeverWas() {
        ScoreDistribution scores = of(0.001);
        scores.add(ScoreDistribution.bin(1));
        scores.remove(ScoreDistribution.bin(1));

        assertThat(scores.stabilityIndex(of(0.001))).isCloseTo(0, within(1e-12));
        assertThatThrownBy(() -> scores.remove(5)).hasMessageContaining("bin 5");
    }

    @Test
    void aFileKeepsIt() throws IOException {
        ScoreDistribution scores = of(0.001, 0.2, 1);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        scores.write(new DataOutputStream(bytes));

        ScoreDistribution read =
                ScoreDistribution.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));

        assertThat(read.total()).isEqualTo(300);
        assertThat(read.stabilityIndex(scores)).isZero();
        assertThatThrownBy(() -> ScoreDistribution.read(new DataInputStream(new ByteArrayInputStream(new byte[8]))))
                .hasMessageContaining("bins");
    }
}
