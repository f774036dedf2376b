package io.plumbline.console.orders;

import io.plumbline.console.orders.Outcome.Accepted;
import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import java.time.Clock;
import java.time.Instant;

/** Events of people on the control topic of one tenant: how they begin, and how they are written. */
public final class ControlEvents {
    private final OrderLog log;
    private final String tenant;
    private final Clock clock;

    public ControlEvents(OrderLog log, String tenant, Clock clock) {
        this.log = log;
        this.tenant = tenant;
        this.clock = clock;
    }

    public String tenant() {
        return tenant;
    }

    public Instant now() {
        return clock.instant();
    }

    /** @param session empty for what is about no session */
    public Event.Builder about(String session) {
        long now = nanoseconds(now());
        return Event.newBuilder()
                .setTenant(tenant)
                .setSession(session)
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(now)
                .setObservedTimeNs(now);
    }

    /** Returns when the log has it, or has not acknowledged. */
    public Outcome append(Event.Builder written) {
        Event event = EventIds.withId(written);
        try {
            log.append(event);
        } catch (OrderLog.OrderLogException e) {
            return new Refused(Refusal.LOG, String.valueOf(e.getMessage()));
        }
        return new Accepted(event.getId());
    }

    public static long nanoseconds(Instant at) {
        return at.getEpochSecond() * 1_000_000_000L + at.getNano();
    }
}
