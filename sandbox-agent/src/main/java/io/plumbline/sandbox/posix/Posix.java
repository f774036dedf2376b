package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * System calls of Linux on x86-64 and arm64. Every call answers as the kernel does: zero or more, or the negated errno.
 *
 * <p>Needs {@code --enable-native-access=ALL-UNNAMED}; without it JDK 25 only warns.
 */
public final class Posix {
    public static final int ENOENT = 2;
    static final int ENOTDIR = 20;
    public static final int EAGAIN = 11;
    public static final int EINTR = 4;
    public static final int ESRCH = 3;
    static final int SIGINT = 2;
    static final int SIGQUIT = 3;
    public static final int SIGKILL = 9;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;
    static final int SIGTSTP = 20;
    public static final int SIGWINCH = 28;

    /** Longest path of a Unix socket, bytes; {@code sun_path} has 108 and ends with NUL. */
    public static final int MAX_SOCKET_PATH = 107;

    static final int AF_UNIX = 1;
    static final int SOCK_SEQPACKET = 5;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_NOSIGNAL = 0x4000;
    static final short POLLIN = 1;
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_NONBLOCK = 0x800;
    static final int O_PATH = 0x200000;
    static final int O_DIRECTORY = 0x10000;
    static final int O_CLOEXEC = 0x80000;
    static final short POLLOUT = 4;
    static final int SOCK_STREAM = 1;

    /** The same number on every architecture. */
    private static final long SYS_OPENAT2 = 437;

