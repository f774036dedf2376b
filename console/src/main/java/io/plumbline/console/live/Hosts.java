package io.plumbline.console.live;

import io.plumbline.console.search.HostList;
import io.plumbline.console.search.Search;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The hosts of the tenant, read again and again while somebody looks. */
public final class Hosts implements Source<Hosts.Known> {
    private static final Logger LOG = LoggerFactory.getLogger(Hosts.class);
    private static final Known NOTHING = new Known(State.NOT_READ, HostList.EMPTY);

    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(3);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** So many times as long as a reading took nothing is asked after it. */
    private static final int REST = 10;

    private final HostReadings readings;
    private final Clock clock;
    private final List<Consumer<Known>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean reading = new AtomicBoolean();
    private volatile Known known = NOTHING;

    public Hosts(Search search, Clock clock) {
        this.readings = new HostReadings(search);
        this.clock = clock;
    }

    public enum State {
        NOT_READ,
        READ,
        /** The search copy does not answer: the hosts are those of before. */
        OLD
    }

    public record Known(State state, HostList hosts) {}

    /** Nothing when nobody was looking: what was known then is old, and what is new in it would have to wait to be shown. */
    @Override
    public Known current() {
        return listeners.isEmpty() ? NOTHING : known;
    }

    @Override
    public Runnable subscribe(Consumer<Known> listener) {
        // Of before the last look nothing is told: hosts would stand there as silent that are not.
        Known present = current();
        listeners.add(listener);
        if (present.state() != State.NOT_READ) {
            listener.accept(present);
        }
        if (reading.compareAndSet(false, true)) {
            Thread.ofVirtual().name("hosts-read").start(this::follow);
        }
        return () -> listeners.remove(listener);
    }

    private void follow() {
        try {
            while (!listeners.isEmpty()) {
                Instant begun = clock.instant();
                read(begun);
                Thread.sleep(pause(Duration.between(begun, clock.instant())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reading.set(false);
        }
        // Who came between the last look and now found it still reading.
        if (!listeners.isEmpty() && reading.compareAndSet(false, true)) {
            Thread.ofVirtual().name("hosts-read").start(this::follow);
        }
    }

    /** @param took the reading before */
    static Duration pause(Duration took) {
        Duration rest = took.multipliedBy(REST);
        return rest.compareTo(SHORTEST_PAUSE) < 0
                ? SHORTEST_PAUSE
                : rest.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : rest;
    }

    private void read(Instant now) {
        try {
            known = new Known(State.READ, readings.read(now));
        } catch (RuntimeException e) {
            LOG.warn("the hosts could not be read", e);
            known = new Known(State.OLD, known.hosts());
        }
        for (Consumer<Known> listener : listeners) {
            try {
                listener.accept(known);
            } catch (RuntimeException e) {
                LOG.debug("a page could not take the newest hosts", e);
            }
        }
    }
}
