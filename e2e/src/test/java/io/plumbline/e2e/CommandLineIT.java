package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.sandbox.session.RunClient.LiveSession;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Secrets;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command line as people and programs use it: {@code plumbline run} with and without a terminal, and what cannot work, which is
 * refused in one line that names the value and what was expected, and half-starts nothing.
 */
class CommandLineIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * A person at a terminal: starts the command on one, makes it larger, presses Ctrl-C where asked to, or ends the command by a
     * signal, and tells what was seen, the exit code, and whether the terminal is as it was.
     */
    private static final String PERSON = """
            import fcntl, json, os, select, signal, struct, subprocess, sys, termios, time
            ending, command = sys.argv[1], sys.argv[2:]
            master, slave = os.openpty()
            def size(rows, columns):
                fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
            size(30, 100)
            before = termios.tcgetattr(slave)
            def own():
                os.setsid()
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            running = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=own)
            seen = b''
            def read(wait):
                global seen
                if select.select([master], [], [], wait)[0]:
                    seen += os.read(master, 65536)
            def expect(text):
                end = time.monotonic() + 120
                while text not in seen:
                    if running.poll() is not None or time.monotonic() > end:
                        running.kill()
                        sys.exit('no %r in %r' % (text, seen))
                    read(1)
            expect(b'ready 30 100')
            raw = not termios.tcgetattr(slave)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
            size(40, 120)
            expect(b'resized 40 120')
            if ending == 'key':
                os.write(master, b'\\x03')
                expect(b'interrupted')
            else:
                running.send_signal(getattr(signal, ending))
            while running.poll() is None:
                read(0.2)
            print(json.dumps({'raw': raw, 'restored': termios.tcgetattr(slave) == before,
                              'code': running.returncode, 'seen': seen.decode('latin-1')}))
            """;

    private static @Nullable Platform platform;

    @BeforeAll
    static void start() throws Exception {
        platform = Platform.start();
    }

    @AfterAll
    static void leaveNothing() {
        if (platform != null) {
            platform.close();
        }
    }

    private static Platform platform() {
        return Objects.requireNonNull(platform);
    }

    private static void isOneLine(Platform.Answer answer, int code, String... texts) {
        assertThat(answer.code()).as(answer.err()).isEqualTo(code);
        assertThat(answer.err().strip().lines()).hasSize(1);
        assertThat(answer.err()).startsWith("plumbline: ").contains(texts);
    }

    private static Platform.Answer run(String policy, String workspace) throws IOException, InterruptedException {
        Path file = Files.createTempFile(platform().layout().home(), "policy", ".yaml");
        Files.writeString(file, policy);
        // Those of other tests that have ended stay for a while.
        List<LiveSession> before = platform().runClient().sessions();
        Platform.Answer answer =
                platform().plumbline("run", "--policy", file.toString(), "--workspace", workspace, "--", "/bin/true");
        assertThat(platform().runClient().sessions())
                .extracting(LiveSession::id)
                .isSubsetOf(before.stream().map(LiveSession::id).toList());
        platform().awaitNoSandbox();
        return answer;
    }

    /** On a busy machine the platform may be out of reach for longer than sessions wait by default. */
    private static String patient() throws IOException {
        return Files.writeString(Files.createTempFile(platform().layout().home(), "patient", ".yaml"), "patience: 10m")
                .toString();
    }

    @Test
    void runPassesOutputsAndExitCodeThroughAndTellsStatesAsJson() throws Exception {
        Path task = Files.writeString(platform().layout().home().resolve("task.txt"), "Say it.");
        Platform.Answer answer = platform()
                .plumbline(
                        "run",
                        "--json",
                        "--policy",
                        patient(),
                        "--task-file",
                        task.toString(),
                        "--workspace",
                        platform().workspace("said").toString(),
                        "--",
                        "/bin/bash",
                        "-c",
                        "echo out; echo err >&2; exit 7");

        assertThat(answer.code()).as(answer.err()).isEqualTo(7);
        assertThat(answer.out()).isEqualTo("out\n");
        assertThat(answer.err().lines().filter(line -> !line.startsWith("{"))).containsExactly("err");
        List<JsonNode> told = new ArrayList<>();
        for (String line :
                answer.err().lines().filter(text -> text.startsWith("{")).toList()) {
            told.add(new ObjectMapper().readTree(line));
        }
        assertThat(told)
                .extracting(line -> line.path("state").asText())
                .containsSubsequence("CREATED", "RUNNING", "EXITED");
        assertThat(told.getLast().path("code").asInt()).isEqualTo(7);
        String session = told.getLast().path("session").asText();
        try (EventLog log = platform().log()) {
            await().atMost(LIMIT)
                    .until(() -> log.has(
                            session, event -> event.getTaskAssigned().getTask().equals("Say it.")));
        }
    }

    @Test
    void runEndsWith137AndSaysWhyWhenTheSessionWasKilled() throws Exception {
        Path policy = Files.writeString(platform().layout().home().resolve("short.yaml"), "limits: {wall-clock: 2s}");
        Platform.Answer answer = platform()
                .plumbline(
                        "run",
                        "--policy",
                        policy.toString(),
                        "--workspace",
                        platform().workspace("killed").toString(),
                        "--",
                        "/bin/sleep",
                        "600");

        assertThat(answer.code()).as(answer.err()).isEqualTo(137);
        assertThat(answer.err()).contains(" is KILLED: wall clock: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "SIGTERM", "SIGHUP"})
    void runGivesTheCommandATerminalAndPutsThePersonsBack(String ending) throws Exception {
        Platform.Answer answer = platform()
                .played(
                        PERSON,
                        ending,
                        "run",
                        "--policy",
                        patient(),
                        "--workspace",
                        platform().workspace("terminal-" + ending).toString(),
                        "--",
                        "/bin/bash",
                        "-c",
                        "trap 'echo resized $(stty size)' WINCH; trap 'echo interrupted; exit 5' INT;"
                                + " printf '\\033[31mready %s\\033[0m\\n' \"$(stty size)\"; while :; do sleep 0.2; done");

        assertThat(answer.code()).as(answer.err()).isZero();
        JsonNode told = answer.json();
        assertThat(told.path("raw").asBoolean()).as(answer.out()).isTrue();
        assertThat(told.path("restored").asBoolean()).as(answer.out()).isTrue();
        assertThat(told.path("seen").asText()).contains("\033[31mready 30 100");
        if (ending.equals("key")) {
            assertThat(told.path("code").asInt()).isEqualTo(5);
        } else {
            assertThat(told.path("code").asInt()).isNotZero();
        }
        platform().awaitNoSandbox();
    }

    @Test
    void aPolicyThatDoesNotSayWhatItMeansStartsNoSession() throws Exception {
        String workspace = platform().workspace("policies").toString();
        isOneLine(run("filez: {}", workspace), 2, "unknown key 'filez'", "expected: one of");
        isOneLine(run("name: [unclosed", workspace), 2, "policy: not YAML");
        isOneLine(run("patience: soon", workspace), 2, "patience: 'soon'", "expected: a duration");
    }

    @Test
    void aWorkspaceThatIsMissingOrNotForSessionsStartsNone() throws Exception {
        isOneLine(run("{}", "/no/such/folder"), 2, "/no/such/folder", "expected: an existing folder");
        isOneLine(
                run("{}", platform().layout().hostData().toString()),
                1,
                platform().layout().hostData().toString(),
                "expected: a directory apart from the sandbox host's own");
        Platform.Answer agent = platform()
                .plumbline(
                        "run",
                        "--agent",
                        "Gpt!",
                        "--workspace",
                        platform().workspace("agent").toString(),
                        "--",
                        "x");
        isOneLine(agent, 1, "agent: 'Gpt!'", "expected: at most 40 of a-z, 0-9");
    }

    @Test
    void aTakenPortStartsNothing() throws Exception {
        try (Platform other = Platform.prepare();
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = String.valueOf(taken.getLocalPort());
            isOneLine(
                    other.plumbline("up", "--console-port", port),
                    1,
                    "port " + port + " is taken",
                    "expected: a free port");
            assertThat(other.processes()).isEmpty();
            assertThat(other.plumbline("status").code()).isEqualTo(3);
        }
    }

    @Test
    void aHomeThatIsNoFolderStartsNothing() throws Exception {
        Path file = Files.createTempFile("plumbline-test", "");
        Platform.Answer answer = platform().plumblineAt(file, "up");
        isOneLine(answer, 1, "home " + file, "expected: a writable folder; set PLUMBLINE_HOME");
        Files.delete(file);
    }

    @Test
    void aHostWithoutItsRuntimeDoesNotComeUp() throws Exception {
        refusesToStart(
                Map.of("runsc.path", "/no/such/runsc"), "runsc.path: /no/such/runsc (expected: the program runsc)");
        refusesToStart(
                Map.of("guest.path", "/no/such/guest"),
                "guest.path: /no/such/guest: no program (expected: the guest program)");
    }

    @Test
    void aHostWithAWrongTokenDoesNotComeUp() throws Exception {
        Path token = Files.writeString(platform().layout().home().resolve("wrong-token"), "0".repeat(64));
        refusesToStart(Map.of("ingest.token-file", token.toString()), "token: refused by http://", "expected: a token");
        Path agents = new Secrets(platform().layout()).agentToken();
        refusesToStart(Map.of("ingest.token-file", agents.toString()), "role agent (expected: host)");
    }

    private static void refusesToStart(Map<String, String> settings, String... texts) throws Exception {
        Platform.Answer answer =
                platform().part("sandbox-agent", "io.plumbline.sandbox.HostDaemon", host("refused", settings));
        assertThat(answer.code()).as(answer.err()).isEqualTo(1);
        assertThat(answer.out()).doesNotContain("READY");
        assertThat(answer.err()).doesNotContain("\tat ");
        assertThat(answer.err().strip().lines().filter(line -> line.startsWith("sandbox host: ")))
                .singleElement()
                .satisfies(line -> assertThat(line).contains(texts));
    }

    private static String[] host(String name, Map<String, String> changed) {
        Layout layout = platform().layout();
        Secrets secrets = new Secrets(layout);
        Map<String, String> settings = new LinkedHashMap<>(Map.of(
                "host.data", layout.home().resolve(name).toString(),
                "host.name", name,
                "host.tenant", "default",
                "host.redaction-key-file", secrets.redactionKey().toString(),
                "ingest.address",
                        URI.create(platform().state().endpoint("ingest")).getAuthority(),
                "ingest.token-file", secrets.hostToken().toString(),
                "runsc.path", layout.tools().resolve("runsc/runsc").toString(),
                "agents.path", layout.tools().resolve("agents").toString(),
                "guest.path", layout.tools().resolve("plumbline-guest").toString()));
        settings.putAll(changed);
        return settings.entrySet().stream()
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new);
    }

    @Test
    void aSessionWhoseEventsCannotBeKeptDoesNotStart() throws Exception {
        Path data = Files.createDirectories(platform().layout().home().resolve("full"));
        Path spool = Files.createDirectory(data.resolve("spool"));
        Path log = platform().layout().home().resolve("full.log");
        mount(spool);
        @Nullable Process daemon = null;
        try {
            daemon = platform()
                    .begin(
                            "sandbox-agent",
                            "io.plumbline.sandbox.HostDaemon",
                            log,
                            host("full", Map.of("sandboxes.warm", "0")));
            await().atMost(LIMIT).until(() -> Files.readString(log).contains("READY "));
            // What the host says of its own is acknowledged meanwhile, and gives its place back.
            await().atMost(LIMIT).during(Duration.ofSeconds(2)).until(() -> !fill(spool.resolve("filler")));
            Path workspace = platform().workspace("full-workspace");
            RunClient.Request request = new RunClient.Request(
                    // More than what a file's last page can still take.
                    "{}", "write ".repeat(2_000), "none", workspace, List.of("/bin/bash", "-c", "echo > started"));
            assertThat(refusal(new RunClient(data.resolve("run.sock")), request))
                    .contains("spool: cannot write to " + spool)
                    .contains("No space left on device")
                    .hasLineCount(1);
            assertThat(workspace.resolve("started")).doesNotExist();
            assertThat(Files.readString(log)).doesNotContain("OutOfMemory");
            // The host's canary lives on: it tells nobody but the host.
            String canary = data.resolve("s").resolve("c") + "/";
            await().atMost(LIMIT).until(() -> ProcessHandle.allProcesses()
                    .map(process -> process.info().commandLine().orElse(""))
                    .filter(line -> !line.contains(canary))
                    .noneMatch(line -> line.contains("--root=" + data.resolve("r"))));
        } finally {
            if (daemon != null) {
                daemon.destroy();
                if (!daemon.waitFor(20, TimeUnit.SECONDS)) {
                    daemon.destroyForcibly().waitFor();
                }
            }
            assertThat(command("umount", spool.toString())).isZero();
        }
    }

    private static String refusal(RunClient client, RunClient.Request request) {
        try {
            RunClient.Exit exit = client.run(request, new RunClient.Follower() {
                @Override
                public void session(String id) {}

                @Override
                public void stdout(byte[] bytes) {}

                @Override
                public void stderr(byte[] bytes) {}

                @Override
                public void state(String state, String reason) {}
            });
            return "ended with " + exit;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void mount(Path folder) throws IOException, InterruptedException {
        assertThat(command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.toString()))
                .isZero();
    }

    /** Takes what is free; false when nothing was. */
    private static boolean fill(Path file) throws IOException {
        long before = Files.exists(file) ? Files.size(file) : 0;
        byte[] block = new byte[4096];
        try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            return Files.size(file) > before;
        }
    }

    private static int command(String... words) throws IOException, InterruptedException {
        return new ProcessBuilder(words)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
