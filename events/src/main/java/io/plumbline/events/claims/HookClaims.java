package io.plumbline.events.claims;

import static io.plumbline.events.claims.ToolArguments.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.ApprovalByAgent;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.SessionEnded;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the JSON that agents hand to a hook, before and after each tool call. Shapes as Claude Code 2.1 and Codex 0.169
 * send them: {@code session_id, cwd, hook_event_name, permission_mode, tool_name, tool_input, tool_use_id, tool_response}.
 */
public final class HookClaims {
    private HookClaims() {}

    /**
     * @param body the hook's input as it came, at most 4 MiB of JSON
     * @param receivedNanos nanoseconds since the epoch; hooks of Claude Code and Codex carry no time of their own
     * @throws MalformedRecordException when it is no JSON object or names no event; whoever asked must be denied
     */
    public static HookRecord read(AgentDialect dialect, byte[] body, long receivedNanos)
            throws MalformedRecordException {
        JsonNode hook = BoundedJson.object(body);
        String name = text(hook, "hook_event_name");
        if (name.isEmpty()) {
            throw new MalformedRecordException("hook_event_name: none (expected: the name of the event)", null);
        }
        List<Event.Builder> claims = new ArrayList<>();
        boolean gated = false;
        switch (name) {
            case "SessionStart" ->
                claims.add(Event.newBuilder()
                        .setSessionDeclared(SessionDeclared.newBuilder()
                                .setAgent(dialect.agent())
                                .setModel(text(hook, "model"))
                                .setAgentSession(text(hook, "session_id"))
                                .setDeclaredSandbox(text(hook, "permission_mode"))
                                .setCwd(text(hook, "cwd"))));
            case "UserPromptSubmit", "BeforeAgent" ->
                claims.add(Event.newBuilder()
                        .setPrompt(Prompt.newBuilder()
                                .setText(text(hook, "prompt"))
                                .setTurn(text(hook, "turn_id", "prompt_id"))));
            case "PreToolUse", "BeforeTool" -> {
                gated = true;
                announce(dialect, hook, claims);
            }
            case "PostToolUse", "PostToolUseFailure", "AfterTool" -> claims.add(result(hook, name));
            case "PermissionRequest" -> {
                if (dialect == AgentDialect.CODEX) {
                    gated = true;
                    claims.add(escalation(dialect, hook));
                } else {
                    claims.add(Event.newBuilder()
                            .setApprovalByAgent(ApprovalByAgent.newBuilder()
                                    .setCall(text(hook, "tool_use_id"))
                                    .setTool(text(hook, "tool_name"))
                                    .setDecision("requested")
                                    .setDecidedBy("agent")));
                }
            }
            case "Stop", "AfterAgent" -> {
                String last = text(hook, "last_assistant_message", "prompt_response");
                claims.add(
                        last.isEmpty()
                                ? raw(dialect, name, body)
                                : Event.newBuilder()
                                        .setMessage(Message.newBuilder()
                                                .setText(last)
                                                .setRole("assistant")));
            }
            case "SessionEnd" ->
                claims.add(Event.newBuilder()
                        .setSessionEnded(SessionEnded.newBuilder().setReason(text(hook, "reason"))));
            default -> claims.add(raw(dialect, name, body));
        }
        claims.forEach(claim -> claim.setEventTimeNs(receivedNanos));
        return new HookRecord(name, text(hook, "session_id"), gated, claims);
    }

    /** The record of a body that {@link #read} refused. */
    public static Event.Builder malformed(AgentDialect dialect, byte[] body, long receivedNanos) {
        return raw(dialect, "malformed", body).setEventTimeNs(receivedNanos);
    }

    private static void announce(AgentDialect dialect, JsonNode hook, List<Event.Builder> claims)
            throws MalformedRecordException {
        String tool = tool(hook);
        JsonNode input = hook.path("tool_input");
        String call = CallIds.of(hook, tool, input);
        claims.add(Event.newBuilder()
                .setToolCall(ToolArguments.call(tool, input, arguments(input))
                        .setCall(call)
                        .setCwd(ToolArguments.folder(dialect, text(hook, "cwd"), input))
                        .setSource("hook")
                        .setGated(true)));
        Plans.of(tool, input, call)
                .ifPresent(plan -> claims.add(Event.newBuilder().setPlan(plan)));
    }

