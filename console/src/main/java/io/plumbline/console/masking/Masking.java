package io.plumbline.console.masking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.plumbline.events.redact.Redactor;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Masks raw events: what people and agents wrote at length (prompts, messages, arguments, outputs, differences, collected evidence) is
 * replaced by its length, and in every other text a second look is taken for secrets that the host has not known. What happened (program,
 * command, file, host) stays: every page shows it.
 */
public final class Masking {
    /** Where the text of an event stands, by what it is. Orders' and verdicts' own sentences are not among them. */
    private static final Set<String> TOLD_AT_LENGTH = Set.of("prompt", "message", "reasoning", "tool-result");

    private static final Map<String, List<String>> CONTENT = Map.of(
            "/plumbline/raw", List.of("json"),
            "/plumbline/call", List.of("arguments"),
            "/plumbline/collected", List.of("json"),
            "/plumbline/changes", List.of("diff"));

    private final Redactor redactor;

    /** @param key of the hashes in the second look, 32 bytes; the host's own is not known here */
    public Masking(byte[] key) {
        this.redactor = new Redactor(key);
    }

    /** A copy of an event's document without what is masked. */
    public ObjectNode masked(ObjectNode document) {
        ObjectNode copy = document.deepCopy();
        if (TOLD_AT_LENGTH.contains(copy.at("/event/action").asText())) {
            mask(copy, "message");
        }
        CONTENT.forEach((at, names) -> {
            if (copy.at(at) instanceof ObjectNode holder) {
                names.forEach(name -> mask(holder, name));
            }
        });
        if (copy.path("url") instanceof ObjectNode url) {
            String full = url.path("full").asText();
            if (full.indexOf('?') >= 0) {
                url.put("full", withoutQuery(full));
            }
        }
        redact(copy);
        return copy;
    }

    /** An address with its query masked. */
    public static String withoutQuery(String url) {
        int query = url.indexOf('?');
        return query < 0 ? url : url.substring(0, query + 1) + masked(url.length() - query - 1);
    }

    private static void mask(ObjectNode holder, String name) {
        JsonNode value = holder.path(name);
        if (value.isTextual()) {
            holder.put(name, masked(value.asText().length()));
        }
    }

    private static String masked(int characters) {
        return "[masked: " + characters + " characters]";
    }

    private void redact(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                if (field.getValue() instanceof TextNode text) {
                    field.setValue(TextNode.valueOf(redactor.redact(text.asText())));
                } else {
                    redact(field.getValue());
                }
            });
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                if (array.get(i) instanceof TextNode text) {
                    array.set(i, TextNode.valueOf(redactor.redact(text.asText())));
                } else {
                    redact(array.get(i));
                }
            }
        }
    }
}
