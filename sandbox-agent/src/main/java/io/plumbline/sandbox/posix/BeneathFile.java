package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;

/**
 * A regular file that was opened once, beneath a folder that somebody else may be changing meanwhile: no link on the way leads
 * out of the folder (openat2 with RESOLVE_BENEATH), and opening never waits.
 */
public final class BeneathFile implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    private final int fd;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(CHUNK, 8);

    /** What a file is as long as nobody changes it. */
    public record Identity(long device, long inode, long size, FileTime modified, FileTime changed) {}

    private BeneathFile(int fd) {
        this.fd = fd;
    }

    /**
     * @param name relative to {@code folder}; empty: {@code folder} is the file itself
     * @throws IOException also when it is no regular file
     */
    public static BeneathFile open(Path folder, String name) throws IOException {
        int fd = descriptor(folder, name);
        BeneathFile file = new BeneathFile(fd);
        try {
            file.identity();
            return file;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Without keeping it open; empty when it cannot be opened. */
    public static Optional<Identity> identity(Path folder, String name) {
        try (BeneathFile file = open(folder, name)) {
            return Optional.of(file.identity());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static int descriptor(Path folder, String name) throws IOException {
        int flags = Posix.O_RDONLY | Posix.O_NONBLOCK | Posix.O_CLOEXEC;
        int fd;
        if (name.isEmpty()) {
            fd = Posix.open(folder, flags);
        } else {
            int base = Posix.open(folder, Posix.O_PATH | Posix.O_CLOEXEC);
            if (base < 0) {
                throw new PosixException("open", folder, base);
            }
            try {
                fd = Posix.openBeneath(base, name, flags);
            } finally {
                Posix.close(base);
            }
        }
        if (fd < 0) {
            throw new PosixException("openat2", folder.resolve(name), fd);
        }
        return fd;
    }

    /** Of what was opened, now. */
    public Identity identity() throws IOException {
        Map<String, Object> stat = Files.readAttributes(
                Path.of("/proc/self/fd", Integer.toString(fd)),
                "unix:dev,ino,size,lastModifiedTime,ctime,isRegularFile");
        if (!Boolean.TRUE.equals(stat.get("isRegularFile"))) {
            throw new IOException("not a regular file");
        }
        return new Identity(
                number(stat, "dev"),
                number(stat, "ino"),
                number(stat, "size"),
                time(stat, "lastModifiedTime"),
                time(stat, "ctime"));
    }

    private static long number(Map<String, Object> stat, String name) throws IOException {
        if (stat.get(name) instanceof Number number) {
            return number.longValue();
        }
        throw new IOException("no " + name);
    }

    private static FileTime time(Map<String, Object> stat, String name) throws IOException {
        if (stat.get(name) instanceof FileTime time) {
            return time;
        }
        throw new IOException("no " + name);
    }

    /** The next bytes; empty at the end. */
    public byte[] read() throws IOException {
        long n = Posix.read(fd, buffer);
        if (n < 0) {
            throw new PosixException("read", fd, n);
        }
        return buffer.asSlice(0, n).toArray(JAVA_BYTE);
    }

    @Override
    public void close() {
        Posix.close(fd);
        arena.close();
    }
}
