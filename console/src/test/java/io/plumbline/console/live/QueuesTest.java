package io.plumbline.console.live;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.Search.CausePage;
import io.plumbline.console.triage.QueueQuery;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a queue is read again. The search copy is played by a server that has nothing and counts. */
@SuppressWarnings("NullAway.Init")
class QueuesTest {
    private static final String NOTHING =
            "{\"took\":1,\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},"
                    + "\"hits\":{\"total\":{\"value\":0,\"relation\":\"eq\"},\"hits\":[]}}";
    private static final CausePage EMPTY = new CausePage(List.of(), 0);
    private static final CausePage OLD = new CausePage(List.of(), 7);

    private final AtomicInteger read = new AtomicInteger();
    private final Queue<Runnable> readings = new ConcurrentLinkedQueue<>();
    private final List<CausePage> shown = new ArrayList<>();
    private HttpServer server;
    private ElasticsearchClient client;
    private LiveView live;
    private Queues queues;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
        client = ElasticsearchClient.of(
                c -> c.host("http://127.0.0.1:" + server.getAddress().getPort()));
        Search search = new Search(client, "local");
        live = new LiveView(search);
        queues = new Queues(search, live, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), readings::add);
    }

    @AfterEach
    void stop() throws IOException {
        queues.close();
        live.close();
        client.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        // The live view counts causes; a list has an order.
        if (exchange.getRequestURI().getPath().contains("causes") && body.contains("\"sort\"")) {
            read.incrementAndGet();
        }
        byte[] answer = NOTHING.getBytes(UTF_8);
        exchange.getResponseHeaders().add("X-Elastic-Product", "Elasticsearch");
        exchange.getResponseHeaders().add("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9");
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    /** Two pages that know different lists: it is to be read again. */
    private List<Runnable> twoPages() {
        return List.of(
                queues.follow(QueueQuery.WAITING, "ana", EMPTY, shown::add),
                queues.follow(QueueQuery.WAITING, "bea", OLD, shown::add));
    }

    @Test
    void pagesThatKnowDifferentListsShareOneReading() {
        List<Runnable> leave = twoPages();
        assertThat(readings).hasSize(1);

        readings.remove().run();

        assertThat(read).hasValue(1);
        assertThat(shown).containsExactly(EMPTY, EMPTY);
        leave.forEach(Runnable::run);
    }

    @Test
    void aQueueThatNobodyShowsIsReadByNobody() {
        List<Runnable> leave = twoPages();
        leave.forEach(Runnable::run);

        readings.remove().run();

        assertThat(read).hasValue(0);
        assertThat(readings).as("readings after the last page has left").isEmpty();
        assertThat(shown).isEmpty();
    }
}
