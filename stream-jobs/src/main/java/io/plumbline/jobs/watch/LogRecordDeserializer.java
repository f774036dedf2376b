package io.plumbline.jobs.watch;

import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Takes a Kafka record as it is; notes when the job received it. */
final class LogRecordDeserializer implements KafkaRecordDeserializationSchema<LogRecord> {
    private static final long serialVersionUID = 1L;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<LogRecord> out) {
        if (record.key() == null || record.value() == null) {
            return;
        }
        LogRecord plain = new LogRecord("", record.value(), LogRecord.stages(record.headers()));
        byte[] stages = plain.stageTimes().toBuilder()
                .setJobReceivedNs(Clock.nanos())
                .build()
                .toByteArray();
        out.collect(new LogRecord(new String(record.key(), StandardCharsets.UTF_8), record.value(), stages));
    }

    @Override
    public TypeInformation<LogRecord> getProducedType() {
        return TypeInformation.of(LogRecord.class);
    }
}
