package io.plumbline.sandbox.link;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;

/** Where one session's events leave the host. Safe for use by several threads; the order of calls is the order in the log. */
public interface SessionOutbox {
    /**
     * Numbers, names, bounds, redacts and spools an event, and sends it to the platform as soon as the link allows.
     *
     * @param channel claims, evidence, or control for what the host confirms ({@code TaskAssigned}, {@code PolicyConfirmed})
     * @param eventTimeNanos clock of the source, nanoseconds since the epoch
     * @param payload a builder with only the payload set
     * @return the event as it will stand in the log; its id is what a verdict names as its cause
     * @throws SpoolException when the spool cannot take it (disk full); the session must then be frozen
     */
    Event publish(Channel channel, long eventTimeNanos, Event.Builder payload);
}
