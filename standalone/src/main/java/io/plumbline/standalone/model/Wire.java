package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** One provider's wire protocol. */
sealed interface Wire permits AnthropicMessages, ChatCompletions, GeminiContent, OpenAiResponses {
    /**
     * A tool call as the agent knows it.
     *
     * @param arguments JSON object
     */
    record Call(String id, String tool, JsonNode arguments) {}

    /** Ids of the tool calls in the history that the client sends back. */
    List<String> callIds(JsonNode request);

    /** Texts that the model has said in that history. */
    List<String> said(JsonNode request);

    /** Names of the tools that the client offers. */
    Set<String> tools(JsonNode request);

    /** The step as a call of one of the offered tools. */
    Call call(String id, Step step, Set<String> tools) throws IOException;

    /** Of the reply; an object when the client did not ask for a stream. */
    default String contentType(JsonNode request) {
        return "text/event-stream";
    }

    /** Writes the reply as server-sent events. */
    void reply(EventStream out, JsonNode request, Turn turn, List<Call> calls) throws IOException;
}
