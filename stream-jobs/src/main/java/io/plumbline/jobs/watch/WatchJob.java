package io.plumbline.jobs.watch;

import io.plumbline.events.Topics;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * Telemetry and control in, verdicts out. At least once: a verdict's id is a hash of its cause, so a repeated one is
 * recognised; waiting for a checkpoint before a freeze is seen would cost seconds.
 */
public final class WatchJob {
    private WatchJob() {}

    /** Adds the job to {@code environment}; every operator has a fixed uid, so that its state survives a new version. */
    public static void define(StreamExecutionEnvironment environment, String bootstrap, JudgeFactory judges) {
        DataStream<LogRecord> telemetry = source(environment, bootstrap, Topics.TELEMETRY);
        DataStream<LogRecord> control = source(environment, bootstrap, Topics.CONTROL);
        DataStream<LogRecord> orders =
                control.filter(record -> !isGlobal(record)).uid("orders").name("orders");
        DataStream<LogRecord> global =
                control.filter(WatchJob::isGlobal).uid("activations").name("activations");

        telemetry
                .union(orders)
                .keyBy(LogRecord::key)
                .connect(global.broadcast(WatchFunction.ACTIVE))
                .process(new WatchFunction(judges))
                .uid("watch")
                .name("watch")
                .sinkTo(sink(bootstrap))
                .uid("verdicts")
                .name("verdicts");
    }

    private static boolean isGlobal(LogRecord record) {
        return record.key().endsWith("/");
    }

    private static DataStream<LogRecord> source(
            StreamExecutionEnvironment environment, String bootstrap, String topic) {
        KafkaSource<LogRecord> source = KafkaSource.<LogRecord>builder()
                .setBootstrapServers(bootstrap)
                .setTopics(topic)
                .setGroupId("plumbline-watch")
                .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
                .setDeserializer(new LogRecordDeserializer())
                .setProperty(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "1")
                .setProperty("partition.discovery.interval.ms", "-1")
                .build();
        return environment
                .fromSource(source, WatermarkStrategy.noWatermarks(), topic)
                .uid(topic);
    }

    private static KafkaSink<LogRecord> sink(String bootstrap) {
        Properties producer = new Properties();
        producer.setProperty(ProducerConfig.LINGER_MS_CONFIG, "0");
        producer.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        return KafkaSink.<LogRecord>builder()
                .setBootstrapServers(bootstrap)
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setKafkaProducerConfig(producer)
                .setRecordSerializer(new LogRecordSerializer(Topics.VERDICTS))
                .build();
    }
}
