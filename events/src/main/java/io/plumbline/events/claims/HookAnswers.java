package io.plumbline.events.claims;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventLimits;
import org.jspecify.annotations.Nullable;

/** Answers to hooks in the shape that each agent obeys. All are JSON objects. */
public final class HookAnswers {
    /** Longer reasons help no agent. */
    private static final int MAX_REASON_BYTES = 2048;

    private static final String PERMISSION_REQUEST = "PermissionRequest";

    private HookAnswers() {}

    /** For hooks that ask nothing. */
    public static String none() {
        return "{}";
    }

    /** @param event the hook's name; what asks for a permission obeys another shape than what announces a call */
    public static String allow(AgentDialect dialect, String event) {
        return switch (dialect) {
            case CLAUDE, CODEX, QWEN, OPENCODE ->
                event.equals(PERMISSION_REQUEST) ? behaviour("allow", null) : decision("allow", null);
            case GEMINI -> flat("allow", null);
        };
    }

    /** As below, to a hook of which nobody knows what it asked. */
    public static String deny(AgentDialect dialect, String reason) {
        return deny(dialect, "", reason);
    }

    /**
     * @param event the hook's name
     * @param reason shown to the agent, which may act on it; a denial without one would be ignored by some agents, so an
     *     empty reason becomes a general one
     */
    public static String deny(AgentDialect dialect, String event, String reason) {
        String told = EventLimits.cut(reason.isBlank() ? "denied by policy" : reason, MAX_REASON_BYTES);
        return switch (dialect) {
            case CLAUDE, CODEX, QWEN, OPENCODE ->
                event.equals(PERMISSION_REQUEST) ? behaviour("deny", told) : decision("deny", told);
            case GEMINI -> flat("deny", told);
        };
    }

    /** Stops a turn at its prompt: what {@code UserPromptSubmit} obeys. */
    public static String block(String reason) {
        return flat("block", EventLimits.cut(reason.isBlank() ? "denied by policy" : reason, MAX_REASON_BYTES));
    }

    private static String decision(String decision, @Nullable String reason) {
        ObjectNode output = JsonNodeFactory.instance.objectNode();
        ObjectNode specific = output.putObject("hookSpecificOutput");
        specific.put("hookEventName", "PreToolUse").put("permissionDecision", decision);
        if (reason != null) {
            specific.put("permissionDecisionReason", reason);
        }
        return BoundedJson.write(output);
    }

    private static String behaviour(String behaviour, @Nullable String message) {
        ObjectNode output = JsonNodeFactory.instance.objectNode();
        ObjectNode decision = output.putObject("hookSpecificOutput")
                .put("hookEventName", PERMISSION_REQUEST)
                .putObject("decision")
                .put("behavior", behaviour);
        if (message != null) {
            decision.put("message", message);
        }
        return BoundedJson.write(output);
    }

    private static String flat(String decision, @Nullable String reason) {
        ObjectNode output = JsonNodeFactory.instance.objectNode();
        output.put("decision", decision);
        if (reason != null) {
            output.put("reason", reason);
        }
        return BoundedJson.write(output);
    }
}
