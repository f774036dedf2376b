package io.plumbline.ingest;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the end of a topic when ingest starts. Of telemetry an earlier life may have written what it did not live to acknowledge, and the
 * hosts are about to send that again; among verdicts there are questions that nobody has answered yet.
 */
final class LogTail {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Takes the events. */
    interface Reader {
        /** @param writtenNs when an ingest gave it to the log, by that one's clock, nanoseconds since the epoch */
        void read(Event event, long writtenNs);
    }

    private LogTail() {}

    /**
     * @param records newest records of each partition
     * @param reader of the events, those of one session in their order
     * @return how many were read
     */
    static long read(String bootstrap, String topic, int records, Reader reader) throws IngestException {
        long read = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            Set<TopicPartition> assigned = Partitions.of(consumer, topic, bootstrap, LIMIT);
            consumer.assign(assigned);
            Map<TopicPartition, Long> ends = consumer.endOffsets(assigned, LIMIT);
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(assigned, LIMIT);
            Map<TopicPartition, Long> open = new HashMap<>();
            ends.forEach((partition, end) -> {
                long from = Math.max(begins.getOrDefault(partition, 0L), end - records);
                consumer.seek(partition, from);
                if (from < end) {
                    open.put(partition, end);
                }
            });
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (!open.isEmpty()) {
                if (System.nanoTime() > deadline) {
                    throw new IngestException(
                            topic + ": " + read + " records read in " + LIMIT.toSeconds()
                                    + " s (expected: the end of the topic; lower ingest.tail-records)",
                            null);
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    read++;
                    read(record, reader);
                }
                open.entrySet().removeIf(partition -> consumer.position(partition.getKey()) >= partition.getValue());
            }
        } catch (KafkaException e) {
            throw new IngestException(
                    "kafka.bootstrap: " + bootstrap + " (expected: a reachable broker): " + e.getMessage(), e);
        }
        return read;
    }

    private static void read(ConsumerRecord<byte[], byte[]> record, Reader reader) {
        try {
            if (record.value() != null) {
                reader.read(Event.parseFrom(record.value()), TimeUnit.MILLISECONDS.toNanos(record.timestamp()));
            }
        } catch (InvalidProtocolBufferException e) {
            // Not ours.
        }
    }
}
