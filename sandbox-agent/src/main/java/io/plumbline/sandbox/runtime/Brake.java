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

    /** Lets the kernel's process run again. */
    boolean proceed();

    /** Kills the kernel's process. */
    void kill();
}
