package io.plumbline.sandbox.session;

import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.posix.PseudoTerminal;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/**
 * Carries what a workload writes from a named pipe or a terminal to an observer. A named pipe, since the runtime's helper ends long before
 * the workload does, and with it every pipe that the JDK would have made.
 */
final class OutputPump implements AutoCloseable {
    private static final int CHUNK = 32 * 1024;

    private final Closeable source;
    private final Thread thread;

    private OutputPump(Closeable source, Thread thread) {
        this.source = source;
        this.thread = thread;
    }

    /** From a terminal, which is closed with the pump. */
    static OutputPump of(PseudoTerminal terminal, SessionObserver observer) {
        Thread thread = Thread.ofPlatform().daemon().name("output-terminal").start(() -> {
            byte[] buffer = new byte[CHUNK];
            for (int n = terminal.read(buffer); n >= 0; n = terminal.read(buffer)) {
                observer.output(SessionObserver.Stream.STDOUT, Arrays.copyOf(buffer, n));
            }
        });
        return new OutputPump(terminal::close, thread);
    }

    static OutputPump open(Path pipe, SessionObserver.Stream stream, SessionObserver observer) throws IOException {
        int made = Posix.mkfifo(pipe);
        if (made < 0) {
            throw new IOException("mkfifo " + pipe + ": errno " + -made);
        }
        // Open for both: neither end then waits for the other, and the pipe does not end before the workload has it.
        RandomAccessFile keeper = new RandomAccessFile(pipe.toFile(), "rw");
        InputStream in = new FileInputStream(pipe.toFile());
        Thread thread = Thread.ofPlatform().daemon().name("output-" + stream).start(() -> pump(in, stream, observer));
        return new OutputPump(keeper, thread);
    }

    /** The workload has the pipe now, or never will: it ends when the workload's end of it does. */
    void handedOver() throws IOException {
        source.close();
    }

    private static void pump(InputStream pipe, SessionObserver.Stream stream, SessionObserver observer) {
        byte[] buffer = new byte[CHUNK];
        try (InputStream in = pipe) {
            int n;
            while ((n = in.read(buffer)) >= 0) {
                observer.output(stream, Arrays.copyOf(buffer, n));
            }
        } catch (IOException e) {
            // The pipe is gone, and with it the workload's output.
        }
    }

    /** Waits a moment for the rest of the output. */
    @Override
    public void close() {
        try {
            thread.join(Duration.ofSeconds(2));
            source.close();
        } catch (IOException e) {
            // Nothing more to give back.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
