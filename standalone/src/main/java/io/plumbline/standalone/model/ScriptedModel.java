package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.plumbline.standalone.model.Scenario.Turn;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays a scenario to whichever agent asks, on loopback. It keeps no session: the turn to play follows from the history
 * that the client sends back, so retries need nothing special.
 */
public final class ScriptedModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScriptedModel.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_REQUEST_BYTES = 16 << 20;
    private static final Pattern PLACE_IN_CALL_ID = Pattern.compile("_turn(\\d{1,6})_(\\d{1,6})");
    private static final Turn DONE = new Turn("Done.", List.of(), List.of(), Duration.ZERO);

    /** Which step of a script a call is, both from 0 on. */
    public record Place(int turn, int step) {
        /** From the id of a call that the model made; empty: it made none such. */
        public static Optional<Place> of(String callId) {
            Matcher matcher = PLACE_IN_CALL_ID.matcher(callId);
            return matcher.find()
                    ? Optional.of(new Place(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                    : Optional.empty();
        }
    }

    private final Scenario scenario;
    private final HttpServer server;
    private final ExecutorService threads;

    private ScriptedModel(Scenario scenario, HttpServer server, ExecutorService threads) {
        this.scenario = scenario;
        this.server = server;
        this.threads = threads;
    }

    /** Starts serving the scenario on a free loopback port. */
    public static ScriptedModel start(Scenario scenario) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 16);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        ScriptedModel model = new ScriptedModel(scenario, server, threads);
        server.createContext("/", model::answer);
        server.setExecutor(threads);
        server.start();
        return model;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.endsWith("/messages")) {
                play(exchange, new AnthropicMessages());
            } else if (path.endsWith("/responses")) {
                play(exchange, new OpenAiResponses());
            } else if (path.endsWith("/chat/completions")) {
                play(exchange, new ChatCompletions());
            } else if (path.endsWith(":streamGenerateContent") || path.endsWith(":generateContent")) {
                play(exchange, new GeminiContent(path.endsWith(":streamGenerateContent")));
            } else if (path.endsWith("/models")) {
                json(exchange, 200, "{\"object\":\"list\",\"data\":[],\"models\":[]}");
            } else if (path.endsWith("/count_tokens")) {
                json(exchange, 200, "{\"input_tokens\":1000}");
            } else {
                json(exchange, 404, "{\"error\":{\"message\":\"not served by the scripted model\"}}");
            }
        }
    }

    private void play(HttpExchange exchange, Wire wire) throws IOException {
        JsonNode request = JSON.readTree(body(exchange));
        Set<String> tools = wire.tools(request);
        int number = tools.isEmpty() ? -1 : nextTurn(wire, request);
        Turn turn = number >= 0 && number < scenario.turns().size()
                ? scenario.turns().get(number)
                : DONE;
        List<Wire.Call> calls = new ArrayList<>();
        for (Scenario.Step step : turn.steps()) {
            try {
                calls.add(wire.call("turn" + number + "_" + calls.size(), step, tools));
            } catch (IOException e) {
                LOG.error("{} turn {}: {}", scenario.name(), number, e.getMessage());
                json(exchange, 500, "{\"error\":{\"message\":\"the scenario does not fit the agent\"}}");
                return;
            }
        }
        try {
            Thread.sleep(turn.delay());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        exchange.getResponseHeaders().set("content-type", wire.contentType(request));
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            wire.reply(new EventStream(out), request, turn, calls);
        }
    }

    private int nextTurn(Wire wire, JsonNode request) {
        int last = -1;
        for (String id : wire.callIds(request)) {
            last = Math.max(last, Place.of(id).map(Place::turn).orElse(-1));
        }
        List<String> said = wire.said(request).stream().map(String::strip).toList();
        for (int i = 0; i < scenario.turns().size(); i++) {
            Turn turn = scenario.turns().get(i);
            if (turn.endsTheSession() && said.contains(turn.spoken().strip())) {
                last = Math.max(last, i);
            }
        }
        return last + 1;
    }

    private static byte[] body(HttpExchange exchange) throws IOException {
        InputStream in = exchange.getRequestBody();
        if ("gzip".equals(exchange.getRequestHeaders().getFirst("content-encoding"))) {
            in = new GZIPInputStream(in);
        }
        byte[] body = in.readNBytes(MAX_REQUEST_BYTES + 1);
        if (body.length > MAX_REQUEST_BYTES) {
            throw new IOException("request body over " + MAX_REQUEST_BYTES + " bytes");
        }
        return body;
    }

    private static void json(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
