package io.plumbline.console.live;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@link Snapshot} for all pages. It is read again once a second while somebody looks, and at once after a verdict, at most
 * every {@value #SHORTEST_PAUSE_MS} ms; so the load on the search copy does not grow with the number of pages. An alert is shown
 * from its verdict before the search copy has it.
 */
public final class LiveView implements Source<Snapshot>, AutoCloseable {
    /** Rows per list; a list that long is searched, not read. */
    public static final int MAX_ROWS = 500;

    static final int SHORTEST_PAUSE_MS = 250;

    private static final Logger LOG = LoggerFactory.getLogger(LiveView.class);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(300);
    private static final Duration OVERLAY_LIFE = Duration.ofSeconds(30);

    /** Alerts that are shown before the search copy has them; of a flood the newest. */
    static final int MAX_OVERLAY = 100;

    private final Search search;
    private final ScheduledExecutorService timer;
    private final List<Consumer<Snapshot>> listeners = new CopyOnWriteArrayList<>();
    private final LinkedHashMap<String, Overlay> overlay = new LinkedHashMap<>();
    private final AtomicBoolean poked = new AtomicBoolean();
    private final ExecutorService teller;
    private final AtomicBoolean untold = new AtomicBoolean();
    private final Object telling = new Object();
    /** As the search copy has it. */
    private volatile Snapshot searched = Snapshot.EMPTY;

    private volatile Snapshot snapshot = Snapshot.EMPTY;

    private record Overlay(AlertRow row, Instant until) {}

    public LiveView(Search search) {
        this.search = search;
        // What comes after the close is for nobody: whoever brings it then must not fail of it.
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("live-view").daemon().factory(), new DiscardPolicy());
        this.teller = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("live-view-teller").daemon().factory(),
                new DiscardPolicy());
        timer.scheduleWithFixedDelay(this::beat, 0, 1, TimeUnit.SECONDS);
    }

    /** The newest snapshot; read afresh when nobody was looking, unless that takes longer than a page may be kept waiting for. */
    @Override
    public Snapshot current() {
        if (listeners.isEmpty()) {
            Thread reading = Thread.ofVirtual().name("live-view-read").start(this::refresh);
            try {
                reading.join(LONGEST_WAIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return snapshot;
    }

    /** As the newest snapshot has it. */
    Optional<SessionSummary> session(String id) {
        return snapshot.session(id);
    }

    /** Tells the listener the snapshot at hand, if one was read, and every changed one from now on; run the result to stop. */
    @Override
    public Runnable subscribe(Consumer<Snapshot> listener) {
        listeners.add(listener);
        // What was read before may never change again.
        Snapshot present = snapshot;
        if (present.isRead()) {
            listener.accept(present);
        }
        poke();
        return () -> listeners.remove(listener);
    }

    /** A verdict was decided: show it without waiting for the search copy, and look there soon. Does not wait for anything. */
    public void verdict(Event event) {
        if (listeners.isEmpty()) {
            return;
        }
        if (event.hasAlertRaised()) {
            AlertRow row = AlertRow.raised(event, snapshot.session(event.getSession()));
            synchronized (overlay) {
                overlay.put(row.id(), new Overlay(row, Instant.now().plus(OVERLAY_LIFE)));
                if (overlay.size() > MAX_OVERLAY) {
                    overlay.pollFirstEntry();
                }
            }
            // Those that come while pages are told are told together.
            if (untold.compareAndSet(false, true)) {
                teller.execute(() -> {
                    untold.set(false);
                    synchronized (telling) {
                        publish(withOverlay(searched));
                    }
                });
            }
        }
        poke();
    }

    /** Asks for a fresh snapshot soon. */
    public void poke() {
        if (!listeners.isEmpty() && poked.compareAndSet(false, true)) {
            timer.schedule(
                    () -> {
                        poked.set(false);
                        refresh();
                    },
                    SHORTEST_PAUSE_MS,
                    TimeUnit.MILLISECONDS);
        }
    }

    private void beat() {
        if (!listeners.isEmpty()) {
            refresh();
        }
    }

    private synchronized void refresh() {
        try {
            read(new Snapshot(
                    true,
                    search.sessions(MAX_ROWS),
                    search.alerts(Optional.empty(), MAX_ROWS),
                    search.approvals(Optional.of("pending"), MAX_ROWS),
                    search.waitingCauses(),
                    Optional.empty()));
        } catch (RuntimeException e) {
            LOG.warn("the live view could not be refreshed", e);
            Snapshot last = searched;
            read(new Snapshot(
                    last.isRead(),
                    last.sessions(),
                    last.alerts(),
                    last.approvals(),
                    last.waiting(),
                    Optional.of("The search copy does not answer. What you see may be old.")));
        }
    }

    private void read(Snapshot fresh) {
        synchronized (telling) {
            searched = fresh;
            publish(withOverlay(fresh));
        }
    }

    private Snapshot withOverlay(Snapshot fresh) {
        synchronized (overlay) {
            Instant now = Instant.now();
            overlay.values().removeIf(item -> item.until().isBefore(now));
            fresh.alerts().forEach(row -> overlay.remove(row.id()));
            List<AlertRow> alerts = new ArrayList<>();
            overlay.values().stream()
                    .map(Overlay::row)
                    .filter(row -> fresh.alerts().stream()
                            .noneMatch(known -> known.id().equals(row.id())))
                    .forEach(alerts::add);
            if (alerts.isEmpty()) {
                return fresh;
            }
            alerts.addAll(fresh.alerts());
            return new Snapshot(
                    fresh.isRead(),
                    fresh.sessions(),
                    List.copyOf(alerts),
                    fresh.approvals(),
                    fresh.waiting(),
                    fresh.problem());
        }
    }

    private void publish(Snapshot next) {
        if (next.equals(snapshot)) {
            return;
        }
        snapshot = next;
        for (Consumer<Snapshot> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException e) {
                LOG.warn("a page could not take the newest snapshot", e);
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        teller.shutdownNow();
    }
}
