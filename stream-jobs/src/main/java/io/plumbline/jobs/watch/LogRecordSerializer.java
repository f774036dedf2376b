package io.plumbline.jobs.watch;

import io.plumbline.events.Topics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/** Writes a verdict under its session's key, stage times in a header. */
final class LogRecordSerializer implements KafkaRecordSerializationSchema<LogRecord> {
    private static final long serialVersionUID = 1L;

    private final String topic;

    LogRecordSerializer(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            LogRecord record, KafkaSinkContext context, @Nullable Long timestamp) {
        return new ProducerRecord<>(
                topic,
                null,
                null,
                record.key().getBytes(StandardCharsets.UTF_8),
                record.event(),
                List.of(new RecordHeader(Topics.STAGES_HEADER, record.stages())));
    }
}
