package io.plumbline.events.claims;

import static io.plumbline.events.claims.ToolArguments.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.Reasoning;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reads the files that agents keep of their own sessions, one JSON object a line: rollouts of Codex 0.169 ({@code
 * ~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl}) and project files of Claude Code 2.1 ({@code ~/.claude/projects/*}{@code
 * /*.jsonl}). They are the only place where Codex tells its plan and its reasoning. What cannot be mapped is kept as it came.
 */
public final class TranscriptClaims {
    private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private TranscriptClaims() {}

    /** Whether this agent keeps a transcript that can be read. */
    public static boolean knows(AgentDialect dialect) {
        return dialect == AgentDialect.CODEX || dialect == AgentDialect.CLAUDE;
    }

    /**
     * The claims of one line.
     *
     * @param line without its end, at most 4 MiB of JSON
     * @param receivedNanos nanoseconds since the epoch; taken when the line's own time is a day old or in the future
     * @return may be empty: what the line says stands in another line too
     * @throws MalformedRecordException when it is no JSON object
     */
    public static List<Event.Builder> read(AgentDialect dialect, byte[] line, long receivedNanos)
            throws MalformedRecordException {
        JsonNode entry = BoundedJson.object(line);
        List<Event.Builder> claims =
                switch (dialect) {
                    case CODEX -> codex(entry, line);
                    case CLAUDE -> claude(entry, line);
                    case QWEN, OPENCODE, GEMINI -> List.of(raw(dialect, "line", line));
                };
        long time = time(entry, receivedNanos);
        claims.forEach(claim -> claim.setEventTimeNs(time));
        return claims;
    }

    /**
     * Something about the file itself that is worth knowing.
     *
     * @param what malformed, rewritten, line-too-long, limit
     * @param detail JSON or text, cut to its limit
     */
    public static Event.Builder note(AgentDialect dialect, String what, byte[] detail, long receivedNanos) {
        return raw(dialect, what, detail).setEventTimeNs(receivedNanos);
    }

    private static List<Event.Builder> codex(JsonNode entry, byte[] line) {
        JsonNode payload = entry.path("payload");
        String type = text(entry, "type");
        String kind = text(payload, "type");
        return switch (type) {
            case "session_meta" ->
                List.of(Event.newBuilder()
                        .setSessionDeclared(SessionDeclared.newBuilder()
                                .setAgent("codex")
                                .setAgentVersion(text(payload, "cli_version"))
                                .setAgentSession(text(payload, "id", "session_id"))
                                .setCwd(text(payload, "cwd"))));
            case "response_item" ->
                switch (kind) {
                    case "message" ->
                        text(payload, "role").equals("assistant")
                                ? said(parts(payload.path("content")))
                                : List.of(raw(AgentDialect.CODEX, "message." + text(payload, "role"), line));
                    case "reasoning" -> {
                        String thought = joined(parts(payload.path("summary")), parts(payload.path("content")));
                        yield thought.isBlank()
                                ? List.of(raw(AgentDialect.CODEX, "reasoning", line))
                                : List.of(thought(thought));
                    }
                    case "function_call" -> {
                        String arguments = text(payload, "arguments");
                        yield called(text(payload, "name"), text(payload, "call_id"), arguments);
                    }
                    case "custom_tool_call" ->
                        List.of(Event.newBuilder()
                                .setToolCall(ToolArguments.patch(text(payload, "name"), text(payload, "input"))
                                        .setCall(text(payload, "call_id"))
                                        .setSource("transcript")));
                    case "local_shell_call" ->
                        called(
                                "local_shell",
                                text(payload, "call_id"),
                                BoundedJson.write(
                                        payload.path("action").isObject() ? payload.path("action") : payload));
                    case "function_call_output", "custom_tool_call_output" -> List.of(codexResult(payload));
                    default -> List.of(raw(AgentDialect.CODEX, kind, line));
                };
            case "event_msg" ->
                switch (kind) {
                    // Stands in a response_item too.
                    case "agent_message", "agent_reasoning" -> List.of();
                    case "user_message" -> List.of(prompt(text(payload, "message")));
                    case "item_completed" -> codexItem(payload.path("item"), line);
                    default -> List.of(raw(AgentDialect.CODEX, kind, line));
                };
            default -> List.of(raw(AgentDialect.CODEX, type.isEmpty() ? "line" : type, line));
        };
    }

    private static List<Event.Builder> codexItem(JsonNode item, byte[] line) {
        return switch (text(item, "type")) {
            case "AgentMessage", "Reasoning" -> List.of();
            case "UserMessage" -> List.of(prompt(parts(item.path("content"))));
            default -> List.of(raw(AgentDialect.CODEX, "item." + text(item, "type"), line));
        };
    }

    private static Event.Builder codexResult(JsonNode payload) {
        JsonNode told = payload.path("output");
        String output = told.isTextual()
                ? told.textValue()
                : told.isObject() ? text(told, "content") : told.isArray() ? parts(told) : "";
        ToolResult.Builder result = ToolResult.newBuilder()
                .setCall(text(payload, "call_id"))
                .setOutput(output)
                .setSource("transcript");
        ExitCodes.in(output).ifPresent(result::setExitCode);
        // Commands and patches are told in the first form, all other tools in the second.
        boolean denied = output.startsWith("Command blocked by PreToolUse hook")
                || output.startsWith("Tool call blocked by PreToolUse hook");
        return Event.newBuilder()
                .setToolResult(result.setOutcome(
                        denied ? "denied" : result.hasExitCode() && result.getExitCode() != 0 ? "failure" : "success"));
    }

    private static List<Event.Builder> claude(JsonNode entry, byte[] line) {
        String type = text(entry, "type");
        JsonNode content = entry.path("message").path("content");
        List<Event.Builder> claims = new ArrayList<>();
        boolean own = type.equals("assistant");
        if (!own && !type.equals("user") || entry.path("isMeta").asBoolean(false)) {
            return List.of(raw(AgentDialect.CLAUDE, type.isEmpty() ? "line" : type, line));
        }
        if (content.isTextual()) {
            return own ? said(content.textValue()) : List.of(prompt(content.textValue()));
        }
        for (JsonNode block : content) {
            switch (text(block, "type")) {
                case "text" -> claims.addAll(own ? said(text(block, "text")) : List.of(prompt(text(block, "text"))));
                case "thinking" -> claims.add(thought(text(block, "thinking")));
                case "tool_use" -> {
                    JsonNode input = block.path("input");
                    claims.addAll(called(
                            text(block, "name"),
                            text(block, "id"),
                            input.isMissingNode() ? "{}" : BoundedJson.write(input)));
                }
                case "tool_result" -> claims.add(claudeResult(entry, block));
                default -> {}
            }
        }
        return claims.isEmpty() ? List.of(raw(AgentDialect.CLAUDE, type, line)) : claims;
    }

    private static Event.Builder claudeResult(JsonNode entry, JsonNode block) {
        JsonNode told = block.path("content");
        String output = told.isTextual() ? told.textValue() : parts(told);
        boolean denied = entry.has("toolDenialKind");
        boolean failed = block.path("is_error").asBoolean(false);
        ToolResult.Builder result = ToolResult.newBuilder()
                .setCall(text(block, "tool_use_id"))
                .setOutcome(denied ? "denied" : failed ? "failure" : "success")
                .setOutput(output)
                .setSource("transcript");
        if (failed) {
            ExitCodes.in(output).ifPresent(result::setExitCode);
        }
        return Event.newBuilder().setToolResult(result);
    }

    private static List<Event.Builder> called(String tool, String call, String argumentsJson) {
        JsonNode arguments = BoundedJson.embedded(argumentsJson);
        ToolCall.Builder named = ToolArguments.call(tool, arguments, argumentsJson)
                .setCall(call.isEmpty() ? CallIds.ofArguments(tool, arguments) : call)
                .setSource("transcript");
        List<Event.Builder> claims = new ArrayList<>();
        claims.add(Event.newBuilder().setToolCall(named));
        Plans.of(tool, arguments, call)
                .ifPresent(plan -> claims.add(Event.newBuilder().setPlan(plan)));
        return claims;
    }

    private static List<Event.Builder> said(String text) {
        List<Event.Builder> claims = new ArrayList<>();
        claims.add(
                Event.newBuilder().setMessage(Message.newBuilder().setText(text).setRole("assistant")));
        Plans.inText(text).ifPresent(plan -> claims.add(Event.newBuilder().setPlan(plan)));
        return claims;
    }

    private static Event.Builder thought(String text) {
        return Event.newBuilder().setReasoning(Reasoning.newBuilder().setText(text));
    }

    private static Event.Builder prompt(String text) {
        return Event.newBuilder().setPrompt(Prompt.newBuilder().setText(text));
    }

    private static String parts(JsonNode parts) {
        StringBuilder text = new StringBuilder();
        for (JsonNode part : parts) {
            String said = part.isTextual() ? part.textValue() : text(part, "text");
            if (!said.isEmpty()) {
                text.append(text.isEmpty() ? "" : "\n").append(said);
            }
        }
        return text.toString();
    }

    private static String joined(String one, String other) {
        return one.isEmpty() || other.isEmpty() ? one + other : one + "\n" + other;
    }

    private static Event.Builder raw(AgentDialect dialect, String kind, byte[] line) {
        int kept = Math.min(line.length, 2 * EventLimits.MAX_JSON_BYTES);
        return Event.newBuilder()
                .setRawClaim(RawClaim.newBuilder()
                        .setSource("transcript:" + dialect.agent() + ":" + kind)
                        .setJson(new String(line, 0, kept, StandardCharsets.UTF_8)));
    }

    private static long time(JsonNode entry, long receivedNanos) {
        try {
            Instant instant = Instant.parse(text(entry, "timestamp"));
            long nanos = Math.addExact(
                    Math.multiplyExact(instant.getEpochSecond(), TimeUnit.SECONDS.toNanos(1)), instant.getNano());
            return nanos > receivedNanos - DAY_NANOS && nanos < receivedNanos + MINUTE_NANOS ? nanos : receivedNanos;
        } catch (DateTimeException | ArithmeticException e) {
            return receivedNanos;
        }
    }
}
