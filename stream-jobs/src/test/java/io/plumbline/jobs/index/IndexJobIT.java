package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.broker.Broker;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState.State;
import io.plumbline.jobs.EmbeddedCluster;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job's part behind the source against a real Elasticsearch in a child JVM. */
class IndexJobIT {
    private static final Duration START = Duration.ofMinutes(5);

    /** The savepoint is older with each day, and nothing of it may be forgotten for that. */
    private static final Duration CENTURY = Duration.ofDays(36_500);

    /** Of builds before 0.1. */
    private static final Path SAVEPOINT = Path.of("src/test/resources/savepoints/before-0.1/index");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static SearchNodeProcess node;

    @BeforeAll
    static void startNode() throws IOException {
        node = SearchNodeProcess.start(directory);
    }

    @AfterAll
    static void stopNode() throws Exception {
        node.close();
    }

    @Test
    void aReplayEndsInTheSameDocuments() throws Exception {
        Event order = Sessions.freeze(Channel.VERDICTS, 450);
        Event alert = Sessions.alert("File outside the task's scope");
        List<Event> events = new ArrayList<>(List.of(Sessions.task()));
        for (int seq = 1; seq <= 3_000; seq++) {
            events.add(Sessions.opened(seq, "/home/dev/project/" + seq));
        }
        events.addAll(List.of(
                alert,
                order,
                Sessions.runtime(3_001, State.FROZEN, order.getId(), 454),
                Sessions.triage(alert.getId(), "true_positive"),
                Sessions.approvalRequested(1_000),
                Sessions.approvalDecided(900)));

        run(events);
        run(events);

        client().indices().refresh();
        assertThat(client().count(count -> count.index("plumbline-events-2026.11")
                                .query(q ->
                                        q.term(t -> t.field("plumbline.session").value("s-1"))))
                        .count())
                .isEqualTo(events.size());
        assertThat(client().count(count -> count.index("plumbline-events-*")
                                .query(q -> q.term(t -> t.field("event.action").value("file-opened"))))
                        .count())
                .isEqualTo(3_000);
        JsonNode session = document("plumbline-sessions", "acme/s-1");
        assertThat(session.at("/state/confirmed").asText()).isEqualTo("frozen");
        assertThat(session.at("/state/latency_ns").asLong()).isEqualTo(4_000_000);
        assertThat(session.at("/counts/evidence").asLong()).isEqualTo(3_001);
        assertThat(session.at("/counts/open_alerts").asLong()).isZero();
        JsonNode row = document("plumbline-alerts", alert.getId());
        assertThat(row.at("/title").asText()).isEqualTo("File outside the task's scope");
        assertThat(row.at("/status").asText()).isEqualTo("true_positive");
        assertThat(document("plumbline-approvals", "a-1").at("/state").asText()).isEqualTo("approved");
    }

    /** Written by this test itself with {@code -Dplumbline.savepoints=FOLDER}, before a release; see CONTRIBUTING.md. */
    @Test
    void goesOnFromASavepointOfTheReleaseBefore() throws Exception {
        Event alert = ofAnother(Sessions.alert("Raised before the release"));
        Path checkpoints = directory.resolve("checkpoints");
        Optional<Path> written =
                Optional.ofNullable(System.getProperty("plumbline.savepoints")).map(Path::of);
        try (Broker broker = Broker.start(directory.resolve("kafka"), 0);
                KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrap(), "acks", "all"),
                        new StringSerializer(),
                        new ByteArraySerializer())) {
            Consumer<StreamExecutionEnvironment> job = env ->
                    IndexJob.define(env, IndexSettings.local(broker.bootstrap(), URI.create(node.url())), CENTURY);
            send(producer, Topics.CONTROL, ofAnother(Sessions.task()));
            send(producer, Topics.VERDICTS, alert);
            if (written.isPresent()) {
                try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
                    JobID running = cluster.submit("index", job, START);
                    Awaitility.await().atMost(START).until(() -> source("plumbline-alerts", alert.getId())
                            .isPresent());
                    cluster.savepoint(running, written.get());
                }
                return;
            }
            Path copy = checkpoints.resolve("index/before/savepoint");
            Files.createDirectories(copy);
            Files.copy(SAVEPOINT.resolve("_metadata"), copy.resolve("_metadata"));
            try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
                cluster.submit("index", job, START);
                send(producer, Topics.CONTROL, ofAnother(Sessions.triage(alert.getId(), "benign")));
                // Which alert it is about is known from the savepoint alone.
                Awaitility.await().atMost(START).until(() -> source("plumbline-alerts", alert.getId())
                        .filter(found -> found.at("/status").asText().equals("benign"))
                        .isPresent());
                // The session's own document comes behind the alert's.
                Awaitility.await().atMost(START).untilAsserted(() -> {
                    JsonNode session = document("plumbline-sessions", "acme/s-2");
                    assertThat(session.at("/task").asText()).isEqualTo("List the files in this folder.");
                    assertThat(session.at("/counts/alerts").asLong()).isEqualTo(1);
                });
            }
        }
    }

    private static Event ofAnother(Event event) {
        return EventIds.withId(event.toBuilder().clearId().setSession("s-2"));
    }

    private static void send(KafkaProducer<String, byte[]> producer, String topic, Event event) throws Exception {
        producer.send(new ProducerRecord<>(topic, Topics.key(event), event.toByteArray()))
                .get();
    }

    private static void run(List<Event> events) throws Exception {
        Configuration configuration = new Configuration();
        configuration.setString("pipeline.generic-types", "false");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        URI url = URI.create(node.url());
        IndexJob.define(
                env.fromData(events, new ImmutableTypeInformation<>(Event.class, EventSerializer.INSTANCE)),
                IndexSettings.local("unused:9092", url),
                SessionState.RETENTION);
        env.execute("index");
    }

    private static JsonNode document(String index, String id) throws IOException {
        return source(index, id).orElseThrow(() -> new AssertionError(index + "/" + id));
    }

    private static Optional<ObjectNode> source(String index, String id) throws IOException {
        try {
            return Optional.ofNullable(client().get(get -> get.index(index).id(id), ObjectNode.class)
                    .source());
        } catch (ElasticsearchException e) {
            if (e.status() != 404) {
                throw e;
            }
            // The index is made with its first document.
            return Optional.empty();
        }
    }

    private static ElasticsearchClient client() {
        return node.client();
    }
}
