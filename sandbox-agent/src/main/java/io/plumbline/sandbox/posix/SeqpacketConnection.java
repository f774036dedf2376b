package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** One peer of a {@link SeqpacketServer}. One thread at a time may receive; {@link #shutdown} may come from any. */
public final class SeqpacketConnection implements AutoCloseable {
    /** Largest datagram that is taken, bytes; gVisor's are below 64 KiB unless a command line is longer. */
    public static final int MAX_DATAGRAM = 1 << 20;

    /** What a receive call found. */
    public sealed interface Received {
        /** One whole datagram. */
        record Datagram(byte[] bytes) implements Received {}

        /** A datagram longer than {@link #MAX_DATAGRAM}; its rest is gone. */
        record Oversized(long length) implements Received {}

        /** Nothing is waiting. */
        record Nothing() implements Received {}

        /** The peer has gone. */
        record End() implements Received {}
    }

    private static final Received NOTHING = new Received.Nothing();
    private static final Received END = new Received.End();

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(MAX_DATAGRAM, 8);
    private final MemorySegment pollfd = arena.allocate(16, 4);
    private boolean closed;

    SeqpacketConnection(int fd) {
        this.fd = fd;
    }

    /** Connects to a {@link SeqpacketServer}; for tests and probes. */
    public static SeqpacketConnection connect(Path path) throws IOException {
        int fd = Posix.socket(Posix.AF_UNIX, Posix.SOCK_SEQPACKET | Posix.SOCK_CLOEXEC);
        int connected = fd < 0 ? fd : Posix.connect(fd, path);
        if (connected < 0) {
            if (fd >= 0) {
                Posix.close(fd);
            }
            throw new PosixException("connect", path, connected);
        }
        return new SeqpacketConnection(fd);
    }

    /** Waits until something can be received, the peer has gone, or {@code timeoutMillis} are over (-1: no limit). */
    public boolean awaitReadable(int timeoutMillis) throws IOException {
        int ready = Posix.pollReadable(fd, pollfd, timeoutMillis);
        if (ready < 0 && ready != -Posix.EINTR) {
            throw new PosixException("poll", fd, ready);
        }
        return ready > 0;
    }

    /** Likewise, also when {@code pipe} can be read or has ended. */
    public boolean awaitReadable(LinePipe pipe, int timeoutMillis) throws IOException {
        int ready = Posix.pollReadable(new int[] {fd, pipe.fd()}, pollfd, timeoutMillis);
        if (ready < 0 && ready != -Posix.EINTR) {
            throw new PosixException("poll", fd, ready);
        }
        return ready > 0;
    }

    /** Takes one datagram without waiting. */
    public Received receive() throws IOException {
        long n = Posix.recv(fd, buffer, Posix.MSG_DONTWAIT | Posix.MSG_TRUNC);
        if (n == -Posix.EAGAIN || n == -Posix.EINTR) {
            return NOTHING;
        }
        if (n < 0) {
            throw new PosixException("recv", fd, n);
        }
        if (n == 0) {
            return END;
        }
        if (n > MAX_DATAGRAM) {
            return new Received.Oversized(n);
        }
        return new Received.Datagram(buffer.asSlice(0, n).toArray(JAVA_BYTE));
    }

    /** Waits up to {@code limit} for one datagram; empty when none came or the peer has gone. */
    public Optional<byte[]> receive(Duration limit) throws IOException {
        if (!awaitReadable((int) limit.toMillis())) {
            return Optional.empty();
        }
        return receive() instanceof Received.Datagram datagram ? Optional.of(datagram.bytes()) : Optional.empty();
    }

    public void send(byte[] bytes) throws IOException {
        try (Arena local = Arena.ofConfined()) {
            long n = Posix.send(fd, local.allocateFrom(JAVA_BYTE, bytes));
            if (n != bytes.length) {
                throw new PosixException("send", fd, n);
            }
        }
    }

    /** Process id of the peer as the kernel noted it when it connected. */
    public int peerPid() {
        return Posix.peerPid(fd);
    }

    /** Wakes a receiver: it then sees the end. */
    public void shutdown() {
        Posix.shutdown(fd);
    }

    /** Only after the receiving thread has left. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Posix.close(fd);
            arena.close();
        }
    }
}
