package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PathProbed;
import io.plumbline.sandbox.link.HostLink;
import io.plumbline.sandbox.link.SessionOutbox;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Probes through the whole platform and back at the daemon's start: by the same link, log and watcher as every event and
 * every order. It shows that an order would arrive, and the first freeze does not pay for what each part does for the first
 * time: that costs some 300 ms, more than everything else together.
 *
 * <p>Probes belong to a session that has no workload, are answered without being judged, and are not indexed.
 */
public final class PathRehearsal {
    /** Methods are compiled once they were called some 200 times. */
    private static final int ROUNDS = 40;

    private static final int PROBES_PER_ROUND = 10;

    /** A platform that is slow for another reason does not become faster by more probes. */
    private static final Duration ENOUGH = Duration.ofSeconds(3);

    private PathRehearsal() {}

    /**
     * Probes until the way is warm.
     *
     * @param limit how long the first answer may take
     * @return how long the last round took; empty when no answer came, so that nobody knows whether an order would arrive
     */
    public static Optional<Duration> run(HostLink link, String tenant, Duration limit) throws InterruptedException {
        String session = Session.newId();
        LinkedBlockingQueue<String> answered = new LinkedBlockingQueue<>();
        SessionOutbox outbox = link.open(tenant, session, (verdict, stages) -> {
            if (verdict.hasProbeAnswered()) {
                answered.add(verdict.getProbeAnswered().getCause());
            }
        });
        try {
            Optional<Duration> last = Optional.empty();
            long start = System.nanoTime();
            for (int round = 1; round <= ROUNDS && System.nanoTime() - start < ENOUGH.toNanos(); round++) {
                long roundStart = System.nanoTime();
                String probe = "";
                for (int i = 0; i < PROBES_PER_ROUND; i++) {
                    probe = outbox.publish(
                                    Channel.EVIDENCE,
                                    Clock.nowNanos(),
                                    Event.newBuilder()
                                            .setPathProbed(
                                                    PathProbed.newBuilder().setRound(round)))
                            .getId();
                }
                if (!awaitAnswer(answered, probe, limit)) {
                    return Optional.empty();
                }
                last = Optional.of(Duration.ofNanos(System.nanoTime() - roundStart));
            }
            return last;
        } finally {
            link.end(session);
        }
    }

    private static boolean awaitAnswer(LinkedBlockingQueue<String> answered, String probe, Duration limit)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            String answer = answered.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                return false;
            }
            if (answer.equals(probe)) {
                return true;
            }
        }
    }
}
