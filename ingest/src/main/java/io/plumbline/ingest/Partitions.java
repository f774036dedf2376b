package io.plumbline.ingest;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** The partitions of a topic. */
final class Partitions {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private Partitions() {}

    /**
     * Waits for the topic: a broker that has just made it may not know it yet.
     *
     * @throws IngestException when it is not there within {@code limit}
     */
    static Set<TopicPartition> of(
            KafkaConsumer<byte[], byte[]> consumer, String topic, String bootstrap, Duration limit)
            throws IngestException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            List<PartitionInfo> found = consumer.partitionsFor(topic, limit);
            if (found != null && !found.isEmpty()) {
                Set<TopicPartition> partitions = new HashSet<>();
                found.forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
                return partitions;
            }
            if (System.nanoTime() > deadline) {
                throw new IngestException(
                        "kafka.bootstrap: " + bootstrap + " has no topic " + topic
                                + " (expected: topics telemetry, control and verdicts)",
                        null);
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IngestException("interrupted while waiting for topic " + topic, e);
            }
        }
    }
}
