package io.plumbline.intent.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.plumbline.intent.corpus.LabelledAct;
import io.plumbline.intent.evaluation.Metrics.Estimate;
import io.plumbline.intent.evaluation.Metrics.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsTest {
    private static final double[] GOOD = {1, 2, 3, 4};
    private static final double[] BAD = {2, 5, 6, 7};

    @Test
    void theAreaCountsTiesHalf() {
        assertThat(Metrics.auc(GOOD, BAD)).isEqualTo((1.5 + 4 + 4 + 4) / 16);
        assertThat(Metrics.auc(GOOD, GOOD)).isEqualTo(0.5);
    }

    @Test
    void missesAreCountedAtTheThresholdOfTheGood() {
        assertThat(Metrics.missesAt(0.01).of(GOOD, BAD)).isEqualTo(0.25);
        assertThat(Metrics.missesAt(0.5).of(GOOD, BAD)).isEqualTo(0.25);
    }

    @Test
    void anEstimateLiesInItsIntervalAndIsTheSameEveryTime() {
        Sample good = Sample.of(GOOD, new int[] {1, 2, 3, 4});
        Sample bad = Sample.of(BAD, new int[] {1, 2, 3, 4});
        Estimate estimate = Metrics.estimate(good, bad, Metrics::auc);

        assertThat(estimate.value()).isBetween(estimate.low(), estimate.high());
        assertThat(Metrics.estimate(good, bad, Metrics::auc)).isEqualTo(estimate);
    }

    @Test
    void actsOfOneSessionAreDrawnTogether() {
        Sample good = Sample.of(new double[] {4, 1, 2, 3}, new int[] {7, 7, 7, 7});
        Sample bad = Sample.of(BAD, new int[] {7, 7, 7, 7});
        Estimate estimate = Metrics.estimate(good, bad, Metrics::auc);

        assertThat(good.scores()).containsExactly(1, 2, 3, 4);
        assertThat(estimate.low()).isEqualTo(estimate.value()).isEqualTo(estimate.high());
    }

    @Test
    void aDrawWithoutOneOfBothGroupsSaysNothing() {
        Sample good = Sample.of(GOOD, new int[] {1, 1, 1, 1});
        Sample bad = Sample.of(BAD, new int[] {2, 2, 2, 2});

        assertThat(Metrics.estimate(good, bad, Metrics.missesAt(0.01))).isEqualTo(new Estimate(0.25, 0.25, 0.25));
    }

    @Test
    void aScorerIsNotBetterThanItself() {
        Sample good = Sample.of(GOOD, new int[] {1, 2, 3, 4});
        Sample bad = Sample.of(BAD, new int[] {1, 2, 3, 4});

        assertThat(Metrics.difference(good, bad, good, bad, Metrics::auc)).isEqualTo(new Estimate(0, 0, 0));
    }

    @Test
    void aShareLiesInAnIntervalThatNarrowsWithTheActs() {
        Estimate few = Metrics.share(0.9, 10);
        Estimate many = Metrics.share(0.9, 1_000);

        assertThat(few.low()).isCloseTo(0.596, within(0.001));
        assertThat(few.high()).isCloseTo(0.982, within(0.001));
        assertThat(many.low()).isBetween(0.87, 0.9);
        assertThat(Metrics.share(1, 500).high()).isCloseTo(1, within(1e-9));
        assertThat(Metrics.share(0, 500).low()).isCloseTo(0, within(1e-9));
    }

    @Test
    void calibrationErrorIsTheDistanceOfClaimAndFrequency() {
        Reliability reliability = new Reliability();
        for (int i = 0; i < 10; i++) {
            reliability.add(0.8, i < 5);
        }
        assertThat(reliability.error()).isCloseTo(0.3, within(1e-9));
        assertThat(reliability.svg("a plot"))
                .startsWith("<svg")
                .contains("10 acts")
                .endsWith("</svg>\n");
    }

    @Test
    void pairsAreReadLineByLineAndCrossed(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("intents.txt"), "list files\nshow the date\n");
        Files.writeString(folder.resolve("acts.txt"), "ls\ndate\n");

        assertThat(Pairs.read(folder, 10).labelled())
                .extracting((LabelledAct act) ->
                        act.intent().task() + " " + act.act().text() + " " + act.label())
                .containsExactly(
                        "list files ls ON_PLAN",
                        "list files date OFF_PLAN",
                        "show the date date ON_PLAN",
                        "show the date ls OFF_PLAN");
        Files.writeString(folder.resolve("acts.txt"), "ls\n");
        assertThatThrownBy(() -> Pairs.read(folder, 10)).hasMessageContaining("2 intents, 1 acts");
    }

    @Test
    void aCardIsWrittenFromAReportThatWasReadBack(@TempDir Path folder) throws IOException {
        Report report = new Report(
                "abc",
                Map.of("TEST", 1),
                List.of(new Report.Line(
                        "OFF_PLAN",
                        "model",
                        new Estimate(0.9, 0.8, 1),
                        new Estimate(0.1, 0, 0.2),
                        new Estimate(0.3, 0.2, 0.4))),
                Map.of("MALICIOUS shell", 0.5),
                List.of(new Report.Attack("flattery", 10, 1, 0.9)),
                Map.of("p50, ms", 3.5),
                List.of(new Report.Agent("recorded", "codex", 40, 2, 1, 3, 2)),
                List.of(new Report.Failure("missed, off_plan", "Fix a | b", "npm `publish`", 0.01)));
        Path file = Files.writeString(folder.resolve("report.json"), report.json());

        assertThat(Report.read(file)).isEqualTo(report);
        assertThat(ModelCard.of(report))
                .contains(
                        "looked at the pairs of nl2bash as well",
                        "without training and without a probability",
                        "Cosine is that of the encoder trained here");
        assertThat(ModelCard.of(report))
                .contains(
                        "intent model abc",
                        "0.900 [0.800, 1.000]",
                        "malicious shell | 50.0 %",
                        "| 90.0 % [59.6, 98.2] | 10.0 |",
                        "| recorded | codex | 40 | 2 | 1 | 3 | 2 |",
                        "| missed, off_plan | Fix a \\| b | `npm 'publish'` | 0.010 |");
    }
}
