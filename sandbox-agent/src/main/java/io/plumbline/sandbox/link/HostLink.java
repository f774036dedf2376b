package io.plumbline.sandbox.link;

import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.function.Predicate;

/** The link to the platform, shared by all sessions of a host. */
public interface HostLink extends AutoCloseable {
    /**
     * Opens the outbox of a new session and starts handing its verdicts to {@code listener}.
     *
     * @param tenant the tenant that the session belongs to; must be the one that the host's token stands for
     * @param session 32 lower-case hex digits
     * @param routine what may wait a few milliseconds for more of its kind, or for something that may not wait; the order stays
     */
    SessionOutbox open(String tenant, String session, VerdictListener listener, Predicate<Event> routine);

    /** One whose events never wait. */
    default SessionOutbox open(String tenant, String session, VerdictListener listener) {
        return open(tenant, session, listener, event -> false);
    }

    /** Ends a session: its listener is dropped; what is still in the spool is delivered. */
    void end(String session);

    /** How long the platform has been out of reach: not connected, or silent about what it was sent. */
    Duration disconnectedFor();

    @Override
    void close();
}
