package io.plumbline.sandbox.door;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Event.PayloadCase;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.sandbox.testing.RecordingOutbox;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionDoorTest {
    private static final StageTimes NO_STAGES = StageTimes.getDefaultInstance();
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String CALL = """
            {"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"t1",
             "tool_input":{"command":"ls","description":"List"}}""";
    private static final String RESULT = """
            {"session_id":"s","hook_event_name":"PostToolUse","tool_name":"Bash","tool_use_id":"t1",
             "tool_input":{"command":"ls"},"tool_response":{"stdout":"a","stderr":""}}""";
    private static final String ALLOW =
            "{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"allow\"}}";

    @TempDir
    Path directory;

    private final RecordingOutbox outbox = new RecordingOutbox();
    private final List<String> order = new CopyOnWriteArrayList<>();
    private final AtomicInteger drains = new AtomicInteger();
    private volatile boolean drainable = true;
    private @Nullable SessionDoor opened;

    @AfterEach
    void closeDoor() {
        if (opened != null) {
            opened.close();
        }
    }

    @Test
    void holdsAToolCallUntilThePlatformAllowsIt() throws Exception {
        SessionDoor door = open(10_000, 10);
        CompletableFuture<AggregatedHttpResponse> answer = post("/hooks/claude", MediaType.JSON, CALL.getBytes(UTF_8));
        await().atMost(LIMIT).until(() -> outbox.events().size() == 1);
        assertThat(answer).isNotDone();
        Event call = outbox.events().getFirst();
        assertThat(call.getToolCall().getCommand()).isEqualTo("ls");
        assertThat(call.getToolCall().getGated()).isTrue();

        door.onVerdict(RecordingOutbox.gateAnswer("0".repeat(32), GateDecision.ALLOW, ""), NO_STAGES);
        door.onVerdict(RecordingOutbox.gateAnswer(call.getId(), GateDecision.ALLOW, ""), NO_STAGES);

        assertThat(answer.get(20, TimeUnit.SECONDS).contentUtf8()).isEqualTo(ALLOW);
        assertThat(door.counts().hooks().allowed()).isEqualTo(1);
    }

    @Test
    void takesTheToolCallsOfTracesUpToARateAndCountsTheRest() throws Exception {
        SessionDoor door = open(10_000, 10);
        String call = """
                {"name":"ai.toolCall","attributes":[{"key":"ai.toolCall.id","value":{"stringValue":"c%d"}},
                 {"key":"ai.toolCall.name","value":{"stringValue":"bash"}},
                 {"key":"ai.toolCall.result","value":{"stringValue":"done"}}]}""";
        String calls = IntStream.range(0, 500).mapToObj(call::formatted).collect(Collectors.joining(","));
        String body = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"other\"}," + calls + "]}]}]}";

        assertThat(post("/v1/traces", MediaType.JSON, body.getBytes(UTF_8))
                        .get(20, TimeUnit.SECONDS)
                        .status()
                        .code())
                .isEqualTo(200);

        assertThat(outbox.events().stream().filter(Event::hasToolCall)).hasSize(50);
        assertThat(door.counts().spansDropped()).isEqualTo(451);
    }

    @Test
    void drainsTheTraceBeforeItPublishesAClaim() throws Exception {
        open(10_000, 10);
        outbox.onPublish(event -> {
            order.add(event.getPayloadCase().name());
            if (event.hasToolCall() && event.getToolCall().getGated()) {
                requireNonNull(opened)
                        .onVerdict(RecordingOutbox.gateAnswer(event.getId(), GateDecision.ALLOW, ""), NO_STAGES);
            }
        });

        hook("claude", CALL);
        hook("claude", RESULT);

        assertThat(order).containsExactly("1 drained", "TOOL_CALL", "2 drained", "TOOL_RESULT");
    }

    @Test
    void deniesACallWhenTheTraceCannotBeDrainedButKeepsResults() throws Exception {
        SessionDoor door = open(10_000, 10);
        drainable = false;

        assertThat(hook("claude", CALL)).contains("\"permissionDecision\":\"deny\"");
        hook("claude", RESULT);

        assertThat(outbox.events()).extracting(Event::getPayloadCase).containsExactly(PayloadCase.TOOL_RESULT);
        assertThat(door.counts().undrained()).isEqualTo(2);
    }

    @Test
    void publishesOneCallForAllItsSightingsAndTellsWhichOneLies() throws Exception {
        SessionDoor door = open(10_000, 10);
        outbox.onPublish(event -> {
            if (event.getToolCall().getGated()) {
                door.onVerdict(RecordingOutbox.gateAnswer(event.getId(), GateDecision.ALLOW, ""), NO_STAGES);
            }
        });
        hook("claude", CALL);
        door.tell("transcript", List.of(sighting("ls"), sighting("cat /etc/shadow")));

        await().atMost(LIMIT).until(() -> outbox.events().size() == 3);
        assertThat(outbox.events())
                .extracting(Event::getPayloadCase)
                .containsExactly(PayloadCase.TOOL_CALL, PayloadCase.RAW_CLAIM, PayloadCase.TOOL_CALL);
        assertThat(outbox.events().get(0).getToolCall().getContradicts()).isEmpty();
        assertThat(outbox.events().get(2).getToolCall().getContradicts()).isEqualTo("hook");
    }

    @Test
    void tellsCallsWithoutAHookBeforeItCloses() throws Exception {
        SessionDoor door = open(10_000, 10);
        door.tell("transcript", List.of(sighting("ls")));
        door.close();

        assertThat(outbox.events())
                .singleElement()
                .satisfies(event -> assertThat(event.getToolCall().getGated()).isFalse());
    }

    private static Event.Builder sighting(String command) {
        return Event.newBuilder()
                .setEventTimeNs(1)
                .setToolCall(ToolCall.newBuilder()
                        .setCall("t1")
                        .setTool("Bash")
                        .setCommand(command)
                        .setSource("transcript"));
    }

    @Test
    void takesAnAnswerThatComesBeforeTheCallIsHeld() throws Exception {
        SessionDoor door = open(10_000, 10);
        outbox.onPublish(event ->
                door.onVerdict(RecordingOutbox.gateAnswer(event.getId(), GateDecision.DENY, "reads a key"), NO_STAGES));

        assertThat(hook("codex", CALL))
                .contains("\"permissionDecision\":\"deny\"")
                .contains("\"permissionDecisionReason\":\"reads a key\"");
    }

    @Test
    void deniesWhenNobodyAnswers() throws Exception {
        SessionDoor door = open(30, 10);

        assertThat(hook("claude", CALL)).contains("\"deny\"").contains("no answer from the platform in time");
        assertThat(door.counts().hooks().unanswered()).isEqualTo(1);
    }

    @Test
    void holdsOnWhileAPersonIsAsked() throws Exception {
        SessionDoor door = open(200, 60);
        outbox.onPublish(
                event -> door.onVerdict(RecordingOutbox.gateAnswer(event.getId(), GateDecision.ASK, ""), NO_STAGES));
        CompletableFuture<AggregatedHttpResponse> answer = post("/hooks/claude", MediaType.JSON, CALL.getBytes(UTF_8));
        await().atMost(LIMIT).until(() -> outbox.events().size() == 1);
        // The gate's own deadline passes without an effect.
        await().pollDelay(Duration.ofMillis(400)).atMost(LIMIT).until(() -> !answer.isDone());
        door.onVerdict(
                RecordingOutbox.gateAnswer(outbox.events().getFirst().getId(), GateDecision.ALLOW, ""), NO_STAGES);

        assertThat(answer.get(20, TimeUnit.SECONDS).contentUtf8()).isEqualTo(ALLOW);
    }

    @Test
    void deniesWhenNobodyDecidesInTime() throws Exception {
        SessionDoor door = open(10_000, 1);
        outbox.onPublish(
                event -> door.onVerdict(RecordingOutbox.gateAnswer(event.getId(), GateDecision.ASK, ""), NO_STAGES));

        assertThat(hook("claude", CALL)).contains("timed out waiting for approval");
        assertThat(door.counts().hooks().approvalsTimedOut()).isEqualTo(1);
    }

    @Test
    void deniesWhatIsHeldWhenTheSessionEnds() throws Exception {
        SessionDoor door = open(60_000, 60);
        CompletableFuture<AggregatedHttpResponse> answer = post("/hooks/claude", MediaType.JSON, CALL.getBytes(UTF_8));
        await().atMost(LIMIT).until(() -> outbox.events().size() == 1);
        door.onVerdict(RecordingOutbox.verdict(Event.newBuilder().setKillOrdered(KillOrdered.newBuilder())), NO_STAGES);

        assertThat(answer.get(20, TimeUnit.SECONDS).contentUtf8()).contains("\"deny\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{}", "{\"hook_event_name\":\"PreToolUse\"}", "\u0000"})
    void deniesAMalformedHookAndKeepsIt(String body) throws Exception {
        SessionDoor door = open(60_000, 60);

        assertThat(hook("claude", body)).contains("\"permissionDecision\":\"deny\"");
        assertThat(outbox.events()).singleElement().satisfies(event -> {
            assertThat(event.getRawClaim().getSource()).isEqualTo("hook:claude:malformed");
            assertThat(event.getRawClaim().getJson()).isEqualTo(body);
        });
        assertThat(door.counts().hooks().malformed()).isEqualTo(1);
    }

    /** Its hook's program ends with exit 2 then, which it obeys whatever it asked. */
    @Test
    void failsAMalformedHookOfCodex() throws Exception {
        open(60_000, 60);

        AggregatedHttpResponse answer =
                post("/hooks/codex", MediaType.JSON, "{".getBytes(UTF_8)).get(20, TimeUnit.SECONDS);

        assertThat(answer.status().code()).isEqualTo(400);
        assertThat(answer.contentUtf8()).contains("\"deny\"");
    }

    @Test
    void deniesAHookThatIsTooLarge() throws Exception {
        open(60_000, 60);
        String body = "{\"hook_event_name\":\"PreToolUse\",\"x\":\"" + "x".repeat(5 << 20) + "\"}";

        assertThat(hook("claude", body)).contains("\"permissionDecision\":\"deny\"");
    }

    @Test
    void refusesAGzipBomb() throws Exception {
        open(60_000, 60);
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                gzip.write(zeros);
            }
        }
        AggregatedHttpResponse answer = client().execute(
                        RequestHeaders.builder(HttpMethod.POST, "/v1/logs")
                                .contentType(MediaType.JSON)
                                .set(HttpHeaderNames.CONTENT_ENCODING, "gzip")
                                .build(),
                        HttpData.wrap(bomb.toByteArray()))
                .aggregate()
                .get(20, TimeUnit.SECONDS);

        assertThat(answer.status().isSuccess()).isFalse();
        assertThat(outbox.events()).isEmpty();
    }

    @Test
    void deniesWhatCannotBeRecorded() throws Exception {
        SessionDoor door = open(60_000, 60);
        outbox.fail();

        assertThat(hook("claude", CALL)).contains("the call could not be recorded");
        assertThat(hook("claude", "{\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":\"p\"}"))
                .contains("\"decision\":\"block\"");
        assertThat(door.counts().hooks().unpublished()).isEqualTo(2);
    }

    @Test
    void answersAnUnknownAgentInItsOwnAgentsShape() throws Exception {
        open(30, 60);

        assertThat(hook("somebody", CALL)).contains("\"permissionDecision\":\"deny\"");
    }

    @Test
    void publishesAPlanBesideItsGatedCall() throws Exception {
        SessionDoor door = open(10_000, 60);
        outbox.onPublish(event -> {
            if (event.hasToolCall()) {
                door.onVerdict(RecordingOutbox.gateAnswer(event.getId(), GateDecision.ALLOW, ""), NO_STAGES);
            }
        });
        String todo = """
                {"hook_event_name":"PreToolUse","tool_name":"TodoWrite","tool_use_id":"t",
                 "tool_input":{"todos":[{"content":"Read","status":"pending","activeForm":"Reading"}]}}""";

        assertThat(hook("claude", todo)).isEqualTo(ALLOW);
        assertThat(outbox.events())
                .extracting(Event::getPayloadCase)
                .containsExactly(PayloadCase.TOOL_CALL, PayloadCase.PLAN);
    }

    @Test
    void acceptsOpenTelemetryInBothEncodings() throws Exception {
        SessionDoor door = open(60_000, 60);
        ExportLogsServiceRequest request = ExportLogsServiceRequest.newBuilder()
                .addResourceLogs(ResourceLogs.newBuilder()
                        .addScopeLogs(ScopeLogs.newBuilder()
                                .addLogRecords(LogRecord.newBuilder()
                                        .addAttributes(attribute("event.name", "codex.user_prompt"))
                                        .addAttributes(attribute("prompt", "hi")))))
                .build();
        AggregatedHttpResponse protobuf = post(
                        "/v1/logs", MediaType.create("application", "x-protobuf"), request.toByteArray())
                .get(20, TimeUnit.SECONDS);
        AggregatedHttpResponse json = post("/v1/logs", MediaType.JSON, "{\"resourceLogs\":[]}".getBytes(UTF_8))
                .get(20, TimeUnit.SECONDS);

        assertThat(protobuf.status().code()).isEqualTo(200);
        assertThat(protobuf.content().isEmpty()).isTrue();
        assertThat(json.contentUtf8()).isEqualTo("{}");
        assertThat(outbox.events())
                .singleElement()
                .satisfies(event -> assertThat(event.getPrompt().getText()).isEqualTo("hi"));
        for (String path : List.of("/v1/traces", "/v1/metrics")) {
            assertThat(post(path, MediaType.JSON, "{}".getBytes(UTF_8))
                            .get(20, TimeUnit.SECONDS)
                            .contentUtf8())
                    .isEqualTo("{}");
        }
        assertThat(post("/v1/logs", MediaType.JSON, "nope".getBytes(UTF_8))
                        .get(20, TimeUnit.SECONDS)
                        .status()
                        .code())
                .isEqualTo(400);
        assertThat(door.counts().logClaims()).isEqualTo(1);
        assertThat(door.counts().spansDropped()).isZero();
        assertThat(door.counts().metricsDropped()).isEqualTo(1);
        assertThat(door.counts().malformed()).isEqualTo(1);
    }

    @Test
    void publishesInTheOrderOfArrival() throws Exception {
        open(60_000, 60);
        List<String> sent = new ArrayList<>();
        WebClient client = client();
        for (int i = 0; i < 50; i++) {
            sent.add("p" + i);
            client.post("/hooks/claude", "{\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":\"p" + i + "\"}")
                    .aggregate()
                    .get(20, TimeUnit.SECONDS);
        }

        assertThat(outbox.events())
                .extracting(event -> event.getPrompt().getText())
                .containsExactlyElementsOf(sent);
    }

    @Test
    void letsTheRuntimesFileServerReachItsSocket() throws Exception {
        directory = directory.resolve("sockets");
        open(60_000, 60);

        assertThat(Files.getPosixFilePermissions(directory.resolve("door.sock")))
                .isEqualTo(PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(Files.getPosixFilePermissions(directory)).isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void saysWhyItCannotOpen() {
        Path longPath = directory.resolve("x".repeat(120));
        TaskPolicy policy = TaskPolicy.getDefaultInstance();
        assertThatThrownBy(() -> SessionDoor.open(longPath, "claude", policy, outbox, barrier()))
                .isInstanceOf(DoorException.class)
                .hasMessageContaining("(expected: <= 107)");
        assertThatThrownBy(() -> SessionDoor.open(directory.resolve("s"), "emacs", policy, outbox, barrier()))
                .hasMessage("agent: emacs (expected: claude, codex, qwen, opencode or gemini)");
    }

    private SessionDoor open(int gateMillis, int approvalSeconds) throws DoorException {
        opened = SessionDoor.open(
                directory.resolve("door.sock"),
                "claude",
                TaskPolicy.newBuilder()
                        .setGateDeadlineMs(gateMillis)
                        .setApprovalDeadlineSeconds(approvalSeconds)
                        .build(),
                outbox,
                barrier());
        return opened;
    }

    private TraceBarrier barrier() {
        return limit -> {
            String marker = drains.incrementAndGet() + " drained";
            order.add(marker);
            return drainable;
        };
    }

    private WebClient client() {
        return WebClient.builder(
                        SessionProtocol.H1C,
                        DomainSocketAddress.of(directory.resolve("door.sock")).asEndpoint())
                .responseTimeoutMillis(0)
                .build();
    }

    private CompletableFuture<AggregatedHttpResponse> post(String path, MediaType type, byte[] body)
            throws IOException {
        return client().execute(
                        RequestHeaders.builder(HttpMethod.POST, path)
                                .contentType(type)
                                .build(),
                        HttpData.wrap(body))
                .aggregate();
    }

    private String hook(String agent, String body) throws Exception {
        AggregatedHttpResponse answer =
                post("/hooks/" + agent, MediaType.JSON, body.getBytes(UTF_8)).get(20, TimeUnit.SECONDS);
        assertThat(answer.status().code()).isEqualTo(200);
        return answer.contentUtf8();
    }

    private static KeyValue attribute(String key, String value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setStringValue(value))
                .build();
    }
}
