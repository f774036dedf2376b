package io.plumbline.standalone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.hunt.SearchCopy;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** An Elasticsearch cluster over HTTP, with an API key where it wants one. */
public final class SearchCluster implements SearchCopy.Cluster {
    /** The one tenant of a process tree on this machine. */
    public static final String LOCAL_TENANT = Topology.TENANT;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    /** Bytes of one answer: a page of documents that are as large as documents usually are at most. */
    private static final long MAX_ANSWER = 128L << 20;

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String url;
    private final String apiKey;

    /** @param apiKey as Elasticsearch gives it out, base64; empty: none */
    public SearchCluster(String url, String apiKey) {
        this.url = url.replaceFirst("/+$", "");
        this.apiKey = apiKey;
    }

    @Override
    public JsonNode send(String method, String path, JsonNode body) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(TIMEOUT)
                .header("content-type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body.isEmpty() ? "" : body.toString()));
        if (!apiKey.isEmpty()) {
            request.header("authorization", "ApiKey " + apiKey);
        }
        try {
            HttpResponse<byte[]> answer =
                    client.send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
            if (answer.statusCode() != 200) {
                throw new IOException(
                        "the search copy at " + url + " answered HTTP " + answer.statusCode() + reason(answer.body()));
            }
            return JSON.readTree(answer.body());
        } catch (ConnectException e) {
            throw new IOException("nothing answers there (expected: an Elasticsearch)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** What Elasticsearch says went wrong; nothing where something else answered. */
    private static String reason(byte[] body) {
        try {
            JsonNode error = JSON.readTree(body).path("error");
            String index = error.path("index").asText();
            return ": " + error.path("reason").asText() + (index.isEmpty() ? "" : " (index " + index + ")");
        } catch (IOException e) {
            return " (expected: an Elasticsearch)";
        }
    }
}
