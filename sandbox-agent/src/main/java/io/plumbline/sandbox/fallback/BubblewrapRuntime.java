package io.plumbline.sandbox.fallback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.sandbox.container.ContainerControl;
import io.plumbline.sandbox.container.HostProcesses;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Command;
import io.plumbline.sandbox.runtime.Rights;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxKernel;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * bubblewrap: namespaces of the host's kernel, no kernel of the session's own. Needs root, a freezer control group, fanotify with
 * permission events and the process connector; without one of them no sandbox comes up.
 */
public final class BubblewrapRuntime implements SandboxRuntime {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
    private static final Duration GATE_LIMIT = Duration.ofSeconds(20);

    /** What watches a workload comes before it, also when the workload wants every processor. */
    private static final String NICE = "10";

    /** Process and start of the first process, of bubblewrap, and the freezer group. */
    private static final int RECORDED = 5;

    private static final String ARGUMENTS_DESCRIPTOR = "4";
    private static final File NOWHERE = new File("/dev/null");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOG = LoggerFactory.getLogger(BubblewrapRuntime.class);

    private final Path bwrap;
    private final Path guest;
    private final Path state;
    private final String version;

    private BubblewrapRuntime(Path bwrap, Path guest, Path state, String version) {
        this.bwrap = bwrap;
        this.guest = guest;
        this.state = state;
        this.version = version;
    }

    /** Why it cannot run with the rights of this process, one clause; empty when nothing speaks against it. */
    public static Optional<String> impossible() throws IOException {
        return switch (Rights.here()) {
            case ROOT -> Optional.empty();
            case NAMESPACE, NONE ->
                Optional.of("this host is not root's, and without root the kernel tells neither of its processes nor"
                        + " of the files they open");
        };
    }

