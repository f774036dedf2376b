package io.plumbline.ingest;

import io.plumbline.events.v1.Event;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The last seq written per session and channel: what a host sends again is written once. Bounded; what is forgotten first is
 * what was used longest ago. Events without a number (seq 0) always pass.
 */
final class SeqLedger {
    record Key(String tenant, String session, int channel) {
        static Key of(Event event) {
            return new Key(event.getTenant(), event.getSession(), event.getChannelValue());
        }
    }

    private static final class Place {
        long sent;
        CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    }

    /**
     * @param written completes when the event is in the log; for a repeated event when the first copy is
     * @param repeated true: nothing was written now
     */
    record Offer(CompletableFuture<Void> written, boolean repeated) {}

    private final LinkedHashMap<Key, Place> entries;

    SeqLedger(int maxEntries) {
        this.entries = new LinkedHashMap<>(1024, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, Place> eldest) {
                return size() > maxEntries;
            }
        };
    }

    /** Remembers what the log holds already. */
    void written(Event event) {
        Place entry = entry(Key.of(event));
        synchronized (entry) {
            entry.sent = Math.max(entry.sent, event.getSeq());
        }
    }

    Offer offer(Event event, Supplier<CompletableFuture<Void>> write) {
        long seq = event.getSeq();
        if (seq == 0) {
            return new Offer(write.get(), false);
        }
        Place entry = entry(Key.of(event));
        synchronized (entry) {
            // Unsigned: the field is a uint64.
            if (Long.compareUnsigned(seq, entry.sent) <= 0) {
                return new Offer(entry.last, true);
            }
            CompletableFuture<Void> written = write.get();
            long before = entry.sent;
            entry.sent = seq;
            entry.last = written;
            written.whenComplete((done, failure) -> {
                if (failure != null) {
                    synchronized (entry) {
                        // The host will send it again, and it must be taken then.
                        if (Long.compareUnsigned(entry.sent, seq) >= 0) {
                            entry.sent = before;
                        }
                    }
                }
            });
            return new Offer(written, false);
        }
    }

    synchronized int size() {
        return entries.size();
    }

    private synchronized Place entry(Key key) {
        return entries.computeIfAbsent(key, absent -> new Place());
    }
}
