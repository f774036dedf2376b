package io.plumbline.ingest;

import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The telemetry topic: events in, in order per session, each confirmed when all replicas have it. */
final class TelemetryLog implements AutoCloseable {
    private static final Duration STUCK = Duration.ofSeconds(5);

    private final KafkaProducer<byte[], byte[]> producer;
    private final IngestMetrics metrics;
    private final AtomicLong underWay = new AtomicLong();
    private volatile long confirmedNanos = System.nanoTime();

    TelemetryLog(String bootstrap, IngestMetrics metrics) {
        this.metrics = metrics;
        this.producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.CLIENT_ID_CONFIG,
                        "plumbline-ingest",
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        // Never give an event up: its host waits, and its spool is the bound. Giving up one of several
                        // under
                        // way would also change their order.
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        Integer.MAX_VALUE,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        30_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Writes an event behind everything that was written before for its session.
     *
     * @param receivedNanos when ingest received it, nanoseconds since the epoch
     */
    CompletableFuture<Void> append(Event event, long receivedNanos) {
        CompletableFuture<Void> written = new CompletableFuture<>();
        StageTimes stages = StageTimes.newBuilder()
                .setKernelNs(event.getEventTimeNs())
                .setHostObservedNs(event.getObservedTimeNs())
                .setIngestReceivedNs(receivedNanos)
                .build();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                Topics.TELEMETRY, Topics.key(event).getBytes(StandardCharsets.UTF_8), event.toByteArray());
        record.headers().add(Topics.STAGES_HEADER, stages.toByteArray());
        long start = System.nanoTime();
        underWay.incrementAndGet();
        try {
            producer.send(record, (metadata, failure) -> {
                underWay.decrementAndGet();
                if (failure == null) {
                    confirmedNanos = System.nanoTime();
                    metrics.written.increment();
                    metrics.logLatency.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
                    written.complete(null);
                } else {
                    metrics.writeFailures.increment();
                    written.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            underWay.decrementAndGet();
            metrics.writeFailures.increment();
            written.completeExceptionally(e);
        }
        return written;
    }

    /** Whether something waits to be written and nothing has been for a while. */
    boolean isStuck() {
        return underWay.get() > 0 && System.nanoTime() - confirmedNanos > STUCK.toNanos();
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
