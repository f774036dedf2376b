package io.plumbline.standalone;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** One session's part of the log, as far as the log still has it. */
public final class SessionLog {
    /** Events that are kept in memory; a longer session is an error. */
    private static final int MAX_EVENTS = 500_000;

    private static final Duration POLL = Duration.ofSeconds(1);

    private SessionLog() {}

    /**
     * Its telemetry from the first to what there is now, in order.
     *
     * @throws CommandException when the log cannot be read, or has more than {@value #MAX_EVENTS} events of it
     */
    public static List<Event> telemetry(String bootstrap, String session) {
        List<Event> events = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap), new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.TELEMETRY).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (!String.valueOf(record.key()).endsWith("/" + session)) {
                        continue;
                    }
                    if (events.size() == MAX_EVENTS) {
                        throw new CommandException("session " + session + ": more than " + MAX_EVENTS
                                + " events (expected: at most so many)");
                    }
                    events.add(Event.parseFrom(record.value()));
                }
            }
        } catch (KafkaException | InvalidProtocolBufferException e) {
            throw new CommandException("the log at " + bootstrap + " cannot be read: " + e.getMessage());
        }
        return events;
    }
}
