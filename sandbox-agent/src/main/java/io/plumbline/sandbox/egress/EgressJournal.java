package io.plumbline.sandbox.egress;

import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Brings every decision of the proxy to the log, and counts them. */
final class EgressJournal {
    private final SessionOutbox outbox;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<EgressReason, LongAdder> decided = new EnumMap<>(EgressReason.class);
    private final LongAdder evidenceLost = new LongAdder();

    EgressJournal(SessionOutbox outbox) {
        this.outbox = outbox;
        for (EgressReason reason : EgressReason.values()) {
            decided.put(reason, new LongAdder());
        }
    }

    /** Number of the next request or tunnel. */
    long nextNumber() {
        return numbers.incrementAndGet();
    }

    long lastNumber() {
        return numbers.get();
    }

    long evidenceLost() {
        return evidenceLost.sum();
    }

    Map<EgressReason, Long> decided() {
        Map<EgressReason, Long> counts = new EnumMap<>(EgressReason.class);
        decided.forEach((reason, count) -> counts.put(reason, count.sum()));
        return counts;
    }

    void count(EgressReason reason) {
        LongAdder counter = decided.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    /**
     * A question to the platform; the id of the event is what its answer names.
     *
     * @param bytesSoFar of the open connection that wants to send more; negative: a new connection
     * @throws Denial when it cannot be recorded
     */
    String requested(Attempt attempt, long bytesSoFar) throws Denial {
        try {
            return publish(Event.newBuilder()
                            .setEgressRequested(request(attempt)
                                    .setHeld(true)
                                    .setUnknown(attempt.unknown())
                                    .setUpload(bytesSoFar >= 0)
                                    .setBytesSoFar(Math.max(0, bytesSoFar))))
                    .getId();
        } catch (SpoolException e) {
            throw new Denial(EgressReason.EVIDENCE_LOST);
        }
    }

    /** @throws Denial when it cannot be recorded */
    void allowed(Attempt attempt, String address, String verdict) throws Denial {
        try {
            publish(Event.newBuilder()
                    .setEgressDecided(decision(attempt, EgressReason.ALLOWED)
                            .setAllowed(true)
                            .setResolvedAddress(address)
                            .setVerdict(verdict)));
            count(EgressReason.ALLOWED);
        } catch (SpoolException e) {
            throw new Denial(EgressReason.EVIDENCE_LOST);
        }
    }

    /** A denial by the host alone: recorded as a request that nobody was asked about, and its decision. */
    void deniedUnasked(Attempt attempt, Denial denial) {
        try {
            publish(Event.newBuilder()
                    .setEgressRequested(
                            request(attempt).setHost(printable(attempt.host())).setHeld(false)));
        } catch (SpoolException e) {
            evidenceLost.increment();
        }
        denied(attempt, denial);
    }

    void denied(Attempt attempt, Denial denial) {
        count(denial.reason());
        if (denial.reason() == EgressReason.EVIDENCE_LOST) {
            evidenceLost.increment();
            return;
        }
        try {
            publish(Event.newBuilder()
                    .setEgressDecided(decision(attempt, denial.reason())
                            .setHost(printable(attempt.host()))
                            .setDetail(printable(denial.detail()))
                            .setVerdict(denial.verdict())));
        } catch (SpoolException e) {
            evidenceLost.increment();
        }
    }

    void closed(Attempt attempt, String address, String verdict, long bytesOut, long bytesIn) {
        try {
            publish(Event.newBuilder()
                    .setEgressDecided(decision(attempt, EgressReason.CLOSED)
                            .setAllowed(true)
                            .setResolvedAddress(address)
                            .setVerdict(verdict)
                            .setBytesOut(bytesOut)
                            .setBytesIn(bytesIn)
                            .setClosed(true)));
        } catch (SpoolException e) {
            evidenceLost.increment();
        }
    }

    private static EgressRequested.Builder request(Attempt attempt) {
        return EgressRequested.newBuilder()
                .setConnection(attempt.number())
                .setHost(attempt.host())
                .setPort(attempt.port())
                .setMethod(attempt.method())
                .setUrl(attempt.url());
    }

    private static EgressDecided.Builder decision(Attempt attempt, EgressReason reason) {
        return EgressDecided.newBuilder()
                .setConnection(attempt.number())
                .setHost(attempt.host())
                .setPort(attempt.port())
                .setMethod(attempt.method())
                .setUrl(attempt.url())
                .setReason(reason.word());
    }

    private Event publish(Event.Builder payload) {
        Instant now = Instant.now();
        return outbox.publish(
                Channel.EVIDENCE, TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano(), payload);
    }

    private static String printable(String text) {
        StringBuilder shown = new StringBuilder();
        text.chars().limit(EventLimits.MAX_NAME_BYTES).forEach(c -> shown.append(c < ' ' || c > '~' ? '?' : (char) c));
        return shown.toString();
    }
}
