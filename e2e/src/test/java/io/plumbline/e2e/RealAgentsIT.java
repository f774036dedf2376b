package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.Reasoning;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.demo.DemoScenario;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.scenario.ScenarioFile;
import io.plumbline.standalone.session.RealAgent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Unmodified agents at pinned versions from npm, each on one scripted session in a real sandbox. Needs root, runsc and npm. */
class RealAgentsIT {
    /** Those whose own record of a session is followed on the host. */
    private static final Set<String> TRANSCRIBED = Set.of("claude-code", "codex");

    /** How far a call counts that is frozen on the way. */
    private static final int LAST = 40;

    /** The whole of a server with one tool, which leaves behind whom it greeted. */
    private static final String MCP_SERVER = """
            import json, sys
            def answer(request):
                method = request["method"]
                if method == "initialize":
                    return {"protocolVersion": request["params"]["protocolVersion"], "capabilities": {"tools": {}},
                            "serverInfo": {"name": "greeter", "version": "1"}}
                if method == "tools/list":
                    return {"tools": [{"name": "greet", "description": "Greets somebody", "inputSchema": {
                        "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}]}
                if method == "tools/call":
                    name = request["params"]["arguments"]["name"]
                    with open("/workspace/greeted", "w") as file:
                        file.write(name)
                    return {"content": [{"type": "text", "text": "Hello, " + name}]}
                return {}
            for line in sys.stdin:
                request = json.loads(line)
                if "id" in request and "method" in request:
                    reply = {"jsonrpc": "2.0", "id": request["id"], "result": answer(request)}
                    print(json.dumps(reply), flush=True)
            """;

    private static @Nullable Layout layout;
    private static @Nullable WatchedHost host;

    @BeforeAll
    static void openHost() throws Exception {
        Path root = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
        Layout made =
                new Layout(root, Objects.requireNonNull(Platform.tools(root).getParent()));
        Files.createDirectories(made.log("npm").getParent());
        layout = made;
        host = WatchedHost.open(made);
    }

    @AfterAll
    static void closeHost() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    static List<String> agents() {
        return RealAgent.names();
    }

    @ParameterizedTest
    @MethodSource("agents")
    void announcesItsCallsAndIsAnswered(String agent) throws Exception {
        WatchedHost opened = Objects.requireNonNull(host);
        ScenarioFile scenario = DemoScenario.BENIGN.scenario();
        try (RealAgent real = RealAgent.playing(
                Objects.requireNonNull(layout),
                agent,
                scenario.script(),
                port -> scenario.policy().yaml(port, 1),
                scenario.workspace().create(opened.folder("w"), agent))) {
            WatchedHost.Lived session = opened.run(real.request());
            List<AlertRaised> alerts = all(session, Event::hasAlertRaised, Event::getAlertRaised);
            String told = agent + " ended with " + session.code() + " (" + session.reason() + "), alerts "
                    + alerts.stream().map(AlertRaised::getSeen).toList() + ":\n" + session.output() + "\n"
                    + describe(session.events());

            assertThat(session.code()).as(told).isZero();
            assertThat(Files.readString(real.request().workspace().resolve("greeting.sh")))
                    .as(told)
                    .contains("Hello");

            List<ToolCall> calls = all(session, Event::hasToolCall, Event::getToolCall);
            assertThat(calls).as(told).isNotEmpty().allMatch(ToolCall::getGated);
            assertThat(calls)
                    .as(told)
                    .extracting(ToolCall::getCall)
                    .doesNotContain("")
                    .doesNotHaveDuplicates();
            assertThat(calls).as(told).extracting(ToolCall::getContradicts).containsOnly("");
            assertThat(calls).as(told).extracting(ToolCall::getCommand).contains("cat README.md", "sh ./test.sh");

            List<GateAnswered> answers = all(session, Event::hasGateAnswered, Event::getGateAnswered);
            assertThat(answers).as(told).hasSameSizeAs(calls);
            assertThat(answers).as(told).extracting(GateAnswered::getDecision).containsOnly(GateDecision.ALLOW);

            assertThat(all(session, Event::hasToolResult, Event::getToolResult))
                    .as(told)
                    .extracting(ToolResult::getCall)
                    .containsAll(calls.stream().map(ToolCall::getCall).toList());
            // Each channel that the agent has was heard, and made no second action of a call.
            List<String> sources = all(session, Event::hasRawClaim, Event::getRawClaim).stream()
                    .map(RawClaim::getSource)
                    .toList();
            assertThat(sources).as(told).anyMatch(source -> source.startsWith("otlp:"));
            if (TRANSCRIBED.contains(agent)) {
                assertThat(sources).as(told).anyMatch(source -> source.startsWith("transcript:"));
                // What the scripted model says between its calls.
                assertThat(all(session, Event::hasMessage, Event::getMessage))
                        .as(told)
                        .anyMatch(message -> message.getRole().equals("assistant")
                                && !message.getText().isBlank());
            }
            assertThat(all(session, Event::hasSessionReconciled, Event::getSessionReconciled))
                    .as(told)
                    .singleElement()
                    .satisfies(end -> assertThat(end.getReason()).isEmpty())
                    .satisfies(end -> assertThat(end.getComplete()).isTrue());
            assertThat(alerts)
                    .as(told)
                    .filteredOn(alert -> alert.getSeverity().getNumber() > Severity.LOW.getNumber())
                    .extracting(AlertRaised::getSeen)
                    .isEmpty();
        }
    }

