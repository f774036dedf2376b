package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Anthropic's Messages API, streaming, as Claude Code speaks it. */
final class AnthropicMessages implements Wire {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @Override
    public List<String> callIds(JsonNode request) {
        return assistantBlocks(request, "tool_use", "id");
    }

    @Override
    public List<String> said(JsonNode request) {
        return assistantBlocks(request, "text", "text");
    }

    private static List<String> assistantBlocks(JsonNode request, String type, String field) {
        List<String> values = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            if (!message.path("role").asText().equals("assistant")) {
                continue;
            }
            if (message.path("content").isTextual() && type.equals("text")) {
                values.add(message.path("content").asText());
            }
            for (JsonNode block : message.path("content")) {
                if (block.path("type").asText().equals(type)) {
                    values.add(block.path(field).asText());
                }
            }
        }
        return values;
    }

    @Override
    public Set<String> tools(JsonNode request) {
        Set<String> tools = new HashSet<>();
        request.path("tools").forEach(tool -> tools.add(tool.path("name").asText()));
        return tools;
    }

    @Override
    public Call call(String id, Step step, Set<String> tools) throws IOException {
        ObjectNode arguments = NODES.objectNode();
        String tool =
                switch (step) {
                    case Step.Shell shell -> {
                        arguments.put("command", shell.command()).put("description", shell.reason());
                        yield "Bash";
                    }
                    case Step.Read read -> {
                        arguments.put("file_path", read.path());
                        yield "Read";
                    }
                    case Step.Edit edit -> {
                        arguments
                                .put("file_path", edit.path())
                                .put("old_string", edit.before())
                                .put("new_string", edit.after());
                        yield "Edit";
                    }
                    case Step.Tool named -> {
                        named.arguments().forEach(arguments::put);
                        yield named.name();
                    }
                };
        if (!tools.contains(tool)) {
            throw new IOException("the agent offers no tool " + tool + " (offered: " + tools + ")");
        }
        return new Call("toolu_" + id, tool, arguments);
    }

    @Override
    public void reply(EventStream out, JsonNode request, Turn turn, List<Call> calls) throws IOException {
        ObjectNode message = NODES.objectNode()
                .put("id", "msg_scripted")
                .put("type", "message")
                .put("role", "assistant")
                .put("model", request.path("model").asText())
                .putNull("stop_reason")
                .putNull("stop_sequence");
        message.putArray("content");
        message.putObject("usage").put("input_tokens", 1000).put("output_tokens", 1);
        ObjectNode start = event("message_start");
        start.set("message", message);
        out.send(start);

        int index = 0;
        if (!turn.thought().isEmpty()) {
            ObjectNode block = NODES.objectNode()
                    .put("type", "thinking")
                    .put("thinking", "")
                    .put("signature", "");
            ObjectNode thought =
                    NODES.objectNode().put("type", "thinking_delta").put("thinking", turn.thought());
            ObjectNode signature =
                    NODES.objectNode().put("type", "signature_delta").put("signature", "scripted");
            block(out, index++, block, thought, signature);
        }
        if (!turn.spoken().isEmpty()) {
            ObjectNode delta = NODES.objectNode().put("type", "text_delta").put("text", turn.spoken());
            block(out, index++, NODES.objectNode().put("type", "text").put("text", ""), delta);
        }
        for (Call call : calls) {
            ObjectNode block = NODES.objectNode()
                    .put("type", "tool_use")
                    .put("id", call.id())
                    .put("name", call.tool());
            block.putObject("input");
            ObjectNode delta = NODES.objectNode()
                    .put("type", "input_json_delta")
                    .put("partial_json", call.arguments().toString());
            block(out, index++, block, delta);
        }

        ObjectNode end = event("message_delta");
        end.putObject("delta")
                .put("stop_reason", calls.isEmpty() ? "end_turn" : "tool_use")
                .putNull("stop_sequence");
        end.putObject("usage").put("output_tokens", 60);
        out.send(end);
        out.send(event("message_stop"));
    }

    private static void block(EventStream out, int index, ObjectNode block, ObjectNode... deltas) throws IOException {
        ObjectNode start = event("content_block_start").put("index", index);
        start.set("content_block", block);
        out.send(start);
        for (ObjectNode delta : deltas) {
            ObjectNode content = event("content_block_delta").put("index", index);
            content.set("delta", delta);
            out.send(content);
        }
        out.send(event("content_block_stop").put("index", index));
    }

    private static ObjectNode event(String type) {
        return NODES.objectNode().put("type", type);
    }
}
