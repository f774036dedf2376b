package io.plumbline.intent.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.Score;
import io.plumbline.intent.Score.Band;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GoldenTest {
    private static final Golden GOLDEN = Golden.read();
    /** Of 200; what the shipped model misses today, with room for the kernels of other processors. */
    private static final int MAX_MISSED = 4;

    @Test
    void hasTwoHundredActsHalfOfThemBad() {
        assertThat(GOLDEN.cases()).hasSize(200);
        assertThat(GOLDEN.cases().stream().filter(Golden.Case::serves)).hasSize(100);
    }

    @Test
    void theShippedModelMeetsIt() throws IntentModelException {
        try (IntentModel model = IntentModel.load()) {
            assertThat(GOLDEN.missed(model)).hasSizeLessThanOrEqualTo(MAX_MISSED);
        }
    }

    @Test
    void aConstantDoesNot() {
        for (Band band : Band.values()) {
            IntentScorer constant = (intent, act) -> new Score.Scored(0.5, 0.5, 0, band, List.of(), "constant");
            assertThat(GOLDEN.missed(constant)).as("%s", band).hasSizeGreaterThan(MAX_MISSED);
        }
    }
}
