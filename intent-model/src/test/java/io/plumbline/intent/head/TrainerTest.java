package io.plumbline.intent.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.plumbline.intent.head.Trainer.Example;
import io.plumbline.intent.head.Trainer.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class TrainerTest {
    @Test
    void learnsWhatSeparatesAndNothingFromWhatNeverVaries() {
        Network network = Trainer.train(examples(), Settings.RELEVANCE);

        assertThat(network.logit(new double[] {1, 0.5, 3})).isPositive();
        assertThat(network.logit(new double[] {-1, 0.5, 3})).isNegative();
        assertThat(network.logit(new double[] {1, 0.5, 99})).isEqualTo(network.logit(new double[] {1, 0.5, 3}));
    }

    @Test
    void aRisingNetworkNeverFalls() {
        Network network = Trainer.train(examples(), Settings.ABUSE);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100; i++) {
            double[] low = {random.nextDouble(), random.nextDouble(), 3};
            double[] high = {low[0] + random.nextDouble(), low[1] + random.nextDouble(), 3};
            assertThat(network.logit(high)).isGreaterThanOrEqualTo(network.logit(low));
        }
    }

    @Test
    void eitherOfTwoCausesSuffices() {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 1_000; i++) {
            double first = random.nextDouble() * 60 - 30;
            double second = random.nextDouble() * 60 - 30;
            double either = Head.either(first, second);

            assertThat(either).isGreaterThanOrEqualTo(Math.max(first, second)).isEqualTo(Head.either(second, first));
            assertThat(Head.either(first + 0.5, second)).isGreaterThan(either - 1e-12);
            assertThat(Head.either(first, second - 0.5)).isLessThan(either + 1e-12);
        }
        assertThat(Head.either(-40, 2)).isCloseTo(2, within(1e-9));
    }

    @Test
    void learnsOnlyWhatTheOtherNetworkDoesNotSee() {
        List<Example> seen = examples().stream()
                .map(example -> new Example(example.vector(), example.bad(), example.bad() ? 20 : -20))
                .toList();

        assertThat(Trainer.train(seen, Settings.RELEVANCE).logit(new double[] {1, 0.5, 3}))
                .isLessThan(Trainer.train(examples(), Settings.RELEVANCE).logit(new double[] {1, 0.5, 3}) - 0.1);
    }

    @Test
    void twoTrainingsGiveTheSameBits() {
        Settings settings = new Settings(8, 4, 1e-3, false, 1);
        Network first = Trainer.train(examples(), settings);
        Network second = Trainer.train(examples(), settings);

        assertThat(second.first).containsExactly(first.first);
        assertThat(second.second).containsExactly(first.second);
    }

    @Test
    void calibrationRisesAndMeetsTheFrequencies() {
        SplittableRandom random = new SplittableRandom(3);
        double[] scores = new double[4_000];
        boolean[] bad = new boolean[scores.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = random.nextDouble() * 10 - 5;
            bad[i] = random.nextDouble() < Calibration.sigmoid(scores[i]);
        }
        Calibration calibration = Calibration.fit(scores, bad);

        double before = 0;
        for (double score = -6; score < 6; score += 0.01) {
            assertThat(calibration.probability(score)).isGreaterThan(before);
            before = calibration.probability(score);
        }
        assertThat(calibration.probability(0)).isBetween(0.4, 0.6);
        assertThat(calibration.probability(3)).isBetween(0.9, 0.99);
    }

    private static List<Example> examples() {
        SplittableRandom random = new SplittableRandom(2);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            boolean bad = i % 2 == 0;
            examples.add(new Example(
                    new double[] {(bad ? 1 : -1) + random.nextDouble() - 0.5, random.nextDouble(), 3},
                    bad,
                    Double.NEGATIVE_INFINITY));
        }
        return examples;
    }
}
