package io.plumbline.console.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.plumbline.console.search.Search;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** A server that answers like Elasticsearch without a document, but those it is given one by one, and notes what it was asked. */
final class EmptySearchCopy implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOTHING =
            "{\"took\":1,\"timed_out\":false,\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},"
                    + "\"hits\":{\"total\":{\"value\":0,\"relation\":\"eq\"},\"hits\":[]}";
    private static final String NO_TERMS =
            "{\"doc_count_error_upper_bound\":0,\"sum_other_doc_count\":0,\"buckets\":[]}";

    private final AtomicInteger causeLists = new AtomicInteger();
    private final List<String> questions = new CopyOnWriteArrayList<>();
    private final Map<String, String> documents = new ConcurrentHashMap<>();
    private volatile boolean refusing;
    private final HttpServer server;
    private final ElasticsearchClient client;

    EmptySearchCopy() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
        client = ElasticsearchClient.of(
                c -> c.host("http://127.0.0.1:" + server.getAddress().getPort()));
    }

    Search search() {
        return new Search(client, "local");
    }

    /** How often a list of causes was asked for; the live view only counts them. */
    int causeLists() {
        return causeLists.get();
    }

    /** The bodies of all questions. */
    List<String> questions() {
        return List.copyOf(questions);
    }

    /** @param path its index and id, as the address of it has them */
    void document(String path, String json) {
        documents.put(path, json);
    }

    /** Lists of causes are refused, or answered again. */
    void refuseCauses(boolean all) {
        refusing = all;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        questions.add(body);
        String path = exchange.getRequestURI().getPath();
        boolean isCauseList = path.contains("causes") && body.contains("\"sort\"");
        if (isCauseList) {
            causeLists.incrementAndGet();
        }
        if (isCauseList && refusing) {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
            return;
        }
        byte[] answer = (path.contains("/_doc/") ? document(path) : nothing(body)).getBytes(UTF_8);
        exchange.getResponseHeaders().add("X-Elastic-Product", "Elasticsearch");
        exchange.getResponseHeaders().add("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9");
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    /** No hits, and of each aggregation of terms that was asked for no bucket. */
    private static String nothing(String question) throws IOException {
        String counts = JSON.readTree(question)
                .path("aggregations")
                .propertyStream()
                .filter(aggregation -> aggregation.getValue().has("terms"))
                .map(aggregation -> "\"sterms#" + aggregation.getKey() + "\":" + NO_TERMS)
                .collect(Collectors.joining(","));
        return NOTHING + ",\"aggregations\":{" + counts + "}}";
    }

    private String document(String path) {
        String known = documents.get(path);
        String head = "\"_index\":\"x\",\"_id\":\"x\",\"found\":";
        return known == null ? "{" + head + "false}" : "{" + head + "true,\"_source\":" + known + "}";
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.stop(0);
    }
}
