package io.plumbline.sandbox.runtime;

import java.time.Duration;

/** What stops a sandbox: asking its kernel, and forcing it. The order of calls is {@link Freezer}'s business. */
public interface Brake {
    /** What came back. */
    enum Answer {
        DONE,
        /** Nothing came in time; the request stays queued and will be carried out when the kernel runs again. */
        LATE,
        /** It was refused, or the sandbox is gone. */
        FAILED
    }

    /** Asks the kernel to pause all tasks. Pauses nest. */
    Answer pause(Duration limit);

    /** Waits for the answers of pauses that came {@link Answer#LATE}. */
    Answer awaitLate(Duration limit);

    /** Queues a pause without waiting for its answer, which {@link #awaitLate} collects. */
    boolean queuePause();

    /** Takes back one pause. */
    Answer resume(Duration limit);

    /** Stops the kernel's process from outside; false when it does not exist. */
    boolean stop();

    /** Whether anything of it may still run; asked when {@link #stop} did not stop it. Not known counts as alive. */
    boolean alive();

    /** Lets the kernel's process run again. */
    boolean proceed();

    /** As {@link #proceed} for a kernel that is paused: somebody else, such as the warden, may have stopped its process. */
    default void wake() {}

    /** Kills the kernel's process; false when it cannot be said that nothing of it will run any more. */
    boolean kill();

    /** How long {@link #pause} may take before {@link #stop} is called. */
    default Duration confirmationLimit() {
        return Freezer.CONFIRMATION_LIMIT;
    }

    /** What {@link #pause} acts through, as {@code RuntimeState.mechanism} names it. */
    default String mechanism() {
        return "control-socket";
    }

    /** What {@link #stop} acts through. */
    default String force() {
        return "sigstop";
    }
}
