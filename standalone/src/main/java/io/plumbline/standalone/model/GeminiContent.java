package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Google's generateContent API as Gemini CLI speaks it. The ids of calls come back in the history when they were given. */
final class GeminiContent implements Wire {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final boolean streaming;

    GeminiContent(boolean streaming) {
        this.streaming = streaming;
    }

    @Override
    public List<String> callIds(JsonNode request) {
        List<String> ids = new ArrayList<>();
        for (JsonNode content : request.path("contents")) {
            for (JsonNode part : content.path("parts")) {
                if (part.has("functionCall")) {
                    ids.add(part.path("functionCall").path("id").asText());
                }
            }
        }
        return ids;
    }

    @Override
    public List<String> said(JsonNode request) {
        List<String> texts = new ArrayList<>();
        for (JsonNode content : request.path("contents")) {
            if (content.path("role").asText().equals("model")) {
                content.path("parts")
                        .forEach(part -> texts.add(part.path("text").asText()));
            }
        }
        return texts;
    }

    @Override
    public Set<String> tools(JsonNode request) {
        Set<String> tools = new HashSet<>();
        for (JsonNode tool : request.path("tools")) {
            tool.path("functionDeclarations")
                    .forEach(function -> tools.add(function.path("name").asText()));
        }
        return tools;
    }

    @Override
    public Call call(String id, Step step, Set<String> tools) throws IOException {
        return ShellCalls.call("g_" + id, step, tools);
    }

    @Override
    public String contentType(JsonNode request) {
        return streaming ? "text/event-stream" : "application/json";
    }

    @Override
    public void reply(EventStream out, JsonNode request, Turn turn, List<Call> calls) throws IOException {
        ObjectNode reply = NODES.objectNode().put("modelVersion", "scripted");
        ObjectNode candidate =
                reply.putArray("candidates").addObject().put("index", 0).put("finishReason", "STOP");
        ObjectNode content = candidate.putObject("content").put("role", "model");
        ArrayNode parts = content.putArray("parts");
        if (!turn.spoken().isEmpty()) {
            parts.addObject().put("text", turn.spoken());
        }
        for (Call call : calls) {
            ObjectNode function = parts.addObject()
                    .putObject("functionCall")
                    .put("id", call.id())
                    .put("name", call.tool());
            function.set("args", call.arguments());
        }
        reply.putObject("usageMetadata")
                .put("promptTokenCount", 1000)
                .put("candidatesTokenCount", 60)
                .put("totalTokenCount", 1060);
        if (streaming) {
            out.sendData(reply.toString());
        } else {
            out.out().write(reply.toString().getBytes(StandardCharsets.UTF_8));
        }
    }
}
