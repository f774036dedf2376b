package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A named pipe that is read line by line without ever waiting. One thread at a time may read. Until {@link #handedOver} the
 * pipe has a writer of its own, so that it does not end before the real one has come.
 */
public final class LinePipe implements AutoCloseable {
    /** Longest line that is kept, bytes. */
    public static final int MAX_LINE = 64 * 1024;

    /** What it is to hold, bytes, where the kernel allows it: a writer that finds it full waits, and a sentry with it. */
    private static final int WANTED_CAPACITY = 1 << 20;

    private static final int F_SETPIPE_SZ = 1031;

    /** What a pipe of Linux holds unless it is told otherwise, bytes. */
    private static final int USUAL_CAPACITY = 64 * 1024;

    /** What this one holds: what was in it at the start of a turn is read by then. */
    private final int capacity;

    private final int fd;
    private final int keeper;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(USUAL_CAPACITY, 8);
    private byte[] rest = new byte[1024];
    private int restLength;
    private boolean discarding;
    private boolean keeperClosed;
    private boolean closed;

    private LinePipe(int fd, int keeper) {
        this.fd = fd;
        this.keeper = keeper;
        int granted = Posix.fcntl(fd, F_SETPIPE_SZ, WANTED_CAPACITY);
        this.capacity = granted > 0 ? granted : USUAL_CAPACITY;
    }

    /** Makes the pipe, mode 0600; {@code path} must not exist. */
    public static LinePipe make(Path path) throws IOException {
        int made = Posix.mkfifo(path);
        if (made < 0) {
            throw new PosixException("mkfifo", path, made);
        }
        int reader = Posix.open(path, Posix.O_RDONLY | Posix.O_NONBLOCK | Posix.O_CLOEXEC);
        if (reader < 0) {
            throw new PosixException("open", path, reader);
        }
        int writer = Posix.open(path, Posix.O_WRONLY | Posix.O_NONBLOCK | Posix.O_CLOEXEC);
        if (writer < 0) {
            Posix.close(reader);
            throw new PosixException("open", path, writer);
        }
        return new LinePipe(reader, writer);
    }

    /** The real writer has the pipe now, or never will: it ends when that end does. */
    public synchronized void handedOver() {
        if (!keeperClosed) {
            keeperClosed = true;
            Posix.close(keeper);
        }
    }

    /** What a turn of reading found. */
    public enum Turn {
        /** More may come. */
        OPEN,
        /** Nobody writes any more, and everything was read. */
        ENDED
    }

    /**
     * Gives every whole line that was in the pipe at the time of the call, without its end.
     *
     * @param lines is given each line, and at the end of the writer what it wrote behind the last line's end
     * @param tooLong is told of a line longer than {@link #MAX_LINE}, of which nothing is given
     */
    public Turn read(Consumer<byte[]> lines, Runnable tooLong) throws IOException {
        int total = 0;
        while (total < capacity) {
            long n = Posix.read(fd, buffer);
            if (n == -Posix.EAGAIN || n == -Posix.EINTR) {
                return Turn.OPEN;
            }
            if (n < 0) {
                throw new PosixException("read", fd, n);
            }
            if (n == 0) {
                if (restLength > 0 || discarding) {
                    endLine(lines, tooLong);
                }
                return Turn.ENDED;
            }
            split(buffer.asSlice(0, n).toArray(JAVA_BYTE), lines, tooLong);
            total += (int) n;
        }
        return Turn.OPEN;
    }

    private void split(byte[] chunk, Consumer<byte[]> lines, Runnable tooLong) {
        int from = 0;
        for (int i = 0; i < chunk.length; i++) {
            if (chunk[i] == '\n') {
                keep(chunk, from, i);
                endLine(lines, tooLong);
                from = i + 1;
            }
        }
        keep(chunk, from, chunk.length);
    }

    private void endLine(Consumer<byte[]> lines, Runnable tooLong) {
        if (discarding) {
            tooLong.run();
        } else {
            lines.accept(Arrays.copyOf(rest, restLength));
        }
        restLength = 0;
        discarding = false;
    }

    private void keep(byte[] chunk, int from, int to) {
        int length = to - from;
        if (discarding || restLength + length > MAX_LINE) {
            discarding = true;
            restLength = 0;
            return;
        }
        if (restLength + length > rest.length) {
            rest = Arrays.copyOf(rest, Math.min(MAX_LINE, Math.max(rest.length * 2, restLength + length)));
        }
        System.arraycopy(chunk, from, rest, restLength, length);
        restLength += length;
    }

    int fd() {
        return fd;
    }

    /** Only after the reading thread has left. */
    @Override
    public synchronized void close() {
        handedOver();
        if (!closed) {
            closed = true;
            Posix.close(fd);
            arena.close();
        }
    }
}
