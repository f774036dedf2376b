package io.plumbline.console.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.head.ScoreDistribution;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScoreDriftTest {
    /** The first and the last piece; nothing between. */
    private static List<Long> ends(long low, long high) {
        List<Long> counts = new ArrayList<>(Collections.nCopies(ScoreDistribution.BINS, 0L));
        counts.set(0, low);
        counts.set(ScoreDistribution.BINS - 1, high);
        return counts;
    }

    @Test
    void growsWithTheDistance() {
        double same = ScoreDrift.of(ends(5_000, 5_000), ends(500, 500)).orElseThrow();
        double much = ScoreDrift.of(ends(500, 500), ends(950, 50)).orElseThrow();

        assertThat(ScoreDrift.spoken(same)).isEqualTo("as before");
        assertThat(ScoreDrift.spoken(much)).isEqualTo("large");
    }

    @Test
    void isNotKnownOfAFew() {
        assertThat(ScoreDrift.of(ends(500, 500), ends(10, 9))).isEmpty();
        assertThat(ScoreDrift.of(ends(10, 9), ends(500, 500))).isEmpty();
    }

    @Test
    void doesNotFailOnAnEmptyPiece() {
        assertThat(ScoreDrift.of(ends(100, 0), ends(0, 100)))
                .hasValueSatisfying(index -> assertThat(index).isFinite().isPositive());
    }
}
