package io.plumbline.events.claims;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** JSON from a sandbox: bounded in size and depth before anything is built from it. */
final class BoundedJson {
    /** Also the largest body that a door takes. */
    static final int MAX_BYTES = 4 * 1024 * 1024;

    /** Tool arguments of agents nest five deep; OTLP values another ten. */
    static final int MAX_DEPTH = 64;

    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_BYTES)
                            .maxDocumentLength(MAX_BYTES)
                            .maxNumberLength(64)
                            .maxNameLength(1024)
                            .maxTokenCount(500_000)
                            .build())
                    // A second value for one name could show one thing to us and another to the agent.
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private BoundedJson() {}

    static JsonNode object(byte[] body) throws MalformedRecordException {
        if (body.length > MAX_BYTES) {
            throw new MalformedRecordException(
                    "body: " + body.length + " bytes (expected: <= " + MAX_BYTES + ")", null);
        }
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (IOException e) {
            throw new MalformedRecordException("body: no JSON: " + firstLine(e), e);
        }
        if (!node.isObject()) {
            throw new MalformedRecordException("body: JSON " + node.getNodeType() + " (expected: OBJECT)", null);
        }
        return node;
    }

    /** Parses JSON inside a text attribute. Not an object: missing. */
    static JsonNode embedded(String text) {
        try {
            return object(text.getBytes(StandardCharsets.UTF_8));
        } catch (MalformedRecordException e) {
            return MAPPER.missingNode();
        }
    }

    static String write(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that was read or built can be written", e);
        }
    }

    static ObjectMapper mapper() {
        return MAPPER;
    }

    private static String firstLine(IOException e) {
        String message = e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
        if (message == null) {
            return e.getClass().getSimpleName();
        }
        String line = message.lines().findFirst().orElse("");
        return line.length() > 200 ? line.substring(0, 200) : line;
    }
}
