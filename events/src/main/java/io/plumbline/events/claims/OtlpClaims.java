package io.plumbline.events.claims;

import static io.plumbline.events.claims.ToolArguments.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.plumbline.events.v1.ApprovalByAgent;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Reads the OpenTelemetry logs of coding agents. Names as Codex 0.169, Claude Code 2.1, Gemini CLI 0.61 and Qwen Code 0.15
 * send them. The name of an event is its attribute {@code event.name}: Codex puts a source location in the record's own
 * event name, Claude Code prefixes the body.
 */
public final class OtlpClaims {
    /** Records in one request: agents send a few dozen a second. */
    static final int MAX_RECORDS = 10_000;

    private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private OtlpClaims() {}

    /** @param body {@code application/json}, at most 4 MiB */
    public static List<OtlpClaim> fromJson(byte[] body, long receivedNanos) throws MalformedRecordException {
        return from(OtlpJson.logs(body), receivedNanos);
    }

    /** @param body {@code application/x-protobuf}, at most 4 MiB */
    public static List<OtlpClaim> fromProtobuf(byte[] body, long receivedNanos) throws MalformedRecordException {
        if (body.length > BoundedJson.MAX_BYTES) {
            throw new MalformedRecordException(
                    "body: " + body.length + " bytes (expected: <= " + BoundedJson.MAX_BYTES + ")", null);
        }
        try {
            return from(ExportLogsServiceRequest.parseFrom(body), receivedNanos);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedRecordException("body: no ExportLogsServiceRequest", e);
        }
    }

    /**
     * The claims of a request in its order. A time that no honest clock gives (a day ago, or in the future) is replaced by
     * {@code receivedNanos}, nanoseconds since the epoch.
     */
    public static List<OtlpClaim> from(ExportLogsServiceRequest request, long receivedNanos)
            throws MalformedRecordException {
        List<OtlpClaim> claims = new ArrayList<>();
        int records = 0;
        for (ResourceLogs resource : request.getResourceLogsList()) {
            Map<String, String> about = attributes(resource.getResource().getAttributesList());
            String service = about.getOrDefault("service.name", "");
            String agent = agent(service);
            for (ScopeLogs scope : resource.getScopeLogsList()) {
                for (LogRecord logRecord : scope.getLogRecordsList()) {
                    if (++records > MAX_RECORDS) {
                        throw new MalformedRecordException("records: more than " + MAX_RECORDS, null);
                    }
                    Map<String, String> said = attributes(logRecord.getAttributesList());
                    long time = time(logRecord, said, receivedNanos);
                    String session = first(said, "conversation.id", "session.id", "gen_ai.conversation.id");
                    for (Event.Builder claim : claims(service, about, said, logRecord)) {
                        claims.add(new OtlpClaim(agent, session, claim.setEventTimeNs(time)));
                    }
                }
            }
        }
        return claims;
    }

    static String agent(String service) {
        if (service.startsWith("codex_")) {
            return AgentDialect.CODEX.agent();
        }
        return switch (service) {
            case "claude-code" -> AgentDialect.CLAUDE.agent();
            case "gemini-cli" -> AgentDialect.GEMINI.agent();
            case "qwen-code" -> AgentDialect.QWEN.agent();
            default -> service;
        };
    }

    private static List<Event.Builder> claims(
            String service, Map<String, String> about, Map<String, String> said, LogRecord logRecord) {
        String name = said.getOrDefault("event.name", "");
        return switch (name) {
            case "codex.conversation_starts" ->
                List.of(Event.newBuilder()
                        .setSessionDeclared(SessionDeclared.newBuilder()
                                .setAgent("codex")
                                .setAgentVersion(first(said, "app.version"))
                                .setModel(first(said, "model"))
                                .setAgentSession(first(said, "conversation.id"))
                                .setDeclaredSandbox(first(said, "sandbox_policy"))));
            case "codex.user_prompt", "user_prompt", "gemini_cli.user_prompt", "qwen-code.user_prompt" ->
                List.of(Event.newBuilder()
                        .setPrompt(Prompt.newBuilder()
                                .setText(first(said, "prompt"))
                                .setTurn(first(said, "prompt.id", "prompt_id"))));
            case "assistant_response" -> message(first(said, "response"));
            case "codex.tool_decision", "tool_decision" ->
                List.of(approval(first(said, "call_id", "tool_use_id"), first(said, "tool_name"), said));
            case "codex.tool_result" -> codexResult(said);
            case "tool_result" -> claudeResult(said);
            case "gemini_cli.tool_call", "qwen-code.tool_call" -> toolCall(said);
            default -> List.of(raw(service, name, about, said, logRecord));
        };
    }

    private static List<Event.Builder> message(String text) {
        List<Event.Builder> claims = new ArrayList<>();
        claims.add(
                Event.newBuilder().setMessage(Message.newBuilder().setText(text).setRole("assistant")));
        Plans.inText(text).ifPresent(plan -> claims.add(Event.newBuilder().setPlan(plan)));
        return claims;
    }

    private static List<Event.Builder> codexResult(Map<String, String> said) {
        String tool = first(said, "tool_name");
        String arguments = first(said, "arguments");
        JsonNode parsed = BoundedJson.embedded(arguments);
        ToolCall.Builder call = parsed.isMissingNode()
                ? ToolArguments.patch(tool, arguments)
                : ToolArguments.call(tool, parsed, arguments);
        if (!first(said, "mcp_server").isEmpty()) {
            call.setMcpServer(first(said, "mcp_server")).setMcpTool(McpTool.withoutServer(tool));
        }
        // Codex calls a command that exited 7 a success; the code stands in the output's header.
        return List.of(
                Event.newBuilder()
                        .setToolCall(call.setCall(first(said, "call_id")).setSource("otlp")),
                result(first(said, "call_id"), tool, first(said, "output"), said));
    }

