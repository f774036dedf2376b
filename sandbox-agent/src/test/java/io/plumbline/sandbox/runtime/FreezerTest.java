package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class FreezerTest {
    private final FakeSentry sentry = new FakeSentry();
    private final Freezer freezer = new Freezer(sentry);

    /** A sentry whose tasks run unless paused or stopped, and which may not answer. */
    private static final class FakeSentry implements Brake {
        private final List<String> calls = new ArrayList<>();
        private int pauses;
        private final Deque<String> queued = new ArrayDeque<>();
        private boolean stopped;
        private boolean dead;
        private boolean mute;
        private boolean refusing;

        boolean running() {
            return !dead && !stopped && pauses == 0;
        }

        @Override
        public Answer pause(Duration limit) {
            calls.add("pause");
            if (dead || refusing) {
                return Answer.FAILED;
            }
            if (mute) {
                queued.add("pause");
                return Answer.LATE;
            }
            pauses++;
            return Answer.DONE;
        }

        @Override
        public Answer awaitLate(Duration limit) {
            if (stopped || mute) {
                return Answer.FAILED;
            }
            pauses += queued.size();
            queued.clear();
            return Answer.DONE;
        }

        @Override
        public boolean queuePause() {
            calls.add("queue");
            queued.add("pause");
            return !dead;
        }

        @Override
        public Answer resume(Duration limit) {
            calls.add("resume");
            if (dead || mute || refusing || stopped) {
                return Answer.FAILED;
            }
            pauses--;
            return Answer.DONE;
        }

        @Override
        public boolean stop() {
            calls.add("stop");
            stopped = true;
            return !dead;
        }

        @Override
        public boolean proceed() {
            calls.add("proceed");
            stopped = false;
            return !dead;
        }

        @Override
        public void wake() {
            stopped = false;
        }

        @Override
        public boolean alive() {
            return !dead;
        }

        @Override
        public boolean kill() {
            dead = true;
            return true;
        }
    }

    @Test
    void pausesOnceHoweverOftenItIsAsked() {
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("control-socket", false));
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("control-socket", true));
        assertThat(sentry.pauses).isEqualTo(1);
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.running()).isTrue();
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(true));
        assertThat(sentry.pauses).isZero();
    }

    @Test
    void stopsAKernelThatDoesNotAnswerAndThawsItThroughItsQueuedPause() {
        sentry.mute = true;
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("sigstop", false));
        assertThat(sentry.running()).isFalse();
        sentry.mute = false;
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.calls).containsExactly("pause", "stop", "proceed", "resume");
        assertThat(sentry.running()).isTrue();
    }

    @Test
    void oneOrderThawsAPausedSandboxWhoseProcessTheWardenHasStopped() {
        freezer.freeze();
        sentry.stopped = true;
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("control-socket", true));

        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.running()).isTrue();
    }

    @Test
    void queuesAPauseOfItsOwnWhenTheFirstWasRefused() {
        sentry.refusing = true;
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("sigstop", false));
        sentry.refusing = false;
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        assertThat(sentry.calls).containsExactly("pause", "stop", "queue", "proceed", "resume");
        assertThat(sentry.running()).isTrue();
    }

    @Test
    void staysFrozenWhenTheKernelStillDoesNotAnswer() {
        sentry.mute = true;
        freezer.freeze();
        assertThat(freezer.thaw()).isInstanceOf(Freezer.Outcome.Failed.class);
        assertThat(sentry.running()).isFalse();
        assertThat(freezer.state()).isEqualTo(Freezer.State.STOPPED);
    }

    @Test
    void stopsAKernelThatDoesNotConfirmAThaw() {
        freezer.freeze();
        sentry.refusing = true;
        assertThat(freezer.thaw()).isInstanceOf(Freezer.Outcome.Failed.class);
        assertThat(sentry.running()).isFalse();
        sentry.refusing = false;
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("sigstop", true));
    }

    @Test
    void tellsThatASandboxIsGone() {
        freezer.kill();
        assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Dead());
        assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Dead());
        Freezer other = new Freezer(sentry);
        assertThat(other.freeze()).isEqualTo(new Freezer.Outcome.Dead());
    }
}
