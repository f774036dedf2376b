package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.rootfs.OciConfig;
import io.plumbline.sandbox.trace.TracePoints;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

    private static final int KERNEL_THREADS = 256;
    private static final int THREADS_PER_PROCESS = 8;
    private static final String CONTAINER_TYPE = "io.kubernetes.cri.container-type";
    private static final String SANDBOX_ID = "io.kubernetes.cri.sandbox-id";
    private static final String PAUSE = "plumbline-guest";

    /** Nobody else's, so that nobody's limits count it. */
    private static final int PAUSING_USER = 65533;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger(RunscRuntime.class);

    private final Path runsc;
    private final Path guest;
    private final Path stateDirectory;
    private final Path pauseRoot;
    private final Platform platform;
    private final List<String> flags;
    private final String version;

    private RunscRuntime(
            Path runsc,
            Path guest,
            Path stateDirectory,
            Path pauseRoot,
            Platform platform,
            List<String> flags,
            String version) {
        this.runsc = runsc;
        this.guest = guest;
        this.stateDirectory = stateDirectory;
        this.pauseRoot = pauseRoot;
        this.platform = platform;
        this.flags = flags;
        this.version = version;
    }

    /**
     * @param guest the guest program
     * @param stateDirectory where runsc keeps its state and the sentry's control sockets; short, of this daemon alone
     * @throws SandboxException when the program does not run
     */
    public static RunscRuntime open(Path runsc, Path guest, Path stateDirectory, Platform platform)
            throws SandboxException {
        return open(runsc, guest, stateDirectory, platform, List.of());
    }

    /**
     * Likewise, for measurements.
     *
     * @param flags of runsc, which win over those that sandboxes have
     */
    public static RunscRuntime open(Path runsc, Path guest, Path stateDirectory, Platform platform, List<String> flags)
            throws SandboxException {
        String output = run(List.of(runsc.toString(), "--version"), CALL_LIMIT).output();
        String first = output.lines().findFirst().orElse("").replace("runsc version ", "");
        Path pauseRoot = stateDirectory.resolve("pause");
        try {
            for (String folder : List.of("proc", "sys")) {
                Files.createDirectories(pauseRoot.resolve(folder));
            }
            // The program alone: its folder on the host may hold other things.
            Path program = pauseRoot.resolve(PAUSE);
            Files.copy(guest, program, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("r-xr-xr-x"));
        } catch (IOException e) {
            throw new SandboxException("state directory " + stateDirectory + ": " + e.getMessage(), e);
        }
        return new RunscRuntime(runsc, guest, stateDirectory, pauseRoot, platform, List.copyOf(flags), first);
    }

    @Override
    public String description() {
        return "runsc " + version + " " + platform.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The trace points that this runsc offers, as it prints them. */
    public String traceMetadata() throws SandboxException {
        return run(List.of(runsc.toString(), "trace", "metadata"), CALL_LIMIT).output();
    }

    /** The sentry's own, and those that stand for the workload's, which no figure of gVisor's bounds: measured, with room. */
    @Override
    public int hostThreads(int processes) {
        return Math.addExact(KERNEL_THREADS, Math.multiplyExact(processes, THREADS_PER_PROCESS));
    }

    @Override
    public SandboxKernel boot(Boot boot) throws SandboxException {
        String id = TracePoints.KERNEL_CONTAINER + boot.id();
        Path pidFile = boot.directory().resolve("sandbox.pid");
        List<String> place = place(boot);
        List<String> command = new ArrayList<>(List.of(guest.toString(), "read-only"));
        command.addAll(place);
        command.add("--");
        command.addAll(command("--log=" + log(boot.directory()), "--pod-init-config=" + boot.traceConfig()));
        boot.syscallLog()
                .ifPresent(pipe -> command.addAll(List.of(
                        "--strace",
                        "--strace-syscalls=" + TracePoints.loggedSyscalls(),
                        // Of what a call sends nothing is read; a thousand buffers would make a line that nobody takes.
                        "--strace-log-size=1",
                        "--debug-log-format=json",
                        "--debug-log=" + pipe.resolveSibling("%COMMAND%.log"))));
        command.addAll(List.of("run", "--detach", "--pid-file", pidFile.toString()));
        command.addAll(List.of("--bundle", boot.directory().toString(), id));
        try {
            Files.writeString(boot.directory().resolve("config.json"), pausing());
            File nowhere = new File("/dev/null");
            call(
                    "runsc run",
                    limit -> Command.run(command, nowhere, nowhere, nowhere, limit),
                    log(boot.directory()),
                    CREATE_LIMIT);
            long pid = Long.parseLong(Files.readString(pidFile).trim());
            yieldToPlatform(pid);
            return RunscKernel.attach(
                    this,
                    boot,
                    id,
                    pid,
                    controlSocket(id, state(id)),
                    shims(place, boot.directory().resolve("shim.log")));
        } catch (IOException | RuntimeException e) {
            discard(id);
            throw new SandboxException("runsc run: " + e.getMessage(), e);
        } catch (SandboxException e) {
            discard(id);
            throw e;
        }
    }

    private RunscKernel.Shims shims(List<String> place, Path log) throws IOException {
        RuntimeShim inPlace = RuntimeShim.begin(guest, place, log, Map.of());
        try {
            // Its commands end before there is garbage to collect.
            return new RunscKernel.Shims(inPlace, RuntimeShim.begin(guest, List.of(), log, Map.of("GOGC", "off")));
        } catch (IOException e) {
            inPlace.close();
            throw e;
        }
    }

    /** The process that a kernel runs until, and as long as, there is a session: alone with itself. */
    private String pausing() throws IOException {
        OciConfig config = new OciConfig(
                pauseRoot,
                List.of("/" + PAUSE, "pause"),
                Map.of(),
                "/",
                PAUSING_USER,
                PAUSING_USER,
                List.of(),
                0,
                OciConfig.Terminal.NO);
        return annotated(JSON.readTree(config.json()), Map.of(CONTAINER_TYPE, "sandbox"))
                .toString();
    }

    /** How Kubernetes' runtime interface tells a runtime which containers share a sandbox, and runsc too. */
    private static JsonNode annotated(JsonNode config, Map<String, String> annotations) {
        ObjectNode known = ((ObjectNode) config).putObject("annotations");
        annotations.forEach(known::put);
        return config;
    }

    /** Makes the container of the workload in a kernel, and holds what the runtime keeps of it against what was asked. */
    void create(RunscKernel kernel, Creation creation) throws SandboxException {
        Path config = creation.bundle().resolve("config.json");
        List<String> command = command("--log=" + log(creation.bundle()), "create");
        if (creation.streams() instanceof SandboxRuntime.Streams.Console console) {
            command.add("--console-socket=" + console.socket());
        }
        command.addAll(List.of("--bundle", creation.bundle().toString(), creation.id()));
        try {
            JsonNode asked = annotated(
                    JSON.readTree(config.toFile()),
                    Map.of(CONTAINER_TYPE, "container", SANDBOX_ID, kernel.container()));
            Files.writeString(config, asked.toString());
            call(
                    "runsc create",
                    limit -> kernel.shims()
                            .beside()
                            .run(SandboxRuntime.Streams.Files.NOWHERE, List.of(), command, limit),
                    log(creation.bundle()),
                    CREATE_LIMIT);
            Optional<String> difference =
                    ConfirmedSpec.difference(asked, state(creation.id()).path("spec"));
            if (difference.isPresent()) {
                throw new SandboxException("the runtime does not hold what was asked: " + difference.get());
            }
        } catch (IOException e) {
            throw new SandboxException("runsc create: " + e.getMessage(), e);
        }
    }

    /** Lets the workload begin: what it may reach of the host is opened now, by a process that sees it as it may be seen. */
    void start(RunscKernel kernel, Creation creation) throws SandboxException {
        List<String> command = command("--log=" + log(creation.bundle()), "start", creation.id());
        SandboxRuntime.Streams.Files streams =
                switch (creation.streams()) {
                    case SandboxRuntime.Streams.Files files -> files;
                    case SandboxRuntime.Streams.Console console -> SandboxRuntime.Streams.Files.NOWHERE;
                };
        call(
                "runsc start",
                limit -> kernel.shims().inPlace().run(streams, mounts(creation), command, limit),
                log(creation.bundle()),
                CALL_LIMIT);
    }

    /** Of the kernel with all that is in it: a container of it has no state of its own. See docs/decisions/012. */
    Path checkpoint(RunscKernel kernel, Path directory, Duration limit) throws SandboxException {
        List<String> command = command("checkpoint", "--leave-running", "--image-path", directory.toString());
        command.add(kernel.container());
        Command.Result result = run(command, limit);
        Path image = directory.resolve("checkpoint.img");
        if (!result.succeeded() || !Files.exists(image)) {
            throw new SandboxException("runsc checkpoint: status " + result.code() + ": " + lastLine(result.output()));
        }
        return image;
    }

    /** Where a command of runsc that leaves processes behind runs: it has a lower priority, and joins the control groups. */
    private static List<String> place(Boot boot) {
        List<String> place = new ArrayList<>(List.of("nice=" + NICE));
        boot.cgroups().forEach(group -> place.add("cgroup=" + group));
        return place;
    }

    /**
     * What it sees read-only because it must stay as it is. gVisor truncates a file on a read-only bind before it refuses the open: the
     * host's kernel has to keep it.
     */
    private static List<String> mounts(Creation creation) {
        List<String> mounts = new ArrayList<>();
        creation.pinned()
                .ifPresent(pin -> mounts.addAll(
                        List.of("pin", pin.source().toString(), pin.target().toString())));
        creation.readOnly().forEach(path -> mounts.add(path.toString()));
        return mounts;
    }

    private static Path log(Path directory) {
        return directory.resolve("runsc.log");
    }

    private interface Program {
        /** Its exit status. */
        int run(Duration limit) throws IOException, TimeoutException, InterruptedException;
    }

    private static void call(String name, Program program, Path log, Duration limit) throws SandboxException {
        try {
            int code = program.run(limit);
            if (code != 0) {
                throw new SandboxException(name + ": status " + code + ": " + lastLine(Command.tail(log)));
            }
        } catch (IOException | TimeoutException e) {
            throw new SandboxException(name + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException(name + ": interrupted", e);
        }
    }

    /**
     * The runtime makes a process session for each sandbox. Where the host's kernel shares its processors between process
     * sessions, and not between processes, nice counts for nothing against the platform: the session's group needs its own.
     */
    private static void yieldToPlatform(long pid) {
        try {
            Files.writeString(Path.of("/proc", Long.toString(pid), "autogroup"), NICE);
        } catch (IOException | RuntimeException e) {
            // A kernel without such groups, or one that an ordinary user may not tell so often: there nice is enough.
            LOG.debug("autogroup of {}: {}", pid, e.getMessage());
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
                .sorted(Comparator.comparing(id -> !id.startsWith(TracePoints.KERNEL_CONTAINER)))
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
        command.addAll(flags);
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