    /** The configured program if there is one (and only that), else the first on {@code PATH}. */
    public static Optional<Path> find(Optional<Path> configured) {
        if (configured.isPresent()) {
            return configured.filter(Files::isExecutable);
        }
        for (String folder :
                Objects.requireNonNullElse(System.getenv("PATH"), "").split(File.pathSeparator)) {
            Path candidate = Path.of(folder, "bwrap");
            if (!folder.isEmpty() && Files.isExecutable(candidate)) {
                return Optional.of(candidate.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    /**
     * @param guest the guest program
     * @param state where it is kept which sandboxes there are; of this daemon alone
     * @throws SandboxException when the program does not run
     */
    public static BubblewrapRuntime open(Path bwrap, Path guest, Path state) throws SandboxException {
        try {
            Command.Result answer = Command.run(List.of(bwrap.toString(), "--version"), CALL_LIMIT);
            if (!answer.succeeded()) {
                throw new SandboxException(bwrap + " --version: status " + answer.code() + ": " + answer.output());
            }
            Files.createDirectories(state);
            return new BubblewrapRuntime(
                    bwrap,
                    guest,
                    state,
                    answer.output().replace("bubblewrap", "").trim());
        } catch (IOException | TimeoutException e) {
            throw new SandboxException(bwrap + " --version: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException(bwrap + ": interrupted", e);
        }
    }

    @Override
    public String description() {
        return "bubblewrap " + version + " degraded";
    }

    @Override
    public boolean degraded() {
        return true;
    }

    @Override
    public SandboxKernel boot(Boot boot) {
        return new BubblewrapKernel(this, boot);
    }

    BubblewrapSandbox create(Boot boot, Creation creation) throws SandboxException {
        Path freezer = freezer(boot.cgroups());
        try {
            Specification specification = Specification.of(
                    JSON.readTree(creation.bundle().resolve("config.json").toFile()));
            needProcessLimit(boot.cgroups());
            return gated(boot, creation, specification, freezer);
        } catch (IOException e) {
            throw new SandboxException("bubblewrap: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("bubblewrap: interrupted", e);
        }
    }

    private static Path freezer(List<Path> groups) throws SandboxException {
        return groups.stream()
                .filter(group ->
                        Files.exists(group.resolve("freezer.state")) || Files.exists(group.resolve("cgroup.freeze")))
                .findFirst()
                .orElseThrow(() -> new SandboxException(
                        "control groups: no freezer (expected: one, else nothing could be frozen)"));
    }

    private static void needProcessLimit(List<Path> groups) throws SandboxException {
        if (groups.stream().noneMatch(group -> Files.exists(group.resolve("pids.max")))) {
            throw new SandboxException(
                    "control groups: no pids (expected: it, else the workload's processes had no limit but the host's)");
        }
    }

    /** The kernel's own limit counts a user's processes in all sessions; a group counts those of one, bubblewrap among them. */
    @Override
    public int hostThreads(int processes) {
        return processes + 1;
    }

    private BubblewrapSandbox gated(Boot boot, Creation creation, Specification specification, Path freezer)
            throws IOException, SandboxException, InterruptedException {
        Path pipe = creation.bundle().resolve("gate");
        int made = Posix.mkfifo(pipe);
        if (made < 0) {
            throw new IOException("mkfifo " + pipe + ": errno " + -made);
        }
        // Open here for as long as the session lives: its end at the gate means that this daemon has died.
        RandomAccessFile gate = new RandomAccessFile(pipe.toFile(), "rw");
        Process bubblewrap = null;
        Optional<HostProcesses> processes = Optional.empty();
        boolean kept = false;
        try {
            bubblewrap = launch(boot, creation, specification, pipe);
            ProcessHandle first = awaitGate(bubblewrap);
            processes = HostProcesses.of(
                            new ContainerControl.Found(
                                    ContainerControl.Status.CREATED,
                                    String.valueOf(freezer.getFileName()),
                                    first.pid(),
                                    OptionalInt.empty()),
                            true)
                    .filter(HostProcesses::grouped);
            if (processes.isEmpty()) {
                throw new SandboxException("the session's processes are not in their freezer control group");
            }
            Optional<String> difference = ConfinementReader.read(first.pid(), specification, creation.pinned())
                    .difference(specification);
            if (difference.isPresent()) {
                throw new SandboxException("the runtime does not hold what was asked: " + difference.get());
            }
            Path record = state.resolve(creation.id());
            Files.writeString(
                    record,
                    String.join(
                            " ",
                            Long.toString(first.pid()),
                            started(first),
                            Long.toString(bubblewrap.pid()),
                            started(bubblewrap.toHandle()),
                            freezer.toString()));
            HostWatch watch = HostWatch.begin(
                    watching(boot, creation, specification, first.pid(), freezer),
                    creation.bundle().resolve("watch.log"));
            kept = true;
            return new BubblewrapSandbox(
                    creation.id(),
                    bubblewrap,
                    first.pid(),
                    processes.get(),
                    watch,
                    gate,
                    freezer,
                    boot.cgroups(),
                    record);
        } finally {
            if (!kept) {
                processes.ifPresent(found -> found.kill(CALL_LIMIT));
                if (bubblewrap != null) {
                    bubblewrap.descendants().forEach(ProcessHandle::destroyForcibly);
                    bubblewrap.destroyForcibly().waitFor();
                }
                gate.close();
                Files.deleteIfExists(state.resolve(creation.id()));
            }
        }
    }

    private Process launch(Boot boot, Creation creation, Specification specification, Path gate)
            throws IOException, SandboxException {
        BubblewrapArguments arguments = BubblewrapArguments.of(specification);
        Path options = creation.bundle().resolve("bubblewrap.args");
        // Not on the command line, which everybody on the host can read: the environment is in it.
        Files.writeString(options, String.join("\0", arguments.options()) + "\0");
        List<String> command = new ArrayList<>(List.of(guest.toString(), "launch", "nice=" + NICE));
        boot.cgroups().forEach(group -> command.add("cgroup=" + group));
        creation.pinned()
                .ifPresent(pinned -> command.addAll(List.of(
                        "pin", pinned.source().toString(), pinned.target().toString())));
        command.addAll(List.of("gate=" + gate, "arguments=" + options));
        ProcessBuilder builder =
                switch (creation.streams()) {
                    case SandboxRuntime.Streams.Files files ->
                        new ProcessBuilder(command)
                                .redirectInput(files.stdin().toFile())
                                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                                        files.stdout().toFile()))
                                .redirectError(ProcessBuilder.Redirect.appendTo(
                                        files.stderr().toFile()));
                    case SandboxRuntime.Streams.Console console -> {
                        command.add("console=" + console.socket());
                        yield new ProcessBuilder(command)
                                .redirectInput(NOWHERE)
                                .redirectOutput(ProcessBuilder.Redirect.appendTo(NOWHERE))
                                .redirectError(ProcessBuilder.Redirect.appendTo(NOWHERE));
                    }
                };
        command.add("owner=" + specification.uid() + ":" + specification.gid());
        command.addAll(List.of("--", bwrap.toString(), "--args", ARGUMENTS_DESCRIPTOR, "--"));
        command.addAll(arguments.command());
        return builder.start();
    }

    /** The first process calls itself so when it has given up its rights; nothing else has run in there yet. */
    private static ProcessHandle awaitGate(Process bubblewrap) throws SandboxException, InterruptedException {
        long deadline = System.nanoTime() + GATE_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            if (!bubblewrap.isAlive()) {
                throw new SandboxException("bubblewrap: status " + bubblewrap.exitValue()
                        + " before the first process was ready; its words are in the session's error stream");
            }
            Optional<ProcessHandle> waiting = bubblewrap
                    .children()
                    .filter(child -> name(child.pid()).equals("gate"))
                    .findFirst();
            if (waiting.isPresent()) {
                return waiting.get();
            }
            Thread.sleep(1);
        }
        throw new SandboxException("bubblewrap: nothing at the gate within " + GATE_LIMIT.toSeconds() + " s");
    }

    private static String name(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "comm"))
                    .trim();
        } catch (IOException e) {
            return "";
        }
    }

