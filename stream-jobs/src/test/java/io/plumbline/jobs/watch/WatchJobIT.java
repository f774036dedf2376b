package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.broker.Broker;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.jobs.EmbeddedCluster;
import io.plumbline.watcher.Captures;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.state.SessionState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The watch job on a real broker and a real cluster. */
class WatchJobIT {
    private static final Duration START = Duration.ofMinutes(5);
    private static final String EXFILTRATION = "claude-code-2.1.330.exfil-ssh-key";

    @TempDir
    private Path directory;

    private Broker broker;
    private KafkaProducer<String, byte[]> producer;

    @BeforeEach
    void startBroker() throws Exception {
        broker = Broker.start(directory.resolve("kafka"), 0);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap(), "acks", "all"),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    @AfterEach
    void stopBroker() {
        producer.close();
        broker.close();
    }

    @Test
    void aReplayThroughTheJobGivesByteIdenticalVerdicts() throws Exception {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]");
        List<Event> expected = expectedVerdicts(events);
        send(events);
        List<byte[]> first;
        List<byte[]> second;
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("first"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), active -> List.of()), START);
            first = awaitVerdicts(expected.size(), 0);
        }
        // A second cluster without checkpoints reads the log from its beginning.
        forgetOffsets();
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("second"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), active -> List.of()), START);
            second = awaitVerdicts(expected.size(), expected.size());
        }

        assertThat(first)
                .containsExactlyElementsOf(
                        expected.stream().map(Event::toByteArray).toList());
        assertThat(second).containsExactlyElementsOf(first);
    }

    @Test
    void continuesFromItsLastCheckpoint() throws Exception {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]");
        int half = events.size() / 2;
        Map<String, Event> expected = new LinkedHashMap<>();
        expectedVerdicts(events).forEach(verdict -> expected.put(verdict.getId(), verdict));
        Path checkpoints = directory.resolve("checkpoints");
        try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
            JobID job = cluster.submit(
                    "watch", env -> WatchJob.define(env, broker.bootstrap(), active -> List.of()), START);
            send(events.subList(0, half));
            Awaitility.await().atMost(START).until(() -> EmbeddedCluster.newestCheckpoint(checkpoints.resolve("watch"))
                    .isPresent());
            cluster.cancel(job);
        }
        send(events.subList(half, events.size()));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), active -> List.of()), START);
            Map<String, Event> seen = new LinkedHashMap<>();
            Awaitility.await().atMost(START).untilAsserted(() -> {
                for (byte[] bytes : verdicts()) {
                    Event verdict = Event.parseFrom(bytes);
                    seen.put(verdict.getId(), verdict);
                }
                assertThat(seen).containsExactlyEntriesOf(expected);
            });
        }
    }

    private static List<Event> expectedVerdicts(List<Event> events) {
        Watcher watcher = new Watcher(List.of());
        SessionState state = SessionState.empty();
        List<Event> verdicts = new ArrayList<>();
        events.forEach(event -> verdicts.addAll(watcher.onEvent(state, event)));
        assertThat(verdicts).anyMatch(Event::hasFreezeOrdered);
        return verdicts;
    }

    private void send(List<Event> events) {
        events.forEach(
                event -> producer.send(new ProducerRecord<>(Topics.TELEMETRY, Topics.key(event), event.toByteArray())));
        producer.flush();
    }

    private void forgetOffsets() throws Exception {
        try (var admin = org.apache.kafka.clients.admin.Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
            admin.deleteConsumerGroups(List.of("plumbline-watch")).all().get();
        } catch (java.util.concurrent.ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(org.apache.kafka.common.errors.GroupIdNotFoundException.class);
        }
    }

    private List<byte[]> awaitVerdicts(int count, int skip) {
        List<byte[]> verdicts = new ArrayList<>();
        Awaitility.await().atMost(START).untilAsserted(() -> {
            verdicts.clear();
            verdicts.addAll(verdicts());
            assertThat(verdicts).hasSizeGreaterThanOrEqualTo(skip + count);
        });
        return verdicts.subList(skip, verdicts.size());
    }

    private List<byte[]> verdicts() {
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrap()),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.VERDICTS).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            List<byte[]> values = new ArrayList<>();
            while (values.size() < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.value());
                }
            }
            return values;
        }
    }
}
