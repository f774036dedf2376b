package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.runtime.GuestProgram;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.Secrets;
import io.plumbline.standalone.cli.PlumblineCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A process tree in a home of its own, started and asked through the command line. Closing it leaves nothing: what the command line
 * cannot stop any more is ended by the process ids that were noted while it ran.
 */
final class Platform implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long COMMAND_SECONDS = 300;
    private static final int UNPRIVILEGED = 1000;
    private static final Pattern READY = Pattern.compile("READY (\\d+)");

    private final Layout layout;
    private final Set<Long> noted = new HashSet<>();

    private Platform(Layout layout) {
        this.layout = layout;
    }

    /** How a command ended. */
    record Answer(int code, String out, String err) {
        JsonNode json() throws IOException {
            return JSON.readTree(out);
        }
    }

    /** A home with the tools of this checkout, nothing running yet. */
    static Platform prepare() throws IOException, InterruptedException {
        Path root = Path.of("").toAbsolutePath().getParent();
        if (root == null) {
            throw new IOException("the module has no parent folder");
        }
        Path tools = tools(root);
        // Short: the sockets of the sandbox host lie below it.
        Path home = Files.createTempDirectory(Path.of("/var/tmp"), "plumbline-test-");
        Files.createSymbolicLink(home.resolve("tools"), tools);
        return new Platform(new Layout(root, home));
    }

    /** A process tree that is ready. */
    static Platform start() throws IOException, InterruptedException {
        Platform platform = prepare();
        try {
            platform.up();
            return platform;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            platform.close();
            throw e;
        }
    }

    /** The checkout's installed tools; what is missing is installed as the launcher does. */
    static Path tools(Path root) throws IOException, InterruptedException {
        Path home = Optional.ofNullable(System.getenv(Layout.HOME_VARIABLE))
                .map(Path::of)
                .orElse(root.resolve(".plumbline"));
        Path tools = Files.createDirectories(home.resolve("tools"));
        if (!Files.isExecutable(tools.resolve("runsc/runsc"))) {
            install(root.resolve("sandbox-agent/src/main/sh/install-runsc.sh"), tools.resolve("runsc"));
        }
        if (isOfAnotherBuild(tools.resolve("plumbline-guest"))) {
            install(root.resolve("sandbox-agent/guest/build.sh"), tools.resolve("plumbline-guest"));
        }
        return tools;
    }

    private static boolean isOfAnotherBuild(Path guest) throws IOException {
        try {
            return GuestProgram.difference(guest).isPresent();
        } catch (SandboxException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static void install(Path script, Path target) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(script.toString(), target.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(script + " failed: " + output);
        }
    }

    void up() throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Answer answer = plumbline("up");
        if (answer.code() != 0) {
            throw new IOException("plumbline up ended with " + answer.code() + ": " + answer.err());
        }
        System.out.printf("figure e2e.up_seconds %.1f%n", (System.nanoTime() - begun) / 1e9);
    }

    Layout layout() {
        return layout;
    }

    /** What the supervisor wrote down last. */
    RunState state() {
        RunState state = RunState.read(layout.runState()).orElseThrow();
        noted.add(state.pid());
        noted.addAll(state.children().values());
        return state;
    }

    long pid(String component) {
        Long pid = state().children().get(component);
        if (pid == null) {
            throw new IllegalStateException(component + " does not run: " + state());
        }
        return pid;
    }

    /** Runs one command of the command line. */
    Answer plumbline(String... arguments) throws IOException, InterruptedException {
        return plumblineAt(layout.home(), arguments);
    }

    /** Runs one command of the command line on another home. */
    Answer plumblineAt(Path home, String... arguments) throws IOException, InterruptedException {
        return run(command(home, arguments));
    }

    /**
     * Runs a Python program that plays the person at whose terminal a command of the command line runs. Its arguments are what it is
     * told to do, and the command.
     */
    Answer played(String program, String act, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = command(layout.home(), arguments);
        builder.command().addAll(0, List.of("/usr/bin/python3", "-c", program, act));
        return run(builder);
    }

    private ProcessBuilder command(Path home, String... arguments) throws IOException {
        return builder(
                home,
                "standalone",
                // As the launcher does.
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-D" + Layout.ROOT_PROPERTY + "=" + layout.root(),
                        PlumblineCommand.class.getName()),
                arguments);
    }

    /** Runs a part by itself, as the supervisor would, to its end. */
    Answer part(String module, String mainClass, String... arguments) throws IOException, InterruptedException {
        return run(partBuilder(module, mainClass, arguments));
    }

    /** Starts a part by itself; what it prints goes to {@code log}. */
    Process begin(String module, String mainClass, Path log, String... arguments) throws IOException {
        Process process = partBuilder(module, mainClass, arguments)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        noted.add(process.pid());
        return process;
    }

    /**
     * A further console on the same log and search copy, started as the supervisor starts the first one, with settings that come behind
     * those. Its address.
     */
    String console(String name, String... settings) throws IOException {
        Secrets secrets = new Secrets(layout);
        Path output = layout.home().resolve(name + "-console.log");
        List<String> all = new ArrayList<>(List.of(
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--plumbline.elasticsearch-url=" + state().endpoint("search"),
                "--plumbline.kafka-bootstrap=" + state().endpoint("broker"),
                "--plumbline.admin-password-file=" + secrets.adminPassword(),
                "--plumbline.api-token-file=" + secrets.apiToken(),
                "--plumbline.policy-key-file=" + secrets.policyKey()));
        all.addAll(List.of(settings));
        begin("console", "io.plumbline.console.ConsoleApplication", output, all.toArray(String[]::new));
        String told = await().atMost(Duration.ofSeconds(120))
                .until(() -> Files.readString(output), text -> READY.matcher(text)
                        .find());
        Matcher ready = READY.matcher(told);
        assertThat(ready.find()).isTrue();
        return "http://127.0.0.1:" + ready.group(1);
    }

    /** Writes to the log past everybody; close it before the platform. */
    KafkaProducer<String, byte[]> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", state().endpoint("broker"), "acks", "all"),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    private ProcessBuilder partBuilder(String module, String mainClass, String... arguments) throws IOException {
        return builder(
                layout.home(),
                module,
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dplumbline.home=" + layout.home(),
                        "-Dlogback.configurationFile="
                                + layout.root().resolve("standalone/target/classes/component-logback.xml"),
                        mainClass),
                arguments);
    }

    private ProcessBuilder builder(Path home, String module, List<String> main, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(main);
        command.addAll(List.of(arguments));
        Path target = layout.root().resolve(module).resolve("target");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile());
        builder.environment().put(Layout.HOME_VARIABLE, home.toString());
        builder.environment()
                .put(
                        "CLASSPATH",
                        target.resolve("classes") + ":"
                                + Files.readString(target.resolve("classpath.txt"))
                                        .strip());
        return builder;
    }

    private Answer run(ProcessBuilder builder) throws IOException, InterruptedException {
        Path out = Files.createTempFile(layout.home(), "out", "");
        Path err = Files.createTempFile(layout.home(), "err", "");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException(builder.command().getLast() + " did not end within " + COMMAND_SECONDS + " s");
        }
        return new Answer(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** The door of the sandbox host. */
    RunClient runClient() {
        return new RunClient(Path.of(state().endpoint("host")));
    }

    EventLog log() {
        return EventLog.follow(state().endpoint("broker"));
    }

    SearchCopy search() {
        return new SearchCopy(state().endpoint("search"));
    }

    /** A folder that a session may work on. */
    Path workspace(String name) throws IOException {
        Path workspace = Files.createDirectory(layout.home().resolve(name));
        Path readme = workspace.resolve("README.md");
        Files.writeString(readme, "# A project\n");
        for (Path path : List.of(workspace, readme)) {
            Files.setAttribute(path, "unix:uid", UNPRIVILEGED);
            Files.setAttribute(path, "unix:gid", UNPRIVILEGED);
        }
        return workspace;
    }

    /**
     * Processes of sessions' sandboxes of this home: sentries, gofers and what they run. The canary's is not one, nor is a
     * sandbox that waits for a session.
     */
    List<ProcessHandle> sandboxProcesses() {
        String root = "--root=" + layout.hostData().resolve("r");
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(root) && !isHostsOwn(line))
                        .isPresent())
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .distinct()
                .toList();
    }

    private boolean isHostsOwn(String commandLine) {
        String sandboxes = layout.hostData().resolve("s") + "/";
        int from = commandLine.indexOf(sandboxes);
        if (from < 0) {
            return false;
        }
        String folder = commandLine.substring(from + sandboxes.length()).split("/", 2)[0];
        Path sandbox = layout.hostData().resolve("s").resolve(folder);
        return folder.equals("c") || Files.isDirectory(sandbox) && !Files.exists(sandbox.resolve("session"));
    }

    /**
     * Waits until no session has a sandbox any more. The host replaces its waiting sandbox meanwhile: the commands of the runtime that
     * make one tell no folder that it could be known by, and each lasts only some ten milliseconds.
     */
    void awaitNoSandbox() {
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(sandboxProcesses())
                .extracting(process ->
                        process.pid() + " " + process.info().commandLine().orElse("?"))
                .isEmpty());
    }

    /** The processes in which sandboxed programs run: what the sentries have below them. */
    List<ProcessHandle> workloadProcesses() {
        String root = "--root=" + layout.hostData().resolve("r");
        return sandboxProcesses().stream()
                .filter(process -> !process.info().commandLine().orElse("").contains(root))
                .toList();
    }

    /** Processes that name this home on their command line; none may be left in the end. */
    List<ProcessHandle> processes() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .orElse("")
                        .contains(layout.home().toString()))
                .toList();
    }

    static void signal(String signal, long pid) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + signal, String.valueOf(pid))
                .inheritIO()
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill -" + signal + " " + pid + " ended with " + code);
        }
    }

    @Override
    public void close() {
        try {
            RunState.read(layout.runState()).ifPresent(last -> state());
            plumbline("down");
        } catch (IOException e) {
            System.err.println("plumbline down: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<ProcessHandle> left = Stream.concat(
                        noted.stream()
                                .map(ProcessHandle::of)
                                .flatMap(Optional::stream)
                                .filter(this::isOurs),
                        Stream.concat(sandboxProcesses().stream(), processes().stream()))
                .distinct()
                .toList();
        left.forEach(ProcessHandle::destroyForcibly);
        left.forEach(process -> process.onExit()
                .orTimeout(10, TimeUnit.SECONDS)
                .exceptionally(e -> process)
                .join());
        try {
            delete(layout.home());
        } catch (IOException | UncheckedIOException e) {
            System.err.println(layout.home() + " is left: " + e.getMessage());
        }
    }

    /** A process id may have been given to somebody else since. */
    private boolean isOurs(ProcessHandle process) {
        String line = process.info().commandLine().orElse("");
        return line.contains(layout.home().toString()) || line.contains("io.plumbline.standalone.Supervisor");
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
