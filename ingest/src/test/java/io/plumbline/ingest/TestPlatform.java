package io.plumbline.ingest;

import io.plumbline.broker.Broker;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A real broker, and the part of the watch job played by the test: it reads telemetry and writes verdicts. */
final class TestPlatform implements AutoCloseable {
    static final String HOST_TOKEN = "host-token-of-acme";
    static final String AGENT_TOKEN = "agent-token-of-acme";
    static final String TENANT = "acme";

    private final Path directory;
    private final Broker broker;
    private final KafkaProducer<byte[], byte[]> producer;

    TestPlatform(Path directory) throws IOException {
        this.directory = directory;
        this.broker = Broker.start(directory.resolve("kafka"), 0);
        Files.writeString(
                directory.resolve("tokens.yaml"),
                "tokens:\n" + Tokens.line(HOST_TOKEN, TENANT, "host") + Tokens.line(AGENT_TOKEN, TENANT, "agent"));
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap(), "acks", "all", "linger.ms", 0),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    Ingest ingest(int port, String... properties) throws IngestException {
        Map<String, String> all = new HashMap<>(Map.of(
                "ingest.port",
                Integer.toString(port),
                "kafka.bootstrap",
                broker.bootstrap(),
                "tokens.file",
                directory.resolve("tokens.yaml").toString(),
                "data.directory",
                directory.resolve("data").toString()));
        for (String property : properties) {
            all.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
        }
        return Ingest.start(IngestSettings.from(all));
    }

    Future<?> verdict(Event verdict) {
        return verdict(verdict, StageTimes.getDefaultInstance());
    }

    Future<?> verdict(Event verdict, StageTimes stages) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                Topics.VERDICTS, Topics.key(verdict).getBytes(StandardCharsets.UTF_8), verdict.toByteArray());
        record.headers().add(Topics.STAGES_HEADER, stages.toByteArray());
        return producer.send(record);
    }

    /** Everything in the telemetry topic, in the order of each partition. */
    List<Event> telemetry() throws IOException {
        List<Event> events = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
            consumer.seekToBeginning(consumer.assignment());
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    events.add(Event.parseFrom(record.value()));
                }
            }
        }
        return events;
    }

    /** A brain: sees every event of the telemetry topic from now on, on a thread of its own. */
    AutoCloseable brain(Consumer<Event> brain) {
        return brain((event, stages) -> brain.accept(event));
    }

    /** @param brain also gets the stages of the record, with the time of its receipt */
    AutoCloseable brain(BiConsumer<Event, StageTimes> brain) {
        KafkaConsumer<byte[], byte[]> consumer = consumer();
        consumer.seekToEnd(consumer.assignment());
        consumer.assignment().forEach(consumer::position);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicBoolean closing = new AtomicBoolean();
        Thread thread = Thread.ofPlatform().start(() -> {
            try (consumer) {
                while (!closing.get()) {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                        StageTimes stages = StageTimes.parseFrom(record.headers()
                                .lastHeader(Topics.STAGES_HEADER)
                                .value());
                        brain.accept(
                                Event.parseFrom(record.value()),
                                stages.toBuilder()
                                        .setJobReceivedNs(Clock.nanos())
                                        .build());
                    }
                }
            } catch (IOException e) {
                failures.add(e);
            }
        });
        return () -> {
            closing.set(true);
            thread.join();
            if (!failures.isEmpty()) {
                throw new AssertionError(failures.peek());
            }
        };
    }

    @Override
    public void close() {
        producer.close();
        broker.close();
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrap(),
                        "enable.auto.commit",
                        false,
                        "auto.offset.reset",
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        consumer.assign(consumer.partitionsFor(Topics.TELEMETRY).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList());
        return consumer;
    }
}
