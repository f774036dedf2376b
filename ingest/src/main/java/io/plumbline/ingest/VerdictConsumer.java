package io.plumbline.ingest;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all partitions of the verdicts topic. The offset that it commits stays behind the oldest verdict that no host has
 * confirmed, so a restart of ingest misses none; what it reads a second time hosts recognise by its id.
 */
final class VerdictConsumer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerdictConsumer.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long COMMIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final VerdictRouter router;
    private final Consumer<Event> observer;
    private final IngestMetrics metrics;
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean running;
    private Map<TopicPartition, Long> committed = new HashMap<>();

    /** @param observer sees every verdict first; must not block */
    VerdictConsumer(
            String bootstrap, String group, VerdictRouter router, Consumer<Event> observer, IngestMetrics metrics) {
        this.router = router;
        this.observer = observer;
        this.metrics = metrics;
        this.consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.GROUP_ID_CONFIG,
                        group,
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        group,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        // Retention overtook us: everything that is left.
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        1,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        this.thread = Thread.ofPlatform().daemon().name("plumbline-verdicts").unstarted(this::run);
    }

    /**
     * Takes its place in the topic: behind what was committed, or at the end when nothing ever was. Nothing that is written
     * after this call returns is missed.
     */
    void start(String bootstrap) throws IngestException {
        try {
            Set<TopicPartition> assigned = Partitions.of(consumer, Topics.VERDICTS, bootstrap, START_LIMIT);
            consumer.assign(assigned);
            Map<TopicPartition, OffsetAndMetadata> before = consumer.committed(assigned, START_LIMIT);
            Map<TopicPartition, Long> ends = consumer.endOffsets(assigned, START_LIMIT);
            for (TopicPartition partition : assigned) {
                OffsetAndMetadata place = before.get(partition);
                long end = ends.getOrDefault(partition, 0L);
                consumer.seek(partition, place == null ? end : Math.min(place.offset(), end));
            }
            commit(assigned);
        } catch (KafkaException e) {
            throw new IngestException(
                    "kafka.bootstrap: " + bootstrap + " (expected: a reachable broker): " + e.getMessage(), e);
        }
        thread.start();
    }

    boolean running() {
        return running;
    }

    @Override
    public void close() {
        closing = true;
        consumer.wakeup();
        try {
            if (thread.isAlive()) {
                thread.join(Duration.ofSeconds(10));
            } else {
                consumer.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        running = true;
        long lastCommit = System.nanoTime();
        try (consumer) {
            while (!closing) {
                try {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                        take(record);
                    }
                    if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
                        lastCommit = System.nanoTime();
                        router.expire(lastCommit);
                        commitLater(consumer.assignment());
                    }
                } catch (WakeupException e) {
                    // Closing, or a stray wake-up: the loop's condition tells.
                    continue;
                } catch (KafkaException e) {
                    LOG.warn("verdicts: {}", e.toString());
                    pause();
                }
            }
            try {
                commit(consumer.assignment());
            } catch (KafkaException e) {
                LOG.warn("verdicts: offsets not committed, some verdicts will be read again: {}", e.toString());
            }
        } finally {
            running = false;
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        Event verdict;
        try {
            verdict = Event.parseFrom(record.value() == null ? new byte[0] : record.value());
        } catch (InvalidProtocolBufferException e) {
            metrics.undecodable.increment();
            LOG.warn("verdicts: partition {} offset {} is no event", record.partition(), record.offset());
            return;
        }
        observer.accept(verdict);
        if (verdict.getSession().isEmpty()) {
            // It is about a whole tenant: no host waits for it.
            return;
        }
        router.accept(
                new PendingVerdict(verdict, stages(record), record.partition(), record.offset(), System.nanoTime()));
    }

    private static StageTimes stages(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(Topics.STAGES_HEADER);
        if (header == null) {
            return StageTimes.getDefaultInstance();
        }
        try {
            return StageTimes.parseFrom(header.value());
        } catch (InvalidProtocolBufferException e) {
            // Measurement only.
            return StageTimes.getDefaultInstance();
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> places(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> places = new HashMap<>();
        Map<TopicPartition, Long> now = new HashMap<>();
        for (TopicPartition partition : partitions) {
            long offset = router.committable(partition.partition(), consumer.position(partition));
            now.put(partition, offset);
            if (!Long.valueOf(offset).equals(committed.get(partition))) {
                places.put(partition, new OffsetAndMetadata(offset));
            }
        }
        committed = now;
        return places;
    }

    private void commit(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> places = places(partitions);
        if (!places.isEmpty()) {
            consumer.commitSync(places, Duration.ofSeconds(5));
        }
    }

    private void commitLater(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> places = places(partitions);
        if (!places.isEmpty()) {
            consumer.commitAsync(places, (offsets, failure) -> {
                if (failure != null) {
                    committed = new HashMap<>();
                    LOG.warn("verdicts: offsets not committed: {}", failure.toString());
                }
            });
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
