package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real brake of a sandbox's kernel, on a real process and a control server. */
@Timeout(60)
class FreezerTest {
    private final StandInSentry sentry = new StandInSentry();
    private final Freezer freezer = new Freezer(sentry.brake());

    @AfterEach
    void close() {
        sentry.close();
    }

    @Test
    void pausesOnceHoweverOftenItIsAsked() {
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("control-socket", false));
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("control-socket", true));
        assertThat(sentry.pauses()).isEqualTo(1);
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.running()).isTrue();
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(true));
        assertThat(sentry.pauses()).isZero();
    }

    @Test
    void stopsAKernelThatDoesNotAnswerAndThawsItThroughItsQueuedPause() {
        Freezer freezer = new Freezer(sentry.impatientBrake());
        sentry.mute(true);
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("sigstop", false));
        awaitStandstill();
        sentry.mute(false);
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.requests()).containsExactly("Pause", "Resume");
        assertThat(sentry.running()).isTrue();
    }

    @Test
    void oneOrderThawsAPausedSandboxWhoseProcessTheWardenHasStopped() {
        freezer.freeze();
        sentry.stop();
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("control-socket", true));

        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.running()).isTrue();
    }

    @Test
    void queuesAPauseOfItsOwnWhenTheFirstWasRefused() {
        sentry.refuse(true);
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("sigstop", false));
        sentry.refuse(false);
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.requests()).containsExactly("Pause", "Pause", "Resume");
        assertThat(sentry.running()).isTrue();
    }

    @Test
    void staysFrozenWhenTheKernelStillDoesNotAnswer() {
        Freezer freezer = new Freezer(sentry.impatientBrake());
        sentry.mute(true);
        freezer.freeze();
        assertThat(freezer.thaw()).isInstanceOf(Freezer.Outcome.Failed.class);
        awaitStandstill();
        assertThat(freezer.state()).isEqualTo(Freezer.State.STOPPED);
    }

    @Test
    void stopsAKernelThatDoesNotConfirmAThaw() {
        freezer.freeze();
        sentry.refuse(true);
        assertThat(freezer.thaw()).isInstanceOf(Freezer.Outcome.Failed.class);
        awaitStandstill();
        sentry.refuse(false);
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("sigstop", true));
    }

    @Test
    void tellsThatASandboxIsGone() {
        freezer.kill();
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Dead());
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Dead());
        Freezer other = new Freezer(sentry.brake());
        assertThat(other.freeze()).isEqualTo(new Freezer.Outcome.Dead());
    }

    /** A signal to stop is there at once, and seen in /proc when a processor has come to it. */
    private void awaitStandstill() {
        await().until(() -> !sentry.running());
    }
}
