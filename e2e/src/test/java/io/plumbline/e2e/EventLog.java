package io.plumbline.e2e;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The three topics from their beginning, as they grow. */
final class EventLog implements AutoCloseable {
    private final KafkaConsumer<String, byte[]> consumer;
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final Thread thread;

    private EventLog(KafkaConsumer<String, byte[]> consumer) {
        this.consumer = consumer;
        this.thread = Thread.ofPlatform().daemon().name("event-log").unstarted(this::run);
    }

    static EventLog follow(String bootstrap) {
        KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap), new StringDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : List.of(Topics.TELEMETRY, Topics.VERDICTS, Topics.CONTROL)) {
            consumer.partitionsFor(topic)
                    .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        EventLog log = new EventLog(consumer);
        log.thread.start();
        return log;
    }

    private void run() {
        try {
            while (true) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    events.add(Event.parseFrom(record.value()));
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

    /** What there is of a session, each event once. */
    Collection<Event> of(String session) {
        Map<String, Event> distinct = new LinkedHashMap<>();
        events.stream()
                .filter(event -> event.getSession().equals(session))
                .forEach(event -> distinct.putIfAbsent(event.getId(), event));
        return distinct.values();
    }

    List<Event> of(String session, Predicate<Event> wanted) {
        return of(session).stream().filter(wanted).toList();
    }

    boolean has(String session, Predicate<Event> wanted) {
        return of(session).stream().anyMatch(wanted);
    }

    /** Sequence numbers that are missing below the highest one of a channel; distinct events under one number count too. */
    List<String> gaps(String session, Channel channel) {
        Map<Long, Integer> seen = new LinkedHashMap<>();
        of(
                        session,
                        event -> event.getChannel() == channel
                                && event.getSeq() > 0
                                && !event.getHost().isEmpty())
                .forEach(event -> seen.merge(event.getSeq(), 1, Integer::sum));
        long highest = seen.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
        List<String> gaps = new ArrayList<>();
        for (long seq = 1; seq <= highest; seq++) {
            int times = seen.getOrDefault(seq, 0);
            if (times != 1) {
                gaps.add(channel + " " + seq + " is there " + times + " times (of " + highest + ")");
            }
        }
        return gaps;
    }

    static Predicate<Event> reached(RuntimeState.State state) {
        return event -> event.hasRuntimeState() && event.getRuntimeState().getState() == state;
    }

    /** What the sandbox's kernel saw, as opposed to what the host says of itself. */
    static boolean isTrace(Event event) {
        return event.hasProcessStarted()
                || event.hasProcessForked()
                || event.hasProcessExited()
                || event.hasFileOpened()
                || event.hasFileChanged()
                || event.hasConnected()
                || event.hasBound()
                || event.hasRawSyscall();
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
