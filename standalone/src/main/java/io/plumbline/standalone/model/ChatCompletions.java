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

/** OpenAI's Chat Completions API as Qwen Code and opencode speak it. Files are read and edited through the agent's shell tool. */
final class ChatCompletions implements Wire {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @Override
    public List<String> callIds(JsonNode request) {
        List<String> ids = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            message.path("tool_calls").forEach(call -> ids.add(call.path("id").asText()));
        }
        return ids;
    }

    @Override
    public List<String> said(JsonNode request) {
        List<String> texts = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            if (message.path("role").asText().equals("assistant")) {
                StringBuilder text = new StringBuilder(
                        message.path("content").isTextual()
                                ? message.path("content").asText()
                                : "");
                if (message.path("content").isArray()) {
                    message.path("content")
                            .forEach(part -> text.append(part.path("text").asText()));
                }
                texts.add(text.toString());
            }
        }
        return texts;
    }

    @Override
    public Set<String> tools(JsonNode request) {
        Set<String> tools = new HashSet<>();
        request.path("tools")
                .forEach(tool -> tools.add(tool.path("function").path("name").asText()));
        return tools;
    }

    @Override
    public Call call(String id, Step step, Set<String> tools) throws IOException {
        return ShellCalls.call("call_" + id, step, tools);
    }

    @Override
    public String contentType(JsonNode request) {
        return request.path("stream").asBoolean() ? "text/event-stream" : "application/json";
    }

    @Override
    public void reply(EventStream out, JsonNode request, Turn turn, List<Call> calls) throws IOException {
        ObjectNode message = NODES.objectNode().put("role", "assistant").put("content", turn.spoken());
        if (!calls.isEmpty()) {
            ArrayNode toolCalls = message.putArray("tool_calls");
            for (Call call : calls) {
                ObjectNode toolCall = toolCalls
                        .addObject()
                        .put("index", toolCalls.size() - 1)
                        .put("id", call.id())
                        .put("type", "function");
                toolCall.putObject("function")
                        .put("name", call.tool())
                        .put("arguments", call.arguments().toString());
            }
        }
        String finish = calls.isEmpty() ? "stop" : "tool_calls";
        if (!request.path("stream").asBoolean()) {
            ObjectNode whole = envelope(request, "chat.completion");
            ObjectNode choice =
                    whole.putArray("choices").addObject().put("index", 0).put("finish_reason", finish);
            choice.set("message", message);
            usage(whole);
            out.out().write(whole.toString().getBytes(StandardCharsets.UTF_8));
            return;
        }
        ObjectNode said = envelope(request, "chat.completion.chunk");
        ObjectNode first = said.putArray("choices").addObject().put("index", 0).putNull("finish_reason");
        first.set("delta", message);
        out.sendData(said.toString());
        ObjectNode end = envelope(request, "chat.completion.chunk");
        end.putArray("choices")
                .addObject()
                .put("index", 0)
                .put("finish_reason", finish)
                .putObject("delta");
        usage(end);
        out.sendData(end.toString());
        out.sendData("[DONE]");
    }

    private static ObjectNode envelope(JsonNode request, String object) {
        return NODES.objectNode()
                .put("id", "chatcmpl-scripted")
                .put("object", object)
                .put("created", 0)
                .put("model", request.path("model").asText());
    }

    private static void usage(ObjectNode target) {
        target.putObject("usage")
                .put("prompt_tokens", 1000)
                .put("completion_tokens", 60)
                .put("total_tokens", 1060);
    }
}
