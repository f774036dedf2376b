package io.plumbline.sandbox.trace;

/** Is told when the session can no longer be seen. Called on a thread of the listener; must not block for long. */
@FunctionalInterface
public interface TraceWatch {
    /** @param cause one sentence; the session must be frozen */
    void blind(String cause);
}
