package io.plumbline.sandbox.session;

import io.plumbline.sandbox.posix.ConsoleSocket;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.posix.PosixException;
import io.plumbline.sandbox.posix.PseudoTerminal;
import io.plumbline.sandbox.posix.TerminalSize;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The host's ends of a workload's standard streams. */
final class WorkloadStreams implements AutoCloseable {
    /** From a session's first preparations to its terminal. */
    private static final Duration CONSOLE_LIMIT = Duration.ofSeconds(60);

    /** Once the runtime has made the sandbox. */
    private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(5);

    private final SandboxRuntime.Streams streams;
    private final SessionObserver observer;
    private final WorkloadInput input;
    private @Nullable FutureTask<PseudoTerminal> console;
    private @Nullable RandomAccessFile inputKeeper;
    private @Nullable FileOutputStream inputPipe;

    // Guarded by this.
    private final List<OutputPump> pumps = new ArrayList<>();
    private @Nullable TerminalSize size;
    private @Nullable PseudoTerminal terminal;
    private boolean closed;

    private volatile @Nullable Sandbox workload;

    private WorkloadStreams(SandboxRuntime.Streams streams, SessionObserver observer, WorkloadInput input) {
        this.streams = streams;
        this.observer = observer;
        this.input = input;
    }

    /** @param directory of the session alone; takes the pipes and sockets */
    static WorkloadStreams open(Path directory, Stdio stdio, SessionObserver observer, WorkloadInput input)
            throws IOException {
        Path stdin = stdio instanceof Stdio.Piped ? directory.resolve("stdin") : Path.of("/dev/null");
        Path stdout = directory.resolve("stdout");
        Path stderr = directory.resolve("stderr");
        Path socket = directory.resolve("console.sock");
        boolean ownTerminal = stdio instanceof Stdio.Terminal;
        WorkloadStreams opened = new WorkloadStreams(
                ownTerminal
                        ? new SandboxRuntime.Streams.Console(socket)
                        : new SandboxRuntime.Streams.Files(stdin, stdout, stderr),
                observer,
                input);
        try {
            if (stdio instanceof Stdio.Terminal wanted) {
                synchronized (opened) {
                    opened.size = wanted.size();
                }
                ConsoleSocket listening = ConsoleSocket.listen(socket);
                FutureTask<PseudoTerminal> arrival = new FutureTask<>(() -> opened.attach(listening));
                opened.console = arrival;
                Thread.ofPlatform().daemon().name("console").start(arrival);
                return opened;
            }
            if (stdio instanceof Stdio.Piped) {
                int made = Posix.mkfifo(stdin);
                if (made < 0) {
                    throw new IOException("mkfifo " + stdin + ": errno " + -made);
                }
                opened.inputKeeper = new RandomAccessFile(stdin.toFile(), "rw");
                opened.inputPipe = new FileOutputStream(stdin.toFile());
            }
            opened.pumps.add(OutputPump.open(stdout, SessionObserver.Stream.STDOUT, observer));
            opened.pumps.add(OutputPump.open(stderr, SessionObserver.Stream.STDERR, observer));
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    SandboxRuntime.Streams forRuntime() {
        return streams;
    }

    /** The runtime has sent the terminal with the sandbox; it has its size before the workload begins and can ask for it. */
    void awaitTerminal() throws IOException {
        if (console == null) {
            return;
        }
        try {
            console.get(HAND_OVER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the session's terminal did not come: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The workload has its ends now. */
    void handedOver(Sandbox sandbox) throws IOException {
        workload = sandbox;
        synchronized (this) {
            if (console == null) {
                for (OutputPump pump : pumps) {
                    pump.handedOver();
                }
            }
        }
        FileOutputStream pipe = inputPipe;
        if (inputKeeper != null && pipe != null) {
            inputKeeper.close();
            input.attach(new WorkloadInput.Sink() {
                @Override
                public boolean write(byte[] bytes) throws IOException {
                    pipe.write(bytes);
                    return true;
                }

                @Override
                public void end() throws IOException {
                    pipe.close();
                }
            });
        }
    }

    private PseudoTerminal attach(ConsoleSocket listening) throws IOException {
        PseudoTerminal master;
        try (listening) {
            master = listening.receive(CONSOLE_LIMIT);
        }
        synchronized (this) {
            if (closed) {
                master.close();
                throw new IOException("the session is over");
            }
            terminal = master;
            if (size != null) {
                master.resize(size);
            }
            pumps.add(OutputPump.of(master, observer));
        }
        input.attach(new WorkloadInput.Sink() {
            @Override
            public boolean write(byte[] bytes) {
                List<Integer> signals = master.signals(bytes);
                boolean written = master.write(bytes);
                Sandbox running = workload;
                if (running != null) {
                    signals.forEach(running::signalForeground);
                }
                return written;
            }

            @Override
            public void end() {
                // A terminal's input has no end of its own; the user's keys say what they mean.
            }
        });
        return master;
    }

    synchronized void resize(TerminalSize wanted) throws PosixException {
        if (size == null) {
            return;
        }
        size = wanted;
        if (terminal != null) {
            terminal.resize(wanted);
            Sandbox running = workload;
            if (running != null) {
                running.signalForeground(Posix.SIGWINCH);
            }
        }
    }

    /** The workload has ended: waits a moment for the rest of its output. */
    @Override
    public void close() throws IOException {
        observer.outputEnding();
        input.close();
        if (inputKeeper != null) {
            inputKeeper.close();
        }
        List<OutputPump> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(pumps);
        }
        for (OutputPump pump : all) {
            // A pipe that was never handed over does not end by itself; a terminal would lose what it still holds.
            if (streams instanceof SandboxRuntime.Streams.Files) {
                pump.handedOver();
            }
            pump.close();
        }
        if (inputPipe != null) {
            inputPipe.close();
        }
    }
}
