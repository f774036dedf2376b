package io.plumbline.events.claims;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What real agents sent in recorded runs: one body a line. */
final class Captures {
    /** A little after the runs: their times are plausible. */
    static final long AFTER = 1_795_489_500_000_000_000L;

    private Captures() {}

    static List<String> lines(String name) {
        try (InputStream in = Captures.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException("capture: " + name + " (expected: a test resource)");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bodies of a hook capture, whose lines are {@code {"request":...,"response":...}}. */
    static List<byte[]> hooks(String name) {
        return lines(name).stream()
                .map(line -> {
                    try {
                        JsonNode request = BoundedJson.mapper().readTree(line).path("request");
                        return BoundedJson.write(request).getBytes(StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .toList();
    }
}
