package io.plumbline.console.triage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FateTest {
    @Test
    void nothingIsAssumedBeforeTheRecordNamesTheOrder() {
        assertThat(Fate.of("e-1", Causes.cause("x", List.of(), List.of()), Causes.NOON))
                .isEqualTo(new Fate.Requested());
    }

    @Test
    void aRecordedDecisionSaysWhen() {
        assertThat(Fate.of(
                        "e-1",
                        Causes.cause("x", List.of(Causes.decision("e-1", "ana", "benign", "")), List.of()),
                        Causes.NOON))
                .isEqualTo(new Fate.Recorded("benign", Causes.NOON));
    }

    @Test
    void aRefusalSaysWhoWasFasterAndWhen() {
        var cause = Causes.cause(
                "x",
                List.of(Causes.decision("e-1", "Bea", "acknowledged", "Bea")),
                List.of(Causes.refusal("e-2", "decided by somebody else before")));

        assertThat(Fate.of("e-2", cause, Causes.NOON.plusSeconds(4)))
                .isEqualTo(new Fate.Refused("refused: Bea has taken it 4 s ago"));
    }

    @Test
    void aRefusalForAnotherReasonKeepsIt() {
        var cause = Causes.cause("x", List.of(), List.of(Causes.refusal("e-2", "a suppression lasts at most 90 days")));

        assertThat(Fate.of("e-2", cause, Causes.NOON))
                .isEqualTo(new Fate.Refused("refused: a suppression lasts at most 90 days"));
    }
}
