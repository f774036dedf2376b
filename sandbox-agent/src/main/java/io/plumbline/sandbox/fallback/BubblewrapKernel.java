package io.plumbline.sandbox.fallback;

import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxKernel;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** There is none: the host's kernel runs the workload, and nothing is there before it. */
final class BubblewrapKernel implements SandboxKernel {
    private final BubblewrapRuntime runtime;
    private final SandboxRuntime.Boot boot;

    // Guarded by this.
    private @Nullable BubblewrapSandbox sandbox;

    BubblewrapKernel(BubblewrapRuntime runtime, SandboxRuntime.Boot boot) {
        this.runtime = runtime;
        this.boot = boot;
    }

    @Override
    public OptionalLong pid() {
        return OptionalLong.empty();
    }

    @Override
    public synchronized boolean alive() {
        return sandbox == null || sandbox.alive();
    }

    /** There is nothing that could rest. */
    @Override
    public void rest() {}

    @Override
    public boolean wake() {
        return true;
    }

    @Override
    public synchronized Sandbox create(SandboxRuntime.Creation creation) throws SandboxException {
        if (sandbox != null) {
            throw new IllegalStateException("there is a sandbox already");
        }
        BubblewrapSandbox made = runtime.create(boot, creation);
        sandbox = made;
        return made;
    }

    @Override
    public synchronized void kill() {
        if (sandbox != null) {
            sandbox.kill();
        }
    }

    @Override
    public synchronized void close() throws SandboxException {
        if (sandbox != null) {
            sandbox.delete();
        }
    }
}
