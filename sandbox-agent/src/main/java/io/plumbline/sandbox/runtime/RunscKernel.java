package io.plumbline.sandbox.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.posix.ProcessState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A sentry of {@link RunscRuntime}: its control socket, connected three times so that no call waits for another. */
final class RunscKernel implements SandboxKernel {
    private static final Duration WARM_UP_LIMIT = Duration.ofSeconds(10);
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(RunscKernel.class);
    static final JsonNode NOTHING = NullNode.getInstance();

    private final RunscRuntime runtime;
    private final SandboxRuntime.Boot boot;
    private final String container;

    /** For the brake alone. */
    private final ControlSocket brakeSocket;

    /** For everything that may take its time. */
    private final ControlSocket inspection;

    /** For the one call that lasts as long as the workload. */
    private final ControlSocket exit;

    private final Shims shims;

    /** Knows the start time too. */
    private final ProcessHandle sentry;

    // Guarded by this.
    private @Nullable RunscSandbox sandbox;

    /**
     * Who runs what the runtime has to do for the sandbox.
     *
     * @param inPlace in the sandbox's control groups and at its priority: for what leaves processes behind that serve the workload
     * @param beside as this daemon: for what leaves none, and for which a session waits
     */
    record Shims(RuntimeShim inPlace, RuntimeShim beside) implements AutoCloseable {
        boolean alive() {
            return inPlace.alive() && beside.alive();
        }

        @Override
        public void close() {
            inPlace.close();
            beside.close();
        }
    }

    private RunscKernel(
            RunscRuntime runtime,
            SandboxRuntime.Boot boot,
            String container,
            ProcessHandle sentry,
            ControlSocket brakeSocket,
            ControlSocket inspection,
            ControlSocket exit,
            Shims shims) {
        this.runtime = runtime;
        this.boot = boot;
        this.container = container;
        this.sentry = sentry;
        this.brakeSocket = brakeSocket;
        this.inspection = inspection;
        this.exit = exit;
        this.shims = shims;
    }

    /**
     * @param container id of the one that keeps the kernel open
     * @param shims the kernel's from now on, also when this fails
     */
    static RunscKernel attach(
            RunscRuntime runtime, SandboxRuntime.Boot boot, String container, long pid, Path socket, Shims shims)
            throws IOException, SandboxException {
        List<ControlSocket> sockets = new ArrayList<>();
        try {
            ProcessHandle sentry =
                    ProcessHandle.of(pid).orElseThrow(() -> new SandboxException("the sandbox has ended"));
            for (int i = 0; i < 3; i++) {
                sockets.add(ControlSocket.connect(socket));
            }
            warmUp(sockets.getFirst());
            return new RunscKernel(
                    runtime, boot, container, sentry, sockets.get(0), sockets.get(1), sockets.get(2), shims);
        } catch (IOException | SandboxException | RuntimeException e) {
            disconnect(sockets);
            shims.close();
            throw e;
        }
    }

    /** The first call loads classes here and allocates there, which takes longer than a pause. */
    private static void warmUp(ControlSocket socket) throws IOException, SandboxException {
        for (int i = 0; i < 3; i++) {
            if (socket.call("containerManager.ListTraceSessions", NOTHING, WARM_UP_LIMIT)
                    .isEmpty()) {
                throw new SandboxException("the sandbox's control socket does not answer");
            }
        }
    }

    SandboxRuntime.Boot boot() {
        return boot;
    }

    String container() {
        return container;
    }

    Shims shims() {
        return shims;
    }

    ControlSocket inspection() {
        return inspection;
    }

    ControlSocket exit() {
        return exit;
    }

    @Override
    public OptionalLong pid() {
        return OptionalLong.of(sentry.pid());
    }

    @Override
    public void rest() {
        signal(Posix.SIGSTOP);
    }

    @Override
    public boolean wake() {
        return signal(Posix.SIGCONT);
    }

    @Override
    public synchronized Sandbox create(SandboxRuntime.Creation creation) throws SandboxException {
        if (sandbox != null) {
            throw new IllegalStateException("the kernel serves a sandbox already");
        }
        RunscSandbox made = new RunscSandbox(runtime, this, creation);
        sandbox = made;
        runtime.create(this, creation);
        return made;
    }

