package io.plumbline.console.live;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the verdicts topic from its end, without a consumer group: every console sees everything, and what was decided before it
 * started is in the search copy. Reconnects for ever.
 */
public final class VerdictFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerdictFeed.class);
    private static final Duration POLL = Duration.ofMillis(500);

    private final Map<String, Object> settings;
    private final String tenant;
    private final Consumer<Event> listener;
    private final PipelineLag lag;
    private final Clock clock;
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicBoolean connected = new AtomicBoolean(false);
    private final Thread thread;

    public VerdictFeed(
            String bootstrap,
            Map<String, String> clientProperties,
            String tenant,
            Consumer<Event> listener,
            PipelineLag lag,
            Clock clock) {
        this.lag = lag;
        this.clock = clock;
        this.settings = new HashMap<>(clientProperties);
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(ConsumerConfig.RECONNECT_BACKOFF_MS_CONFIG, 500);
        settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 5_000);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "plumbline-console-verdicts");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        this.tenant = tenant;
        this.listener = listener;
        this.thread = Thread.ofPlatform().name("verdict-feed").daemon().start(this::run);
    }

    /** Whether verdicts arrive at the moment they are decided. */
    public boolean isConnected() {
        return connected.get();
    }

    private void run() {
        while (running.get()) {
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                read(consumer);
            } catch (KafkaException e) {
                connected.set(false);
                LOG.warn("the verdicts topic cannot be read: {}", e.toString());
                pause();
            }
        }
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.VERDICTS).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        if (partitions.isEmpty()) {
            connected.set(false);
            pause();
            return;
        }
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
        connected.set(true);
        while (running.get()) {
            for (ConsumerRecord<byte[], byte[]> verdict : consumer.poll(POLL)) {
                deliver(verdict);
            }
        }
    }

    private void measure(ConsumerRecord<byte[], byte[]> verdict) {
        Header stages = verdict.headers().lastHeader(Topics.STAGES_HEADER);
        if (stages != null) {
            try {
                lag.arrived(StageTimes.parseFrom(stages.value()), clock.instant());
            } catch (InvalidProtocolBufferException e) {
                LOG.debug("a verdict's times cannot be read", e);
            }
        }
    }

    private void deliver(ConsumerRecord<byte[], byte[]> verdict) {
        byte[] value = verdict.value();
        if (value == null) {
            return;
        }
        Event event;
        try {
            event = Event.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            LOG.warn("a record of the verdicts topic is no event: {}", e.getMessage());
            return;
        }
        if (!event.getTenant().equals(tenant)) {
            return;
        }
        measure(verdict);
        try {
            listener.accept(event);
        } catch (WakeupException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("verdict {} could not be shown", event.getId(), e);
        }
    }

    private void pause() {
        try {
            Thread.sleep(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            running.set(false);
        }
    }

    @Override
    public void close() {
        running.set(false);
        thread.interrupt();
    }
}