    private static List<Event.Builder> claudeResult(Map<String, String> said) {
        String tool = first(said, "tool_name");
        String call = first(said, "tool_use_id");
        List<Event.Builder> claims = new ArrayList<>();
        String input = first(said, "tool_input");
        if (!input.isEmpty()) {
            claims.add(Event.newBuilder()
                    .setToolCall(ToolArguments.call(tool, BoundedJson.embedded(input), input)
                            .setCall(call)
                            .setSource("otlp")));
        } else {
            // Without OTEL_LOG_TOOL_DETAILS only the parameters are there: the command under another name.
            JsonNode parameters = BoundedJson.embedded(first(said, "tool_parameters"));
            if (parameters.isObject()) {
                claims.add(Event.newBuilder()
                        .setToolCall(ToolArguments.call(tool, parameters, BoundedJson.write(parameters))
                                .setCommand(text(parameters, "full_command"))
                                .setCall(call)
                                .setSource("otlp")));
            }
        }
        claims.add(result(call, tool, first(said, "error"), said));
        return claims;
    }

    private static List<Event.Builder> toolCall(Map<String, String> said) {
        String tool = first(said, "function_name");
        String arguments = first(said, "function_args");
        List<Event.Builder> claims = new ArrayList<>();
        JsonNode parsed = BoundedJson.embedded(arguments);
        String call = CallIds.ofArguments(tool, parsed);
        ToolCall.Builder announced =
                ToolArguments.call(tool, parsed, arguments).setCall(call).setSource("otlp");
        if (!first(said, "mcp_server_name").isEmpty()) {
            announced.setMcpServer(first(said, "mcp_server_name")).setMcpTool(tool);
        }
        claims.add(Event.newBuilder().setToolCall(announced));
        if (!first(said, "decision").isEmpty()) {
            claims.add(approval(call, tool, said));
        }
        claims.add(result(call, tool, first(said, "error"), said));
        return claims;
    }

    private static Event.Builder approval(String call, String tool, Map<String, String> said) {
        return Event.newBuilder()
                .setApprovalByAgent(ApprovalByAgent.newBuilder()
                        .setCall(call)
                        .setTool(tool)
                        .setDecision(first(said, "decision"))
                        .setDecidedBy(snake(first(said, "source"))));
    }

    /** Codex says {@code AutomatedReviewer} where Claude Code says {@code user_permanent}: one spelling for both. */
    private static String snake(String words) {
        return words.replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static Event.Builder result(String call, String tool, String output, Map<String, String> said) {
        boolean denied = first(said, "error_type").equals("execution_denied");
        ToolResult.Builder result = ToolResult.newBuilder()
                .setCall(call)
                .setTool(tool)
                .setOutcome(denied ? "denied" : first(said, "success").equals("true") ? "success" : "failure")
                .setOutput(output)
                .setDurationMs(milliseconds(first(said, "duration_ms")))
                .setSource("otlp");
        ExitCodes.in(output).ifPresent(result::setExitCode);
        return Event.newBuilder().setToolResult(result);
    }

    private static Event.Builder raw(
            String service, String name, Map<String, String> about, Map<String, String> said, LogRecord logRecord) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (logRecord.hasBody()) {
            json.put("body", scalar(logRecord.getBody()));
        }
        said.forEach(json::put);
        about.forEach((key, value) -> {
            if (key.equals("service.version")) {
                json.put(key, value);
            }
        });
        return Event.newBuilder()
                .setRawClaim(RawClaim.newBuilder()
                        .setSource("otlp:" + service + ":" + name)
                        .setJson(BoundedJson.write(json)));
    }

    private static long time(LogRecord logRecord, Map<String, String> said, long receivedNanos) {
        for (long candidate : new long[] {logRecord.getTimeUnixNano(), logRecord.getObservedTimeUnixNano()}) {
            if (isPlausible(candidate, receivedNanos)) {
                return candidate;
            }
        }
        try {
            Instant instant = Instant.parse(said.getOrDefault("event.timestamp", ""));
            long nanos = Math.addExact(
                    Math.multiplyExact(instant.getEpochSecond(), TimeUnit.SECONDS.toNanos(1)), instant.getNano());
            return isPlausible(nanos, receivedNanos) ? nanos : receivedNanos;
        } catch (DateTimeException | ArithmeticException e) {
            return receivedNanos;
        }
    }

    static boolean isPlausible(long nanos, long receivedNanos) {
        return nanos > receivedNanos - DAY_NANOS && nanos < receivedNanos + MINUTE_NANOS;
    }

    private static long milliseconds(String text) {
        try {
            return Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    static Map<String, String> attributes(List<KeyValue> attributes) {
        Map<String, String> values = new LinkedHashMap<>();
        for (KeyValue attribute : attributes) {
            values.putIfAbsent(attribute.getKey(), scalar(attribute.getValue()));
        }
        return values;
    }

    private static String scalar(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
            case INT_VALUE -> Long.toString(value.getIntValue());
            case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
            case VALUE_NOT_SET -> "";
            case ARRAY_VALUE, KVLIST_VALUE, BYTES_VALUE, STRING_VALUE_STRINDEX -> value.toString();
        };
    }

    static String first(Map<String, String> values, String... names) {
        for (String name : names) {
            String value = values.get(name);
            if (value != null) {
                return value;
            }
        }
        return "";
    }
}
