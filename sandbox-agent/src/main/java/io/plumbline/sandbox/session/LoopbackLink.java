package io.plumbline.sandbox.session;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.link.HostLink;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.VerdictListener;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Predicate;

/** A link that ends in this process: for the host's own sandboxes, whose life is nobody else's business. */
final class LoopbackLink implements HostLink {
    private final Receiver receiver;

    /** Takes a session's events in order, and may answer them. */
    @FunctionalInterface
    interface Receiver {
        void event(Event event, VerdictListener session);
    }

    LoopbackLink(Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public SessionOutbox open(String tenant, String session, VerdictListener listener, Predicate<Event> routine) {
        Map<Channel, Long> numbers = new EnumMap<>(Channel.class);
        return (channel, time, payload) -> {
            Event event;
            synchronized (numbers) {
                event = EventIds.withId(payload.setTenant(tenant)
                        .setSession(session)
                        .setChannel(channel)
                        .setSeq(numbers.merge(channel, 1L, Long::sum))
                        .setEventTimeNs(time)
                        .setObservedTimeNs(Clock.nowNanos()));
            }
            receiver.event(event, listener);
            return event;
        };
    }

    @Override
    public void end(String session) {}

    @Override
    public Duration disconnectedFor() {
        return Duration.ZERO;
    }

    @Override
    public void close() {}
}