    private List<String> watching(Boot boot, Creation creation, Specification specification, long pid, Path freezer)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                guest.toString(),
                "watch",
                "trace=" + TraceSocket.of(JSON.readTree(boot.traceConfig().toFile())),
                "pid=" + pid,
                "uid=" + specification.uid(),
                "group=" + freezer));
        boot.syscallLog().ifPresent(log -> command.add("log=" + log));
        Path held = creation.bundle().resolve(Bundle.HELD);
        if (Files.exists(held)) {
            for (String decoy : Files.readString(held).split("\0", -1)) {
                if (!decoy.isEmpty()) {
                    command.add("decoy=" + decoy);
                }
            }
        }
        command.add("--");
        command.addAll(specification.arguments());
        return command;
    }

    private static String started(ProcessHandle process) {
        return process.info().startInstant().map(Object::toString).orElse("");
    }

    @Override
    public List<String> ids() throws SandboxException {
        List<String> ids = new ArrayList<>();
        try (DirectoryStream<Path> records = Files.newDirectoryStream(state)) {
            for (Path record : records) {
                // runsc keeps its state in the same place.
                if (Files.isRegularFile(record)
                        && String.valueOf(record.getFileName()).matches("[0-9a-z]{10,40}")) {
                    ids.add(String.valueOf(record.getFileName()));
                }
            }
        } catch (IOException e) {
            throw new SandboxException("state " + state + ": " + e.getMessage(), e);
        }
        return ids;
    }

    @Override
    public void remove(String id) throws SandboxException {
        Path record = state.resolve(id);
        try {
            String[] words = Files.readString(record).split(" ", RECORDED);
            if (words.length != RECORDED) {
                throw new IOException(words.length + " words in its record (expected: " + RECORDED + ")");
            }
            for (int i = 0; i + 1 < RECORDED; i += 2) {
                String started = words[i + 1];
                ProcessHandle.of(Long.parseLong(words[i]))
                        .filter(process -> started(process).equals(started))
                        .ifPresent(process -> {
                            LOG.warn("killing process {} of an earlier sandbox host", process.pid());
                            Posix.kill(process.pid(), Posix.SIGKILL);
                        });
            }
            Path frozen = Path.of(words[RECORDED - 1], "freezer.state");
            if (Files.exists(frozen)) {
                // Version 1 of the freezer holds even what has been killed.
                Files.writeString(frozen, "THAWED", StandardOpenOption.WRITE);
            }
            Files.deleteIfExists(record);
        } catch (IOException | NumberFormatException e) {
            throw new SandboxException("sandbox " + id + ": " + e.getMessage(), e);
        }
    }

    /** Where the trace is listened to, in the configuration that gVisor takes. */
    private static final class TraceSocket {
        private TraceSocket() {}

        static String of(JsonNode configuration) throws IOException {
            JsonNode endpoint = configuration.findValue("endpoint");
            if (endpoint == null) {
                throw new IOException("trace configuration: no endpoint (expected: the listener's socket)");
            }
            return endpoint.asText();
        }
    }
}
