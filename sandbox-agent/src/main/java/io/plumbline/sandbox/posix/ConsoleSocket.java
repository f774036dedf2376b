package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where an OCI runtime sends the master of a new container's terminal ({@code --console-socket}): one connection, one message
 * with one descriptor (SCM_RIGHTS, unix(7); {@code struct msghdr} as on 64-bit Linux).
 */
public final class ConsoleSocket implements AutoCloseable {
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MAX_NAME = 4096;

    private static final MethodHandle RECVMSG =
            Posix.handle("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

    private final int fd;
    private final Path path;

    private ConsoleSocket(int fd, Path path) {
        this.fd = fd;
        this.path = path;
    }

    /** @param path at most {@value Posix#MAX_SOCKET_PATH} bytes, in a folder that only this user may enter by name */
    public static ConsoleSocket listen(Path path) throws PosixException {
        Posix.checkSocketPath(path);
        int fd = checked("socket", Posix.socket(Posix.AF_UNIX, Posix.SOCK_STREAM | Posix.SOCK_CLOEXEC));
        try {
            checked("bind " + path, Posix.bind(fd, path));
            checked("listen", Posix.listen(fd, 1));
            return new ConsoleSocket(fd, path);
        } catch (PosixException e) {
            Posix.close(fd);
            throw e;
        }
    }

    /** @throws PosixException when none arrives within {@code limit}, or something else than a descriptor */
    public PseudoTerminal receive(Duration limit) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(8, 4);
            int millis = (int) limit.toMillis();
            readable(fd, pollfd, millis);
            int connection = checked("accept", Posix.accept(fd));
            try {
                readable(connection, pollfd, millis);
                return PseudoTerminal.of(descriptor(arena, connection));
            } finally {
                Posix.close(connection);
            }
        }
    }

    private static void readable(int fd, MemorySegment pollfd, int millis) throws PosixException {
        if (checked("poll", Posix.pollReadable(fd, pollfd, millis)) == 0) {
            throw new PosixException("console socket: no terminal within", millis + " ms", -Posix.EAGAIN);
        }
    }

    private static int descriptor(Arena arena, int connection) throws PosixException {
        MemorySegment name = arena.allocate(MAX_NAME);
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ADDRESS, 0, name);
        vector.set(JAVA_LONG, 8, MAX_NAME);
        // Room for exactly one descriptor: the kernel closes what does not fit.
        MemorySegment control = arena.allocate(24, 8);
        MemorySegment message = arena.allocate(56, 8);
        message.set(ADDRESS, 16, vector);
        message.set(JAVA_LONG, 24, 1);
        message.set(ADDRESS, 32, control);
        message.set(JAVA_LONG, 40, 24);
        long received;
        try {
            received = Posix.result((long) RECVMSG.invokeExact(Posix.capture(), connection, message, MSG_CMSG_CLOEXEC));
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
        if (received < 0) {
            throw new PosixException("recvmsg", connection, received);
        }
        if (message.get(JAVA_LONG, 40) < 20
                || control.get(JAVA_LONG, 0) != 20
                || control.get(JAVA_INT, 8) != SOL_SOCKET
                || control.get(JAVA_INT, 12) != SCM_RIGHTS) {
            throw new PosixException("recvmsg without a descriptor from", connection, -Posix.EAGAIN);
        }
        return control.get(JAVA_INT, 16);
    }

    private static int checked(String call, int answer) throws PosixException {
        if (answer < 0) {
            throw new PosixException("console socket:", call, answer);
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        Posix.close(fd);
        Files.deleteIfExists(path);
    }
}
