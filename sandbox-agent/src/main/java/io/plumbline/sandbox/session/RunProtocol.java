package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The lines between {@code plumbline run} and the daemon: one JSON object each, UTF-8. */
final class RunProtocol {
    /** Longest line, bytes: a request carries a policy and a task. */
    static final int MAX_LINE = 1 << 20;

    /** Most bytes of input or output in one line. */
    static final int CHUNK = 32 * 1024;

    private static final ObjectMapper JSON = new ObjectMapper();

    private RunProtocol() {}

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static byte[] line(ObjectNode object) {
        return (object.toString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The next line; empty at the end of the stream. */
    static Optional<JsonNode> read(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b = in.read();
        while (b >= 0 && b != '\n') {
            if (line.size() == MAX_LINE) {
                throw new IOException("line longer than " + MAX_LINE + " bytes");
            }
            line.write(b);
            b = in.read();
        }
        return line.size() == 0 && b < 0 ? Optional.empty() : Optional.of(JSON.readTree(line.toByteArray()));
    }
}