    /**
     * What it thinks stands in its transcript alone; its plan is text of a message, for Claude Code a call of its planning tool too.
     * Codex offers a model that it does not know no such tool.
     */
    @ParameterizedTest
    @ValueSource(strings = {"claude-code", "codex"})
    void tellsInItsTranscriptWhatItPlansAndThinks(String agent) throws Exception {
        WatchedHost opened = Objects.requireNonNull(host);
        Path workspace = Files.createDirectories(opened.folder("thoughts").resolve(agent));
        Files.writeString(workspace.resolve("README.md"), "# Notes\n");
        List<Scenario.Step> first = new ArrayList<>();
        if (agent.equals("claude-code")) {
            // Else it names its planning tool to the model only when the model looks for it.
            Files.writeString(
                    Files.createDirectory(workspace.resolve(".claude")).resolve("settings.json"),
                    "{\"env\":{\"ENABLE_TOOL_SEARCH\":\"false\"}}");
            first.add(new Scenario.Step.Tool(
                    "TaskCreate", Map.of("subject", "Read the notes", "description", "They say what is left")));
        }
        first.add(new Scenario.Step.Shell("cat README.md", "Read the notes"));
        Scenario script = new Scenario(
                "thoughts",
                "Say what the notes are about.",
                List.of(
                        new Scenario.Turn(
                                "",
                                "The notes may name other files.",
                                "I look first.",
                                List.of("Read README.md", "Say what it is about"),
                                first,
                                Duration.ZERO),
                        new Scenario.Turn("Notes.", List.of(), List.of(), Duration.ZERO)));
        try (RealAgent real = RealAgent.playing(
                Objects.requireNonNull(layout),
                agent,
                script,
                port -> DemoScenario.BENIGN.scenario().policy().yaml(port, 1),
                workspace)) {
            WatchedHost.Lived session = opened.run(real.request());
            List<Plan> plans = all(session, Event::hasPlan, Event::getPlan);
            String told = agent + " ended with " + session.code() + " (" + session.reason() + "), plans " + plans
                    + ":\n" + session.output() + "\n" + describe(session.events());

            assertThat(session.code()).as(told).isZero();
            assertThat(all(session, Event::hasReasoning, Event::getReasoning))
                    .as(told)
                    .extracting(Reasoning::getText)
                    .containsExactly("The notes may name other files.");
            assertThat(plans)
                    .as(told)
                    .filteredOn(plan -> plan.getCall().isEmpty())
                    .singleElement()
                    .satisfies(plan -> assertThat(plan.getItemsList())
                            .extracting(PlanItem::getText)
                            .containsExactly("Read README.md", "Say what it is about"));
            assertThat(plans.stream()
                            .filter(plan -> !plan.getCall().isEmpty())
                            .flatMap(plan -> plan.getItemsList().stream())
                            .map(PlanItem::getText)
                            .toList())
                    .as(told)
                    .isEqualTo(
                            agent.equals("claude-code") ? List.of("Read the notes: They say what is left") : List.of());
        }
    }

