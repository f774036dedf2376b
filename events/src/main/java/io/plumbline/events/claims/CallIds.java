package io.plumbline.events.claims;

import static io.plumbline.events.claims.ToolArguments.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.plumbline.events.EventIds;
import java.util.TreeSet;

/**
 * The id of a call. Gemini CLI names none in its hooks, and neither it nor Qwen Code in their telemetry: there the tool and its
 * arguments are the name, and {@link CallLedger} tells equal calls apart.
 */
final class CallIds {
    /** Before the fingerprint of a call without an id. */
    static final String BY_ARGUMENTS = "args:";

    private CallIds() {}

    static String of(JsonNode hook, String tool, JsonNode arguments) {
        String named = text(hook, "tool_use_id");
        return named.isEmpty() ? ofArguments(tool, arguments) : named;
    }

    static String ofArguments(String tool, JsonNode arguments) {
        return BY_ARGUMENTS + fingerprint(tool, arguments);
    }

    /** 16 hex digits that do not depend on the order of members or on white space. */
    static String fingerprint(String tool, JsonNode arguments) {
        StringBuilder canonical = new StringBuilder(tool).append('\n');
        append(canonical, arguments);
        return EventIds.sha256Hex(canonical.toString()).substring(0, 16);
    }

    private static void append(StringBuilder out, JsonNode node) {
        if (node.isObject()) {
            TreeSet<String> names = new TreeSet<>();
            node.fieldNames().forEachRemaining(names::add);
            out.append('{');
            for (String name : names) {
                out.append(BoundedJson.write(TextNode.valueOf(name))).append(':');
                append(out, node.path(name));
                out.append(',');
            }
            out.append('}');
        } else if (node.isArray()) {
            out.append('[');
            for (JsonNode element : node) {
                append(out, element);
                out.append(',');
            }
            out.append(']');
        } else {
            out.append(node.isMissingNode() ? "{}" : BoundedJson.write(node));
        }
    }
}
