package io.plumbline.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The documents in Elasticsearch, read over its own API. */
final class SearchCopy {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;

    SearchCopy(String base) {
        this.base = base;
    }

    /** The session's document; missing when there is none. */
    JsonNode session(String session) {
        return find("plumbline-sessions", session).stream().findFirst().orElse(MissingNode.getInstance());
    }

    /** What the runtime confirmed last, in the words of the index; empty when there is no document. */
    String state(String session) {
        return session(session).path("state").path("confirmed").asText();
    }

    List<JsonNode> alerts(String session) {
        return find("plumbline-alerts", session);
    }

    /** Number of event documents of a session, of one kind unless {@code filter} is empty. */
    long events(String session) {
        return post("/plumbline-events-*/_count", query(session)).path("count").asLong();
    }

    private List<JsonNode> find(String index, String session) {
        List<JsonNode> documents = new ArrayList<>();
        for (JsonNode hit : post("/" + index + "/_search?size=1000", query(session))
                .path("hits")
                .path("hits")) {
            documents.add(hit.path("_source"));
        }
        return documents;
    }

    private static String query(String session) {
        return JSON.createObjectNode()
                .set(
                        "query",
                        JSON.createObjectNode()
                                .set(
                                        "multi_match",
                                        JSON.createObjectNode()
                                                .put("query", session)
                                                .set(
                                                        "fields",
                                                        JSON.createArrayNode()
                                                                .add("session")
                                                                .add("plumbline.session"))))
                .toString();
    }

    private JsonNode post(String path, String body) {
        try {
            client.send(
                    HttpRequest.newBuilder(URI.create(base + "/plumbline-*/_refresh"))
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(base + path))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode json = JSON.readTree(answer.body());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(path + " answered " + answer.statusCode() + ": " + answer.body());
            }
            return json;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