    private static final long RESOLVE_NO_MAGICLINKS = 2;
    private static final long RESOLVE_BENEATH = 8;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SHUT_RDWR = 2;
    private static final int SOCKADDR_UN_BYTES = 110;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> CAPTURE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURED));

    private static final MethodHandle SOCKET =
            handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND =
            handle("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN = handle("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CONNECT =
            handle("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle ACCEPT4 =
            handle("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle RECV =
            handle("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SEND =
            handle("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle POLL =
            handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            handle("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SHUTDOWN =
            handle("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle KILL = handle("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle FCNTL = handle(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle OPENAT2 = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
                    Linker.Option.captureCallState("errno"),
                    Linker.Option.firstVariadicArg(1));
    private static final MethodHandle READ =
            handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle READLINKAT =
            handle("readlinkat", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle MKFIFO = handle("mkfifo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

    private static final MethodHandle SYMLINK = handle("symlink", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

    private static final int AT_FDCWD = -100;
    private static final MethodHandle STATX =
            handle("statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));

    private Posix() {}

    /** Sends {@code signal} to one process; {@code -ESRCH} when there is none. */
    public static int kill(long pid, int signal) {
        if (pid <= 1 || pid > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("pid: " + pid + " (expected: > 1)");
        }
        try {
            return result((int) KILL.invokeExact(capture(), (int) pid, signal));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Makes a named pipe with mode 0600. */
    public static int mkfifo(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            return result((int) MKFIFO.invokeExact(capture(), name, 0600));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** A link at {@code path} whose text is {@code target}. */
    public static int symlink(byte[] target, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return result((int) SYMLINK.invokeExact(capture(), text(arena, target), text(arena, PathBytes.of(path))));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Bytes with a zero behind them. */
    static MemorySegment text(Arena arena, byte[] bytes) {
        MemorySegment text = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, text, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
        return text;
    }

    /** statx into {@code buffer}, 256 bytes. */
    static int statx(Path path, int flags, int mask, MemorySegment buffer) {
        try (Arena arena = Arena.ofConfined()) {
            return result(
                    (int) STATX.invokeExact(capture(), AT_FDCWD, text(arena, PathBytes.of(path)), flags, mask, buffer));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int open(Path path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return result((int) OPEN.invokeExact(capture(), arena.allocateFrom(path.toString()), flags, 0));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int fcntl(int fd, int command, int argument) {
        try {
            return result((int) FCNTL.invokeExact(capture(), fd, command, argument));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** openat2: no link on the way may lead out of {@code base}, and none of /proc's is followed. */
    static int openBeneath(int base, String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = arena.allocate(24, 8);
            how.set(JAVA_LONG, 0, flags);
            how.set(JAVA_LONG, 16, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
            MemorySegment capture = capture();
            long fd = (long) OPENAT2.invokeExact(capture, SYS_OPENAT2, base, arena.allocateFrom(name), how, 24L);
            return (int) (fd >= 0 ? fd : -(int) ERRNO.get(capture, 0L));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /**
     * The text of a link.
     *
     * @param folder file descriptor
     * @param name one name in it
     * @return how many bytes of {@code into} it takes, all where it may be longer; negative: there is no such link
     */
    static long readLink(int folder, String name, MemorySegment into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            return result((long) READLINKAT.invokeExact(capture(), folder, text, into, into.byteSize()));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static long read(int fd, MemorySegment into) {
        try {
            MemorySegment capture = capture();
            long n = (long) READ.invokeExact(capture, fd, into, into.byteSize());
            return n >= 0 ? n : -(int) ERRNO.get(capture, 0L);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Waits until one of {@code fds} can be read or has ended: how many, or 0 after {@code timeoutMillis} (-1: for ever). */
    static int pollReadable(int[] fds, MemorySegment pollfds, int timeoutMillis) {
        try {
            for (int i = 0; i < fds.length; i++) {
                pollfds.set(JAVA_INT, i * 8L, fds[i]);
                pollfds.set(JAVA_SHORT, i * 8L + 4, POLLIN);
                pollfds.set(JAVA_SHORT, i * 8L + 6, (short) 0);
            }
            return result((int) POLL.invokeExact(capture(), pollfds, (long) fds.length, timeoutMillis));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int socket(int domain, int type) {
        try {
            return result((int) SOCKET.invokeExact(capture(), domain, type, 0));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int bind(int fd, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = unixAddress(arena, path);
            return result((int) BIND.invokeExact(capture(), fd, address, SOCKADDR_UN_BYTES));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int connect(int fd, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = unixAddress(arena, path);
            return result((int) CONNECT.invokeExact(capture(), fd, address, SOCKADDR_UN_BYTES));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int listen(int fd, int backlog) {
        try {
            return result((int) LISTEN.invokeExact(capture(), fd, backlog));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int accept(int fd) {
        try {
            return result(
                    (int) ACCEPT4.invokeExact(capture(), fd, MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static long recv(int fd, MemorySegment into, int flags) {
        try {
            MemorySegment capture = capture();
            long n = (long) RECV.invokeExact(capture, fd, into, into.byteSize(), flags);
            return n >= 0 ? n : -(int) ERRNO.get(capture, 0L);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static long send(int fd, MemorySegment bytes) {
        try {
            MemorySegment capture = capture();
            long n = (long) SEND.invokeExact(capture, fd, bytes, bytes.byteSize(), MSG_NOSIGNAL);
            return n >= 0 ? n : -(int) ERRNO.get(capture, 0L);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Waits until {@code fd} can be read: 1, or 0 after {@code timeoutMillis} (-1: for ever). */
    static int pollReadable(int fd, MemorySegment pollfd, int timeoutMillis) {
        return poll(fd, POLLIN, pollfd, timeoutMillis);
    }

    /** Waits until {@code fd} is ready for {@code events}, has failed or was hung up: 1, or 0 after {@code timeoutMillis}. */
    static int poll(int fd, short events, MemorySegment pollfd, int timeoutMillis) {
        try {
            pollfd.set(JAVA_INT, 0, fd);
            pollfd.set(JAVA_SHORT, 4, events);
            pollfd.set(JAVA_SHORT, 6, (short) 0);
            return result((int) POLL.invokeExact(capture(), pollfd, 1L, timeoutMillis));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Process id of whoever connected, as the kernel noted it. */
    static int peerPid(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(12, 4);
            MemorySegment length = arena.allocate(JAVA_INT);
            length.set(JAVA_INT, 0, 12);
            int answer =
                    result((int) GETSOCKOPT.invokeExact(capture(), fd, SOL_SOCKET, SO_PEERCRED, credentials, length));
            return answer < 0 ? answer : credentials.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int shutdown(int fd) {
        try {
            return result((int) SHUTDOWN.invokeExact(capture(), fd, SHUT_RDWR));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static int close(int fd) {
        try {
            return result((int) CLOSE.invokeExact(capture(), fd));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** The bytes of a socket's path; its length is checked before anything is opened for it. */
    static byte[] checkSocketPath(Path path) {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > MAX_SOCKET_PATH) {
            throw new IllegalArgumentException(
                    "socket path: " + path + ", " + name.length + " bytes (expected: <= " + MAX_SOCKET_PATH + ")");
        }
        return name;
    }

    private static MemorySegment unixAddress(Arena arena, Path path) {
        byte[] name = checkSocketPath(path);
        MemorySegment address = arena.allocate(SOCKADDR_UN_BYTES, 2);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, java.lang.foreign.ValueLayout.JAVA_BYTE, 2, name.length);
        return address;
    }

    static MemorySegment capture() {
        return CAPTURE.get();
    }

    static long result(long value) {
        return value >= 0 ? value : -(int) ERRNO.get(CAPTURE.get(), 0L);
    }

    static int result(int value) {
        return value >= 0 ? value : -(int) ERRNO.get(CAPTURE.get(), 0L);
    }

    static RuntimeException broken(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
    }

    static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = Linker.Option.captureCallState("errno");
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, all);
    }
}