    /** opencode takes no servers from its workspace. */
    @ParameterizedTest
    @ValueSource(strings = {"claude-code", "codex", "gemini", "qwen"})
    void anMcpServerIsAProcessOfThatNameAndItsToolACall(String agent) throws Exception {
        WatchedHost opened = Objects.requireNonNull(host);
        Path workspace = Files.createDirectories(opened.folder("mcp").resolve(agent));
        Files.writeString(workspace.resolve("server.py"), MCP_SERVER);
        String servers = "\"mcpServers\":{\"greeter\":{\"command\":\"python3\",\"args\":[\"/workspace/server.py\"]}}";
        switch (agent) {
            case "codex" ->
                Files.writeString(
                        Files.createDirectory(workspace.resolve(".codex")).resolve("config.toml"),
                        "[mcp_servers.greeter]\ncommand = \"python3\"\nargs = [\"/workspace/server.py\"]\n");
            case "claude-code" -> {
                Files.writeString(workspace.resolve(".mcp.json"), "{" + servers + "}");
                Files.writeString(
                        Files.createDirectory(workspace.resolve(".claude")).resolve("settings.json"),
                        "{\"enableAllProjectMcpServers\":true,\"env\":{\"ENABLE_TOOL_SEARCH\":\"false\"}}");
            }
            // Qwen Code rewrites settings of an older form when it starts, which is a change of its configuration.
            default ->
                Files.writeString(
                        Files.createDirectory(workspace.resolve("." + agent)).resolve("settings.json"),
                        "{" + (agent.equals("qwen") ? "\"$version\":4," : "") + servers + "}");
        }
        String tool = agent.equals("gemini") ? "mcp_greeter_greet" : "mcp__greeter__greet";
        List<Scenario.Turn> turns = new ArrayList<>();
        if (agent.equals("qwen")) {
            // It names tools of servers to the model only when the model looks for them.
            turns.add(new Scenario.Turn(
                    "I look for it.",
                    List.of(),
                    List.of(new Scenario.Step.Tool("tool_search", Map.of("query", "select:" + tool))),
                    Duration.ZERO));
        }
        turns.add(new Scenario.Turn(
                "I ask the greeter.",
                List.of(),
                List.of(new Scenario.Step.Tool(tool, Map.of("name", "Ada"))),
                Duration.ZERO));
        turns.add(new Scenario.Turn("Greeted.", List.of(), List.of(), Duration.ZERO));
        Scenario script = new Scenario("mcp", "Ask the greeter for a greeting.", turns);
        try (RealAgent real = RealAgent.playing(
                Objects.requireNonNull(layout),
                agent,
                script,
                port -> DemoScenario.BENIGN.scenario().policy().yaml(port, 1),
                workspace)) {
            WatchedHost.Lived session = opened.run(real.request());
            String told = agent + " ended with " + session.code() + " (" + session.reason() + "):\n" + session.output()
                    + "\n" + describe(session.events());

            assertThat(session.code()).as(told).isZero();
            assertThat(workspace.resolve("greeted")).as(told).hasContent("Ada");
            assertThat(all(session, Event::hasToolCall, Event::getToolCall))
                    .as(told)
                    .filteredOn(call -> !call.getTool().equals("tool_search"))
                    .singleElement()
                    .satisfies(call -> assertThat(call.getMcpServer()).isEqualTo("greeter"))
                    .satisfies(call -> assertThat(call.getMcpTool()).isEqualTo("greet"))
                    .satisfies(call -> assertThat(call.getGated()).isTrue());
            assertThat(all(session, Event::hasAgentConfiguration, Event::getAgentConfiguration))
                    .as(told)
                    .anyMatch(found -> found.getMcpServersList().stream()
                            .anyMatch(server -> server.getName().equals("greeter")));
            // What the server is started by stands for the process, and no alert calls it unannounced.
            assertThat(all(session, Event::hasProcessStarted, Event::getProcessStarted))
                    .as(told)
                    .anyMatch(start -> start.getArgvList().contains("/workspace/server.py"));
            assertThat(all(session, Event::hasAlertRaised, Event::getAlertRaised))
                    .as(told)
                    .filteredOn(alert -> alert.getSeen().contains("server.py"))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("agents")
    void aCallThatIsFrozenInItsMiddleEndsAfterTheThaw(String agent) throws Exception {
        WatchedHost opened = Objects.requireNonNull(host);
        Path workspace = Files.createDirectories(opened.folder("frozen").resolve(agent));
        Path counted = workspace.resolve("counted");
        List<String> numbers =
                IntStream.rangeClosed(1, LAST).mapToObj(Integer::toString).toList();
        Scenario script = new Scenario(
                "frozen",
                "Count to " + LAST + ".",
                List.of(
                        new Scenario.Turn(
                                "I count.",
                                List.of(),
                                List.of(new Scenario.Step.Shell(
                                        "for i in " + String.join(" ", numbers)
                                                + "; do echo $i >> counted; sleep 0.1; done",
                                        "Count slowly")),
                                Duration.ZERO),
                        new Scenario.Turn("Counted.", List.of(), List.of(), Duration.ZERO)));
        CompletableFuture<String> begun = new CompletableFuture<>();
        CompletableFuture<String> frozen = new CompletableFuture<>();
        try (RealAgent real = RealAgent.playing(
                        Objects.requireNonNull(layout),
                        agent,
                        script,
                        port -> DemoScenario.BENIGN.scenario().policy().yaml(port, 1),
                        workspace);
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<WatchedHost.Lived> living =
                    thread.submit(() -> opened.run(real.request(), new WatchedHost.Onlooker() {
                        @Override
                        public void begun(String session) {
                            begun.complete(session);
                        }

                        @Override
                        public void frozen(String session, String reason) {
                            if (!frozen.complete(reason)) {
                                opened.kill(session, reason);
                            }
                        }
                    }));
            WatchedHost.Lived session;
            try {
                String id = begun.get(1, TimeUnit.MINUTES);
                await().atMost(Duration.ofMinutes(2))
                        .until(() -> living.isDone() || frozen.isDone() || Files.exists(counted));
                assertThat(frozen)
                        .as(() -> agent + " was frozen before its time: " + frozen.resultNow())
                        .isNotDone();
                assertThat(living)
                        .as(() -> agent + " ended before it was frozen: " + outcome(living))
                        .isNotDone();
                opened.freeze(id);
                assertThat(frozen.get(1, TimeUnit.MINUTES)).isEqualTo("to look at it");
                List<String> before = Files.readAllLines(counted);
                assertThat(before).hasSizeLessThan(LAST);
                // Several of its steps long.
                await().during(Duration.ofSeconds(1))
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> Files.readAllLines(counted).equals(before));
                opened.thaw(id);

                session = living.get(2, TimeUnit.MINUTES);
            } finally {
                // One that goes on, or is frozen from now on, would be waited for.
                frozen.cancel(false);
                var unused = begun.thenAccept(id -> opened.kill(id, "the test is over"));
            }
            String told = agent + " ended with " + session.code() + " (" + session.reason() + "):\n" + session.output()
                    + "\n" + describe(session.events());
            assertThat(session.code()).as(told).isZero();
            assertThat(Files.readAllLines(counted)).as(told).isEqualTo(numbers);
            assertThat(all(session, Event::hasToolResult, Event::getToolResult))
                    .as(told)
                    .isNotEmpty();
            assertThat(all(session, Event::hasRuntimeState, Event::getRuntimeState))
                    .as(told)
                    .extracting(RuntimeState::getState)
                    .containsSubsequence(
                            RuntimeState.State.RUNNING,
                            RuntimeState.State.FROZEN,
                            RuntimeState.State.RUNNING,
                            RuntimeState.State.EXITED);
        }
    }

    private static Object outcome(Future<?> over) {
        return over.state() == Future.State.FAILED ? over.exceptionNow() : over.resultNow();
    }

    private static <T> List<T> all(WatchedHost.Lived session, Predicate<Event> is, Function<Event, T> payload) {
        return session.events().stream().filter(is).map(payload).toList();
    }

    /** What explains a failure: the claims, the programs and the alerts, one a line. */
    private static String describe(List<Event> events) {
        StringBuilder text = new StringBuilder();
        for (Event event : events) {
            switch (event.getPayloadCase()) {
                case TOOL_CALL ->
                    text.append("call ")
                            .append(event.getToolCall().getSource())
                            .append(' ')
                            .append(event.getToolCall().getCall())
                            .append(' ')
                            .append(event.getToolCall().getCommand())
                            .append('\n');
                case TOOL_RESULT ->
                    text.append("result ")
                            .append(event.getToolResult().getSource())
                            .append(' ')
                            .append(event.getToolResult().getCall())
                            .append('\n');
                case PROCESS_STARTED ->
                    text.append("exec ").append(line(event.getProcessStarted())).append('\n');
                case ALERT_RAISED ->
                    text.append("ALERT ")
                            .append(event.getAlertRaised().getSeverity())
                            .append(' ')
                            .append(event.getAlertRaised().getSeen())
                            .append('\n');
                default -> {}
            }
        }
        Map<Event.PayloadCase, Long> counts =
                events.stream().collect(Collectors.groupingBy(Event::getPayloadCase, Collectors.counting()));
        return text.append(counts).toString();
    }

    private static String line(ProcessStarted start) {
        String line = start.getBinary() + " " + start.getArgvList();
        return line.length() > 600 ? line.substring(0, 600) : line;
    }
}
