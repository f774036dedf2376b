package io.plumbline.sandbox.session;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.link.HostLink;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.link.VerdictListener;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** A link that keeps every event in memory and lets a test play the brain. */
final class RecordingLink implements HostLink {
    final List<Event> events = new CopyOnWriteArrayList<>();
    final Map<String, VerdictListener> listeners = new ConcurrentHashMap<>();
    volatile Duration disconnected = Duration.ZERO;
    volatile boolean diskFull;

    /** Which events are kept; a test that counts very many need not keep them. */
    volatile Predicate<Event> kept = event -> true;

    /** Sees each event on the publisher's thread, with the listener of its session. */
    volatile BiConsumer<Event, VerdictListener> brain = (event, listener) -> {};

    @Override
    public SessionOutbox open(String tenant, String session, VerdictListener listener, Predicate<Event> routine) {
        listeners.put(session, listener);
        Map<Channel, Long> numbers = new EnumMap<>(Channel.class);
        return (channel, time, payload) -> {
            if (diskFull) {
                throw new SpoolException("no space left on device", new java.io.IOException("full"));
            }
            Event event;
            synchronized (numbers) {
                event = EventIds.withId(payload.setTenant(tenant)
                        .setSession(session)
                        .setChannel(channel)
                        .setSeq(numbers.merge(channel, 1L, Long::sum))
                        .setEventTimeNs(time)
                        .setObservedTimeNs(Clock.nowNanos()));
                if (kept.test(event)) {
                    events.add(event);
                }
            }
            brain.accept(event, listener);
            return event;
        };
    }

    @Override
    public void end(String session) {
        listeners.remove(session);
    }

    @Override
    public Duration disconnectedFor() {
        return disconnected;
    }

    @Override
    public void close() {}
}
