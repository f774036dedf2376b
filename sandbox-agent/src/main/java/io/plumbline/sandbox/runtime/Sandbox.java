package io.plumbline.sandbox.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** One sandbox. Safe for use by several threads. */
public interface Sandbox extends AutoCloseable {
    String id();

    /** Process id of the sandbox's kernel on the host: with it ends everything inside. */
    long pid();

    /** Lets the workload begin. */
    void start() throws SandboxException;

    /** The brake of this sandbox, ready for use at once. */
    Brake brake();

    /**
     * Processes of the sandbox with arguments, descriptors and working directories, JSON; works while it is frozen by its
     * control socket.
     */
    String processes(Duration limit) throws SandboxException;

    /**
     * Writes the whole state of a paused sandbox, memory included, into a new file in {@code directory}, and lets it be as it
     * was.
     *
     * @throws SandboxException when the runtime cannot; {@link #alive} says whether the sandbox has survived the attempt
     */
    Path checkpoint(Path directory, Duration limit) throws SandboxException;

    /**
     * Trace messages that the runtime has dropped so far; once {@link #awaitExit} has returned, until the workload's end. Empty
     * when it does not answer.
     */
    OptionalLong droppedTraceMessages(Duration limit);

    /**
     * Processes of the workload, the sandbox's relay among them; when the runtime is slow, of up to half a minute ago. Empty when it
     * does not answer.
     */
    OptionalInt processCount(Duration limit);

    /** Memory that the workload uses, bytes; as old as {@link #processCount} may be, and empty likewise. */
    OptionalLong memoryBytes(Duration limit);

    /**
     * Waits for the workload's end.
     *
     * @return its exit code, 128 + the signal number when it was killed; empty when the sandbox ended without telling
     */
    OptionalInt awaitExit() throws InterruptedException;

    /**
     * Sends a signal to the foreground process group of the workload's terminal, as a terminal's driver does; nothing happens
     * when there is no terminal, or its driver has done so itself.
     */
    void signalForeground(int signal);

    /** Whether the sandbox's kernel still exists. */
    boolean alive();

    /**
     * Folder of the control group by which everything of the sandbox is stopped; empty: what stops the process {@link #pid} stops
     * all.
     */
    default Optional<Path> freezer() {
        return Optional.empty();
    }

    /** Ends everything inside at once, also when frozen: no further instruction of the workload runs. Idempotent. */
    void kill();

    /** Lets go of it: the kernel of an ended sandbox stays for as long as somebody is connected to it. Idempotent. */
    @Override
    void close();
}
