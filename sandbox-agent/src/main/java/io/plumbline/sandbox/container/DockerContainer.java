package io.plumbline.sandbox.container;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.RequestOptions;
import com.linecorp.armeria.client.ResponseTimeoutException;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * A container of a Docker-compatible engine by the HTTP API on its Unix socket: Docker Engine, and Podman's {@code podman system
 * service}, whatever runtime lies below. The version of the API is the engine's own, as {@code GET /version} names it.
 */
public final class DockerContainer implements ContainerControl {
    /** Where Docker Engine listens unless it is told otherwise. */
    public static final Path DEFAULT_SOCKET = Path.of("/run/docker.sock");

    /** Longest answer that is read, bytes: a container's description stays far below. */
    private static final int MAX_ANSWER = 4 << 20;

    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);
    private static final Pattern API_VERSION = Pattern.compile("1\\.\\d{1,3}");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final WebClient client;
    private final ClientFactory factory;
    private final String container;
    private String base = "";
    private String engine = "";

    private DockerContainer(WebClient client, ClientFactory factory, String container) {
        this.client = client;
        this.factory = factory;
        this.container = container;
    }

    /**
     * @param socket of the engine
     * @param container its id or name
     * @throws ContainerException when no engine answers there
     */
    public static DockerContainer of(Path socket, String container) throws ContainerException {
        String id = ContainerControl.checkedId(container);
        // An engine closes idle connections: better none than one that is gone when it is needed.
        ClientFactory factory = ClientFactory.builder()
                .connectTimeout(Duration.ofSeconds(2))
                .idleTimeout(Duration.ofSeconds(2))
                .build();
        WebClient client = WebClient.builder(
                        SessionProtocol.H1C, DomainSocketAddress.of(socket).asEndpoint())
                .factory(factory)
                .maxResponseLength(MAX_ANSWER)
                .build();
        DockerContainer opened = new DockerContainer(client, factory, id);
        try {
            JsonNode version = opened.json(opened.call(HttpMethod.GET, "/version", VERSION_LIMIT), "GET /version");
            String api = version.path("ApiVersion").asText();
            if (!API_VERSION.matcher(api).matches()) {
                throw new ContainerException(
                        ContainerException.Reason.UNREACHABLE,
                        socket + ": API version '" + api + "' (expected: such as 1.41)");
            }
            opened.base = "/v" + api + "/containers/" + id;
            String name = version.at("/Components/0/Name").asText("engine");
            opened.engine = name + " " + version.path("Version").asText() + " API " + api;
            return opened;
        } catch (ContainerException e) {
            opened.close();
            throw e;
        }
    }

    @Override
    public String mechanism() {
        return "docker-api";
    }

    @Override
    public String description() {
        return engine + " container " + container;
    }

    /** An engine's socket may lead to another machine. */
    @Override
    public boolean local() {
        return false;
    }

    @Override
    public Found inspect(Duration limit) throws ContainerException {
        AggregatedHttpResponse answer = call(HttpMethod.GET, base + "/json", limit);
        if (answer.status().equals(HttpStatus.NOT_FOUND)) {
            return Found.ABSENT;
        }
        JsonNode found = json(answer, "GET json");
        JsonNode state = found.path("State");
        String word = state.path("Status").asText();
        Status status =
                switch (word) {
                    case "created", "initialized", "configured" -> Status.CREATED;
                    case "running", "restarting", "stopping" -> Status.RUNNING;
                    case "paused" -> Status.PAUSED;
                    case "exited", "dead", "removing", "stopped" -> Status.STOPPED;
                    default ->
                        throw new ContainerException(
                                ContainerException.Reason.UNREACHABLE,
                                "GET json: status '" + word + "' (expected: running, paused, exited, ...)");
                };
        OptionalInt exitCode =
                status == Status.STOPPED ? OptionalInt.of(state.path("ExitCode").asInt()) : OptionalInt.empty();
        return new Found(
                status, found.path("Id").asText(container), state.path("Pid").asLong(), exitCode);
    }

    @Override
    public void pause(Duration limit) throws ContainerException {
        order("/pause", limit);
    }

    @Override
    public void resume(Duration limit) throws ContainerException {
        order("/unpause", limit);
    }

    @Override
    public void kill(Duration limit) throws ContainerException {
        order("/kill?signal=KILL", limit);
    }

    private void order(String path, Duration limit) throws ContainerException {
        AggregatedHttpResponse answer = call(HttpMethod.POST, base + path, limit);
        if (!answer.status().isSuccess()) {
            throw refused(answer, "POST " + path);
        }
    }

    @Override
    public JsonNode details(Duration limit) throws ContainerException {
        return ContainerControl.withoutEnvironmentValues(json(call(HttpMethod.GET, base + "/json", limit), "GET json"));
    }

    @Override
    public JsonNode top(Duration limit) throws ContainerException {
        AggregatedHttpResponse answer = call(HttpMethod.GET, base + "/top", limit);
        return answer.content().isEmpty() ? MissingNode.getInstance() : json(answer, "GET top");
    }

    @Override
    public void close() {
        factory.closeAsync();
    }

    private AggregatedHttpResponse call(HttpMethod method, String path, Duration limit) throws ContainerException {
        try {
            return client.execute(
                            HttpRequest.of(method, path),
                            RequestOptions.builder().responseTimeout(limit).build())
                    .aggregate()
                    // Connecting has a limit of its own.
                    .get(limit.toMillis() + 500, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw late(method, path, limit, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ResponseTimeoutException) {
                throw late(method, path, limit, e);
            }
            throw new ContainerException(
                    ContainerException.Reason.UNREACHABLE, method + " " + path + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ContainerException(
                    ContainerException.Reason.UNREACHABLE, method + " " + path + ": interrupted", e);
        }
    }

    private static ContainerException late(HttpMethod method, String path, Duration limit, Exception cause) {
        return new ContainerException(
                ContainerException.Reason.LATE,
                method + " " + path + ": no answer in " + limit.toMillis() + " ms",
                cause);
    }

    private JsonNode json(AggregatedHttpResponse answer, String request) throws ContainerException {
        if (!answer.status().isSuccess()) {
            throw refused(answer, request);
        }
        try {
            return JSON.readTree(answer.contentUtf8());
        } catch (JsonProcessingException e) {
            throw new ContainerException(ContainerException.Reason.UNREACHABLE, request + ": the answer is no JSON", e);
        }
    }

    private static ContainerException refused(AggregatedHttpResponse answer, String request) {
        String text = answer.contentUtf8().strip();
        return new ContainerException(
                ContainerException.Reason.REFUSED,
                request + ": " + answer.status().code() + " " + text.substring(0, Math.min(text.length(), 300)));
    }
}
