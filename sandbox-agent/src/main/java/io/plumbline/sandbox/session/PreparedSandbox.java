package io.plumbline.sandbox.session;

import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.posix.LinePipe;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.rootfs.Groundwork;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxKernel;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import io.plumbline.sandbox.runtime.Warden;
import io.plumbline.sandbox.trace.BinaryHashes;
import io.plumbline.sandbox.trace.TraceListener;
import io.plumbline.sandbox.trace.TracePoints;
import io.plumbline.sandbox.trace.TraceSocket;
import io.plumbline.sandbox.trace.TraceWatch;
import io.plumbline.sandbox.trace.Tripwire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of a sandbox that can be made before anybody knows for whom: its folder, the channels of its trace, its control groups, its
 * kernel, its warden. It serves one session. Nothing of a workload, of its policy or of its files is in it.
 */
final class PreparedSandbox implements AutoCloseable {
    private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(PreparedSandbox.class);

    /**
     * Where and with what.
     *
     * @param folder of the sandboxes; short, since sockets lie in it
     * @param guest the guest program
     */
    record Site(SandboxRuntime runtime, ControlGroups groups, Path folder, Path guest) {}

    private final Site site;
    private final String id;
    private final Path directory;
    private final long bornNanos = System.nanoTime();
    private @Nullable Groundwork groundwork;
    private @Nullable LinePipe syscallLog;
    private @Nullable TraceSocket trace;
    private boolean listened;
    private ControlGroups.@Nullable Group group;
    private @Nullable SandboxKernel kernel;
    private @Nullable Warden warden;

    private PreparedSandbox(Site site, String id, Path directory) {
        this.site = site;
        this.id = id;
        this.directory = directory;
    }

    /** Its folder alone; {@link #boot} makes the rest. */
    static PreparedSandbox begin(Site site) throws IOException {
        String id = Session.newId().substring(0, 12);
        Path directory = Files.createDirectory(
                site.folder().resolve(id),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        return new PreparedSandbox(site, id, directory);
    }

    /** Boots the kernel, unless it has been; when it fails, {@link #close} has still to come. */
    void boot() throws IOException, SandboxException, InterruptedException {
        if (kernel != null) {
            return;
        }
        groundwork = Groundwork.host(directory.resolve("system"), site.guest());
        syscallLog =
                LinePipe.make(Files.createDirectory(directory.resolve("l")).resolve(SandboxRuntime.Boot.SYSCALL_LOG));
        Path socket = directory.resolve("trace.sock");
        trace = TraceSocket.bind(socket);
        Path traceConfig = directory.resolve("trace.json");
        Files.writeString(traceConfig, TracePoints.podInitConfig(socket));
        ControlGroups.Group made = site.groups().create(id, ControlGroups.Limits.NONE);
        group = made;
        SandboxKernel booted = site.runtime()
                .boot(new SandboxRuntime.Boot(
                        id,
                        Files.createDirectory(directory.resolve("k")),
                        traceConfig,
                        Optional.of(directory.resolve("l").resolve(SandboxRuntime.Boot.SYSCALL_LOG)),
                        made.folders()));
        kernel = booted;
        if (booted.pid().isPresent()) {
            guard(booted.pid().getAsLong(), Optional.empty());
        }
    }

    /** Makes the session's sandbox; see {@link SandboxKernel#create}. */
    Sandbox create(SandboxRuntime.Creation creation) throws SandboxException, InterruptedException {
        Sandbox sandbox = kernel().create(creation);
        if (warden == null) {
            guard(sandbox.pid(), sandbox.freezer());
        }
        return sandbox;
    }

    /** From now on it dies with this daemon, and what it says is heard. */
    private void guard(long pid, Optional<Path> freezer) throws SandboxException, InterruptedException {
        warden = Warden.watch(site.guest(), pid, freezer);
        syscallLog().handedOver();
        if (!trace().awaitHandshake(HANDSHAKE_LIMIT)) {
            throw new SandboxException("the sandbox did not connect to its trace listener");
        }
    }

    /** Until {@link #wake} it runs nothing and takes no processor. */
    void rest() {
        kernel().rest();
    }

    /** Likewise; false when it could not be told to: it is of no use then. */
    boolean wake() {
        return kernel().wake();
    }

    private SandboxKernel kernel() {
        return Objects.requireNonNull(kernel, "not booted");
    }

    /** Whether it can still be given to a session, whatever its {@link #age}. */
    boolean usable() {
        return kernel != null && kernel.serves() && warden != null && warden.guards();
    }

    /** Of its copy of the host's configuration, which the host may have changed since. */
    Duration age() {
        return Duration.ofNanos(System.nanoTime() - bornNanos);
    }

    Path directory() {
        return directory;
    }

    // What follows exists once it has been booted.

    private LinePipe syscallLog() {
        return Objects.requireNonNull(syscallLog, "not booted");
    }

    private TraceSocket trace() {
        return Objects.requireNonNull(trace, "not booted");
    }

    /** Has the trace read from now on. The listener closes what it reads, and nobody else: it may outlive the session a little. */
    TraceListener listen(
            String session, SessionOutbox outbox, TraceWatch watch, Tripwire tripwire, BinaryHashes hashes) {
        TraceListener listener = TraceListener.open(new TraceListener.Surroundings(
                trace(), Optional.of(syscallLog()), session, outbox, watch, tripwire, hashes));
        listened = true;
        return listener;
    }

    /** Of the host's own system. */
    Groundwork groundwork() {
        return Objects.requireNonNull(groundwork, "not booted");
    }

    ControlGroups.Group group() {
        return Objects.requireNonNull(group, "not booted");
    }

    /**
     * Folders of {@code /proc} in which whatever holds a file of the sandbox open, or mapped, is a link to that file. Once booted, also
     * for another thread.
     */
    List<Path> holders() {
        Path proc = Path.of("/proc");
        OptionalLong pid = kernel().pid();
        if (pid.isPresent()) {
            // The sandbox's kernel opens and maps for all of its workload, and its threads share one table.
            return Stream.concat(group().processes().stream(), Stream.of(pid.getAsLong()))
                    .distinct()
                    .map(process -> proc.resolve(process + "/fd"))
                    .toList();
        }
        // A thread may have descriptors of its own.
        return Stream.concat(
                        group().threads().stream().map(thread -> proc.resolve(thread + "/fd")),
                        group().processes().stream().map(process -> proc.resolve(process + "/map_files")))
                .toList();
    }

    Warden warden() {
        return Objects.requireNonNull(warden, "not booted");
    }

    private interface Step {
        void run() throws Exception;
    }

    private void attempt(String what, Step step) {
        try {
            step.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            LOG.warn("sandbox {}: {} could not be given back", id, what, e);
        }
    }

    /**
     * Ends everything in it and removes what is left on disk and in the runtime, which may wait a second or two for the host's
     * init. Every step is tried.
     */
    @Override
    public void close() {
        if (kernel != null) {
            attempt("kernel", kernel::close);
        }
        if (trace != null && !listened) {
            attempt("trace", trace::close);
        }
        if (syscallLog != null && !listened) {
            attempt("syscall log", syscallLog::close);
        }
        if (group != null) {
            attempt("control groups", group::remove);
        }
        // Last: until here a dying daemon takes the sandbox with it.
        if (warden != null) {
            attempt("warden", warden::close);
        }
        attempt("directory", () -> Bundle.deleteTree(directory));
    }
}
