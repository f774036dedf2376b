package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState.State;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job's part behind the source against a real Elasticsearch in a child JVM. */
class IndexJobIT {
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
        assertThat(client().count(count -> count.index("plumbline-events-2026.11"))
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

    private static void run(List<Event> events) throws Exception {
        Configuration configuration = new Configuration();
        configuration.setString("pipeline.generic-types", "false");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        URI url = URI.create(node.url());
        IndexJob.define(
                env.fromData(events, new ImmutableTypeInformation<>(Event.class, EventSerializer.INSTANCE)),
                IndexSettings.local("unused:9092", url));
        env.execute("index");
    }

    private static JsonNode document(String index, String id) throws IOException {
        return Objects.requireNonNull(
                client().get(get -> get.index(index).id(id), ObjectNode.class).source(), index + "/" + id);
    }

    private static ElasticsearchClient client() {
        return node.client();
    }
}
