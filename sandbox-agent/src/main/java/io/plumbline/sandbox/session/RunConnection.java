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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the daemon says to one client. A client that reads slowly holds up its own workload once {@value #WINDOW} bytes wait
 * for it, and nobody else; one that takes nothing for {@link #PATIENCE} after its session's end is let go, and so is one for
 * which {@link #MAX_WAITING} bytes wait, of messages that nobody can hold up.
 */
final class RunConnection implements SessionObserver, SandboxHost.Announcement, AutoCloseable {
    static final int WINDOW = 1 << 20;

    /** What the pipes of an ending session still hold fits in, beside the window. */
    static final int MAX_WAITING = 4 * WINDOW;

    /** Somebody may be reading page by page. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(RunConnection.class);

    private final SocketChannel channel;

    // Guarded by this.
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private int bytes;

    /** Bytes of input that the client was not told yet are taken: one message says it of all. */
    private long inputTaken;

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
        while (waiting.isEmpty() && inputTaken == 0 && !last && !gone) {
            wait();
        }
        if (waiting.isEmpty() && inputTaken > 0 && !gone) {
            int told = (int) Math.min(inputTaken, Integer.MAX_VALUE);
            inputTaken -= told;
            byte[] line = RunProtocol.line(
                    RunProtocol.object().put("type", "stdin-taken").put("bytes", told));
            bytes += line.length;
            return line;
        }
        return waiting.isEmpty() || gone ? new byte[0] : waiting.poll();
    }

    /** Never blocks; a client that has let too much come together is let go. */
    void send(ObjectNode message) {
        byte[] line = RunProtocol.line(message);
        boolean tooMuch;
        synchronized (this) {
            if (gone || last) {
                return;
            }
            tooMuch = bytes > MAX_WAITING;
            if (!tooMuch) {
                waiting.add(line);
                bytes += line.length;
                notifyAll();
            }
        }
        if (tooMuch) {
            LOG.warn("a client of the run socket does not read (expected: <= {} bytes waiting); let go", MAX_WAITING);
            hangUp();
        }
    }

    /**
     * As {@link #send} for what the client has asked for and is long: waits until there is room.
     *
     * @throws IOException when the client has gone, or takes nothing for {@link #PATIENCE}
     */
    void sendWithRoom(ObjectNode message) throws IOException {
        try {
            if (!awaitTaken(WINDOW)) {
                hangUp();
                throw new IOException("the client does not read");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        send(message);
    }

    /** Bytes that wait for the client. */
    synchronized int waitingBytes() {
        return bytes;
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
    public synchronized void inputTaken(int taken) {
        if (!gone && !last) {
            inputTaken += taken;
            notifyAll();
        }
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
            awaitTaken(-1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        hangUp();
    }

    /** Until no more than {@code most} bytes wait; false when the client has gone, or took nothing for {@link #PATIENCE}. */
    private synchronized boolean awaitTaken(int most) throws InterruptedException {
        int before = bytes;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!gone && bytes > most && System.nanoTime() < deadline) {
            wait(PATIENCE.toMillis());
            if (bytes < before) {
                before = bytes;
                deadline = System.nanoTime() + PATIENCE.toNanos();
            }
        }
        return !gone && bytes <= most;
    }
}
