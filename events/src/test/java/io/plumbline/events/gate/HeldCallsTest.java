package io.plumbline.events.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.gate.GateOutcome.Kind;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldCallsTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(20);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final HeldCalls calls = new HeldCalls(timer, 2);

    @AfterEach
    void stopTimer() {
        timer.shutdownNow();
    }

    @Test
    void allowsOnlyWhatWasAllowed() {
        CompletableFuture<GateOutcome> allowed = calls.hold("a", LONG, LONG);
        CompletableFuture<GateOutcome> denied = calls.hold("b", LONG, LONG);
        calls.answered(answer("a", GateDecision.ALLOW));
        calls.answered(answer("b", GateDecision.DENY));

        assertThat(allowed.join().allowed()).isTrue();
        assertThat(denied.join()).isEqualTo(new GateOutcome(Kind.ANSWERED, false, "why"));
    }

    @Test
    void deniesWhatItDoesNotUnderstand() {
        CompletableFuture<GateOutcome> unspecified = calls.hold("a", LONG, LONG);
        CompletableFuture<GateOutcome> newer = calls.hold("b", LONG, LONG);
        calls.answered(answer("a", GateDecision.GATE_UNSPECIFIED));
        calls.answered(
                GateAnswered.newBuilder().setCause("b").setDecisionValue(77).build());

        assertThat(unspecified.join().allowed()).isFalse();
        assertThat(newer.join().allowed()).isFalse();
    }

    @Test
    void waitsForTheSecondAnswerAfterAsk() {
        CompletableFuture<GateOutcome> call = calls.hold("a", LONG, LONG);
        calls.answered(answer("a", GateDecision.ASK));
        calls.answered(answer("a", GateDecision.ASK));
        assertThat(call).isNotDone();
        calls.answered(answer("a", GateDecision.ALLOW));

        assertThat(call.join().allowed()).isTrue();
    }

    @Test
    void remembersAnswersThatComeFirst() {
        calls.answered(answer("a", GateDecision.ASK));
        calls.answered(answer("a", GateDecision.ALLOW));

        assertThat(calls.hold("a", LONG, LONG).join().allowed()).isTrue();
    }

    @Test
    void deniesAfterEachDeadline() {
        assertThat(calls.hold("a", SHORT, LONG).join().kind()).isEqualTo(Kind.NO_ANSWER);
        calls.answered(answer("b", GateDecision.ASK));
        assertThat(calls.hold("b", LONG, SHORT).join().kind()).isEqualTo(Kind.APPROVAL_TIMED_OUT);
        assertThat(calls.size()).isZero();
    }

    @Test
    void ignoresAnAnswerThatComesTooLate() {
        CompletableFuture<GateOutcome> call = calls.hold("a", SHORT, LONG);
        assertThat(call.join().allowed()).isFalse();
        calls.answered(answer("a", GateDecision.ALLOW));

        assertThat(call.join().allowed()).isFalse();
    }

    @Test
    void deniesBeyondItsBoundAndAfterTheEnd() {
        CompletableFuture<GateOutcome> first = calls.hold("a", LONG, LONG);
        calls.hold("b", LONG, LONG);
        assertThat(calls.hold("c", LONG, LONG).join().kind()).isEqualTo(Kind.OVERLOADED);
        calls.close();

        assertThat(first.join().kind()).isEqualTo(Kind.CLOSED);
        calls.answered(answer("d", GateDecision.ALLOW));
        assertThat(calls.hold("d", LONG, LONG).join().allowed()).isFalse();
    }

    private static GateAnswered answer(String cause, GateDecision decision) {
        return GateAnswered.newBuilder()
                .setCause(cause)
                .setDecision(decision)
                .setReason("why")
                .build();
    }
}
