package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A directory that stays the same one whatever becomes of the path that led to it. What it holds is reached through
 * {@code /proc/self/fd}, which follows the descriptor and no name; entries that are links are never followed here.
 */
public final class OpenDirectory implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_DIRECTORY = machine(0x10000, 0x4000);
    private static final int O_NOFOLLOW = machine(0x20000, 0x8000);
    private static final int O_CLOEXEC = 0x80000;

    private static final MethodHandle OPENAT = Posix.handle(
            "openat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(3));

    private final int fd;

    private OpenDirectory(int fd) {
        this.fd = fd;
    }

    /** @throws PosixException also when {@code path} itself is a link */
    public static OpenDirectory open(Path path) throws PosixException {
        return open(AT_FDCWD, PathBytes.of(path), path.toString());
    }

    /** @throws PosixException when {@code name} is no directory: a link, a file, nothing */
    public OpenDirectory child(String name) throws PosixException {
        return open(fd, checked(name).getBytes(StandardCharsets.UTF_8), name);
    }

    /** Likewise, of one part of a path, which need be no text. */
    public OpenDirectory child(Path name) throws PosixException {
        return open(fd, PathBytes.of(checked(name)), name.toString());
    }

    /** A path to this directory itself, valid while this is open. */
    public Path path() {
        return Path.of("/proc/self/fd/" + fd);
    }

    /** A path to the entry {@code name}, valid while this is open; whoever uses it must not follow the entry itself. */
    public Path entry(String name) {
        return path().resolve(checked(name));
    }

    /** Likewise, of one part of a path, which need be no text. */
    public Path entry(Path name) {
        return path().resolve(checked(name));
    }

    private static Path checked(Path name) {
        if (name.isAbsolute() || name.getNameCount() != 1) {
            throw new IllegalArgumentException("name: " + name + " (expected: one part of a path, not . or ..)");
        }
        checked(name.toString());
        return name;
    }

    private static String checked(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0 || name.indexOf(0) >= 0) {
            throw new IllegalArgumentException("name: " + name + " (expected: one part of a path, not . or ..)");
        }
        return name;
    }

    private static OpenDirectory open(int at, byte[] name, String shown) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Posix.text(arena, name);
            int fd = Posix.result(
                    (int) OPENAT.invokeExact(Posix.capture(), at, path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (fd < 0) {
                throw new PosixException("openat", shown, fd);
            }
            return new OpenDirectory(fd);
        } catch (PosixException e) {
            throw e;
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
    }

    /** Some flags of open(2) differ between the two. */
    private static int machine(int x86, int arm64) {
        return System.getProperty("os.arch").equals("aarch64") ? arm64 : x86;
    }

    @Override
    public void close() {
        Posix.close(fd);
    }
}
