package io.plumbline.watcher.crosssession;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.watcher.state.v1.CrossEvicted;
import io.plumbline.watcher.state.v1.CrossSessionState;
import io.plumbline.watcher.state.v1.Part;
import io.plumbline.watcher.state.v1.SessionFact;
import io.plumbline.watcher.state.v1.SharedSubject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The state of one group of sessions, bounded; each list forgets what weighs least. Not for several threads. */
public final class CrossSessionMemory {
    /** Layout version of {@link CrossSessionState}. */
    public static final int VERSION = 1;

    final Subjects hosts;
    final Subjects secrets;
    final Subjects refused;
    private final Deque<Part> stopped = new ArrayDeque<>();
    private final Set<String> told = new LinkedHashSet<>();
    private final CrossEvicted.Builder evicted;
    private long newestNs;

    private CrossSessionMemory(CrossSessionState state) {
        this.evicted = state.getEvicted().toBuilder();
        this.newestNs = state.getNewestNs();
        this.hosts = new Subjects(state.getHostsList(), evicted, any -> any.setHosts(any.getHosts() + 1));
        this.secrets = new Subjects(state.getSecretsList(), evicted, any -> any.setSecrets(any.getSecrets() + 1));
        this.refused = new Subjects(state.getRefusedList(), evicted, any -> any.setRefused(any.getRefused() + 1));
        stopped.addAll(state.getStoppedList());
        told.addAll(state.getToldList());
    }

    /** Of a group of which nothing is known yet. */
    public static CrossSessionMemory empty() {
        return new CrossSessionMemory(CrossSessionState.getDefaultInstance());
    }

    /**
     * Reads what {@link #toBytes()} wrote.
     *
     * @throws IllegalArgumentException when the bytes are no state or of an unknown version
     */
    public static CrossSessionMemory parse(byte[] bytes) {
        try {
            CrossSessionState state = CrossSessionState.parseFrom(bytes);
            if (state.getVersion() != VERSION) {
                throw new IllegalArgumentException(
                        "cross-session state version: " + state.getVersion() + " (expected: " + VERSION + ")");
            }
            return new CrossSessionMemory(state);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("cross-session state cannot be read: " + e.getMessage(), e);
        }
    }

    /** Equal states give equal bytes. */
    public byte[] toBytes() {
        return CrossSessionState.newBuilder()
                .setVersion(VERSION)
                .setNewestNs(newestNs)
                .addAllHosts(hosts.all())
                .addAllSecrets(secrets.all())
                .addAllRefused(refused.all())
                .addAllStopped(stopped)
                .addAllTold(told)
                .setEvicted(evicted)
                .build()
                .toByteArray();
    }

    /** What was forgotten so far. */
    public CrossEvicted evicted() {
        return evicted.build();
    }

    /** Time goes on to that of a fact; what is too long ago is forgotten. */
    void reach(long timeNs) {
        newestNs = Math.max(newestNs, timeNs);
        long oldest = newestNs - CrossSessionLimits.WINDOW.toNanos();
        hosts.expire(oldest);
        secrets.expire(oldest);
        refused.expire(oldest);
        while (!stopped.isEmpty() && stopped.getFirst().getAtNs() < oldest) {
            stopped.removeFirst();
            evicted.setExpired(evicted.getExpired() + 1);
        }
    }

    /** The sessions that were stopped, each once. */
    List<Part> stopped() {
        return List.copyOf(stopped);
    }

    void stop(SessionFact fact) {
        if (stopped.stream().anyMatch(part -> part.getSession().equals(fact.getSession()))) {
            return;
        }
        stopped.addLast(part(fact).build());
        if (stopped.size() > CrossSessionLimits.STOPPED) {
            stopped.removeFirst();
            evicted.setStopped(evicted.getStopped() + 1);
        }
    }

    /** False when the deviation was told before. */
    boolean tell(String deviation) {
        if (!told.add(deviation)) {
            return false;
        }
        if (told.size() > CrossSessionLimits.TOLD) {
            told.remove(told.iterator().next());
            evicted.setTold(evicted.getTold() + 1);
        }
        return true;
    }

    private static Part.Builder part(SessionFact fact) {
        return Part.newBuilder()
                .setSession(fact.getSession())
                .setEvent(fact.getEvent())
                .setAtNs(fact.getEventTimeNs());
    }

    /** Hosts, credentials or acts by name. */
    static final class Subjects {
        private final Map<String, SharedSubject> subjects = new LinkedHashMap<>();
        private final CrossEvicted.Builder evicted;
        private final Consumer<CrossEvicted.Builder> count;

