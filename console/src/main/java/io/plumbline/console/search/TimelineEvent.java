package io.plumbline.console.search;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * One event of a session as its ECS document.
 *
 * @param action the payload's name with dashes, {@code process-started}
 * @param channel claims, evidence, control, verdicts
 */
public record TimelineEvent(String id, Instant at, String action, String channel, long seq, JsonNode document) {
    /** The text at a JSON pointer; empty when there is none. */
    public String text(String pointer) {
        return document.at(pointer).asText("");
    }

    public long number(String pointer) {
        return document.at(pointer).asLong(0);
    }

    public boolean flag(String pointer) {
        return document.at(pointer).asBoolean(false);
    }

    public List<String> texts(String pointer) {
        return StreamSupport.stream(document.at(pointer).spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    /** Nanoseconds since the epoch. */
    public long atNs() {
        return at.getEpochSecond() * 1_000_000_000L + at.getNano();
    }
}
