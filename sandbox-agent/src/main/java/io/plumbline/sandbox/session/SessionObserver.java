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

    void state(RuntimeState.State state, String reason);

    /** The last call: it ran and ended, and nothing of it runs any more. */
    void exited(int code, String reason);

    /** The last call: it did not come to run. */
    void failed(String message);
}
