package io.plumbline.console.log;

import io.plumbline.events.Topics;
import io.plumbline.events.evidence.BundleWriter;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads topics from their beginning to what there is now; each question costs a pass. */
public final class KafkaEventLog implements EventLog {
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Map<String, Object> settings;
    private final String tenant;

    public KafkaEventLog(String bootstrap, Map<String, String> clientProperties, String tenant) {
        this.settings = new HashMap<>(clientProperties);
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "plumbline-console-log");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        this.tenant = tenant;
    }

    @Override
    public List<Event> telemetry(String session) throws EventLogException {
        String key = tenant + "/" + session;
        return read(Topics.TELEMETRY, key::equals, event -> true, MAX_EVENTS);
    }

    @Override
    public Optional<Event> order(String id) throws EventLogException {
        return read(
                        Topics.CONTROL,
                        key -> key.startsWith(tenant + "/"),
                        event -> event.getId().equals(id),
                        1)
                .stream()
                .findFirst();
    }

    @Override
    public void stored(String topic, String session, BundleWriter.Sink sink) throws EventLogException, IOException {
        String key = tenant + "/" + session;
        read(topic, key::equals, record -> sink.add(record.partition(), record.offset(), record.value()));
    }

    private List<Event> read(String topic, Predicate<String> keys, Predicate<Event> wanted, int limit)
            throws EventLogException {
        List<Event> events = new ArrayList<>();
        long[] bytes = {0};
        try {
            read(topic, keys, record -> {
                Event event = Event.parseFrom(record.value());
                if (event.getTenant().equals(tenant) && wanted.test(event)) {
                    events.add(event);
                    bytes[0] += record.serializedValueSize();
                }
                return events.size() < limit && bytes[0] < MAX_BYTES;
            });
        } catch (IOException e) {
            throw new EventLogException("The log holds what is no event.", e);
        }
        return events;
    }

    private interface Taker {
        /** Whether more is wanted. */
        boolean take(ConsumerRecord<String, byte[]> record) throws IOException;
    }

    private void read(String topic, Predicate<String> keys, Taker taker) throws EventLogException, IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (System.nanoTime() > deadline) {
                    throw new EventLogException("Reading the log takes longer than " + PATIENCE.toSeconds() + " s.");
                }
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    boolean wanted = record.value() != null && record.key() != null && keys.test(record.key());
                    if (wanted && !taker.take(record)) {
                        return;
                    }
                }
            }
        } catch (KafkaException e) {
            throw new EventLogException("The log does not answer.", e);
        }
    }
}