        private Subjects(
                List<SharedSubject> stored, CrossEvicted.Builder evicted, Consumer<CrossEvicted.Builder> count) {
            stored.forEach(subject -> subjects.put(subject.getWhat(), subject));
            this.evicted = evicted;
            this.count = count;
        }

        List<SharedSubject> all() {
            return List.copyOf(subjects.values());
        }

        Optional<SharedSubject> find(String what) {
            return Optional.ofNullable(subjects.get(what));
        }

        /** Notes that a session had to do with it. */
        SharedSubject touch(SessionFact fact, boolean askedFor) {
            @Nullable SharedSubject known = subjects.remove(fact.getWhat());
            SharedSubject.Builder subject = known == null
                    ? SharedSubject.newBuilder().setWhat(fact.getWhat()).setFirstNs(fact.getEventTimeNs())
                    : known.toBuilder();
            // Sessions of several hosts do not come in the order of their times.
            subject.setFirstNs(Math.min(subject.getFirstNs(), fact.getEventTimeNs()));
            subject.setLastNs(Math.max(subject.getLastNs(), fact.getEventTimeNs()));
            List<Part> parts = new ArrayList<>(subject.getPartsList());
            Part.Builder part = parts.stream()
                    .filter(one -> one.getSession().equals(fact.getSession()))
                    .findFirst()
                    .map(one -> {
                        parts.remove(one);
                        return one.toBuilder();
                    })
                    .orElseGet(() -> part(fact));
            part.setBytes(plus(part.getBytes(), fact.getBytes())).setAskedFor(part.getAskedFor() || askedFor);
            if (fact.getBytes() > 0) {
                part.setSentNs(Math.max(part.getSentNs(), fact.getEventTimeNs()));
            }
            parts.add(part.build());
            if (parts.size() > CrossSessionLimits.PARTS) {
                if (subject.getForgottenBytes() == 0) {
                    subject.setForgottenSinceNs(fact.getEventTimeNs());
                }
                subject.setForgottenBytes(
                        plus(subject.getForgottenBytes(), parts.removeFirst().getBytes()));
                evicted.setParts(evicted.getParts() + 1);
            }
            SharedSubject touched = subject.clearParts().addAllParts(parts).build();
            subjects.put(fact.getWhat(), touched);
            if (subjects.size() > CrossSessionLimits.SUBJECTS) {
                subjects.remove(lightest(fact.getWhat()));
                count.accept(evicted);
            }
            return touched;
        }

        /** Least sent to, then of fewest sessions, then longest ago: who asks for many names cannot have what was sent forgotten. */
        private String lightest(String butThis) {
            Comparator<SharedSubject> weight =
                    Comparator.comparingLong(Subjects::bytes).thenComparingInt(SharedSubject::getPartsCount);
            return subjects.values().stream()
                    .filter(subject -> !subject.getWhat().equals(butThis))
                    .reduce((one, later) -> weight.compare(later, one) < 0 ? later : one)
                    .map(SharedSubject::getWhat)
                    .orElse(butThis);
        }

        private static long bytes(SharedSubject subject) {
            long sum = subject.getForgottenBytes();
            for (Part part : subject.getPartsList()) {
                sum = plus(sum, part.getBytes());
            }
            return sum;
        }

        private void expire(long oldest) {
            int before = subjects.size();
            subjects.values().removeIf(subject -> subject.getLastNs() < oldest);
            evicted.setExpired(evicted.getExpired() + before - subjects.size());
            subjects.replaceAll((what, subject) -> without(subject, oldest));
        }

        /** What is used all the time keeps no sessions that are too long ago. */
        private static SharedSubject without(SharedSubject subject, long oldest) {
            boolean forgotten = subject.getForgottenBytes() > 0 && subject.getForgottenSinceNs() < oldest;
            List<Part> kept = subject.getPartsList().stream()
                    .filter(part -> part.getAtNs() >= oldest)
                    .toList();
            if (!forgotten && kept.size() == subject.getPartsCount()) {
                return subject;
            }
            SharedSubject.Builder left = subject.toBuilder().clearParts().addAllParts(kept);
            return (forgotten ? left.clearForgottenBytes().clearForgottenSinceNs() : left).build();
        }

        /** Neither below nor beyond what fits. */
        private static long plus(long one, long other) {
            return Math.min(Long.MAX_VALUE / 4, Math.max(0, one)) + Math.min(Long.MAX_VALUE / 4, Math.max(0, other));
        }
    }
}
