package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Secrets;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.model.Scenario.Turn;
import io.plumbline.standalone.session.RealAgent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Unmodified agents at pinned versions from npm outside any sandbox, with nothing but what {@code plumbline agent-config} writes: what
 * they do arrives at the platform, and they obey its answers. Each runs as an ordinary user with a home of its own, in mount and
 * process namespaces whose end is the end of everything that it started; its model is on loopback. Needs root and npm.
 */
class DirectAgentsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int USER = 1000;

    /** Where an agent finds its workspace. */
    private static final String WORKSPACE = "/mnt/workspace";

    /** What agents call their session in what they print. */
    private static final Pattern SESSION =
            Pattern.compile("\"(?:session_id|thread_id|sessionID)\"\\s*:\\s*\"([^\"]{1,80})\"");

    private static final List<String> PLAN =
            List.of("Read README.md", "Fix the spelling in greeting.sh", "Run the tests");

    private static final Scenario GREETING = new Scenario(
            "greeting",
            "Make the greeting say Hello instead of Helo.",
            List.of(
                    turn("I read the README first.", PLAN, new Step.Shell("cat README.md", "Read the README")),
                    turn("Now the greeting.", List.of(), new Step.Read(WORKSPACE + "/greeting.sh")),
                    turn("", List.of(), new Step.Edit(WORKSPACE + "/greeting.sh", "Helo", "Hello")),
                    turn("Now the tests.", List.of(), new Step.Shell("sh ./test.sh", "Run the tests")),
                    turn("The greeting is fixed.", List.of())));

    private static final String LEAVE_NOTE = "echo here > note";

    private static final Scenario NOTE = new Scenario(
            "note",
            "Leave a note.",
            List.of(
                    turn("I leave a note.", List.of(), new Step.Shell(LEAVE_NOTE, "Leave a note")),
                    turn("I tried.", List.of())));

    /** As Codex has it when its own reviewer is to decide what leaves its sandbox. */
    private static final Scenario OUTSIDE = new Scenario(
            "outside",
            "Leave a note.",
            List.of(
                    turn("I leave a note.", List.of(), new Step.Shell(LEAVE_NOTE, "It cannot be left inside", true)),
                    turn("I tried.", List.of())));

    private static final String CODEX_SANDBOX = """
            approval_policy = "on-request"
            approvals_reviewer = "auto_review"
            sandbox_mode = "workspace-write\"""";

    private static final String CODEX_ALONE = """
            approval_policy = "never"
            sandbox_mode = "danger-full-access\"""";

    /** The shell tools of the five, as their hooks name them. */
    private static final String NO_SHELL = """
            name: no-shell
            runtime: {degraded: allow}
            tools: {deny: [Bash, run_shell_command, bash]}
            """;

    private static @Nullable Platform platform;
    private static @Nullable EventLog log;
    private static @Nullable ExecutorService running;
    private static final Map<String, Future<Ran>> fixed = new HashMap<>();
    private static final Map<String, Future<Ran>> refused = new HashMap<>();
    private static final Map<String, Future<Ran>> escalated = new HashMap<>();
    private static final Map<String, Future<Ran>> unheard = new HashMap<>();

    /** How an agent ended: {@code code} is -1 when it had to be stopped. */
    private record Ran(int code, String output, Path workspace) {
        /** The platform's name for the session, from the agent's own. */
        String session(String agent) {
            Matcher named = SESSION.matcher(output);
            assertThat(named.find()).as("a session in: %s", output).isTrue();
            return EventIds.derived("direct", "default", dialect(agent), named.group(1));
        }
    }

    @BeforeAll
    static void runThem() throws Exception {
        Platform started = Platform.start();
        platform = started;
        log = started.log();
        Layout layout = started.layout();
        String door = door(started, "patient", layout.home().resolve("direct-policy.yaml"));
        String strictDoor =
                door(started, "strict", Files.writeString(layout.home().resolve("no-shell.yaml"), NO_SHELL));
        // Before any agent runs: each is a process that has to start.
        Map<String, String> doors = new TreeMap<>();
        for (String answer : List.of("deny", "allow")) {
            String policy = """
                    name: escalation-%s
                    runtime: {degraded: allow}
                    scopes: {escalation: %s}
                    """.formatted(answer, answer);
            doors.put(
                    answer,
                    door(
                            started,
                            "escalation-" + answer,
                            Files.writeString(layout.home().resolve(answer + ".yaml"), policy)));
        }
        Secrets secrets = new Secrets(layout);
        String token = Secrets.read(secrets.agentToken());
        ExecutorService pool = Executors.newFixedThreadPool(2);
        running = pool;
        for (String agent : RealAgent.names()) {
            // Before they run side by side: an agent is installed once.
            RealAgent.playing(layout, agent, NOTE, port -> "{}", layout.home()).close();
            fixed.put(agent, pool.submit(() -> run(agent, "fixed", GREETING, token, "--endpoint", door)));
            refused.put(
                    agent,
                    pool.submit(() ->
                            run(agent, "refused", NOTE, "", "--endpoint", strictDoor, "--token-file", "/mnt/token")));
            // Nobody listens there.
            unheard.put(
                    agent, pool.submit(() -> run(agent, "unheard", NOTE, token, "--endpoint", "http://127.0.0.1:1")));
        }
        doors.forEach((policy, itsDoor) -> escalated.put(
                policy, pool.submit(() -> run("codex", "escalated-" + policy, OUTSIDE, token, "--endpoint", itsDoor))));
        pool.shutdown();
    }

    @AfterAll
    static void leaveNothing() throws Exception {
        if (running != null) {
            running.shutdownNow();
            assertThat(running.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
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
    void tellsWhatItDoesOnceAndIsAllowed(String agent) throws Exception {
        Ran ran = of(fixed, agent);
        assertThat(ran.code()).as(ran.output()).isZero();
        assertThat(ran.workspace().resolve("greeting.sh"))
                .as(ran.output())
                .content()
                .contains("Hello");
        String session = ran.session(agent);
        await().atMost(LIMIT).untilAsserted(() -> {
            List<String> calls = all(
                    session, Event::hasToolCall, event -> event.getToolCall().getCall());
            assertThat(calls).hasSizeGreaterThanOrEqualTo(4);
            assertThat(all(session, Event::hasGateAnswered, event -> event.getGateAnswered()
                            .getCall()))
                    .containsAll(calls);
            assertThat(all(session, Event::hasToolResult, event -> event.getToolResult()
                            .getCall()))
                    .containsAll(calls);
            // A second channel has told them as well, and may have been the first to tell a result: without its output.
            assertThat(sightings(session)).isNotEmpty();
            assertThat(all(session, Event::hasToolResult, event -> event.getToolResult()
                            .getOutput()))
                    .anyMatch(output -> output.contains("1 test passed"));
        });
        String told = agent + ":\n" + ran.output() + "\n" + describe(session);

        List<ToolCall> calls = all(session, Event::hasToolCall, Event::getToolCall);
        assertThat(calls).as(told).hasSize(4).allMatch(ToolCall::getGated);
        assertThat(calls).as(told).extracting(ToolCall::getCommand).contains("cat README.md", "sh ./test.sh");
        assertThat(calls).as(told).extracting(ToolCall::getCwd).containsOnly(WORKSPACE);
        assertThat(calls).as(told).extracting(ToolCall::getContradicts).containsOnly("");
        List<String> ids = calls.stream().map(ToolCall::getCall).toList();
        assertThat(ids).as(told).doesNotContain("").doesNotHaveDuplicates();
        assertThat(sightings(session)).as(told).isSubsetOf(ids);
        assertThat(all(session, Event::hasGateAnswered, Event::getGateAnswered))
                .as(told)
                .hasSize(4)
                .extracting(GateAnswered::getDecision)
                .containsOnly(GateDecision.ALLOW);
        String tests = calls.stream()
                .filter(call -> call.getCommand().equals("sh ./test.sh"))
                .map(ToolCall::getCall)
                .findFirst()
                .orElseThrow();
        assertThat(all(session, Event::hasToolResult, Event::getToolResult))
                .as(told)
                .filteredOn(result -> result.getCall().equals(tests))
                .extracting(ToolResult::getOutput)
                .anyMatch(output -> output.contains("1 test passed"));
        assertThat(all(session, Event::hasPrompt, Event::getPrompt))
                .as(told)
                .extracting(Prompt::getText)
                // opencode puts it in quotes.
                .filteredOn(text -> text.contains(GREETING.prompt()))
                .hasSize(1);
        assertIsDirect(session, agent, "direct", told);
        assertThat(all(session, Event::hasAlertRaised, Event::getAlertRaised))
                .as(told)
                .filteredOn(alert -> alert.getSeverity().getNumber() > Severity.LOW.getNumber())
                .extracting(AlertRaised::getSeen)
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("agents")
    void doesNotDoWhatThePolicyRefuses(String agent) throws Exception {
        Ran ran = of(refused, agent);
        assertThat(ran.workspace().resolve("note")).as(ran.output()).doesNotExist();
        assertThat(ran.code()).as(ran.output()).isNotNegative();
        String session = ran.session(agent);
        // The answer and the call that it is for are in topics of their own.
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(all(session, Event::hasGateAnswered, Event::getGateAnswered))
                    .isNotEmpty();
            assertThat(all(session, Event::hasToolCall, Event::getToolCall)).isNotEmpty();
        });
        String told = agent + ":\n" + ran.output() + "\n" + describe(session);

        List<ToolCall> calls = all(session, Event::hasToolCall, Event::getToolCall);
        assertThat(calls).as(told).extracting(ToolCall::getCommand).containsExactly(LEAVE_NOTE);
        assertThat(all(session, Event::hasGateAnswered, Event::getGateAnswered))
                .as(told)
                .singleElement()
                .matches(answer -> answer.getDecision() == GateDecision.DENY)
                .matches(answer -> answer.getReason()
                        .equals("the policy no-shell does not allow the tool "
                                + calls.getFirst().getTool()));
        assertThat(all(session, Event::hasToolResult, Event::getToolResult))
                .as(told)
                .extracting(ToolResult::getOutcome)
                .doesNotContain("success");
        assertIsDirect(session, agent, "no-shell", told);
    }

    @ParameterizedTest
    @MethodSource("agents")
    void doesNothingThatNobodyCouldCheck(String agent) throws Exception {
        Ran ran = of(unheard, agent);
        assertThat(ran.code()).as(ran.output()).isNotNegative();
        assertThat(ran.workspace().resolve("note")).as(ran.output()).doesNotExist();
    }

    /** Its reviewer is a model that knows no verdict here: what it was asked would be refused. */
    @Test
    void codexAsksPlumblineInsteadOfItsOwnReviewer() throws Exception {
        Ran inside = of(escalated, "deny");
        Ran outside = of(escalated, "allow");
        assertThat(inside.workspace().resolve("note")).as(inside.output()).doesNotExist();
        assertThat(outside.workspace().resolve("note")).as(outside.output()).exists();
        assertThat(answersToEscalations(inside))
                .as(inside.output())
                .singleElement()
                .matches(answer -> answer.getDecision() == GateDecision.DENY)
                .matches(answer -> answer.getReason().contains("scopes.escalation deny"));
        assertThat(answersToEscalations(outside))
                .as(outside.output())
                .singleElement()
                .matches(answer -> answer.getDecision() == GateDecision.ALLOW);
    }

    private static List<GateAnswered> answersToEscalations(Ran ran) {
        String session = ran.session("codex");
        Predicate<Event> asks = event -> event.getToolCall().getEscalation();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(all(session, Event::hasGateAnswered, Event::getGateAnswered))
                        .hasSize(2));
        List<Event> asked = Objects.requireNonNull(log).of(session, asks);
        assertThat(asked).singleElement().satisfies(event -> {
            assertThat(event.getToolCall().getStatedReason()).isEqualTo("It cannot be left inside");
            // The call that was announced before it.
            assertThat(all(session, Event::hasToolCall, Event::getToolCall))
                    .extracting(ToolCall::getCall)
                    .containsOnly(event.getToolCall().getCall());
        });
        return all(session, Event::hasGateAnswered, Event::getGateAnswered).stream()
                .filter(answer -> answer.getCause().equals(asked.getFirst().getId()))
                .toList();
    }

    /** All of it is the agent's word, under its tenant and its name, and says so. */
    private static void assertIsDirect(String session, String agent, String policy, String told) {
        List<Event> events = List.copyOf(Objects.requireNonNull(log).of(session));
        assertThat(events).as(told).extracting(Event::getTenant).containsOnly("default");
        assertThat(events)
                .as(told)
                .extracting(Event::getChannel)
                .containsOnly(Channel.CONTROL, Channel.CLAIMS, Channel.VERDICTS);
        assertThat(events).as(told).noneMatch(EventLog::isTrace);
        assertThat(events)
                .as(told)
                .filteredOn(event -> event.getChannel() == Channel.CLAIMS)
                .extracting(Event::getHost)
                .containsOnly("direct");
        assertThat(all(session, Event::hasTaskAssigned, Event::getTaskAssigned))
                .as(told)
                .singleElement()
                .matches(task -> task.getAgent().equals(agent))
                .extracting(TaskAssigned::getPolicy)
                .matches(assigned -> assigned.getName().equals(policy));
        assertThat(all(session, Event::hasPolicyConfirmed, Event::getPolicyConfirmed))
                .as(told)
                .singleElement()
                .extracting(PolicyConfirmed::getRuntime)
                .isEqualTo("none, degraded: nothing but the agent tells what it does");
    }

    private static <T> List<T> all(String session, Predicate<Event> is, Function<Event, T> payload) {
        return Objects.requireNonNull(log).of(session, is).stream().map(payload).toList();
    }

    /** The calls that telemetry told after their hook. */
    private static List<String> sightings(String session) {
        String prefix = "otlp:sighting:";
        return all(session, Event::hasRawClaim, Event::getRawClaim).stream()
                .map(RawClaim::getSource)
                .filter(source -> source.startsWith(prefix))
                .map(source -> source.substring(prefix.length()))
                .toList();
    }

    /** What explains a failure: a line for each event. */
    private static String describe(String session) {
        StringBuilder text = new StringBuilder();
        for (Event event : Objects.requireNonNull(log).of(session)) {
            String line = event.getChannel() + " "
                    + event.toBuilder().clearId().clearSession().build();
            text.append(line.replace('\n', ' '), 0, Math.min(line.length(), 400))
                    .append('\n');
        }
        return text.toString();
    }

    private static Ran of(Map<String, Future<Ran>> runs, String agent) throws Exception {
        return Objects.requireNonNull(runs.get(agent)).get();
    }

    private static String dialect(String agent) {
        return agent.equals("claude-code") ? "claude" : agent;
    }

    private static Turn turn(String say, List<String> plan, Step... steps) {
        return new Turn(say, plan, List.of(steps), Duration.ZERO);
    }

    /** A further instance of ingest on the same log, which gives the watcher time on a busy machine; its address. */
    private static String door(Platform platform, String instance, Path policy) throws Exception {
        Layout layout = platform.layout();
        Path said = layout.home().resolve(instance + ".log");
        platform.begin(
                "ingest",
                "io.plumbline.ingest.Ingest",
                said,
                "ingest.port=0",
                "ingest.instance=" + instance,
                "kafka.bootstrap=" + platform.state().endpoint("broker"),
                "tokens.file=" + layout.secrets().resolve("tokens.yaml"),
                "data.directory=" + Files.createDirectories(layout.data(instance)),
                "direct.policy-file=" + policy,
                "gate.deadline-ms=30000");
        Pattern ready = Pattern.compile("^READY (\\d+)$", Pattern.MULTILINE);
        await().atMost(LIMIT).until(() -> ready.matcher(Files.readString(said)).find());
        return ready.matcher(Files.readString(said))
                .results()
                .map(found -> "http://127.0.0.1:" + found.group(1))
                .findFirst()
                .orElseThrow();
    }

    /** Runs an agent with what {@code agent-config} writes, laid over the machine's own files as an administrator would have done. */
    private static Ran run(String agent, String name, Scenario scenario, String token, String... options)
            throws Exception {
        Platform started = Objects.requireNonNull(platform);
        Path folder = Files.createDirectories(
                started.layout().home().resolve("direct").resolve(agent + "-" + name));
        Path root = folder.resolve("root");
        List<String> command = new ArrayList<>(List.of("agent-config", dialect(agent), "--out", root.toString()));
        command.addAll(List.of(options));
        Platform.Answer written = started.plumbline(command.toArray(String[]::new));
        assertThat(written.code()).as(written.err()).isZero();
        String start = written.out().strip().replaceFirst("(?s).*before it is started: ", "");
        Files.createDirectories(root.resolve("opt/agent"));
        Files.createDirectory(folder.resolve("new"));

        Path mine = Files.createDirectory(folder.resolve("mine"));
        Path workspace = Files.createDirectory(mine.resolve("workspace"));
        Files.writeString(workspace.resolve("README.md"), "# Greeting\n");
        Files.writeString(workspace.resolve("greeting.sh"), "echo \"Helo, $1\"\n");
        Files.writeString(workspace.resolve("test.sh"), """
                [ "$(sh ./greeting.sh World)" = "Hello, World" ] || exit 1
                echo "1 test passed"
                """);
        Path output = folder.resolve("output");
        try (RealAgent real = RealAgent.playing(started.layout(), agent, scenario, port -> "{}", workspace)) {
            settle(agent, Files.createDirectory(mine.resolve("home")), real.modelPort(), scenario == OUTSIDE);
            Path tokenFile = Files.createFile(
                    mine.resolve("token"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(tokenFile, Secrets.read(new Secrets(started.layout()).agentToken()));
            own(mine);

            List<String> words = new ArrayList<>(List.of(
                    "unshare",
                    "--mount",
                    "--propagation",
                    "private",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "--mount-proc"));
            words.addAll(List.of("sh", "-ec", """
                    folder=$1 programs=$2 user=$3 start=$4
                    shift 4
                    new=$folder/new
                    mount --rbind / "$new"
                    mount -t tmpfs -o mode=1777 tmpfs "$new/tmp"
                    mount --bind "$folder/mine" "$new/mnt"
                    mount -t overlay -o "lowerdir=$folder/root/etc:/etc" overlay "$new/etc"
                    mount -t overlay -o "lowerdir=$folder/root/opt:/opt" overlay "$new/opt"
                    mount --bind "$programs" "$new/opt/agent"
                    # Not the last command of this shell: what has no parent any more needs one.
                    chroot "$new" setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs \\
                      sh -ec "cd %s; $start; exec \\"\\$@\\"" sh "$@" || exit $?
                    exit 0
                    """.formatted(WORKSPACE), "sh"));
            words.addAll(List.of(folder.toString(), real.programs().toString(), String.valueOf(USER), start));
            words.addAll(real.request().command());
            ProcessBuilder builder = new ProcessBuilder(words)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment(real.modelPort()));
            if (!token.isEmpty()) {
                builder.environment().put("PLUMBLINE_TOKEN", token);
            }
            long begun = System.nanoTime();
            Process process = builder.start();
            try {
                boolean ended = process.waitFor(10, TimeUnit.MINUTES);
                System.out.printf(
                        "figure e2e.direct_%s_%s_seconds %.1f%n", agent, name, (System.nanoTime() - begun) / 1e9);
                return new Ran(ended ? process.exitValue() : -1, Files.readString(output), workspace);
            } finally {
                // The end of unshare's child is the end of all that is in its process namespace.
                process.destroyForcibly().waitFor();
            }
        }
    }

    private static void own(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Files.setAttribute(file, "unix:uid", USER);
                Files.setAttribute(file, "unix:gid", USER);
            }
        }
    }

    /** What the user of each agent has set: which model, and nothing else that would reach for the network. */
    private static void settle(String agent, Path home, int model, boolean ownSandbox) throws IOException {
        switch (agent) {
            case "codex" ->
                Files.writeString(Files.createDirectory(home.resolve(".codex")).resolve("config.toml"), """
                        %s
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
                        """.formatted(
                                ownSandbox ? CODEX_SANDBOX : CODEX_ALONE, model));
            case "gemini" ->
                Files.writeString(Files.createDirectory(home.resolve(".gemini")).resolve("settings.json"), """
                        {"general": {"enableAutoUpdate": false}, "security": {"auth": {"selectedType": "gemini-api-key"}}}
                        """);
            case "qwen" ->
                Files.writeString(Files.createDirectory(home.resolve(".qwen")).resolve("settings.json"), """
                        {"general": {"disableAutoUpdate": true}, "security": {"auth": {"selectedType": "openai"}}}
                        """);
            default -> {}
        }
    }

    private static Map<String, String> environment(int model) {
        String url = "http://127.0.0.1:" + model;
        Map<String, String> environment = new TreeMap<>();
        environment.put("HOME", "/mnt/home");
        environment.put(
                "PATH", "/opt/agent:/opt/agent/bin:/opt/agent/codex-path:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        environment.put("LANG", "C.UTF-8");
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
                {"model": "scripted/default", "small_model": "scripted/default", "enabled_providers": ["scripted"],
                 "provider": {"scripted": {"npm": "@ai-sdk/openai-compatible", "name": "scripted",
                  "options": {"baseURL": "%s/v1", "apiKey": "none"},
                  "models": {"default": {"name": "default", "tool_call": true}}}}}""".formatted(url));
        return environment;
    }
}
