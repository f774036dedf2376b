package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.v1.RuntimeState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;

/**
 * What the daemon says to one client. A client that reads slowly holds up its own workload once {@value #WINDOW} bytes wait
 * for it, and nobody else; one that takes nothing for {@link #PATIENCE} after its session's end is let go.
 */
final class RunConnection implements SessionObserver, SandboxHost.Announcement, AutoCloseable {
    private static final int WINDOW = 1 << 20;

    /** Somebody may be reading page by page. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final SocketChannel channel;

    // Guarded by this.
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private int bytes;
    private boolean outputEnding;
    private boolean last;
    private boolean gone;

    private RunConnection(SocketChannel channel) {
        this.channel = channel;
    }

    static RunConnection open(SocketChannel channel) {
        RunConnection connection = new RunConnection(channel);
        Thread.ofVirtual().name("run-writer").start(connection::write);
        return connection;
    }

    private void write() {
        try {
            for (byte[] line = next(); line.length > 0; line = next()) {
                ByteBuffer buffer = ByteBuffer.wrap(line);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                synchronized (this) {
                    bytes -= line.length;
                    notifyAll();
                }
            }
        } catch (IOException e) {
            // It has gone, which its reader notices.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            hangUp();
        }
    }

    /** The next line; empty when there is none any more. */
    private synchronized byte[] next() throws InterruptedException {
        while (waiting.isEmpty() && !last && !gone) {
            wait();
        }
        return waiting.isEmpty() || gone ? new byte[0] : waiting.poll();
    }

    /** Never blocks. */
    synchronized void send(ObjectNode message) {
        byte[] line = RunProtocol.line(message);
        if (!gone && !last) {
            waiting.add(line);
            bytes += line.length;
            notifyAll();
        }
    }

    void error(String message) {
        send(RunProtocol.object().put("type", "error").put("message", message));
        end();
    }

    @Override
    public void announced(String session) {
        send(RunProtocol.object().put("type", "session").put("id", session));
    }

    @Override
    public void output(Stream stream, byte[] output) {
        synchronized (this) {
            try {
                while (bytes > WINDOW && !outputEnding && !gone) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        send(RunProtocol.object()
                .put("type", stream == Stream.STDOUT ? "stdout" : "stderr")
                .put("data", Base64.getEncoder().encodeToString(output)));
    }

    @Override
    public void inputTaken(int taken) {
        send(RunProtocol.object().put("type", "stdin-taken").put("bytes", taken));
    }

    @Override
    public synchronized void outputEnding() {
        outputEnding = true;
        notifyAll();
    }

    @Override
    public void state(RuntimeState.State state, String reason) {
        send(RunProtocol.object()
                .put("type", "state")
                .put("state", state.name())
                .put("reason", reason));
    }

    @Override
    public void exited(int code, String reason) {
        send(RunProtocol.object().put("type", "exit").put("code", code).put("reason", reason));
        end();
    }

    @Override
    public void failed(String message) {
        error(message);
    }

    /** Nothing more will be said. */
    private synchronized void end() {
        last = true;
        notifyAll();
    }

    private void hangUp() {
        synchronized (this) {
            gone = true;
            waiting.clear();
            notifyAll();
        }
        try {
            channel.close();
        } catch (IOException e) {
            // It has gone already.
        }
    }

    /** Says what is still to be said, as long as the client goes on taking it. */
    @Override
    public void close() {
        end();
        try {
            awaitTaken();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        hangUp();
    }

    private synchronized void awaitTaken() throws InterruptedException {
        int before = bytes;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!gone && System.nanoTime() < deadline) {
            wait(PATIENCE.toMillis());
            if (bytes < before) {
                before = bytes;
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
        }
    }
}
