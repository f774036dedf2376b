package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.rootfs.Bundle;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The outbox of one session as its parts see it: knows the highest number of each channel for the heartbeat and the times of
 * recent events for {@link StageTimes}, and says when an event could not be kept.
 */
final class SessionJournal implements SessionOutbox {
    /** Events whose times are remembered: more than arrive while a verdict is under way. */
    private static final int REMEMBERED = 16_384;

    /** Decisions on connections that are kept for the evidence of a freeze. */
    private static final int REMEMBERED_EGRESS = 100;

    /** Names that the workload removed from its workspace, for the evidence of a freeze. */
    static final int REMEMBERED_REMOVALS = 1_000;

    private static final Set<String> REMOVALS = Set.of("unlink", "rmdir", "rename");

    /** What the host decides by the policy, rather than sees. */
    private static final Set<Event.PayloadCase> DECISIONS = EnumSet.of(
            Event.PayloadCase.EGRESS_REQUESTED,
            Event.PayloadCase.EGRESS_DECIDED,
            Event.PayloadCase.LIMIT_REACHED,
            Event.PayloadCase.RUNTIME_STATE);

    private final SessionOutbox outbox;
    private final IntSupplier revision;
    private final Consumer<String> unwatched;

    /** Fair: where each event takes long, the one thread that has very many must not keep the heartbeat from being told. */
    private final ReentrantLock lock = new ReentrantLock(true);

    private final Map<Channel, Long> lastSeq = new EnumMap<>(Channel.class);
    private final Map<String, Times> times = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Times> eldest) {
            return size() > REMEMBERED;
        }
    };

    private final Map<String, Long> counts = new HashMap<>();
    private final Queue<EgressDecided> egress = new ArrayDeque<>();
    private final Set<String> removed = new LinkedHashSet<>();

    /** Nanoseconds since the epoch. */
    record Times(long eventNanos, long observedNanos) {}

    /**
     * @param revision of the policy in force, which every decision of the host names
     * @param unwatched is told, in one sentence, when an event was lost here
     */
    SessionJournal(SessionOutbox outbox, IntSupplier revision, Consumer<String> unwatched) {
        this.outbox = outbox;
        this.revision = revision;
        this.unwatched = unwatched;
    }

    @Override
    public Event publish(Channel channel, long eventTimeNanos, Event.Builder payload) {
        if (DECISIONS.contains(payload.getPayloadCase())) {
            payload.setPolicyRevision(revision.getAsInt());
        }
        try {
            return locked(() -> noted(outbox.publish(channel, eventTimeNanos, payload)));
        } catch (SpoolException e) {
            unwatched.accept("an event could not be kept: " + e.getMessage());
            throw e;
        }
    }

    /** Publishes a heartbeat that counts itself. */
    void heartbeat(long droppedTotal) {
        try {
            locked(() -> noted(outbox.publish(
                    Channel.EVIDENCE,
                    Clock.nowNanos(),
                    Event.newBuilder()
                            .setHeartbeat(Heartbeat.newBuilder()
                                    .setLastClaimsSeq(lastSeq.getOrDefault(Channel.CLAIMS, 0L))
                                    .setLastEvidenceSeq(lastSeq.getOrDefault(Channel.EVIDENCE, 0L) + 1)
                                    .setDroppedTotal(droppedTotal)))));
        } catch (SpoolException e) {
            unwatched.accept("a heartbeat could not be kept: " + e.getMessage());
            throw e;
        }
    }

    /** When an event of this session happened and was seen; empty when it is too long ago or not of this session. */
    Optional<Times> timesOf(String event) {
        return locked(() -> Optional.ofNullable(times.get(event)));
    }

    /** The newest decisions of the egress proxy, oldest first. */
    List<EgressDecided> lastEgress() {
        return locked(() -> List.copyOf(egress));
    }

    /**
     * What the workload removed from its workspace or renamed, whatever became of the name since: relative to it, the first thousand in
     * order.
     */
    List<String> removed() {
        return locked(() -> List.copyOf(removed));
    }

    /** Evidence events by payload name. */
    Map<String, Long> evidenceCounts() {
        return locked(() -> new TreeMap<>(counts));
    }

    private <T> T locked(Supplier<T> act) {
        lock.lock();
        try {
            return act.get();
        } finally {
            lock.unlock();
        }
    }

    private Event noted(Event event) {
        if (event.getChannel() == Channel.EVIDENCE) {
            counts.merge(event.getPayloadCase().name().toLowerCase(Locale.ROOT), 1L, Long::sum);
        }
        if (event.hasFileChanged()) {
            note(event.getFileChanged());
        }
        if (event.hasEgressDecided()) {
            egress.add(event.getEgressDecided());
            if (egress.size() > REMEMBERED_EGRESS) {
                egress.remove();
            }
        }
        lastSeq.merge(event.getChannel(), event.getSeq(), Math::max);
        times.put(event.getId(), new Times(event.getEventTimeNs(), event.getObservedTimeNs()));
        return event;
    }

    private void note(FileChanged change) {
        String prefix = Bundle.WORKSPACE + "/";
        if (change.getError() == 0
                && !change.getAmbiguous()
                && change.getPath().startsWith(prefix)
                && REMOVALS.contains(change.getOperation())
                && removed.size() < REMEMBERED_REMOVALS) {
            removed.add(change.getPath().substring(prefix.length()));
        }
    }
}
