package io.plumbline.sandbox.runtime;

import java.util.OptionalLong;

/**
 * The kernel of one sandbox, booted before anybody knows for whom: nothing of a workload is in it yet. It serves one session and
 * is thrown away with it.
 */
public interface SandboxKernel extends AutoCloseable {
    /**
     * Process id of the kernel on the host: with it ends everything inside; empty for a runtime that has none before there is a
     * workload.
     */
    OptionalLong pid();

    /** Whether it still runs, or could after {@link #wake}; not known counts as alive. */
    boolean alive();

    /** Whether it is alive, and what makes a sandbox in it too. */
    default boolean serves() {
        return alive();
    }

    /**
     * Stops it as a whole until {@link #wake}: a kernel that waits for its sandbox wakes up all the time, for nothing. Not for one that
     * has a sandbox: see {@link Sandbox#brake}.
     */
    void rest();

    /** Lets it go on after {@link #rest}; false when it could not be told to. */
    boolean wake();

    /**
     * Makes the sandbox whose workload has not begun, once; what the runtime holds is then as the bundle asks for.
     *
     * @throws SandboxException when it did not come up, or the runtime holds something else; the kernel is of no use then
     */
    Sandbox create(SandboxRuntime.Creation creation) throws SandboxException;

    /** Ends it and all it runs, at once; what the runtime keeps of it stays until {@link #close}. Idempotent. */
    void kill();

    /** Ends it and removes what the runtime keeps of it and its sandbox. Slow: seconds. Idempotent. */
    @Override
    void close() throws SandboxException;
}
