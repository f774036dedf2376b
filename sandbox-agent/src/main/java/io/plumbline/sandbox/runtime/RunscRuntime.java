package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.trace.TracePoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** gVisor by its command line. The daemon, not the state that runsc keeps, is the authority on what is frozen. */
public final class RunscRuntime implements SandboxRuntime {
    /** How the sentry runs the workload's code. */
    public enum Platform {
        SYSTRAP,
        PTRACE;

        String flag() {
            return "--platform=" + name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private static final Duration CREATE_LIMIT = Duration.ofSeconds(20);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

    /** What watches a workload comes before it, also when the workload wants every processor. */
    private static final String NICE = "10";

    private static final Path NOWHERE = Path.of("/dev/null");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger(RunscRuntime.class);

    private final Path runsc;
    private final Path guest;
    private final Path stateDirectory;
    private final Platform platform;
    private final String version;

    private RunscRuntime(Path runsc, Path guest, Path stateDirectory, Platform platform, String version) {
        this.runsc = runsc;
        this.guest = guest;
        this.stateDirectory = stateDirectory;
        this.platform = platform;
        this.version = version;
    }

    /**
     * @param guest the guest program
     * @param stateDirectory where runsc keeps its state and the sentry's control sockets; short, of this daemon alone
     * @throws SandboxException when the program does not run
     */
    public static RunscRuntime open(Path runsc, Path guest, Path stateDirectory, Platform platform)
            throws SandboxException {
        String output = run(List.of(runsc.toString(), "--version"), CALL_LIMIT).output();
        String first = output.lines().findFirst().orElse("").replace("runsc version ", "");
        try {
            Files.createDirectories(stateDirectory);
        } catch (IOException e) {
            throw new SandboxException("state directory " + stateDirectory, e);
        }
        return new RunscRuntime(runsc, guest, stateDirectory, platform, first);
    }

    @Override
    public String description() {
        return "runsc " + version + " " + platform.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The trace points that this runsc offers, as it prints them. */
    public String traceMetadata() throws SandboxException {
        return run(List.of(runsc.toString(), "trace", "metadata"), CALL_LIMIT).output();
    }

    @Override
    public Sandbox create(Creation creation) throws SandboxException {
        Path pidFile = creation.bundle().resolve("sandbox.pid");
        Path log = creation.bundle().resolve("runsc.log");
        // gVisor truncates a file on a read-only bind before it refuses the open: the host's kernel has to keep it.
        List<String> command = new ArrayList<>(List.of("nice", "-n", NICE, guest.toString(), "read-only"));
        creation.cgroups().forEach(group -> command.add("cgroup=" + group));
        creation.pinned()
                .ifPresent(pinned -> command.addAll(List.of(
                        "pin", pinned.source().toString(), pinned.target().toString())));
        creation.readOnly().forEach(path -> command.add(path.toString()));
        command.add("--");
        command.addAll(command("--log=" + log, "--pod-init-config=" + creation.traceConfig()));
        creation.syscallLog()
                .ifPresent(pipe -> command.addAll(List.of(
                        "--strace",
                        "--strace-syscalls=" + TracePoints.loggedSyscalls(),
                        "--debug-log-format=json",
                        "--debug-log=" + pipe.resolveSibling("%COMMAND%.log"))));
        command.add("create");
        SandboxRuntime.Streams.Files streams =
                switch (creation.streams()) {
                    case SandboxRuntime.Streams.Files files -> files;
                    case SandboxRuntime.Streams.Console console -> {
                        command.add("--console-socket=" + console.socket());
                        yield new SandboxRuntime.Streams.Files(NOWHERE, NOWHERE, NOWHERE);
                    }
                };
        command.addAll(List.of(
                "--pid-file", pidFile.toString(), "--bundle", creation.bundle().toString(), creation.id()));
        try {
            int code = Command.run(
                    command,
                    streams.stdin().toFile(),
                    streams.stdout().toFile(),
                    streams.stderr().toFile(),
                    CREATE_LIMIT);
            if (code != 0) {
                throw new SandboxException("runsc create: status " + code + ": " + lastLine(Command.tail(log)));
            }
            long pid = Long.parseLong(Files.readString(pidFile).trim());
            yieldToPlatform(pid);
            JsonNode state = state(creation.id());
            Optional<String> difference = ConfirmedSpec.difference(
                    JSON.readTree(creation.bundle().resolve("config.json").toFile()), state.path("spec"));
            if (difference.isPresent()) {
                throw new SandboxException("the runtime does not hold what was asked: " + difference.get());
            }
            return RunscSandbox.attach(this, creation, pid, controlSocket(creation.id(), state));
        } catch (IOException | TimeoutException | NumberFormatException e) {
            discard(creation.id());
            throw new SandboxException("runsc create: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            discard(creation.id());
            throw new SandboxException("runsc create: interrupted", e);
        } catch (SandboxException e) {
            discard(creation.id());
            throw e;
        }
    }

    /**
     * The runtime makes a process session for each sandbox. Where the host's kernel shares its processors between process
     * sessions, and not between processes, nice counts for nothing against the platform: the session's group needs its own.
     */
    private static void yieldToPlatform(long pid) {
        try {
            Files.writeString(Path.of("/proc", Long.toString(pid), "autogroup"), NICE);
        } catch (IOException e) {
            // A kernel without such groups: there nice is enough.
            LOG.debug("autogroup of {}: {}", pid, e.getMessage());
        }
    }

    void start(Creation creation) throws SandboxException {
        Path log = creation.bundle().resolve("runsc.log");
        List<String> command = command("--log=" + log, "--pod-init-config=" + creation.traceConfig(), "start");
        command.add(creation.id());
        Command.Result result = run(command, CALL_LIMIT);
        if (!result.succeeded()) {
            throw new SandboxException("runsc start: status " + result.code() + ": " + lastLine(result.output()));
        }
    }

    @Override
    public List<String> ids() throws SandboxException {
        Command.Result result = run(command("list", "-quiet"), CALL_LIMIT);
        if (!result.succeeded()) {
            throw new SandboxException("runsc list: " + lastLine(result.output()));
        }
        return result.output()
                .lines()
                .map(String::trim)
                .filter(id -> !id.isEmpty())
                .toList();
    }

    @Override
    public void remove(String id) throws SandboxException {
        List<String> command = command("delete", "--force");
        command.add(id);
        Command.Result result = run(command, CALL_LIMIT);
        if (!result.succeeded() && !result.output().contains("does not exist")) {
            throw new SandboxException("runsc delete " + id + ": " + lastLine(result.output()));
        }
    }

    private void discard(String id) {
        try {
            remove(id);
        } catch (SandboxException e) {
            LOG.warn("a sandbox that did not come up could not be removed: {}", e.getMessage());
        }
    }

    private List<String> command(String... more) {
        List<String> command = new ArrayList<>(List.of(
                runsc.toString(),
                "--root=" + stateDirectory,
                "--network=none",
                "--overlay2=root:memory",
                "--ignore-cgroups",
                "--host-uds=open",
                platform.flag()));
        command.addAll(List.of(more));
        return command;
    }

    /** What the runtime keeps of a sandbox, its specification included. */
    private JsonNode state(String id) throws IOException, SandboxException {
        try (var files = Files.newDirectoryStream(stateDirectory, id + "*.state")) {
            for (Path file : files) {
                return JSON.readTree(file.toFile());
            }
        }
        throw new SandboxException("the runtime keeps no state of the sandbox");
    }

    /** The sentry puts its socket elsewhere when the path is too long, and says where in its state. */
    private Path controlSocket(String id, JsonNode state) throws SandboxException {
        JsonNode path = state.findValue("controlSocketPath");
        if (path != null && !path.asText().isEmpty()) {
            return Path.of(path.asText());
        }
        Path usual = stateDirectory.resolve("runsc-" + id + ".sock");
        if (!Files.exists(usual)) {
            throw new SandboxException("the sandbox has no control socket");
        }
        return usual;
    }

    private static Command.Result run(List<String> command, Duration limit) throws SandboxException {
        try {
            return Command.run(command, limit);
        } catch (IOException | TimeoutException e) {
            throw new SandboxException(command.getFirst() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException(command.getFirst() + ": interrupted", e);
        }
    }

    private static String lastLine(String output) {
        String line = output.lines().reduce("", (first, second) -> second.isBlank() ? first : second);
        return line.substring(0, Math.min(line.length(), 500));
    }
}
