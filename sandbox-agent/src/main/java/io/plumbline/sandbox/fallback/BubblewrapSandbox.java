package io.plumbline.sandbox.fallback;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.plumbline.sandbox.container.HostProcesses;
import io.plumbline.sandbox.runtime.Brake;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** A session of {@link BubblewrapRuntime}: its processes are the host's own, in namespaces and control groups of theirs. */
final class BubblewrapSandbox implements Sandbox {
    /** As a shell tells SIGKILL. */
    private static final int KILLED = 137;

    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final Duration DELETE_LIMIT = Duration.ofSeconds(5);

    private final String id;
    private final Process bubblewrap;
    private final long pid;
    private final HostProcesses processes;
    private final HostWatch watch;
    private final RandomAccessFile gate;
    private final Path freezer;
    private final List<Path> groups;
    private final Path record;

    /**
     * @param bubblewrap whose exit status is the first process's
     * @param gate the pipe at which the first process waits
     * @param record of it in the runtime's state
     */
    BubblewrapSandbox(
            String id,
            Process bubblewrap,
            long pid,
            HostProcesses processes,
            HostWatch watch,
            RandomAccessFile gate,
            Path freezer,
            List<Path> groups,
            Path record) {
        this.id = id;
        this.bubblewrap = bubblewrap;
        this.pid = pid;
        this.processes = processes;
        this.watch = watch;
        this.gate = gate;
        this.freezer = freezer;
        this.groups = groups;
        this.record = record;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public void start() throws SandboxException {
        try {
            gate.write('g');
        } catch (IOException e) {
            throw new SandboxException("the first process does not wait any more: " + e.getMessage(), e);
        }
    }

    @Override
    public Brake brake() {
        return new FreezerBrake(processes);
    }

    @Override
    public Optional<Path> freezer() {
        return Optional.of(freezer);
    }

    @Override
    public String processes(Duration limit) {
        var evidence = JsonNodeFactory.instance.objectNode();
        evidence.set("processes", processes.describe());
        return evidence.toString();
    }

    @Override
    public Path checkpoint(Path directory, Duration limit) throws SandboxException {
        throw new SandboxException("bubblewrap writes no state (expected: gVisor)");
    }

    @Override
    public OptionalLong droppedTraceMessages(Duration limit) {
        return watch.dropped(limit);
    }

    /** Without bubblewrap itself, which is in the group too. */
    @Override
    public OptionalInt processCount(Duration limit) {
        return OptionalInt.of(Math.max(0, processes.members().size() - 1));
    }

    @Override
    public OptionalLong memoryBytes(Duration limit) {
        for (Path group : groups) {
            for (String file : List.of("memory.usage_in_bytes", "memory.current")) {
                try {
                    if (Files.exists(group.resolve(file))) {
                        return OptionalLong.of(Long.parseLong(
                                Files.readString(group.resolve(file)).trim()));
                    }
                } catch (IOException | NumberFormatException e) {
                    return OptionalLong.empty();
                }
            }
        }
        return OptionalLong.empty();
    }

    /** A killed one ended without telling: by an order, for want of memory, or with its daemon. */
    @Override
    public OptionalInt awaitExit() throws InterruptedException {
        int code = bubblewrap.waitFor();
        return code == KILLED ? OptionalInt.empty() : OptionalInt.of(code);
    }

    @Override
    public void signalForeground(int signal) {
        // The terminal's driver is the host's kernel, which knows the session's processes.
    }

    @Override
    public boolean alive() {
        return processes.alive();
    }

    @Override
    public void kill() {
        processes.kill(KILL_LIMIT);
    }

    /** Ends it and forgets it. */
    void delete() throws SandboxException {
        kill();
        try {
            if (!bubblewrap.waitFor(DELETE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                bubblewrap.destroyForcibly();
            }
            watch.close();
            gate.close();
            Files.deleteIfExists(record);
        } catch (IOException e) {
            throw new SandboxException("sandbox " + id + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        // Nothing is connected: the host's kernel answers whoever asks.
    }
}
