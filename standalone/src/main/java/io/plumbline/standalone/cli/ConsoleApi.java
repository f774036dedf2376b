package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.Secrets;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The console's JSON API under {@code /api/v1}, with the generated token of this machine's process tree, or with the one in {@code PLUMBLINE_API_TOKEN}. */
public final class ConsoleApi {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** A pass over three topics. */
    private static final Duration EXPORT_TIMEOUT = Duration.ofMinutes(5);

    /** A token of one's own, in place of this machine's. */
    private static final String TOKEN_VARIABLE = "PLUMBLINE_API_TOKEN";

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;
    private final String token;

    private ConsoleApi(String base, String token) {
        this.base = base;
        this.token = token;
    }

    /**
     * The API of the running process tree.
     *
     * @throws CommandException with {@link ExitCodes#NOT_RUNNING} when none runs
     */
    public static ConsoleApi of(Layout layout) {
        RunState running = RunState.read(layout.runState())
                .filter(RunState::alive)
                .orElseThrow(() -> new CommandException(
                        "plumbline is not running on " + layout.home() + " (expected: ./plumbline up)",
                        ExitCodes.NOT_RUNNING));
        String own = System.getenv(TOKEN_VARIABLE);
        return new ConsoleApi(
                running.endpoint("console"),
                own == null || own.isBlank() ? Secrets.read(new Secrets(layout).apiToken()) : own.strip());
    }

    public JsonNode sessions() {
        return get("/sessions");
    }

    /** One session; {@link ExitCodes#NOT_FOUND} when it is unknown. */
    public JsonNode session(String session) {
        return get("/sessions/" + encoded(session));
    }

    /** Alerts, newest first; of one session unless {@code session} is empty. */
    public JsonNode alerts(String session) {
        return get("/alerts" + (session.isEmpty() ? "" : "?session=" + encoded(session)));
    }

    /** The cause of an alert with the decisions about it; {@link ExitCodes#NOT_FOUND} when the console does not know the alert. */
    public JsonNode cause(String alert) {
        return get("/alerts/" + encoded(alert) + "/cause");
    }

    public JsonNode pendingApprovals() {
        return get("/approvals?state=pending");
    }

    /** Orders {@code freeze}, {@code thaw} or {@code kill}; the answer names the order's event. */
    public JsonNode order(String session, String order, String reason) {
        return order(session, order, reason, List.of());
    }

    /** @param accept deviations that a thaw accepts */
    public JsonNode order(String session, String order, String reason, List<String> accept) {
        ObjectNode body = JSON.createObjectNode().put("reason", reason);
        if (!accept.isEmpty()) {
            body.set("accept", JSON.valueToTree(accept));
        }
        return post("/sessions/" + encoded(session) + "/" + order, body);
    }

    /** Orders the next revision of a session's policy; the answer names the order's event. */
    public JsonNode revise(String session, String yaml, String reason) {
        return post(
                "/sessions/" + encoded(session) + "/policy",
                JSON.createObjectNode().put("yaml", yaml).put("reason", reason));
    }

    /** Orders an activation; {@code body} as the console documents it. The answer names the order's event. */
    public JsonNode activate(String subject, ObjectNode body) {
        return post("/activations/" + subject, body);
    }

    /** What judges, and what is counted beside it; answers to one order unless {@code order} is empty. */
    public JsonNode activations(String subject, String order) {
        return get("/activations/" + subject + (order.isEmpty() ? "" : "?order=" + encoded(order)));
    }

    /**
     * Approves; bound to the bytes that {@code sha256} stands for.
     *
     * @param session how long it holds for the same bytes; zero: once
     */
    public JsonNode approve(String approval, String reason, String sha256, Duration session) {
        return decide(
                approval,
                JSON.createObjectNode()
                        .put("approved", true)
                        .put("reason", reason)
                        .put("subject_sha256", sha256)
                        .put("session_seconds", session.toSeconds()));
    }

    /** Denies; the reason goes to the agent. */
    public JsonNode deny(String approval, String reason, String sha256) {
        return decide(
                approval,
                JSON.createObjectNode()
                        .put("approved", false)
                        .put("reason", reason)
                        .put("subject_sha256", sha256));
    }

    private JsonNode decide(String approval, ObjectNode body) {
        return post("/approvals/" + encoded(approval), body);
    }

    /** Writes the evidence bundle of a session to a new file; on a failure no file is left. */
    public void evidence(String session, Path file) {
        String path = "/sessions/" + encoded(session) + "/evidence";
        try {
            Path fresh = Files.createTempFile(file.toAbsolutePath().getParent(), ".evidence", "");
            try {
                HttpResponse<Path> response = client.send(
                        HttpRequest.newBuilder(URI.create(base + "/api/v1" + path))
                                .timeout(EXPORT_TIMEOUT)
                                .header("authorization", "Bearer " + token)
                                .GET()
                                .build(),
                        HttpResponse.BodyHandlers.ofFile(fresh));
                if (response.statusCode() != 200) {
                    throw refused(path, response.statusCode(), Files.readString(fresh));
                }
                Files.move(fresh, file);
            } finally {
                Files.deleteIfExists(fresh);
            }
        } catch (IOException e) {
            throw new CommandException("evidence of " + session + " cannot be written to " + file + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted");
        }
    }

    private JsonNode get(String path) {
        return send(request(path).GET().build());
    }

    private JsonNode post(String path, ObjectNode body) {
        return send(request(path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + "/api/v1" + path))
                .timeout(TIMEOUT)
                .header("authorization", "Bearer " + token);
    }

    private JsonNode send(HttpRequest request) {
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() / 100 == 2) {
                return JSON.readTree(response.body().isBlank() ? "{}" : response.body());
            }
            throw refused(request.uri().getPath().replaceFirst("^/api/v1", ""), response.statusCode(), response.body());
        } catch (IOException e) {
            throw new CommandException(
                    "console at " + base + " does not answer: " + e + " (see ./plumbline status)",
                    ExitCodes.NOT_RUNNING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted");
        }
    }

    private static CommandException refused(String path, int status, String answer) throws IOException {
        JsonNode body = JSON.readTree(answer.isBlank() ? "{}" : answer);
        return new CommandException(
                path.substring(1) + ": " + body.path("message").asText("the console answered HTTP " + status),
                status == 404 ? ExitCodes.NOT_FOUND : ExitCodes.FAILED);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