    /** The workload has ended: what keeps the kernel open ends too, and with it the kernel, once it has told all. */
    void end() {
        signal(container, Posix.SIGKILL, Target.FIRST);
    }

    /** Whom a signal goes to; the numbers are runsc's delivery modes. */
    enum Target {
        FIRST(0),
        FOREGROUND(2);

        private final int mode;

        Target(int mode) {
            this.mode = mode;
        }
    }

    void signal(String to, int signal, Target target) {
        JsonNode order = JsonNodeFactory.instance
                .objectNode()
                .put("CID", to)
                .put("Signo", signal)
                .put("PID", 0)
                .put("Mode", target.mode);
        try {
            inspection.call("containerManager.Signal", order, SIGNAL_LIMIT);
        } catch (IOException | SandboxException e) {
            LOG.debug("signal {} to {}: {}", signal, to, e.getMessage());
        }
    }

    /** @param confirmationLimit how long the sentry may take to confirm a pause before its process is stopped */
    Brake brake(Duration confirmationLimit) {
        return new SentryBrake(confirmationLimit);
    }

    @Override
    public boolean alive() {
        // A dead process exists until its parent has asked for its exit status, which is nobody's haste.
        return exists() && !ProcessState.ended(Path.of("/proc", Long.toString(sentry.pid())));
    }

    @Override
    public boolean serves() {
        return alive() && shims.alive();
    }

    private boolean exists() {
        return ProcessHandle.of(sentry.pid()).filter(sentry::equals).isPresent();
    }

    @Override
    public void kill() {
        signal(Posix.SIGKILL);
    }

    /** Process ids are reused: a signal goes only to the process that was there when the kernel came up. */
    private boolean signal(int number) {
        return exists() && Posix.kill(sentry.pid(), number) == 0;
    }

    /** The sentry of an ended sandbox stays for as long as somebody is connected to it. */
    void disconnect() {
        disconnect(List.of(brakeSocket, inspection, exit));
    }

    private static void disconnect(List<ControlSocket> sockets) {
        for (ControlSocket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // Closing is all that is left to do with it.
            }
        }
    }

    @Override
    public synchronized void close() throws SandboxException {
        kill();
        disconnect();
        shims.close();
        try {
            // First: runsc asks a kernel about its containers for as long as it takes the kernel to be there.
            runtime.remove(container);
        } finally {
            if (sandbox != null) {
                runtime.remove(sandbox.id());
            }
        }
    }

    private final class SentryBrake implements Brake {
        private final Duration confirmationLimit;

        private SentryBrake(Duration confirmationLimit) {
            this.confirmationLimit = confirmationLimit;
        }

        @Override
        public Duration confirmationLimit() {
            return confirmationLimit;
        }

        @Override
        public Answer pause(Duration limit) {
            return call("containerManager.Pause", limit);
        }

        @Override
        public Answer resume(Duration limit) {
            return call("containerManager.Resume", limit);
        }

        @Override
        public boolean queuePause() {
            try {
                brakeSocket.send("containerManager.Pause", NOTHING);
                return true;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public Answer awaitLate(Duration limit) {
            try {
                return brakeSocket.awaitOutstanding(limit) ? Answer.DONE : Answer.FAILED;
            } catch (IOException e) {
                return Answer.FAILED;
            }
        }

        private Answer call(String method, Duration limit) {
            try {
                return brakeSocket.call(method, NOTHING, limit).isPresent() ? Answer.DONE : Answer.LATE;
            } catch (IOException | SandboxException e) {
                return Answer.FAILED;
            }
        }

        @Override
        public boolean stop() {
            return signal(Posix.SIGSTOP);
        }

        @Override
        public boolean alive() {
            return RunscKernel.this.alive();
        }

        @Override
        public boolean proceed() {
            return signal(Posix.SIGCONT);
        }

        @Override
        public void wake() {
            RunscKernel.this.signal(Posix.SIGCONT);
        }

        @Override
        public boolean kill() {
            // A signal that is not delivered means that the sentry is gone.
            RunscKernel.this.kill();
            return true;
        }
    }
}
