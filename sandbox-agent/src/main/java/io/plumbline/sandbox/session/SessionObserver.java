package io.plumbline.sandbox.session;

import io.plumbline.events.v1.RuntimeState;

/** Follows one session. Called on several threads, one call at a time per kind of call; may block, which holds the workload. */
public interface SessionObserver {
    /** What the workload writes. */
    enum Stream {
        STDOUT,
        STDERR
    }

    void output(Stream stream, byte[] bytes);

    /** Room for {@code bytes} more of input: as many were taken from what was offered. Never blocks. */
    default void inputTaken(int bytes) {}

    /** The workload has ended: at most what is left in its pipes comes now, and waits for nobody. */
    default void outputEnding() {}

    void state(RuntimeState.State state, String reason);

    /** The last call: it ran and ended, and nothing of it runs any more. */
    void exited(int code, String reason);

    /** The last call: it did not come to run. */
    void failed(String message);
}
