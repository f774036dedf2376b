package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a file, folder or link takes of its disk, which the JDK does not tell.
 *
 * @param device of the file system
 * @param links how many names it has; 0: it is there for as long as somebody has it open
 * @param regular whether it is a file with content
 * @param size where its content ends, bytes
 * @param allocated what is set aside for it, bytes: less than its size where it has holes, more where blocks were reserved
 */
public record FileUse(long device, long inode, int links, boolean regular, long size, long allocated) {
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;

    /** STATX_BASIC_STATS. */
    private static final int EVERYTHING = 0x7ff;

    private static final int STATX_BYTES = 256;
    private static final int FORMAT = 0xf000;
    private static final int REGULAR = 0x8000;

    /** The kernel counts in these, whatever the blocks of the file system. */
    private static final int BLOCK_BYTES = 512;

    /** Of what is at {@code path}, which is not followed when it is a link; empty when there is nothing. */
    public static Optional<FileUse> of(Path path) throws PosixException {
        return read(path, AT_SYMLINK_NOFOLLOW);
    }

    /** Of what the link at {@code path} leads to, also one of {@code /proc} to what has no name any more. */
    public static Optional<FileUse> behind(Path path) throws PosixException {
        return read(path, 0);
    }

    /** The larger of the two: a hole can be filled without asking, and what was set aside is gone for all others. */
    public long bytes() {
        return Math.max(regular ? size : 0, allocated);
    }

    /** Offsets as of {@code struct statx} in the kernel's {@code linux/stat.h}. */
    private static Optional<FileUse> read(Path path, int flags) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(STATX_BYTES, 8);
            int result = Posix.statx(path, flags, EVERYTHING, buffer);
            if (result == -Posix.ENOENT || result == -Posix.ENOTDIR) {
                return Optional.empty();
            }
            if (result < 0) {
                throw new PosixException("statx", path.toString(), result);
            }
            return Optional.of(new FileUse(
                    (long) buffer.get(JAVA_INT, 136) << 32 | Integer.toUnsignedLong(buffer.get(JAVA_INT, 140)),
                    buffer.get(JAVA_LONG, 32),
                    buffer.get(JAVA_INT, 16),
                    (buffer.get(JAVA_SHORT, 28) & FORMAT) == REGULAR,
                    buffer.get(JAVA_LONG, 40),
                    buffer.get(JAVA_LONG, 48) * BLOCK_BYTES));
        }
    }
}
