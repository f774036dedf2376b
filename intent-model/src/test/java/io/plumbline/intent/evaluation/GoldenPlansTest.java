package io.plumbline.intent.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.PlanFinding;
import io.plumbline.intent.PlanFinding.Kind;
import io.plumbline.intent.Score;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class GoldenPlansTest {
    private static final GoldenPlans GOLDEN = GoldenPlans.read();
    private static final List<Optional<Kind>> KINDS = List.of(
            Optional.empty(),
            Optional.of(Kind.TOO_BROAD),
            Optional.of(Kind.SCOPE_CREEP),
            Optional.of(Kind.FORBIDDEN_INTENT));

    /** Finds the same in every plan. */
    private static IntentScorer constant(List<PlanFinding> findings) {
        return new IntentScorer() {
            @Override
            public Score score(Intent intent, Act act) {
                return new Score.NotScored(Score.Cause.NO_MODEL, "a test");
            }

            @Override
            public List<PlanFinding> checkPlan(String task, List<String> items) {
                return findings;
            }
        };
    }

    @Test
    void hasTenPlansOfEachKind() {
        for (Optional<Kind> kind : KINDS) {
            assertThat(GOLDEN.of(kind)).as("%s", kind).hasSize(10);
        }
        assertThat(GOLDEN.cases()).hasSize(40);
    }

    @Test
    void whatWordsTellIsFoundInAllOfThem() throws IntentModelException {
        try (IntentModel model = IntentModel.load()) {
            assertThat(GOLDEN.missed(model, Optional.of(Kind.TOO_BROAD))).isEmpty();
            assertThat(GOLDEN.missed(model, Optional.of(Kind.FORBIDDEN_INTENT))).isEmpty();
            for (GoldenPlans.Case plan : GOLDEN.of(Optional.empty())) {
                assertThat(model.checkPlan(plan.task(), plan.items()))
                        .as(plan.task())
                        .extracting(PlanFinding::kind)
                        .doesNotContain(Kind.FORBIDDEN_INTENT, Kind.TOO_BROAD);
            }
        }
    }

    @Test
    void aConstantMissesOneHalf() throws IntentModelException {
        IntentScorer silent = constant(List.of());
        IntentScorer suspicious = constant(List.of(new PlanFinding(0, Kind.UNREAD, "a test")));

        for (Optional<Kind> kind : KINDS) {
            assertThat(GOLDEN.missed(silent, kind)).as("%s", kind).hasSize(kind.isEmpty() ? 0 : 10);
            assertThat(GOLDEN.missed(suspicious, kind)).as("%s", kind).hasSize(10);
        }
    }
}
