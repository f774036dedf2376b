package io.plumbline.ingest;

import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Brings each verdict to the host that its session lives on, and keeps it until the host has confirmed it. A verdict names
 * its host; one that does not is routed by what hosts have said about their sessions.
 *
 * <p>What is kept is bounded per host, for orders and for notices apart, so that a flood of notices pushes out no freeze.
 */
final class VerdictRouter {
    /** The host of agents that report without a daemon: nobody to deliver to. */
    static final String DIRECT = EventLimits.DIRECT_HOST;

    private static final int MAX_KNOWN_SESSIONS = 100_000;

    private record HostKey(String tenant, String host) {}

    private record SessionKey(String tenant, String session) {}

    /** A host's open stream. Called with the router's lock held: must not block. */
    interface Stream {
        void deliver(PendingVerdict verdict);

        /** Another stream of the same host took over. */
        void replaced();
    }

    private static final class Mailbox {
        final LinkedHashMap<String, PendingVerdict> orders = new LinkedHashMap<>();
        final LinkedHashMap<String, PendingVerdict> notices = new LinkedHashMap<>();

        @Nullable
        Stream stream;

        LinkedHashMap<String, PendingVerdict> of(PendingVerdict verdict) {
            return verdict.isOrder() ? orders : notices;
        }
    }

    private final int maxPending;
    private final Duration maxAge;
    private final IngestMetrics metrics;
    private final Map<HostKey, Mailbox> mailboxes = new HashMap<>();
    private final LinkedHashMap<String, PendingVerdict> unclaimed = new LinkedHashMap<>();
    private final LinkedHashMap<SessionKey, String> hosts = new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SessionKey, String> eldest) {
            return size() > MAX_KNOWN_SESSIONS;
        }
    };
    private final Map<Integer, TreeSet<Long>> outstanding = new HashMap<>();

    VerdictRouter(int maxPending, Duration maxAge, IngestMetrics metrics) {
        this.maxPending = maxPending;
        this.maxAge = maxAge;
        this.metrics = metrics;
    }

    /** Takes a verdict from the log. */
    synchronized void accept(PendingVerdict verdict) {
        Event event = verdict.verdict();
        String host = event.getHost().isEmpty()
                ? hosts.get(new SessionKey(event.getTenant(), event.getSession()))
                : event.getHost();
        if (host == null) {
            if (unclaimed.putIfAbsent(verdict.id(), verdict) == null) {
                remember(verdict);
                if (unclaimed.size() > maxPending) {
                    forget(unclaimed.pollFirstEntry().getValue());
                    metrics.unclaimedDropped.increment();
                }
            }
        } else if (!host.equals(DIRECT)) {
            put(mailbox(event.getTenant(), host), verdict);
        }
    }

    /** A host says, by what it sends, that a session lives on it. */
    synchronized void claim(String tenant, String host, String session) {
        if (host.equals(hosts.put(new SessionKey(tenant, session), host)) || unclaimed.isEmpty()) {
            return;
        }
        List<PendingVerdict> claimed = unclaimed.values().stream()
                .filter(verdict -> verdict.verdict().getTenant().equals(tenant)
                        && verdict.verdict().getSession().equals(session))
                .toList();
        for (PendingVerdict verdict : claimed) {
            unclaimed.remove(verdict.id());
            if (host.equals(DIRECT)) {
                forget(verdict);
            } else {
                put(mailbox(tenant, host), verdict);
            }
        }
    }

    /** Opens a host's stream: everything that it has not confirmed goes out, orders first. */
    synchronized void attach(String tenant, String host, Collection<String> sessions, Stream stream) {
        Mailbox mailbox = mailbox(tenant, host);
        if (mailbox.stream != null) {
            mailbox.stream.replaced();
        }
        mailbox.stream = null;
        sessions.forEach(session -> claim(tenant, host, session));
        mailbox.stream = stream;
        mailbox.orders.values().forEach(stream::deliver);
        mailbox.notices.values().forEach(stream::deliver);
    }

    /** Closes a stream, if it is still the host's. What is kept stays. */
    synchronized void detach(String tenant, String host, Stream stream) {
        Mailbox mailbox = mailboxes.get(new HostKey(tenant, host));
        if (mailbox != null && mailbox.stream == stream) {
            mailbox.stream = null;
        }
    }

    /** A host has taken these verdicts over. */
    synchronized void received(String tenant, String host, Collection<String> ids) {
        Mailbox mailbox = mailboxes.get(new HostKey(tenant, host));
        if (mailbox == null) {
            return;
        }
        for (String id : ids) {
            PendingVerdict order = mailbox.orders.remove(id);
            PendingVerdict taken = order != null ? order : mailbox.notices.remove(id);
            if (taken != null) {
                forget(taken);
                metrics.received.increment();
            }
        }
    }

    /** Gives up what is too old: a host that is gone for so long has frozen its sessions on its own. */
    synchronized void expire(long nowNanos) {
        List<LinkedHashMap<String, PendingVerdict>> queues = new ArrayList<>();
        queues.add(unclaimed);
        mailboxes.values().forEach(mailbox -> {
            queues.add(mailbox.orders);
            queues.add(mailbox.notices);
        });
        for (LinkedHashMap<String, PendingVerdict> queue : queues) {
            queue.values().removeIf(verdict -> {
                boolean old = nowNanos - verdict.takenNanos() > maxAge.toNanos();
                if (old) {
                    forget(verdict);
                    metrics.expired.increment();
                }
                return old;
            });
        }
        mailboxes
                .values()
                .removeIf(mailbox -> mailbox.stream == null && mailbox.orders.isEmpty() && mailbox.notices.isEmpty());
    }

    /**
     * The offset of a partition that may be committed: everything before it is confirmed or given up.
     *
     * @param position the consumer's, used when nothing is outstanding
     */
    synchronized long committable(int partition, long position) {
        TreeSet<Long> offsets = outstanding.get(partition);
        return offsets == null || offsets.isEmpty() ? position : offsets.first();
    }

    synchronized int pending() {
        return outstanding.values().stream().mapToInt(TreeSet::size).sum();
    }

    synchronized int connectedHosts() {
        return (int) mailboxes.values().stream()
                .filter(mailbox -> mailbox.stream != null)
                .count();
    }

    private void put(Mailbox mailbox, PendingVerdict verdict) {
        LinkedHashMap<String, PendingVerdict> queue = mailbox.of(verdict);
        if (queue.putIfAbsent(verdict.id(), verdict) != null) {
            // The job wrote it again after a restart; what is kept is the same, and on its way.
            return;
        }
        remember(verdict);
        if (queue.size() > maxPending) {
            forget(queue.pollFirstEntry().getValue());
            (verdict.isOrder() ? metrics.ordersDropped : metrics.noticesDropped).increment();
        }
        if (mailbox.stream != null) {
            mailbox.stream.deliver(verdict);
        }
    }

    private Mailbox mailbox(String tenant, String host) {
        return mailboxes.computeIfAbsent(new HostKey(tenant, host), absent -> new Mailbox());
    }

    private void remember(PendingVerdict verdict) {
        outstanding
                .computeIfAbsent(verdict.partition(), absent -> new TreeSet<>())
                .add(verdict.offset());
    }

    private void forget(PendingVerdict verdict) {
        TreeSet<Long> offsets = outstanding.get(verdict.partition());
        if (offsets != null) {
            offsets.remove(verdict.offset());
        }
    }
}
