package io.plumbline.jobs.watch;

import io.plumbline.events.Topics;
import io.plumbline.watcher.activation.Judging;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
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
    public static void define(StreamExecutionEnvironment environment, String bootstrap, WatchSettings settings) {
        define(environment, bootstrap, settings, WatchFunction.FORGOTTEN_AFTER, CrossSessionFunction.FORGOTTEN_AFTER);
    }

    /**
     * Likewise.
     *
     * @param sessionsFor how long a silent session is kept by the clock of the machine, which goes on while a job stands still
     * @param groupsFor likewise a group of sessions
     */
    static void define(
            StreamExecutionEnvironment environment,
            String bootstrap,
            WatchSettings settings,
            Duration sessionsFor,
            Duration groupsFor) {
        DataStream<LogRecord> telemetry = source(environment, bootstrap, Topics.TELEMETRY);
        DataStream<LogRecord> control = source(environment, bootstrap, Topics.CONTROL);
        DataStream<LogRecord> orders =
                control.filter(record -> !isGlobal(record)).uid("orders").name("orders");
        SingleOutputStreamOperator<LogRecord> activations = activations(environment, bootstrap)
                .keyBy(LogRecord::key)
                .process(new ActivationFunction(settings))
                .uid("activation-ledger")
                .name("activations");

        SingleOutputStreamOperator<LogRecord> watched = telemetry
                .union(orders)
                .keyBy(LogRecord::key)
                .connect(activations.broadcast(WatchFunction.ACTIVE))
                .process(new WatchFunction(settings, Judging::of, sessionsFor))
                .uid("watch")
                .name("watch");
        DataStream<LogRecord> together = watched.getSideOutput(WatchFunction.FACTS)
                .keyBy(LogRecord::key)
                .process(new CrossSessionFunction(groupsFor))
                .uid("cross-session")
                .name("cross-session");

        // On its own, so that a verdict is written by the thread that reached it.
        watched.sinkTo(sink(bootstrap)).uid("verdicts").name("verdicts");
        activations
                .getSideOutput(ActivationFunction.ANSWERS)
                .union(together)
                .sinkTo(sink(bootstrap))
                .uid("verdicts-of-many")
                .name("verdicts of many sessions");
    }

    private static boolean isGlobal(LogRecord record) {
        return record.key().endsWith("/");
    }

    /** Read on its own, so that a set that is being loaded holds up no person's order. */
    private static DataStream<LogRecord> activations(StreamExecutionEnvironment environment, String bootstrap) {
        KafkaSource<LogRecord> source = source(bootstrap, Topics.CONTROL, "plumbline-watch-activations")
                // What is in force lives in checkpoints; without one it has to be found from the beginning.
                .setStartingOffsets(OffsetsInitializer.earliest())
                .build();
        return environment
                .fromSource(source, WatermarkStrategy.noWatermarks(), "activations")
                .uid("activations-log")
                .filter(WatchJob::isGlobal)
                .uid("activations")
                .name("activations of a tenant");
    }

    private static DataStream<LogRecord> source(
            StreamExecutionEnvironment environment, String bootstrap, String topic) {
        KafkaSource<LogRecord> source = source(bootstrap, topic, "plumbline-watch")
                .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
                .build();
        return environment
                .fromSource(source, WatermarkStrategy.noWatermarks(), topic)
                .uid(topic);
    }

    private static KafkaSourceBuilder<LogRecord> source(String bootstrap, String topic, String group) {
        return KafkaSource.<LogRecord>builder()
                .setBootstrapServers(bootstrap)
                .setTopics(topic)
                .setGroupId(group)
                .setDeserializer(new LogRecordDeserializer())
                .setProperty(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "1")
                .setProperty("partition.discovery.interval.ms", "-1");
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
