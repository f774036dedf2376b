package io.plumbline.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScriptedModelTest {
    private static final Scenario SCENARIO = new Scenario(
            "t",
            "p",
            List.of(
                    new Turn("first", List.of("a", "b"), List.of(), Duration.ZERO),
                    new Turn("", List.of(), List.of(new Step.Shell("ls", "look")), Duration.ZERO),
                    new Turn("bye", List.of(), List.of(), Duration.ZERO)));

    @Test
    void saysThePlanWithTheFirstCallAndGoesOnFromTheHistory() throws Exception {
        try (ScriptedModel model = ScriptedModel.start(SCENARIO)) {
            String first = post(model, "/v1/messages", """
                    {"model":"m","tools":[{"name":"Bash"}],"messages":[{"role":"user","content":"p"}]}
                    """);
            String second = post(model, "/v1/messages", """
                    {"model":"m","tools":[{"name":"Bash"}],"messages":[
                      {"role":"assistant","content":[{"type":"tool_use","id":"toolu_turn0_0"}]}]}
                    """);

            assertThat(first)
                    .contains("Plan:\\n1. a\\n2. b")
                    .contains("\"name\":\"Bash\"")
                    .contains("toolu_turn0_0");
            assertThat(second).contains("bye").doesNotContain("tool_use\",\"id");
        }
    }

    @Test
    void thinksBeforeItSpeaksWhereTheProtocolHasThoughts() throws Exception {
        Scenario thoughtful = new Scenario(
                "t", "p", List.of(new Turn("", "Both files matter.", "bye", List.of(), List.of(), Duration.ZERO)));
        try (ScriptedModel model = ScriptedModel.start(thoughtful)) {
            String messages = post(model, "/v1/messages", """
                    {"model":"m","tools":[{"name":"Bash"}],"messages":[]}
                    """);
            String responses = post(model, "/v1/responses", """
                    {"model":"m","tools":[{"type":"function","name":"exec_command"}],"input":[]}
                    """);

            assertThat(messages)
                    .containsSubsequence(
                            "{\"type\":\"thinking_delta\",\"thinking\":\"Both files matter.\"}",
                            "{\"type\":\"signature_delta\",\"signature\":\"scripted\"}",
                            "{\"type\":\"text_delta\",\"text\":\"bye\"}");
            assertThat(responses)
                    .containsSubsequence(
                            "\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"Both files matter.\"}]",
                            "\"text\":\"bye\"");
        }
    }

    @Test
    void speaksTheResponsesProtocolToo() throws Exception {
        try (ScriptedModel model = ScriptedModel.start(SCENARIO)) {
            String first = post(model, "/v1/responses", """
                    {"model":"m","tools":[{"type":"function","name":"exec_command"}],"input":[]}
                    """);

            assertThat(first).contains("response.completed").contains("\\\"cmd\\\":\\\"ls\\\"");
        }
    }

    @Test
    void speaksChatCompletionsAndGenerateContentToo() throws Exception {
        try (ScriptedModel model = ScriptedModel.start(SCENARIO)) {
            String chat = post(model, "/v1/chat/completions", """
                    {"model":"m","stream":true,"tools":[{"type":"function","function":{"name":"bash"}}],"messages":[]}
                    """);
            String gemini = post(model, "/v1beta/models/m:streamGenerateContent", """
                    {"tools":[{"functionDeclarations":[{"name":"run_shell_command"}]}],"contents":[
                      {"role":"model","parts":[{"functionCall":{"id":"g_turn0_0","name":"run_shell_command"}}]}]}
                    """);

            assertThat(chat)
                    .contains("call_turn0_0")
                    .contains("\\\"command\\\":\\\"ls\\\"")
                    .endsWith("[DONE]\n\n");
            assertThat(gemini).contains("bye").doesNotContain("functionCall");
        }
    }

    private static String post(ScriptedModel model, String path, String body) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + model.port() + path))
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
