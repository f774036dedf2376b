package io.plumbline.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Event.PayloadCase;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DirectAgentsTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    static Path directory;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private TestPlatform platform;
    private Ingest ingest;

    @BeforeAll
    void start() throws Exception {
        platform = new TestPlatform(directory);
        ingest = platform.ingest(
                0,
                "gate.deadline-ms=30000",
                "gate.approval-deadline-seconds=1",
                "limits.body-bytes=100000",
                "direct.policy-file="
                        + Files.writeString(
                                directory.resolve("direct.yaml"), "name: outside\nruntime: {degraded: allow}\n"));
    }

    @AfterAll
    void stop() {
        ingest.close();
        platform.close();
        client.close();
    }

    @Test
    void answersAHookOverTheLog() throws Exception {
        AutoCloseable brain = platform.brain(event -> {
            if (event.hasToolCall() && event.getHost().equals("direct")) {
                String command = event.getToolCall().getCommand();
                answer(event, command.startsWith("ls") ? GateDecision.ALLOW : GateDecision.DENY);
            }
        });
        try {
            assertThat(hook("s1", "cat ~/.ssh/id_rsa")).contains("\"deny\"").contains("because");
            List<Long> nanos = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                long start = System.nanoTime();
                assertThat(hook("s1", "ls " + i)).contains("\"allow\"");
                nanos.add(System.nanoTime() - start);
            }
            HostLinkTest.print("hook in -> log -> brain -> log -> answer out", nanos.subList(100, 300));
        } finally {
            brain.close();
        }
        List<Event> events = platform.telemetry().stream()
                .filter(event -> event.getSession().equals(DirectAgents.session("acme", "claude", "s1")))
                .toList();
        assertThat(events).allSatisfy(event -> {
            assertThat(event.getHost()).isEqualTo("direct");
            assertThat(event.getTenant()).isEqualTo("acme");
            assertThat(event.getSeq()).isZero();
        });
        assertThat(events.getFirst().getTaskAssigned().getAgent()).isEqualTo("claude-code");
        assertThat(events.getFirst().getTaskAssigned().getPolicy().getName()).isEqualTo("outside");
        assertThat(events.get(1).getPolicyConfirmed().getRuntime()).contains("degraded");
        assertThat(events.subList(2, events.size()))
                .hasSize(301)
                .allMatch(event -> event.getChannel() == Channel.CLAIMS);
    }

    @Test
    void deniesWhenNobodyAnswersOrDecides() throws Exception {
        try (Ingest impatient = platform.ingest(0, "ingest.instance=impatient", "gate.deadline-ms=1000")) {
            assertThat(hook(impatient, "s2", "ls")).contains("\"deny\"").contains("no answer");
        }
        AutoCloseable brain = platform.brain(event -> {
            if (event.hasToolCall()) {
                answer(event, GateDecision.ASK);
            }
        });
        try {
            assertThat(hook("s3", "ls")).contains("\"deny\"").contains("timed out waiting for approval");
        } finally {
            brain.close();
        }
    }

    /** Both, this ingest and one that is started after the question, say when its time is over. */
    @Test
    void aQuestionFromBeforeItsStartEndsInTime() throws Exception {
        Event open = question("open");
        platform.verdict(open).get();

        try (Ingest next = platform.ingest(0, "ingest.instance=next")) {
            await().atMost(LIMIT).until(() -> ticks(platform, open).size() == 2);
        }
    }

    /** On a log of its own: an ingest that runs already may tell of a question before it reads the answer. */
    @Test
    void aQuestionThatWasAnsweredBeforeItsStartIsNotToldOf() throws Exception {
        try (TestPlatform quiet = new TestPlatform(Files.createDirectory(directory.resolve("quiet")))) {
            Event open = question("open");
            Event answered = question("answered");
            quiet.verdict(answered).get();
            quiet.verdict(EventIds.withId(verdict("answered")
                            .setApprovalSettled(ApprovalSettled.newBuilder().setApproval("answered"))))
                    .get();
            quiet.verdict(open).get();

            try (Ingest next = quiet.ingest(0)) {
                await().atMost(LIMIT).until(() -> ticks(quiet, open).size() == 1);
            }
            // It is closed: what it had to tell is written.
            assertThat(ticks(quiet, answered)).isEmpty();
        }
    }

    private static Event question(String approval) {
        return EventIds.withId(verdict(approval)
                .setApprovalRequested(
                        ApprovalRequested.newBuilder().setApproval(approval).setDeadlineNs(1)));
    }

    private static Event.Builder verdict(String session) {
        return Event.newBuilder()
                .setTenant("acme")
                .setHost("direct")
                .setSession(DirectAgents.session("acme", "claude", session))
                .setChannel(Channel.VERDICTS);
    }

    private static List<Event> ticks(TestPlatform platform, Event question) throws IOException {
        return platform.telemetry().stream()
                .filter(event -> event.hasTick() && event.getSession().equals(question.getSession()))
                .toList();
    }

    /** Codex reads a denial in the shape of another hook as no answer; a status that its program fails on, it obeys. */
    @ParameterizedTest
    @CsvSource({"claude, 200", "qwen, 200", "codex, 400"})
    void deniesAMalformedHook(String agent, int status) throws Exception {
        HttpResponse<String> answer =
                post("/hooks/" + agent, TestPlatform.AGENT_TOKEN, "application/json", "{".getBytes(UTF_8), "");

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains("\"permissionDecision\":\"deny\"");
    }

    @Test
    void takesTelemetryOfTheSameSession() throws Exception {
        String logs = """
                {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"claude-code"}}]},
                  "scopeLogs":[{"logRecords":[{"attributes":[
                    {"key":"event.name","value":{"stringValue":"user_prompt"}},
                    {"key":"session.id","value":{"stringValue":"s4"}},
                    {"key":"prompt","value":{"stringValue":"token=8f14e45fceea167a5a36dedd4bea2543"}}]}]}]}]}""";
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(logs.getBytes(UTF_8));
        }
        assertThat(post("/v1/logs", TestPlatform.AGENT_TOKEN, "application/json", logs.getBytes(UTF_8), "")
                        .body())
                .isEqualTo("{}");
        assertThat(post("/v1/logs", TestPlatform.AGENT_TOKEN, "application/json", zipped.toByteArray(), "gzip")
                        .body())
                .isEqualTo("{}");
        await().atMost(LIMIT).until(() -> eventsOf("s4").size() == 4);

        assertThat(eventsOf("s4").subList(2, 4)).allSatisfy(event -> {
            assertThat(event.getPayloadCase()).isEqualTo(PayloadCase.PROMPT);
            assertThat(event.getPrompt().getText()).startsWith("token=[redacted:random:");
        });
        assertThat(post("/v1/traces", TestPlatform.AGENT_TOKEN, "application/x-protobuf", new byte[] {1}, "")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post("/v1/metrics", TestPlatform.AGENT_TOKEN, "application/json", new byte[] {'{', '}'}, "")
                        .body())
                .isEqualTo("{}");
    }

    @Test
    void makesOneActionOfACallThatHookLogsAndTracesReport() throws Exception {
        AutoCloseable brain = platform.brain(event -> {
            if (event.hasToolCall() && event.getToolCall().getGated()) {
                answer(event, GateDecision.ALLOW);
            }
        });
        String before = """
                {"session_id":"s5","hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"toolu_1",
                 "tool_input":{"command":"ls -la"}}""";
        String result = """
                {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"claude-code"}}]},
                  "scopeLogs":[{"logRecords":[{"attributes":[
                    {"key":"event.name","value":{"stringValue":"tool_result"}},
                    {"key":"session.id","value":{"stringValue":"s5"}},
                    {"key":"tool_name","value":{"stringValue":"Bash"}},
                    {"key":"tool_use_id","value":{"stringValue":"toolu_1"}},
                    {"key":"success","value":{"stringValue":"true"}},
                    {"key":"tool_input","value":{"stringValue":"{\\"command\\":\\"ls -la\\"}"}}]}]}]}]}""";
        try {
            // Telemetry may come first: it waits for the hook.
            traces(span("s5", "toolu_1", "ls -la"));
            assertThat(post("/hooks/claude", TestPlatform.AGENT_TOKEN, "application/json", before.getBytes(UTF_8), "")
                            .body())
                    .contains("\"allow\"");
            assertThat(post("/v1/logs", TestPlatform.AGENT_TOKEN, "application/json", result.getBytes(UTF_8), "")
                            .statusCode())
                    .isEqualTo(200);
            traces(span("s5", "toolu_1", "ls -la"));
            traces(span("s5", "toolu_2", "pwd"));
            // Only its own hook could tell it before that.
            await().atMost(LIMIT).until(() -> callsOf("s5").contains("toolu_2"));
        } finally {
            brain.close();
        }

        assertThat(callsOf("s5")).containsExactly("toolu_1", "toolu_2");
        assertThat(eventsOf("s5").stream().filter(Event::hasToolResult)).hasSize(1);
        assertThat(eventsOf("s5").stream().filter(Event::hasRawClaim))
                .allSatisfy(event -> assertThat(event.getRawClaim().getSource()).isEqualTo("otlp:sighting:toolu_1"))
                .isNotEmpty();
    }

    @Test
    void countsTheSpansThatItDoesNotTake() throws Exception {
        double before = dropped();
        StringBuilder many = new StringBuilder(span("s6", "c0", "ls"));
        for (int i = 1; i < 120; i++) {
            many.append(',').append(span("s6", "c" + i, "ls " + i));
        }
        traces(many.toString());
        // Of nobody, and of no tool.
        traces(span("", "c1", "ls"));
        traces("{\"name\":\"llm_request\",\"attributes\":[]}");

        assertThat(dropped() - before).isEqualTo(72);
        await().atMost(LIMIT).until(() -> callsOf("s6").size() == 50);
        assertThat(platform.telemetry())
                .noneMatch(event -> event.getSession().equals(DirectAgents.session("acme", "claude", "")));
    }

    private double dropped() {
        return ingest.metrics()
                .lines()
                .filter(line -> line.startsWith("plumbline_ingest_otlp_spans_dropped_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private List<String> callsOf(String agentSession) throws IOException {
        return eventsOf(agentSession).stream()
                .filter(Event::hasToolCall)
                .map(event -> event.getToolCall().getCall())
                .toList();
    }

    private void traces(String spans) throws Exception {
        String body =
                "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":"
                        + "\"claude-code\"}}]},\"scopeSpans\":[{\"spans\":[" + spans + "]}]}]}";
        assertThat(post("/v1/traces", TestPlatform.AGENT_TOKEN, "application/json", body.getBytes(UTF_8), "")
                        .body())
                .isEqualTo("{}");
    }

    private static String span(String agentSession, String call, String command) {
        return """
                {"name":"claude_code.tool","attributes":[
                  {"key":"session.id","value":{"stringValue":"%s"}},
                  {"key":"gen_ai.tool.call.id","value":{"stringValue":"%s"}},
                  {"key":"gen_ai.tool.name","value":{"stringValue":"Bash"}},
                  {"key":"full_command","value":{"stringValue":"%s"}}]}""".formatted(agentSession, call, command);
    }

    @Test
    void refusesTokensAndBodiesThatAreNotAllowed() throws Exception {
        assertThat(post("/v1/logs", "nobody", "application/json", new byte[0], "")
                        .statusCode())
                .isEqualTo(401);
        assertThat(post("/hooks/claude", TestPlatform.HOST_TOKEN, "application/json", new byte[0], "")
                        .statusCode())
                .isEqualTo(401);
        assertThat(post("/hooks/emacs", TestPlatform.AGENT_TOKEN, "application/json", new byte[0], "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(post("/v1/logs", TestPlatform.AGENT_TOKEN, "application/json", new byte[100_001], "")
                        .statusCode())
                .isEqualTo(413);
        assertThat(post("/v1/logs", TestPlatform.AGENT_TOKEN, "application/json", "nope".getBytes(UTF_8), "")
                        .statusCode())
                .isEqualTo(400);
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
            gzip.write(new byte[20 << 20]);
        }
        assertThat(bomb.size()).isLessThan(100_000);
        assertThat(post("/v1/logs", TestPlatform.AGENT_TOKEN, "application/json", bomb.toByteArray(), "gzip")
                        .statusCode())
                .isGreaterThanOrEqualTo(400);
    }

    @Test
    void tellsHowItIs() throws Exception {
        await().atMost(LIMIT).until(() -> get("/readyz").statusCode() == 200);
        assertThat(get("/readyz").body()).isEqualTo("{\"ready\":true,\"reasons\":[]}");
        assertThat(get("/livez").body()).isEqualTo("{\"live\":true}");
        assertThat(get("/metrics").body())
                .contains("plumbline_ingest_events_written_total")
                .contains("plumbline_ingest_events_invalid_total{code=\"wrong_id\"}");
    }

    private void answer(Event call, GateDecision decision) {
        platform.verdict(EventIds.withId(Event.newBuilder()
                .setTenant(call.getTenant())
                .setHost(call.getHost())
                .setSession(call.getSession())
                .setChannel(Channel.VERDICTS)
                .setGateAnswered(GateAnswered.newBuilder()
                        .setCause(call.getId())
                        .setDecision(decision)
                        .setReason("because"))));
    }

    private List<Event> eventsOf(String agentSession) throws IOException {
        return platform.telemetry().stream()
                .filter(event -> event.getSession().equals(DirectAgents.session("acme", "claude", agentSession)))
                .toList();
    }

    private String hook(String agentSession, String command) throws Exception {
        return hook(ingest, agentSession, command);
    }

    private String hook(Ingest door, String agentSession, String command) throws Exception {
        String body = "{\"session_id\":\"" + agentSession
                + "\",\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"tool_input\":{\"command\":\""
                + command
                + "\"}}";
        HttpResponse<String> answer = post(
                address(door, "/hooks/claude"), TestPlatform.AGENT_TOKEN, "application/json", body.getBytes(UTF_8), "");
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    private HttpResponse<String> post(String path, String token, String type, byte[] body, String encoding)
            throws Exception {
        return post(address(ingest, path), token, type, body, encoding);
    }

    private HttpResponse<String> post(URI address, String token, String type, byte[] body, String encoding)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!encoding.isEmpty()) {
            request.header("Content-Encoding", encoding);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(address(ingest, path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static URI address(Ingest door, String path) {
        return URI.create("http://127.0.0.1:" + door.port() + path);
    }
}
