package io.plumbline.jobs.index;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.util.Objects;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Record values as events. A value that is no event, or an event without an id, is counted in {@code undecodable} and skipped:
 * one bad record must not stop the search copy for everybody.
 */
final class EventDeserializer implements KafkaRecordDeserializationSchema<Event> {
    private static final long serialVersionUID = 1;

    private transient @Nullable Counter undecodable;

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        undecodable = context.getMetricGroup().counter("undecodable");
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) throws IOException {
        byte[] value = record.value();
        Event event = null;
        if (value != null) {
            try {
                event = Event.parseFrom(value);
            } catch (InvalidProtocolBufferException e) {
                event = null;
            }
        }
        if (event == null || event.getId().isEmpty()) {
            Objects.requireNonNull(undecodable, "open() comes first").inc();
            return;
        }
        out.collect(event);
    }

    @Override
    public TypeInformation<Event> getProducedType() {
        return new ImmutableTypeInformation<>(Event.class, EventSerializer.INSTANCE);
    }
}
