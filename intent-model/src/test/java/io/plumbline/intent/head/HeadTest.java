package io.plumbline.intent.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.plumbline.intent.features.Bank;
import io.plumbline.intent.text.Encoder;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the reasons of a score are made of. */
final class HeadTest {
    /** A weighted sum of three features whose usual value is 0. */
    private static Network sum(double first, double second, double bias) {
        Network network = new Network(3, 0, new double[3], new double[] {1, 1, 1});
        network.second[0] = first;
        network.second[1] = second;
        network.second[3] = bias;
        return network;
    }

    private static Head head(Network relevance, Network abuse) {
        SplittableRandom random = new SplittableRandom(3);
        double[] scores = new double[4_000];
        boolean[] bad = new boolean[scores.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = random.nextDouble() * 10 - 5;
            bad[i] = random.nextDouble() < Calibration.sigmoid(scores[i]);
        }
        Calibration calibration = Calibration.fit(scores, bad);
        Bank bank = new Bank(List.of(new float[Encoder.WIDTH], new float[Encoder.WIDTH]));
        return new Head(
                "encoder",
                "features",
                relevance,
                abuse,
                relevance,
                calibration,
                calibration,
                new Head.Thresholds(0.5, 0.9),
                bank,
                bank,
                bank,
                new ScoreDistribution());
    }

    @Test
    void aFeatureAtItsUsualValueIsNoReason() {
        Head head = head(sum(2, 0, -1), sum(0, 3, -4));

        assertThat(head.contributions(new double[] {0, 0, 0})).containsExactly(0, 0, 0);
        assertThat(head.contributions(new double[] {1, 0, 7})[2]).isZero();
    }

    @Test
    void whatOneCauseDoesAloneCountsInFull() {
        Head head = head(sum(2, 0, -1), sum(0, 3, -40));
        double[] vector = {1, 0, 0};

        assertThat(head.contributions(vector)[0])
                .isCloseTo(2, within(1e-6))
                .isCloseTo(head.blind(vector) - head.blind(new double[3]), within(1e-6));
    }

    @Test
    void ofTwoCausesEachCountsByItsShareOfTheOdds() {
        Head head = head(sum(2, 0, -1), sum(0, 3, -4));
        double[] contributions = head.contributions(new double[] {1, 1, 0});

        assertThat(contributions[0]).isBetween(1.0, 2.0);
        assertThat(contributions[1]).isBetween(0.1, 3.0);
        // The stronger the other cause, the less the first one says.
        assertThat(head(sum(2, 0, -1), sum(0, 3, 4)).contributions(new double[] {1, 1, 0})[0])
                .isLessThan(contributions[0])
                .isPositive();
    }

    @Test
    void aFeatureThatSpeaksForTheTaskLowersTheScore() {
        Head head = head(sum(-2, 0, 1), sum(0, 3, -40));

        assertThat(head.contributions(new double[] {1, 0, 0})[0]).isNegative();
    }
}
