package io.plumbline.bench;

import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sessions of another host whose telemetry flows at a rate through log, watch job and search copy beside a measured one. They have no sandbox
 * here: what is shared with them is the side that judges.
 */
final class TelemetrySessions implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Function<String, List<Event>> log;
    private final List<WatchedSession> sessions;
    private final int rate;
    private final Producer<String, byte[]> producer;
    private final Thread sender;
    private final Thread atExit = new Thread(this::leaveAtExit);
    private volatile boolean closing;
    private volatile String problem = "";
    private volatile long sent;
    private volatile long begunNanos;

    // Guarded by this.
    private boolean exited;

    private TelemetrySessions(
            Function<String, List<Event>> log, Producer<String, byte[]> producer, int number, int rate) {
        this.log = log;
        this.producer = producer;
        // Their numbers begin anew with each run, so they are others in each.
        String run = Long.toString(System.nanoTime());
        this.sessions = IntStream.range(0, number)
                .mapToObj(i -> new WatchedSession(run + "-" + i, "bench-telemetry"))
                .toList();
        this.rate = rate;
        this.sender = Thread.ofPlatform().daemon().name("bench-telemetry").unstarted(this::send);
    }

    /** @param rate events of each of them in a second */
    static TelemetrySessions start(Platform platform, int number, int rate) {
        return start(
                platform::events,
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", platform.endpoint("broker"), "acks", "all", "linger.ms", "0"),
                        new StringSerializer(),
                        new ByteArraySerializer()),
                number,
                rate);
    }

    /** @param log what is in the log of a session, by its id */
    static TelemetrySessions start(
            Function<String, List<Event>> log, Producer<String, byte[]> producer, int number, int rate) {
        TelemetrySessions started = new TelemetrySessions(log, producer, number, rate);
        if (number > 0) {
            started.begunNanos = System.nanoTime();
            started.sender.start();
            // The platform may be one that goes on: no session of it may stay as if it ran.
            Runtime.getRuntime().addShutdownHook(started.atExit);
        }
        return started;
    }

    private void send() {
        long each = TimeUnit.SECONDS.toNanos(1) / ((long) rate * sessions.size());
        while (!closing) {
            long due = begunNanos + sent * each;
            long now = System.nanoTime();
            if (now < due) {
                LockSupport.parkNanos(due - now);
            } else {
                produce(sessions.get((int) (sent % sessions.size())).next());
                sent++;
            }
        }
    }

    private void produce(Event event) {
        producer.send(
                new ProducerRecord<>(Topics.TELEMETRY, Topics.key(event), event.toByteArray()), (done, failure) -> {
                    if (failure != null) {
                        problem = failure.toString();
                    }
                });
    }

    private void stopSending() throws InterruptedException {
        closing = true;
        LockSupport.unpark(sender);
        sender.join();
    }

    /** Tells the end of each that has begun, once. */
    private synchronized void exit() {
        if (!exited) {
            exited = true;
            sessions.stream().limit(sent).forEach(session -> produce(session.exited()));
        }
    }

    private void leaveAtExit() {
        try {
            leave();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave() throws InterruptedException {
        stopSending();
        exit();
        producer.close(Duration.ofSeconds(10));
    }

    /**
     * Ends them, and waits until all that they have told is judged.
     *
     * @return events that came in each second
     * @throws CommandException when the log did not take some, fewer came than were to, or they are not judged in time
     */
    double end() throws InterruptedException {
        if (sessions.isEmpty()) {
            return 0;
        }
        stopSending();
        double seconds = (System.nanoTime() - begunNanos) / 1e9;
        List<Event> probes = sessions.stream().map(WatchedSession::probe).toList();
        probes.forEach(this::produce);
        producer.flush();
        if (!problem.isEmpty()) {
            throw new CommandException("the log does not take telemetry: " + problem);
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        for (Event probe : probes) {
            while (log.apply(probe.getSession()).stream()
                    .noneMatch(event -> event.getProbeAnswered().getCause().equals(probe.getId()))) {
                if (System.nanoTime() > deadline) {
                    throw new CommandException("telemetry is not judged " + LIMIT.toSeconds()
                            + " s after its end (expected: it keeps up)");
                }
                Thread.sleep(Duration.ofMillis(20));
            }
        }
        exit();
        double reached = sent / seconds;
        if (reached < 0.95 * rate * sessions.size()) {
            throw new CommandException("telemetry came at " + Math.round(reached) + " events/s (expected: "
                    + rate * sessions.size() + "; lower --rate, or the machine has no room for the generator)");
        }
        return reached;
    }

    @Override
    public void close() throws InterruptedException {
        leave();
        if (!sessions.isEmpty()) {
            Runtime.getRuntime().removeShutdownHook(atExit);
        }
    }
}
