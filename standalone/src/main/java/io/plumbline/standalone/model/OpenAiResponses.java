package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** OpenAI's Responses API, streaming, as Codex speaks it. Codex reads and edits through its shell tool. */
final class OpenAiResponses implements Wire {
    private static final int YIELD_MILLIS = 30_000;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @Override
    public List<String> callIds(JsonNode request) {
        List<String> ids = new ArrayList<>();
        for (JsonNode item : request.path("input")) {
            if (item.path("type").asText().endsWith("_call")) {
                ids.add(item.path("call_id").asText());
            }
        }
        return ids;
    }

    @Override
    public List<String> said(JsonNode request) {
        List<String> texts = new ArrayList<>();
        for (JsonNode item : request.path("input")) {
            if (item.path("role").asText().equals("assistant")) {
                StringBuilder text = new StringBuilder();
                item.path("content")
                        .forEach(part -> text.append(part.path("text").asText()));
                texts.add(text.toString());
            }
        }
        return texts;
    }

    @Override
    public Set<String> tools(JsonNode request) {
        Set<String> tools = new HashSet<>();
        for (JsonNode tool : request.path("tools")) {
            tools.add(tool.path("name").asText(tool.path("type").asText()));
            for (JsonNode nested : tool.path("tools")) {
                tools.add(nested.path("name").asText());
                tools.add(within(tool, nested));
            }
        }
        return tools;
    }

    @Override
    public Call call(String id, Step step, Set<String> tools) throws IOException {
        if (step instanceof Step.Tool named) {
            return ShellCalls.named("call_" + id, named, tools);
        }
        String command = ShellCalls.command(step);
        if (tools.contains("exec_command")) {
            // As long as the agent allows: without it, what is slow is still running when the next step begins.
            ObjectNode arguments = NODES.objectNode().put("cmd", command).put("yield_time_ms", YIELD_MILLIS);
            if (step instanceof Step.Shell shell && shell.escalated()) {
                arguments.put("sandbox_permissions", "require_escalated").put("justification", shell.reason());
            }
            return new Call("call_" + id, "exec_command", arguments);
        }
        if (tools.contains("shell_command")) {
            return new Call("call_" + id, "shell_command", NODES.objectNode().put("command", command));
        }
        throw new IOException("the agent offers no shell tool (offered: " + tools + ")");
    }

    @Override
    public void reply(EventStream out, JsonNode request, Turn turn, List<Call> calls) throws IOException {
        ObjectNode response = NODES.objectNode()
                .put("id", "resp_scripted")
                .put("object", "response")
                .put("status", "in_progress")
                .put("model", request.path("model").asText());
        response.putArray("output");
        ObjectNode created = NODES.objectNode().put("type", "response.created");
        created.set("response", response.deepCopy());
        out.send(created);

        ArrayNode output = NODES.arrayNode();
        if (!turn.thought().isEmpty()) {
            ObjectNode reasoning = NODES.objectNode().put("id", "rs_scripted").put("type", "reasoning");
            reasoning
                    .putArray("summary")
                    .addObject()
                    .put("type", "summary_text")
                    .put("text", turn.thought());
            output.add(reasoning);
        }
        if (!turn.spoken().isEmpty()) {
            ObjectNode message = NODES.objectNode()
                    .put("id", "msg_scripted")
                    .put("type", "message")
                    .put("status", "completed")
                    .put("role", "assistant");
            message.putArray("content").addObject().put("type", "output_text").put("text", turn.spoken());
            output.add(message);
        }
        for (Call call : calls) {
            output.add(NODES.objectNode()
                    .put("id", "fc_" + call.id())
                    .put("type", "function_call")
                    .put("status", "completed")
                    .put("call_id", call.id())
                    .put("arguments", call.arguments().toString())
                    .setAll(name(request, call.tool())));
        }
        for (int i = 0; i < output.size(); i++) {
            ObjectNode added =
                    NODES.objectNode().put("type", "response.output_item.added").put("output_index", i);
            added.set("item", output.get(i));
            out.send(added);
            ObjectNode done =
                    NODES.objectNode().put("type", "response.output_item.done").put("output_index", i);
            done.set("item", output.get(i));
            out.send(done);
        }
        ObjectNode usage = NODES.objectNode();
        usage.put("input_tokens", 1000).put("output_tokens", 60).put("total_tokens", 1060);
        usage.putObject("input_tokens_details").put("cached_tokens", 0);
        usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
        response.put("status", "completed").put("end_turn", calls.isEmpty());
        response.set("output", output);
        response.set("usage", usage);
        ObjectNode completed = NODES.objectNode().put("type", "response.completed");
        completed.set("response", response);
        out.send(completed);
    }

    /** A tool that the client offers in a namespace, such as that of an MCP server, by one name. */
    private static String within(JsonNode namespace, JsonNode tool) {
        return namespace.path("name").asText() + "__" + tool.path("name").asText();
    }

    /** How a call names its tool: the namespace apart from the name. */
    private static ObjectNode name(JsonNode request, String tool) {
        for (JsonNode namespace : request.path("tools")) {
            for (JsonNode nested : namespace.path("tools")) {
                if (within(namespace, nested).equals(tool)) {
                    return NODES.objectNode()
                            .put("namespace", namespace.path("name").asText())
                            .put("name", nested.path("name").asText());
                }
            }
        }
        return NODES.objectNode().put("name", tool);
    }
}
