package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Whether a runtime holds what it was asked for: the specification that it keeps of a sandbox (the {@code spec} of runsc's state file)
 * against the bundle's {@code config.json}, before the first instruction. What the runtime adds on its own (namespaces of its
 * sandbox, mappings) is its business; what limits the workload has to be there as asked.
 */
final class ConfirmedSpec {
    private static final List<String> PARTS = List.of("process", "mounts", "root");

    private ConfirmedSpec() {}

    /** The first part that differs, with both values; empty when the runtime holds what was asked. */
    static Optional<String> difference(JsonNode asked, JsonNode held) {
        for (String part : PARTS) {
            JsonNode expected = normal(asked.path(part));
            JsonNode found = normal(held.path(part));
            if (!expected.equals(found)) {
                return Optional.of(differs(part, found, expected));
            }
        }
        JsonNode expected = namespaces(asked);
        JsonNode found = namespaces(held);
        boolean all = StreamSupport.stream(expected.spliterator(), false)
                .allMatch(
                        type -> StreamSupport.stream(found.spliterator(), false).anyMatch(type::equals));
        return all ? Optional.empty() : Optional.of(differs("linux.namespaces", found, expected));
    }

    private static String differs(String part, JsonNode found, JsonNode expected) {
        return part + ": " + cut(found) + " (expected: " + cut(expected) + ")";
    }

    /** Their types; the runtime may have more, and some that it made before. */
    private static JsonNode namespaces(JsonNode specification) {
        ArrayNode types = JsonNodeFactory.instance.arrayNode();
        specification.path("linux").path("namespaces").forEach(one -> types.add(one.path("type")));
        return types;
    }

    /** Absent, null, false and empty mean the same in the OCI specification; only a bind's source is a path of the host. */
    private static JsonNode normal(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode kept = JsonNodeFactory.instance.objectNode();
            boolean pseudo =
                    object.has("destination") && !object.path("type").asText().equals("bind");
            object.properties().forEach(entry -> {
                JsonNode value = normal(entry.getValue());
                if (!isNothing(value) && !(pseudo && entry.getKey().equals("source"))) {
                    kept.set(entry.getKey(), value);
                }
            });
            return kept;
        }
        if (node instanceof ArrayNode list) {
            ArrayNode kept = JsonNodeFactory.instance.arrayNode();
            list.forEach(item -> kept.add(normal(item)));
            return kept;
        }
        // Numbers of equal value are equal, however wide.
        return node.isIntegralNumber() ? JsonNodeFactory.instance.numberNode(node.asLong()) : node;
    }

    private static boolean isNothing(JsonNode value) {
        return value.isNull()
                || value.isMissingNode()
                || value.isContainerNode() && value.isEmpty()
                || value.isBoolean() && !value.asBoolean()
                || value.isTextual() && value.asText().isEmpty()
                || value.isIntegralNumber() && value.asLong() == 0;
    }

    private static String cut(JsonNode node) {
        String text = node.toString();
        return text.length() <= 300 ? text : text.substring(0, 300) + "…";
    }
}
