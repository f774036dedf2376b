package io.plumbline.standalone.session;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Follows telemetry and verdicts from now on, on a thread of its own. */
public final class EventFeed implements AutoCloseable {
    private final KafkaConsumer<String, byte[]> consumer;
    private final Map<String, Queue<Event>> events = new ConcurrentHashMap<>();
    private final Consumer<Event> listener;
    private final Thread thread;

    private EventFeed(KafkaConsumer<String, byte[]> consumer, Consumer<Event> listener) {
        this.consumer = consumer;
        this.listener = listener;
        this.thread = Thread.ofPlatform().daemon().name("event-feed").unstarted(this::run);
    }

    /** Starts following; {@code listener} is called for each event in the order of its partition. */
    public static EventFeed follow(String bootstrap, Consumer<Event> listener) {
        KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                // Whoever follows must not cost what is followed a request for each event.
                Map.of("bootstrap.servers", bootstrap, "fetch.min.bytes", "16384", "fetch.max.wait.ms", "50"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : List.of(Topics.TELEMETRY, Topics.VERDICTS)) {
            consumer.partitionsFor(topic)
                    .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
        EventFeed feed = new EventFeed(consumer, listener);
        feed.thread.start();
        return feed;
    }

    /** What was seen of one session so far. */
    public List<Event> of(String session) {
        Queue<Event> seen = events.get(session);
        return seen == null ? List.of() : List.copyOf(seen);
    }

    private void run() {
        try {
            while (true) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    Event event = Event.parseFrom(record.value());
                    events.computeIfAbsent(event.getSession(), session -> new ConcurrentLinkedQueue<>())
                            .add(event);
                    listener.accept(event);
                }
            }
        } catch (WakeupException e) {
            // closed
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the log holds a record that is no event", e);
        } finally {
            consumer.close();
        }
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
