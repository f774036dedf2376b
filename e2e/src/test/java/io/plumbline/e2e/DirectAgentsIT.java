package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.standalone.demo.RealAgent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Unmodified agents from npm outside any sandbox, configured by {@code plumbline agent-config}: what they do arrives at ingest, and
 * the platform's answer is what they obey. Their managed configuration is laid over {@code /etc} and {@code /opt} in a mount namespace of
 * their own; nothing else is changed for them. Needs root and npm.
 */
class DirectAgentsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static @Nullable Platform platform;
    private static @Nullable EventLog log;

    @BeforeAll
    static void start() throws Exception {
        platform = Platform.start();
        log = platform.log();
    }

    @AfterAll
    static void leaveNothing() {
        if (log != null) {
            log.close();
        }
        if (platform != null) {
            platform.close();
        }
    }

    static List<String> agents() {
        return RealAgent.names();
    }

    @ParameterizedTest
    @MethodSource("agents")
    void reportsEachCallOnceAndIsAnswered(String name) throws Exception {
        EventLog events = Objects.requireNonNull(log);
        List<String> before = events.directSessions();
        try (Ran ran = run(name)) {
            assertThat(ran.code()).as(ran.output()).isZero();
            assertThat(Files.readString(ran.workspace().resolve("greeting.sh")))
                    .as(ran.output())
                    .contains("Hello");
            // Ten seconds after the last sighting nothing waits for a hook any more.
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(sessionOf(before)).as(ran.output()).hasSize(1));
            String session = sessionOf(before).getFirst();
            await().atMost(LIMIT).untilAsserted(() -> assertThat(answers(session))
                    .hasSizeGreaterThanOrEqualTo(calls(session).size()));
            await().atMost(LIMIT).untilAsserted(() -> assertThat(events.of(session, event -> isSighting(event)))
                    .isNotEmpty());

            List<ToolCall> calls = calls(session);
            assertThat(calls).extracting(ToolCall::getCommand).contains("cat README.md", "sh ./test.sh");
            assertThat(calls).allMatch(ToolCall::getGated);
            assertThat(calls).extracting(ToolCall::getCall).doesNotContain("").doesNotHaveDuplicates();
            assertThat(calls).extracting(ToolCall::getContradicts).containsOnly("");
            assertThat(answers(session)).extracting(GateAnswered::getDecision).containsOnly(GateDecision.ALLOW);
            assertThat(events.of(session, Event::hasToolResult))
                    .extracting(event -> event.getToolResult().getCall())
                    .containsAll(calls.stream().map(ToolCall::getCall).toList());
        }
    }

    @Test
    void stopsAnAgentThatNobodyAnswers() throws Exception {
        try (Ran ran = run("claude-code", "--endpoint", "http://127.0.0.1:1")) {
            assertThat(Files.readString(ran.workspace().resolve("greeting.sh")))
                    .as(ran.output())
                    .contains("Helo");
        }
    }

    private static boolean isSighting(Event event) {
        return event.hasRawClaim() && event.getRawClaim().getSource().startsWith("otlp:sighting:");
    }

    /** The sessions with calls that were not there before. */
    private static List<String> sessionOf(List<String> before) {
        List<String> sessions = new ArrayList<>(Objects.requireNonNull(log).directSessions());
        sessions.removeAll(before);
        sessions.removeIf(session -> calls(session).isEmpty());
        return sessions;
    }

    private static List<ToolCall> calls(String session) {
        return Objects.requireNonNull(log).of(session, Event::hasToolCall).stream()
                .map(Event::getToolCall)
                .toList();
    }

    private static List<GateAnswered> answers(String session) {
        return Objects.requireNonNull(log).of(session, Event::hasGateAnswered).stream()
                .map(Event::getGateAnswered)
                .toList();
    }

    private record Ran(RealAgent agent, int code, String output) implements AutoCloseable {
        Path workspace() {
            return agent.request().workspace();
        }

        @Override
        public void close() {
            agent.close();
        }
    }

    /** Runs the agent on the scripted session with what {@code agent-config} writes, as an administrator would have put it there. */
    private static Ran run(String name, String... options) throws Exception {
        Platform running = Objects.requireNonNull(platform);
        Path folder = Files.createTempDirectory(running.layout().home(), "direct");
        Path root = folder.resolve("root");
        List<String> command = new ArrayList<>(List.of("agent-config", name, "--out", root.toString()));
        command.addAll(List.of(options));
        Platform.Answer written = running.plumbline(command.toArray(String[]::new));
        assertThat(written.code()).as(written.err()).isZero();
        Files.createDirectories(root.resolve("opt/agent"));

        RealAgent agent = RealAgent.benign(running.layout(), name, folder.resolve("w"));
        try {
            Path home = Files.createDirectory(folder.resolve("home"));
            settle(name, home, agent.modelPort());
            Path output = folder.resolve("output");
            List<String> words = new ArrayList<>(List.of(
                    "unshare",
                    "--mount",
                    "--propagation",
                    "private",
                    "sh",
                    "-ec",
                    """
                    root=$1 programs=$2 start=$3
                    shift 3
                    mount -t overlay overlay -o "lowerdir=$root/etc:/etc" /etc
                    mount -t overlay overlay -o "lowerdir=$root/opt:/opt" /opt
                    mount --bind "$programs" /opt/agent
                    . "$start"
                    exec "$@"
                    """,
                    "sh",
                    root.toString(),
                    agent.programs().toString(),
                    "/opt/plumbline/" + name + ".sh"));
            words.addAll(agent.request().command());
            ProcessBuilder builder = new ProcessBuilder(words)
                    .directory(agent.request().workspace().toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment(home, agent.modelPort()));
            Process process = builder.start();
            try {
                boolean ended = process.waitFor(180, TimeUnit.SECONDS);
                String said = Files.readString(output);
                assertThat(ended).as(said).isTrue();
                return new Ran(agent, process.exitValue(), said);
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        } catch (Exception | Error e) {
            agent.close();
            throw e;
        }
    }

    /** What the user of each agent has set: which model, and what else would reach for the network. */
    private static void settle(String name, Path home, int model) throws IOException {
        switch (name) {
            case "codex" ->
                Files.writeString(
                        Files.createDirectory(home.resolve(".codex")).resolve("config.toml"), """
                        approval_policy = "never"
                        sandbox_mode = "danger-full-access"
                        check_for_update_on_startup = false
                        model_provider = "scripted"

                        [analytics]
                        enabled = false

                        [features]
                        plugins = false
                        remote_plugin = false
                        apps = false
                        shell_snapshot = false

                        [model_providers.scripted]
                        name = "scripted"
                        base_url = "http://127.0.0.1:%d/v1"
                        wire_api = "responses"
                        env_key = "OPENAI_API_KEY"
                        """.formatted(model));
            case "gemini" ->
                Files.writeString(
                        Files.createDirectory(home.resolve(".gemini")).resolve("settings.json"),
                        "{\"general\":{\"enableAutoUpdate\":false},\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\"}}}");
            case "qwen" ->
                Files.writeString(
                        Files.createDirectory(home.resolve(".qwen")).resolve("settings.json"),
                        "{\"general\":{\"disableAutoUpdate\":true},\"security\":{\"auth\":{\"selectedType\":\"openai\"}}}");
            default -> {}
        }
    }

    private static Map<String, String> environment(Path home, int model) {
        String url = "http://127.0.0.1:" + model;
        Map<String, String> environment = new TreeMap<>();
        environment.put("HOME", home.toString());
        environment.put("PATH", "/opt/agent:/opt/agent/bin:/usr/local/bin:/usr/bin:/bin");
        environment.put("LANG", "C.UTF-8");
        environment.put("PLUMBLINE_TOKEN", "unknown");
        environment.put("ANTHROPIC_BASE_URL", url);
        environment.put("ANTHROPIC_API_KEY", "none");
        environment.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
        environment.put("DISABLE_AUTOUPDATER", "1");
        environment.put("GOOGLE_GEMINI_BASE_URL", url);
        environment.put("GEMINI_API_KEY", "none");
        environment.put("GEMINI_CLI_TRUST_WORKSPACE", "true");
        environment.put("OPENAI_BASE_URL", url + "/v1");
        environment.put("OPENAI_API_KEY", "none");
        environment.put("OPENAI_MODEL", "default");
        for (String off : List.of("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")) {
            environment.put("OPENCODE_DISABLE_" + off, "1");
        }
        environment.put("OPENCODE_CONFIG_CONTENT", """
                {"model":"scripted/default","small_model":"scripted/default","enabled_providers":["scripted"],"provider":{"scripted":
                {"npm":"@ai-sdk/openai-compatible","name":"scripted","options":{"baseURL":"%s/v1","apiKey":"none"},
                "models":{"default":{"name":"default","tool_call":true}}}}}""".formatted(url));
        return environment;
    }
}
