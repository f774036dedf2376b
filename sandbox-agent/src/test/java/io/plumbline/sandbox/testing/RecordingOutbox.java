package io.plumbline.sandbox.testing;

import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Keeps what is published, and lets a test play the platform. */
public final class RecordingOutbox implements SessionOutbox {
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final AtomicLong seq = new AtomicLong();
    private volatile Consumer<Event> platform = event -> {};
    private volatile boolean full;

    /** @param reaction runs on the publisher's thread, before {@link #publish} returns */
    public void onPublish(Consumer<Event> reaction) {
        platform = reaction;
    }

    public void fail() {
        full = true;
    }

    public List<Event> events() {
        return events;
    }

    public List<EgressDecided> decisions() {
        return events.stream()
                .filter(Event::hasEgressDecided)
                .map(Event::getEgressDecided)
                .toList();
    }

    @Override
    public Event publish(Channel channel, long eventTimeNanos, Event.Builder payload) {
        if (full) {
            throw new SpoolException("spool: full", null);
        }
        Event.Builder bounded = EventLimits.bounded(payload.clone()).toBuilder();
        Event event = EventIds.withId(bounded.setTenant("acme")
                .setHost("host")
                .setSession("0".repeat(32))
                .setChannel(channel)
                .setSeq(seq.incrementAndGet())
                .setEventTimeNs(eventTimeNanos)
                .setObservedTimeNs(eventTimeNanos));
        events.add(event);
        platform.accept(event);
        return event;
    }

    public static Event egressAnswer(String cause, boolean allowed) {
        return verdict(Event.newBuilder()
                .setEgressAnswered(EgressAnswered.newBuilder().setCause(cause).setAllowed(allowed)));
    }

    public static Event gateAnswer(String cause, GateDecision decision, String reason) {
        return verdict(Event.newBuilder()
                .setGateAnswered(GateAnswered.newBuilder()
                        .setCause(cause)
                        .setDecision(decision)
                        .setReason(reason)));
    }

    public static Event verdict(Event.Builder payload) {
        return EventIds.withId(payload.setTenant("acme")
                .setHost("host")
                .setSession("0".repeat(32))
                .setChannel(Channel.VERDICTS));
    }
}
