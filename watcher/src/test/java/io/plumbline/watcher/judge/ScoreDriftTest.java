package io.plumbline.watcher.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.head.ScoreDistribution;
import org.junit.jupiter.api.Test;

class ScoreDriftTest {
    private final ScoreDrift drift = new ScoreDrift(trained());

    private static ScoreDistribution trained() {
        ScoreDistribution trained = new ScoreDistribution();
        for (int i = 0; i < 1_000; i++) {
            trained.add(ScoreDistribution.bin(honest(i)));
        }
        return trained;
    }

    private static double honest(int number) {
        return number % 10 == 0 ? 0.03 : 0.001;
    }

    @Test
    void saysNothingOfFewScores() {
        for (int i = 0; i < ScoreDrift.LEAST - 1; i++) {
            drift.add(0.9);
        }

        assertThat(drift.index()).isEmpty();
    }

    @Test
    void scoresLikeThoseOfTrainingAreStable() {
        for (int i = 0; i < 300; i++) {
            drift.add(honest(i));
        }

        assertThat(drift.index().orElseThrow()).isLessThan(0.1);
    }

    @Test
    void otherScoresAreNotAndAreForgottenWhenTheyAreOld() {
        for (int i = 0; i < 400; i++) {
            drift.add(0.5);
        }
        assertThat(drift.index().orElseThrow()).isGreaterThan(0.25);

        for (int i = 0; i < ScoreDrift.WINDOW; i++) {
            drift.add(honest(i));
        }
        assertThat(drift.index().orElseThrow()).isLessThan(0.01);
    }
}
