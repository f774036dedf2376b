package io.plumbline.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Component;
import io.plumbline.standalone.ComponentProcess;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A broker of its own and the watch job alone, pinned to one core; this process and the broker have the others. */
final class WatchRig implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(120);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Path folder;
    private final List<ComponentProcess> children = new ArrayList<>();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final KafkaProducer<String, byte[]> producer;
    private final Thread listener;
    private volatile boolean closing;

    /**
     * A verdict as it came.
     *
     * @param receivedNanos here, on this process's own clock
     * @param stages of the event that it answers
     */
    record Answer(long receivedNanos, StageTimes stages) {}

    private WatchRig(Layout layout, Path folder, String rules) throws InterruptedException {
        this.folder = folder;
        try {
            int cores = Runtime.getRuntime().availableProcessors();
            ComponentProcess broker = start(
                    layout,
                    component(
                            "bench-broker",
                            "standalone/broker",
                            "io.plumbline.broker.Broker",
                            List.of("taskset", "-c", cores == 2 ? "0" : "0-" + (cores - 2)),
                            List.of(folder.resolve("kafka").toString(), "0")));
            String bootstrap = "127.0.0.1:" + broker.awaitReady(layout);
            ComponentProcess jobs = start(
                    layout,
                    component(
                            "bench-jobs",
                            "stream-jobs",
                            "io.plumbline.jobs.StreamJobs",
                            List.of(
                                    "env",
                                    "PLUMBLINE_RULES=" + rules,
                                    "PLUMBLINE_MODEL=none",
                                    "taskset",
                                    "-c",
                                    "" + (cores - 1)),
                            List.of(
                                    bootstrap,
                                    "none",
                                    folder.resolve("checkpoints").toString())));
            jobs.awaitReady(layout);
            this.producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", bootstrap, "acks", "1", "linger.ms", "0"),
                    new StringSerializer(),
                    new ByteArraySerializer());
            KafkaConsumer<byte[], byte[]> consumer = verdicts(bootstrap);
            this.listener = Thread.ofPlatform().daemon().name("bench-verdicts").start(() -> listen(consumer));
        } catch (RuntimeException | InterruptedException e) {
            children.reversed().forEach(ComponentProcess::stop);
            throw e;
        }
    }

    /** @param rules as in the job's {@code PLUMBLINE_RULES} */
    static WatchRig start(String rules) throws IOException, InterruptedException {
        if (Runtime.getRuntime().availableProcessors() < 2) {
            throw new CommandException("1 core (expected: at least 2, one of them for the watch job alone)", 5);
        }
        Layout layout = Layout.current();
        layout.create();
        Path parent = Files.createDirectories(layout.home().resolve("bench"));
        return new WatchRig(layout, Files.createTempDirectory(parent, "watch-"), rules);
    }

    private static Component component(
            String name, String module, String mainClass, List<String> wrapper, List<String> arguments) {
        // As on a server; the launcher leaves the second compiler out for a laptop's first sessions.
        return new Component(
                name, module, mainClass, 512, wrapper, List.of("-XX:TieredStopAtLevel=4"), arguments, START);
    }

    private ComponentProcess start(Layout layout, Component component) {
        ComponentProcess child = ComponentProcess.start(layout, component);
        children.add(child);
        return child;
    }

    private static KafkaConsumer<byte[], byte[]> verdicts(String bootstrap) {
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "fetch.min.bytes", "1"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.VERDICTS).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
        return consumer;
    }

    private void listen(KafkaConsumer<byte[], byte[]> consumer) {
        try (consumer) {
            while (!closing) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    long now = System.nanoTime();
                    Event verdict = Event.parseFrom(record.value());
                    if (verdict.hasFreezeOrdered()) {
                        System.err.println("bench: the session was frozen: "
                                + verdict.getFreezeOrdered().getReason());
                    }
                    String cause = verdict.hasProbeAnswered()
                            ? verdict.getProbeAnswered().getCause()
                            : verdict.getGateAnswered().getCause();
                    if (!cause.isEmpty()) {
                        var header = record.headers().lastHeader(Topics.STAGES_HEADER);
                        answers.put(
                                cause,
                                new Answer(
                                        now,
                                        header == null
                                                ? StageTimes.getDefaultInstance()
                                                : StageTimes.parseFrom(header.value())));
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    void send(Event event) {
        producer.send(new ProducerRecord<>(Topics.TELEMETRY, Topics.key(event), event.toByteArray()));
    }

    void flush() {
        producer.flush();
    }

    /** Waits for the answer to an event. */
    Answer await(String event) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        Answer answer = answers.get(event);
        while (answer == null) {
            if (System.nanoTime() > deadline) {
                throw new CommandException("no answer to event " + event + " within " + LIMIT.toMinutes() + " min");
            }
            Thread.sleep(Duration.ofMillis(5));
            answer = answers.get(event);
        }
        return answer;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        closing = true;
        listener.join(Duration.ofSeconds(10));
        producer.close(Duration.ofSeconds(10));
        children.reversed().forEach(ComponentProcess::stop);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
