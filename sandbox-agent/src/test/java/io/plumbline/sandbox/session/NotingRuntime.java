package io.plumbline.sandbox.session;

import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.runtime.SandboxKernel;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;

/** Its kernels are nothing but what they were told. */
final class NotingRuntime implements SandboxRuntime {
    static final String NO_THREAD = "unable to create native thread";

    /** How its kernels are. */
    enum Kernels {
        WAKE,
        SLEEP_ON,
        /** Cannot be booted on a host that has run out of threads. */
        FIND_NO_THREAD
    }

    final List<String> told = new CopyOnWriteArrayList<>();
    private final Kernels kernels;

    NotingRuntime(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public String description() {
        return "noting";
    }

    @Override
    public int hostThreads(int processes) {
        return processes;
    }

    @Override
    public SandboxKernel boot(Boot boot) {
        told.add("boot");
        if (kernels == Kernels.FIND_NO_THREAD) {
            throw new OutOfMemoryError(NO_THREAD);
        }
        return new NotingKernel();
    }

    @Override
    public List<String> ids() {
        return List.of();
    }

    @Override
    public void remove(String id) {}

    private final class NotingKernel implements SandboxKernel {
        @Override
        public OptionalLong pid() {
            return OptionalLong.empty();
        }

        @Override
        public boolean alive() {
            return true;
        }

        @Override
        public void rest() {
            told.add("rest");
        }

        @Override
        public boolean wake() {
            told.add("wake");
            return kernels == Kernels.WAKE;
        }

        @Override
        public Sandbox create(Creation creation) throws SandboxException {
            throw new SandboxException("no sandbox");
        }

        @Override
        public void kill() {}

        @Override
        public void close() {
            told.add("close");
        }
    }
}
