package io.plumbline.standalone;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Parts of the log, as far as the log still has them. */
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
        return read(
                bootstrap, Topics.TELEMETRY, "session " + session, key -> key.endsWith("/" + session), event -> true);
    }

    /**
     * Alerts of all sessions that have a score of the intent model, from the first to what there is now.
     *
     * @throws CommandException when the log cannot be read, or has more than {@value #MAX_EVENTS} of them
     */
    public static List<Event> scoredAlerts(String bootstrap) {
        return read(
                bootstrap,
                Topics.VERDICTS,
                "alerts",
                key -> true,
                event -> event.hasAlertRaised() && event.getAlertRaised().hasIntentScore());
    }

    /**
     * An order by its id.
     *
     * @throws CommandException when the log cannot be read, or does not have it any more
     */
    public static Event order(String bootstrap, String id) {
        return read(bootstrap, Topics.CONTROL, "orders", key -> true, event -> event.getId()
                        .equals(id))
                .stream()
                .findFirst()
                .orElseThrow(() -> new CommandException("order " + id + ": not in the log any more"));
    }

    private static List<Event> read(
            String bootstrap, String topic, String what, Predicate<String> keys, Predicate<Event> wanted) {
        List<Event> events = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap), new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (!keys.test(String.valueOf(record.key()))) {
                        continue;
                    }
                    Event event = Event.parseFrom(record.value());
                    if (!wanted.test(event)) {
                        continue;
                    }
                    if (events.size() == MAX_EVENTS) {
                        throw new CommandException(
                                what + ": more than " + MAX_EVENTS + " events (expected: at most so many)");
                    }
                    events.add(event);
                }
            }
        } catch (KafkaException | InvalidProtocolBufferException e) {
            throw new CommandException("the log at " + bootstrap + " cannot be read: " + e.getMessage());
        }
        return events;
    }
}
