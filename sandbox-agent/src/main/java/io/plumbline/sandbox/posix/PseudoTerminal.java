package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The master of a pseudo-terminal. One thread may read while another writes; {@link #close} ends both within
 * {@value #TICK_MILLIS} ms.
 */
public final class PseudoTerminal implements AutoCloseable {
    private static final int TICK_MILLIS = 500;
    private static final int F_SETFL = 4;
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;

    private static final MethodHandle READ =
            Posix.handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE =
            Posix.handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private final int fd;

    /** Held for reading during each system call on the descriptor: a closed number could already be another file's. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private volatile boolean closed;

    private PseudoTerminal(int fd) {
        this.fd = fd;
    }

    static PseudoTerminal of(int fd) throws PosixException {
        int set = Posix.fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
        if (set < 0) {
            Posix.close(fd);
            throw new PosixException("fcntl", fd, set);
        }
        return new PseudoTerminal(fd);
    }

    /** Waits for output; -1 when there will be none any more: nobody has the other end open, or this end was closed. */
    public int read(byte[] into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(into.length);
            MemorySegment pollfd = arena.allocate(8, 4);
            while (true) {
                int n = move(READ, bytes, Posix.POLLIN, pollfd);
                if (n != 0) {
                    MemorySegment.copy(bytes, JAVA_BYTE, 0, into, 0, Math.max(n, 0));
                    return n;
                }
            }
        }
    }

    /** Writes everything, waiting while the workload does not read; false when nobody will read it any more. */
    public boolean write(byte[] from) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, from);
            MemorySegment pollfd = arena.allocate(8, 4);
            long done = 0;
            while (done < from.length) {
                int n = move(WRITE, bytes.asSlice(done), Posix.POLLOUT, pollfd);
                if (n < 0) {
                    return false;
                }
                done += n;
            }
            return true;
        }
    }

    /**
     * The signals that these keys stand for at this terminal now (termios(3): ISIG with VINTR, VQUIT and VSUSP), in their order;
     * for terminals whose processes the host's kernel does not know.
     */
    public List<Integer> signals(byte[] keys) {
        use.readLock().lock();
        try {
            return closed ? List.of() : Terminal.signals(fd, keys);
        } finally {
            use.readLock().unlock();
        }
    }

    /** Bytes moved; 0: not yet; -1: never again. */
    private int move(MethodHandle call, MemorySegment bytes, short events, MemorySegment pollfd) {
        use.readLock().lock();
        try {
            if (closed) {
                return -1;
            }
            if (Posix.poll(fd, events, pollfd, TICK_MILLIS) <= 0) {
                return 0;
            }
            long n = Posix.result((long) call.invokeExact(Posix.capture(), fd, bytes, bytes.byteSize()));
            if (n == -Posix.EAGAIN || n == -Posix.EINTR) {
                return 0;
            }
            // EIO is how a master hears that the last replica was closed.
            return n <= 0 ? -1 : (int) n;
        } catch (Throwable e) {
            throw Posix.broken(e);
        } finally {
            use.readLock().unlock();
        }
    }

    /** The kernel tells the foreground process of it (SIGWINCH) when it differs. */
    public void resize(TerminalSize size) throws PosixException {
        use.readLock().lock();
        try (Arena arena = Arena.ofConfined()) {
            if (closed) {
                return;
            }
            MemorySegment window = arena.allocate(8, 2);
            window.set(JAVA_SHORT, 0, (short) size.rows());
            window.set(JAVA_SHORT, 2, (short) size.columns());
            int set = Terminal.ioctl(fd, Terminal.TIOCSWINSZ, window);
            if (set < 0) {
                throw new PosixException("TIOCSWINSZ", size, set);
            }
        } finally {
            use.readLock().unlock();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        use.writeLock().lock();
        try {
            Posix.close(fd);
        } finally {
            use.writeLock().unlock();
        }
    }
}
