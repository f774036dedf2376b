package io.plumbline.console;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The line between a console and its search copy: it can be slow, it can be cut, and it can be bad. */
final class SearchLine implements AutoCloseable {
    /** Told by the client itself, or about this hop only. */
    private static final Set<String> OWN = Set.of(
            "host", "connection", "content-length", "transfer-encoding", "upgrade", "http2-settings", "keep-alive");

    private static final String NONSENSE = """
        {"took":1,"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},
         "hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":"x","_id":"y"}]}}
        """;

    private final URI search;
    private final HttpClient client = HttpClient.newHttpClient();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;
    private volatile CountDownLatch open = new CountDownLatch(0);
    private volatile boolean cut;
    private volatile boolean garbled;
    private final Queue<String> questions = new ConcurrentLinkedQueue<>();

    SearchLine(URI search) throws IOException {
        this.search = search;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::pass);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The bodies of all questions since the last time. */
    List<String> questions() {
        List<String> asked = List.copyOf(questions);
        questions.clear();
        return asked;
    }

    /** No question gets an answer until {@link #restore}. */
    void hold() {
        open = new CountDownLatch(1);
    }

    /** Every question is refused until {@link #restore}. */
    void cut() {
        cut = true;
    }

    /** Every search is answered with a document that has no content, and every document with none, until {@link #restore}. */
    void garble() {
        garbled = true;
    }

    void restore() {
        cut = false;
        garbled = false;
        open.countDown();
    }

    private void pass(HttpExchange exchange) throws IOException {
        byte[] question = exchange.getRequestBody().readAllBytes();
        questions.add(new String(question, StandardCharsets.UTF_8));
        try (exchange) {
            open.await();
            if (cut) {
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            String path = exchange.getRequestURI().getPath();
            if (garbled && (path.endsWith("_search") || path.contains("/_doc/"))) {
                byte[] nonsense = (path.endsWith("_search") ? NONSENSE : "{}").getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("X-Elastic-Product", "Elasticsearch");
                exchange.getResponseHeaders()
                        .add("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9");
                exchange.sendResponseHeaders(200, nonsense.length);
                exchange.getResponseBody().write(nonsense);
                return;
            }
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            search.resolve(exchange.getRequestURI().toString()))
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(question));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!OWN.contains(name.toLowerCase(Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            answer.headers().map().forEach((name, values) -> {
                if (!OWN.contains(name.toLowerCase(Locale.ROOT))) {
                    values.forEach(value -> exchange.getResponseHeaders().add(name, value));
                }
            });
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        restore();
        server.stop(0);
        threads.shutdownNow();
        client.close();
    }
}
