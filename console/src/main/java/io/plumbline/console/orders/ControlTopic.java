package io.plumbline.console.orders;

import io.plumbline.events.Topics;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The control topic as a place to write orders to. An order exists once the log has acknowledged it. */
public final class ControlTopic implements OrderLog, AutoCloseable {
    private static final String NOT_ACKNOWLEDGED = "The log did not acknowledge the order.";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** A whole rule set in one record; the topic's own limit has to allow it ({@code max.message.bytes}). */
    private static final int MAX_RECORD_BYTES = ActivationContent.MAX_COMPRESSED_BYTES + 64 * 1024;

    private final KafkaProducer<String, byte[]> producer;

    public ControlTopic(String bootstrap, Map<String, String> clientProperties) {
        Map<String, Object> settings = new HashMap<>(clientProperties);
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(ProducerConfig.RECONNECT_BACKOFF_MS_CONFIG, 500);
        settings.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 5_000);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, "plumbline-console-orders");
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_RECORD_BYTES);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
        this.producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    @Override
    public void append(Event order) throws OrderLogException {
        try {
            producer.send(new ProducerRecord<>(Topics.CONTROL, Topics.key(order), order.toByteArray()))
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new OrderLogException(
                    e.getCause() instanceof RecordTooLargeException
                            ? "The order has " + order.getSerializedSize()
                                    + " bytes, more than the control topic takes (max.message.bytes)."
                            : NOT_ACKNOWLEDGED,
                    e);
        } catch (TimeoutException | KafkaException e) {
            throw new OrderLogException(NOT_ACKNOWLEDGED, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OrderLogException("Interrupted while waiting for the log.", e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
    }
}
