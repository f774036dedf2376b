package io.plumbline.sandbox.runtime;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * The one place that freezes, thaws and kills a sandbox. Pauses nest in the runtime, so exactly one may be in force: every
 * caller shares this state machine.
 *
 * <pre>
 *   RUNNING --freeze--> PAUSED  (the kernel confirmed)   --thaw--> RUNNING
 *   RUNNING --freeze--> STOPPED (no answer in time: SIGSTOP; the request stays queued) --thaw--> RUNNING
 *   any     --kill----> DEAD
 * </pre>
 *
 * Safe for use by several threads; a kill never waits for a freeze that is under way for longer than its time limit.
 */
public final class Freezer {
    /** How long the kernel may take to confirm before it is stopped by force; usual: 0.6 ms, at most 1.6 ms. */
    public static final Duration CONFIRMATION_LIMIT = Duration.ofMillis(50);

    private static final Duration THAW_LIMIT = Duration.ofSeconds(5);

    /** Where the sandbox is. */
    public enum State {
        RUNNING,
        PAUSED,
        STOPPED,
        DEAD
    }

    /** What a call led to. */
    public sealed interface Outcome {
        /** @param mechanism the brake's own word for it; {@code already}: it was frozen before this call */
        record Frozen(String mechanism, boolean already) implements Outcome {}

        record Running(boolean already) implements Outcome {}

        /** The sandbox is gone: nothing of it runs. */
        record Dead() implements Outcome {}

        /** It could not be done; the state before the call is in force. */
        record Failed(String reason) implements Outcome {}
    }

    private final Brake brake;
    private State state = State.RUNNING;

    /** In {@link State#STOPPED}: a pause waits in the kernel's socket. */
    private boolean pauseQueued;

    public Freezer(Brake brake) {
        this.brake = brake;
    }

    public synchronized State state() {
        return state;
    }

    /** Returns once no further instruction of the workload can complete a system call, or {@link Outcome.Failed}. */
    public synchronized Outcome freeze() {
        return switch (state) {
            case PAUSED -> new Outcome.Frozen(brake.mechanism(), true);
            case STOPPED -> new Outcome.Frozen(brake.force(), true);
            case DEAD -> new Outcome.Dead();
            case RUNNING ->
                switch (brake.pause(brake.confirmationLimit())) {
                    case DONE -> {
                        state = State.PAUSED;
                        yield new Outcome.Frozen(brake.mechanism(), false);
                    }
                    case LATE -> stop(true);
                    case FAILED -> stop(false);
                };
        };
    }

    private Outcome stop(boolean queued) {
        if (!brake.stop()) {
            if (brake.alive()) {
                return new Outcome.Failed("neither asking nor forcing stopped it");
            }
            state = State.DEAD;
            return new Outcome.Dead();
        }
        pauseQueued = queued;
        state = State.STOPPED;
        return new Outcome.Frozen(brake.force(), false);
    }

    /**
     * Lets the workload go on exactly where it was, unless something forbids it now that no freeze can come in between.
     *
     * @return {@link Outcome.Frozen} when it was forbidden
     */
    public synchronized Outcome thawUnless(BooleanSupplier forbidden) {
        return forbidden.getAsBoolean() ? freeze() : thaw();
    }

    /** Lets the workload go on exactly where it was. */
    public synchronized Outcome thaw() {
        return switch (state) {
            case RUNNING -> new Outcome.Running(true);
            case DEAD -> new Outcome.Dead();
            case PAUSED -> {
                // The pause holds the workload; the kernel's process has to run to take it back.
                brake.wake();
                yield resume();
            }
            case STOPPED -> {
                // The kernel takes the queued pause first when it runs again, so the count of pauses is known again:
                // one.
                if (!pauseQueued && !brake.queuePause()) {
                    yield new Outcome.Failed("the sandbox's kernel takes no request");
                }
                pauseQueued = true;
                if (!brake.proceed()) {
                    state = State.DEAD;
                    yield new Outcome.Dead();
                }
                if (brake.awaitLate(THAW_LIMIT) != Brake.Answer.DONE) {
                    brake.stop();
                    yield new Outcome.Failed("the sandbox's kernel does not answer");
                }
                pauseQueued = false;
                state = State.PAUSED;
                yield resume();
            }
        };
    }

    private Outcome resume() {
        if (brake.resume(THAW_LIMIT) == Brake.Answer.DONE) {
            state = State.RUNNING;
            return new Outcome.Running(false);
        }
        // Whether it runs is not known: make sure that it does not.
        return stop(false) instanceof Outcome.Dead
                ? new Outcome.Dead()
                : new Outcome.Failed("the sandbox's kernel did not confirm");
    }

    /**
     * Stops again what somebody else let go while it was to stand still; only for brakes whose pauses do not nest.
     *
     * @return {@link Outcome.Running} when it was not to stand still
     */
    public synchronized Outcome hold() {
        if (state == State.PAUSED) {
            state = State.RUNNING;
            return freeze();
        }
        return state == State.RUNNING ? new Outcome.Running(true) : freeze();
    }

    /** Kills the sandbox whatever its state; false: it cannot be said that it is dead, and its state is as it was. */
    public synchronized boolean kill() {
        boolean killed = brake.kill();
        if (killed) {
            state = State.DEAD;
        }
        return killed;
    }

    /** How a freeze and a thaw are done, as {@code RuntimeState.mechanism} names it. */
    public String mechanism() {
        return brake.mechanism();
    }
}
