package io.plumbline.jobs.index;

import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.BroadcastStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * The search copy: the three topics in, Elasticsearch out.
 *
 * <p>Indices: {@code plumbline-events-YYYY.MM} (ECS documents by event id), {@code plumbline-sessions} (by tenant/session),
 * {@code plumbline-alerts} (by event id), {@code plumbline-causes} (by tenant/session/cause), {@code plumbline-approvals} (by
 * approval id), {@code plumbline-suppressions} (by tenant/id). Every write is idempotent, so a restart or a replay from the beginning ends in the same documents. Starts from the
 * beginning of the log when there is no checkpoint.
 */
public final class IndexJob {
    private IndexJob() {}

    /** Adds the job to the environment; the caller sets parallelism and checkpointing and executes it. */
    public static void define(StreamExecutionEnvironment env, IndexSettings settings) {
        define(env, settings, SessionState.RETENTION);
    }

    /** @param retention of a silent session, by the clock of the machine, which goes on while a job stands still */
    static void define(StreamExecutionEnvironment env, IndexSettings settings, Duration retention) {
        Properties properties = new Properties();
        // Nobody is stopped by what is searched: a few requests a second instead of one for each event.
        properties.setProperty(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "65536");
        properties.setProperty(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "200");
        properties.putAll(settings.kafkaProperties());
        KafkaSource<Event> source = KafkaSource.<Event>builder()
                .setBootstrapServers(settings.kafkaBootstrap())
                .setTopics(IndexSettings.TOPICS)
                .setGroupId(settings.group())
                // The state of the sessions lives in checkpoints; without one they have to be counted from the start.
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setProperties(properties)
                .setDeserializer(new EventDeserializer())
                .build();
        define(env.fromSource(source, WatermarkStrategy.noWatermarks(), "log").uid("index-log"), settings, retention);
    }

    /** The part behind the source. */
    static void define(DataStream<Event> events, IndexSettings settings, Duration retention) {
        TypeInformation<IndexOperation> operations =
                new ImmutableTypeInformation<>(IndexOperation.class, IndexOperationSerializer.INSTANCE);
        DataStream<Event> facts = events.filter(event -> !event.hasPathProbed() && !event.hasProbeAnswered())
                .name("facts")
                .uid("index-facts");
        facts.map(Documents::event)
                .returns(operations)
                .name("events as documents")
                .uid("index-event-documents")
                .sinkTo(new ElasticsearchSink(settings, 2, Duration.ofMillis(200)))
                .name("events index")
                .uid("index-events-sink");
        BroadcastStream<Event> suppressions = facts.filter(Suppressions::isAbout)
                .name("suppressions of a tenant")
                .uid("index-suppressions")
                .broadcast(SessionProjector.SUPPRESSIONS);
        facts.filter(event -> !event.getSession().isEmpty())
                .name("events of a session")
                .uid("index-session-events")
                .keyBy(Topics::key)
                .connect(suppressions)
                .process(new SessionProjector(retention))
                .returns(operations)
                .name("sessions, alerts, approvals")
                .uid("index-session-projection")
                // One request at a time: a later state of a document must not be overtaken by an earlier one.
                .sinkTo(new ElasticsearchSink(settings, 1, Duration.ofMillis(50)))
                .name("sessions index")
                .uid("index-sessions-sink");
    }
}