    /** Codex gives no id: tool and arguments are those of the call before it, and why stands among them. */
    private static Event.Builder escalation(AgentDialect dialect, JsonNode hook) throws MalformedRecordException {
        String tool = tool(hook);
        JsonNode input = hook.path("tool_input");
        ToolCall.Builder call = ToolArguments.call(tool, input, arguments(input));
        return Event.newBuilder()
                .setToolCall(call.setCall(CallIds.of(hook, tool, withoutReason(input)))
                        .setCwd(ToolArguments.folder(dialect, text(hook, "cwd"), input))
                        .setSource("hook")
                        .setGated(true)
                        .setEscalation(true));
    }

    private static JsonNode withoutReason(JsonNode input) {
        return input instanceof ObjectNode object && object.has("command")
                ? object.deepCopy().without("description")
                : input;
    }

    private static String tool(JsonNode hook) throws MalformedRecordException {
        String tool = text(hook, "tool_name");
        if (tool.isEmpty()) {
            throw new MalformedRecordException("tool_name: none (expected: the tool that is to be called)", null);
        }
        return tool;
    }

    private static String arguments(JsonNode input) {
        return input.isMissingNode() ? "{}" : BoundedJson.write(input);
    }

    private static Event.Builder result(JsonNode hook, String name) {
        JsonNode response = hook.path("tool_response");
        String error = error(hook, name, response);
        String output = !error.isEmpty() ? error : output(response);
        String tool = text(hook, "tool_name");
        ToolResult.Builder result = ToolResult.newBuilder()
                .setCall(CallIds.of(hook, tool, hook.path("tool_input")))
                .setTool(tool)
                .setOutcome(name.equals("PostToolUseFailure") || !error.isEmpty() ? "failure" : "success")
                .setOutput(output)
                .setDurationMs(Math.max(0, hook.path("duration_ms").asLong(0)))
                .setSource("hook");
        McpTool.of(tool).ifPresent(named -> result.setMcpServer(named.server()).setMcpTool(named.tool()));
        ExitCodes.in(output).ifPresent(result::setExitCode);
        return Event.newBuilder().setToolResult(result);
    }

    /** Claude Code tells it beside the response; Gemini CLI has one event for both ends, and the error in its response. */
    private static String error(JsonNode hook, String name, JsonNode response) {
        JsonNode error = name.equals("AfterTool") ? response.path("error") : hook.path("error");
        String message = error.isTextual() ? error.textValue() : text(error, "message");
        return message.isEmpty() && error.isObject() ? BoundedJson.write(error) : message;
    }

    /** Codex answers with a text, Claude Code's shell with stdout and stderr, other tools with an object of their own. */
    private static String output(JsonNode response) {
        if (response.isTextual()) {
            return response.textValue();
        }
        if (response.path("llmContent").isTextual()) {
            // Gemini CLI and Qwen Code: what the model is told.
            return text(response, "llmContent");
        }
        if (response.path("stdout").isTextual()) {
            String stderr = text(response, "stderr");
            return text(response, "stdout") + (stderr.isEmpty() ? "" : "\n" + stderr);
        }
        return response.isMissingNode() || response.isNull() ? "" : BoundedJson.write(response);
    }

    private static Event.Builder raw(AgentDialect dialect, String name, byte[] body) {
        // Twice the limit is enough to let EventLimits see that something was cut.
        int kept = Math.min(body.length, 2 * EventLimits.MAX_JSON_BYTES);
        return Event.newBuilder()
                .setRawClaim(RawClaim.newBuilder()
                        .setSource("hook:" + dialect.agent() + ":" + name)
                        .setJson(new String(body, 0, kept, StandardCharsets.UTF_8)));
    }
}
