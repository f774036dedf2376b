package io.plumbline.sandbox.trace;

import java.time.Duration;

/** Lets the egress proxy make sure that what the session did before a connection is in the log before the connection's event. */
@FunctionalInterface
public interface TraceBarrier {
    /**
     * Returns once every trace message that the runtime had queued at the time of the call has been published.
     *
     * @return false when that did not happen within {@code limit}; the caller must then deny
     */
    boolean awaitDrained(Duration limit) throws InterruptedException;
}
