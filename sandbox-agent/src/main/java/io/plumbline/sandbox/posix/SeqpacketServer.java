package io.plumbline.sandbox.posix;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A listening {@code SOCK_SEQPACKET} Unix socket, which the JDK does not offer. */
public final class SeqpacketServer implements AutoCloseable {
    private final int fd;
    private final Path path;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment pollfd = arena.allocate(8, 4);
    private boolean closed;

    private SeqpacketServer(int fd, Path path) {
        this.fd = fd;
        this.path = path;
    }

    /** @param path at most {@link Posix#MAX_SOCKET_PATH} bytes; must not exist */
    public static SeqpacketServer bind(Path path) throws IOException {
        Posix.checkSocketPath(path);
        int fd = Posix.socket(Posix.AF_UNIX, Posix.SOCK_SEQPACKET | Posix.SOCK_CLOEXEC);
        if (fd < 0) {
            throw new PosixException("socket", path, fd);
        }
        int bound = Posix.bind(fd, path);
        int listening = bound < 0 ? bound : Posix.listen(fd, 1);
        if (listening < 0) {
            Posix.close(fd);
            throw new PosixException(bound < 0 ? "bind" : "listen", path, listening);
        }
        return new SeqpacketServer(fd, path);
    }

    /** The next peer, or empty when none came in time. Not for use by several threads. */
    public Optional<SeqpacketConnection> accept(Duration limit) throws IOException {
        int ready = Posix.pollReadable(fd, pollfd, (int) Math.min(limit.toMillis(), Integer.MAX_VALUE));
        if (ready == 0 || ready == -Posix.EINTR) {
            return Optional.empty();
        }
        int peer = ready < 0 ? ready : Posix.accept(fd);
        if (peer < 0) {
            throw new PosixException("accept", path, peer);
        }
        return Optional.of(new SeqpacketConnection(peer));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Posix.close(fd);
        arena.close();
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // The directory goes away with its session.
        }
    }
}
