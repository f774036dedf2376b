package io.plumbline.console.live;

import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.Search.CausePage;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.SuppressionRow;
import io.plumbline.console.triage.QueueQuery;
import io.plumbline.events.v1.Event;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The triage queues that people look at. Pages that ask for the same share one reading of the search copy, made when something changed and at
 * most every {@link #PAUSE}. A cause that begins with a verdict is told at once, where nothing can have been decided about it: the
 * search copy has it half a second later.
 */
public final class Queues implements AutoCloseable {
    /** Rows of a list; a longer one is narrowed, not read. */
    public static final int MAX_ROWS = 500;

    private static final Logger LOG = LoggerFactory.getLogger(Queues.class);
    private static final CausePage NOTHING = new CausePage(List.of(), -1);
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Verdicts that are looked up before the search copy has them; those beyond wait for it. */
    private static final int MAX_PENDING = 20;

    private final Search search;
    private final LiveView live;
    private final Clock clock;
    private final Executor readers;
    private final FreshCauses fresh = new FreshCauses();
    private final Map<Asked, Shared> open = new ConcurrentHashMap<>();
    private final BlockingQueue<Event> verdicts = new ArrayBlockingQueue<>(MAX_PENDING);
    private final Thread newcomers;

    /** @param person empty where the answer is the same for everybody */
    private record Asked(QueueQuery query, String person) {}

    public Queues(Search search, LiveView live, Clock clock) {
        this(search, live, clock, reading -> Thread.ofVirtual()
                .name("queue-read")
                .start(reading));
    }

    /** @param readers runs each reading, which waits between two */
    Queues(Search search, LiveView live, Clock clock, Executor readers) {
        this.readers = readers;
        this.search = search;
        this.live = live;
        this.clock = clock;
        this.newcomers = Thread.ofPlatform().name("queue-newcomers").daemon().start(this::takeNewcomers);
    }

    /** The list as it is now. */
    public CausePage read(QueueQuery query, String person) {
        return shown(search.causes(query, person, clock.instant(), MAX_ROWS), query);
    }

    /** With the causes that no list has yet. When this one is the first to have one, all others are to get it too. */
    private CausePage shown(CausePage listed, QueueQuery query) {
        Instant now = clock.instant();
        int waiting = fresh.rows(now).size();
        CausePage page = fresh.before(listed, query, now);
        if (fresh.rows(now).size() < waiting) {
            open.values().forEach(Shared::readAgain);
        }
        return page;
    }

    /**
     * Tells every change of a list from now on; run the result to stop.
     *
     * @param known what the page shows
     */
    public Runnable follow(QueueQuery query, String person, CausePage known, Consumer<CausePage> page) {
        Asked asked = new Asked(query, query.state().equals("mine") ? person : "");
        Shared shared = open.compute(asked, (key, before) -> {
            Shared one = before == null ? new Shared(key, known) : before;
            one.pages.add(page);
            return one;
        });
        shared.joined(known);
        Runnable unsubscribe = live.subscribe(snapshot -> shared.readAgain());
        return () -> {
            unsubscribe.run();
            open.computeIfPresent(asked, (key, one) -> {
                one.pages.remove(page);
                return one.pages.isEmpty() ? null : one;
            });
        };
    }

    /** A verdict was decided. Does not wait for anything. */
    public void verdict(Event event) {
        if (event.hasAlertRaised() && !open.isEmpty() && !verdicts.offer(event)) {
            LOG.debug("alert {} is shown when the search copy has it", event.getId());
        }
    }

    private void takeNewcomers() {
        try {
            while (true) {
                List<Event> batch = new ArrayList<>(List.of(verdicts.take()));
                verdicts.drainTo(batch);
                boolean added = false;
                try {
                    Instant now = clock.instant();
                    List<SuppressionRow> suppressions = search.suppressions(Search.MAX_RESULTS).stream()
                            .filter(one -> one.isInForce(now))
                            .toList();
                    for (Event event : batch) {
                        CauseRow row = CauseRow.begun(
                                event, live.session(event.getSession()).or(() -> search.session(event.getSession())));
                        added |= isUndecided(row, suppressions) && fresh.add(row, now);
                    }
                } catch (SearchUnavailableException e) {
                    // The layout says that the search copy does not answer.
                    LOG.debug("new causes could not be looked up", e);
                } catch (RuntimeException e) {
                    // Of one verdict; the search copy tells of it. The next ones are shown at once all the same.
                    LOG.warn("new causes could not be shown", e);
                }
                if (added) {
                    open.values().forEach(shared -> {
                        shared.tell();
                        shared.readAgain();
                    });
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Known causes may be closed or suppressed, and a suppression of the tenant may cover this one: the index job says. */
    private boolean isUndecided(CauseRow row, List<SuppressionRow> suppressions) {
        return suppressions.stream().noneMatch(one -> one.kind().equals(row.kind()))
                && search.cause(row.session(), row.cause()).isEmpty();
    }

    /** One list and the pages that show it. */
    private final class Shared {
        private final Asked asked;
        private final List<Consumer<CausePage>> pages = new CopyOnWriteArrayList<>();
        private final AtomicBoolean reading = new AtomicBoolean();
        private final AtomicBoolean stale = new AtomicBoolean();
        private final AtomicBoolean justRead;
        private CausePage listed;
        private CausePage told;

        Shared(Asked asked, CausePage known) {
            this.asked = asked;
            this.listed = known;
            this.told = known;
            this.justRead = new AtomicBoolean(known.total() >= 0);
        }

        /** What was told between a page's own reading and now has not reached it: told again to all. */
        synchronized void joined(CausePage known) {
            if (!known.equals(told)) {
                told = NOTHING;
                readAgain();
            }
        }

        private synchronized void take(CausePage page) {
            listed = page;
            tell();
        }

        synchronized void tell() {
            CausePage page = shown(listed, asked.query());
            if (page.equals(told)) {
                return;
            }
            told = page;
            for (Consumer<CausePage> one : pages) {
                try {
                    one.accept(page);
                } catch (RuntimeException e) {
                    LOG.debug("a page could not take the newest list", e);
                }
            }
        }

        void readAgain() {
            stale.set(true);
            if (reading.compareAndSet(false, true)) {
                readers.execute(this::follow);
            }
        }

        private void follow() {
            try {
                if (justRead.getAndSet(false)) {
                    // The page draws it now: it is not to wait for a second reading beside.
                    Thread.sleep(PAUSE);
                }
                while (!pages.isEmpty() && (stale.getAndSet(false) | isExpected())) {
                    readOnce();
                    Thread.sleep(PAUSE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                reading.set(false);
            }
            // Nobody reads for nobody.
            if (stale.get() && !pages.isEmpty()) {
                readAgain();
            }
        }

        /** What fails is tried again: that the search copy answers once more is no change that anybody would tell of. */
        private void readOnce() {
            try {
                forget();
                take(search.causes(asked.query(), asked.person(), clock.instant(), MAX_ROWS));
            } catch (RuntimeException e) {
                LOG.debug("a queue could not be read again", e);
                stale.set(true);
            }
        }

        private List<CauseRow> expected(Instant now) {
            return fresh.rows(now).stream()
                    .filter(row -> asked.query().admits(row, now))
                    .toList();
        }

        /** Whether the search copy still has to show something that pages show already. */
        private boolean isExpected() {
            return !expected(clock.instant()).isEmpty();
        }

        /** What the search copy has by now. */
        private void forget() {
            Instant now = clock.instant();
            fresh.recorded(
                    expected(now).stream()
                            .filter(row ->
                                    search.cause(row.session(), row.cause()).isPresent())
                            .map(CauseRow::key)
                            .toList(),
                    now);
        }
    }

    @Override
    public void close() {
        newcomers.interrupt();
    }
}
