package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Event;
import java.util.Optional;

/**
 * What the host decides alone, on the thread that reads the trace: before anything is queued. The first look is at bytes; only
 * a message that may match is decoded.
 */
public interface Tripwire {
    /** One that is never hit. */
    Tripwire NONE = message -> Optional.empty();

    /** A freeze that is in force, told of the event that caused it as soon as that is published. */
    @FunctionalInterface
    interface Hit {
        void published(Event cause);
    }

    /** @param message a datagram of the sentry's remote sink; is not changed */
    Optional<Hit> look(byte[] message);
}
