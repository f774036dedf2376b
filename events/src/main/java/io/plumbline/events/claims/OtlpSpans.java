package io.plumbline.events.claims;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads the tool calls in the OpenTelemetry traces of coding agents: spans by the GenAI conventions ({@code
 * gen_ai.tool.call.id}, Claude Code 2.1) and by the AI SDK ({@code ai.toolCall.id}, opencode 1.18). Agents send hundreds of other
 * spans with each turn, half a megabyte a second; those say nothing about a session that its logs do not, and are only counted.
 */
public final class OtlpSpans {
    /** Spans in one request. */
    static final int MAX_SPANS = 50_000;

    /**
     * What a request held.
     *
     * @param claims of the spans that tell a tool call, in their order
     * @param spans all of them
     * @param calls of these, the ones that tell a tool call and were taken
     */
    public record Read(List<OtlpClaim> claims, int spans, int calls) {
        public Read {
            claims = List.copyOf(claims);
        }
    }

    /** Decides span by span which tool calls are taken; see {@link SpanBudget}. */
    @FunctionalInterface
    public interface Sampling {
        /**
         * @param agent as in {@link OtlpClaim}
         * @param agentSession the agent's own name for the session; empty when the span names none
         */
        boolean takes(String agent, String agentSession);
    }

    private OtlpSpans() {}

    /** @param body {@code application/json}, at most 4 MiB */
    public static Read fromJson(byte[] body, Sampling sampling, long receivedNanos) throws MalformedRecordException {
        return from(OtlpJson.traces(body), sampling, receivedNanos);
    }

    /** As {@link #fromJson}, of {@code application/x-protobuf}. */
    public static Read fromProtobuf(byte[] body, Sampling sampling, long receivedNanos)
            throws MalformedRecordException {
        if (body.length > BoundedJson.MAX_BYTES) {
            throw new MalformedRecordException(
                    "body: " + body.length + " bytes (expected: <= " + BoundedJson.MAX_BYTES + ")", null);
        }
        try {
            return from(ExportTraceServiceRequest.parseFrom(body), sampling, receivedNanos);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedRecordException("body: no ExportTraceServiceRequest", e);
        }
    }

    private static Read from(ExportTraceServiceRequest request, Sampling sampling, long receivedNanos)
            throws MalformedRecordException {
        List<OtlpClaim> claims = new ArrayList<>();
        int spans = 0;
        int calls = 0;
        for (ResourceSpans resource : request.getResourceSpansList()) {
            String service = OtlpClaims.attributes(resource.getResource().getAttributesList())
                    .getOrDefault("service.name", "");
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                for (Span span : scope.getSpansList()) {
                    if (++spans > MAX_SPANS) {
                        throw new MalformedRecordException("spans: more than " + MAX_SPANS, null);
                    }
                    Map<String, String> said = OtlpClaims.attributes(span.getAttributesList());
                    List<Event.Builder> told = call(said, span);
                    String agent = OtlpClaims.agent(service);
                    String session = OtlpClaims.first(said, "conversation.id", "session.id", "gen_ai.conversation.id");
                    if (told.isEmpty() || !sampling.takes(agent, session)) {
                        continue;
                    }
                    calls++;
                    long end = span.getEndTimeUnixNano();
                    long time = OtlpClaims.isPlausible(end, receivedNanos) ? end : receivedNanos;
                    for (Event.Builder claim : told) {
                        claims.add(new OtlpClaim(agent, session, claim.setEventTimeNs(time)));
                    }
                }
            }
        }
        return new Read(claims, spans, calls);
    }

    private static List<Event.Builder> call(Map<String, String> said, Span span) {
        String id = OtlpClaims.first(said, "gen_ai.tool.call.id", "ai.toolCall.id");
        String tool = OtlpClaims.first(said, "gen_ai.tool.name", "ai.toolCall.name");
        if (id.isEmpty() || tool.isEmpty()) {
            return List.of();
        }
        String arguments = OtlpClaims.first(said, "gen_ai.tool.call.arguments", "ai.toolCall.args");
        JsonNode parsed = BoundedJson.embedded(arguments);
        ToolCall.Builder call =
                ToolArguments.call(tool, parsed, arguments).setCall(id).setSource("otlp");
        if (call.getCommand().isEmpty()) {
            call.setCommand(OtlpClaims.first(said, "full_command"));
        }
        List<Event.Builder> claims = new ArrayList<>();
        claims.add(Event.newBuilder().setToolCall(call));
        String output = OtlpClaims.first(said, "gen_ai.tool.call.result", "ai.toolCall.result");
        for (Span.Event event : span.getEventsList()) {
            if (event.getName().equals("tool.output") && output.isEmpty()) {
                output = OtlpClaims.first(
                        OtlpClaims.attributes(event.getAttributesList()), "output", "stdout", "content");
            }
        }
        if (!output.isEmpty()) {
            claims.add(Event.newBuilder()
                    .setToolResult(ToolResult.newBuilder()
                            .setCall(id)
                            .setTool(tool)
                            .setOutcome("success")
                            .setOutput(output)
                            .setSource("otlp")));
        }
        return claims;
    }
}
