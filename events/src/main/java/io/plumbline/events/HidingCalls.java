package io.plumbline.events;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * System calls of Linux on x86-64 after which a name no longer says which file it is: another root, or something mounted. A
 * process without rights may make them in a user namespace of its own.
 */
public final class HidingCalls {
    public static final int PIVOT_ROOT = 155;
    public static final int CHROOT = 161;
    public static final int MOUNT = 165;

    /** The numbers of all. */
    public static final Set<Integer> NUMBERS = Set.of(PIVOT_ROOT, CHROOT, MOUNT);

    /** Flags of mount(2): unbindable, private, slave, shared. With one of them nothing is mounted, unless it is a bind or a mount anew. */
    private static final long PROPAGATION = 0xfL << 17;

    /** Flags of mount(2) that kernels look at first: MS_REMOUNT, MS_BIND. */
    private static final long BIND_OR_AGAIN = 0x20 | 0x1000;

    /** What the upper half of the flags was before Linux 2.4; kernels take it off first. */
    private static final long MAGIC = 0xC0ED0000L;

    private static final int FLAGS = 3;

    private HidingCalls() {}

    /**
     * The name of a call that has hidden names; empty for any other call, and for one that has failed.
     *
     * @param arguments as the kernel got them
     * @param error errno; 0 when it succeeded
     */
    public static Optional<String> name(long number, List<Long> arguments, long error) {
        if (error != 0) {
            return Optional.empty();
        }
        if (number == MOUNT) {
            boolean mounts = arguments.size() <= FLAGS || mounts(arguments.get(FLAGS));
            return mounts ? Optional.of("mount") : Optional.empty();
        }
        return number == CHROOT
                ? Optional.of("chroot")
                : number == PIVOT_ROOT ? Optional.of("pivot_root") : Optional.empty();
    }

    private static boolean mounts(long told) {
        long flags = (told & 0xffff0000L) == MAGIC ? told & 0xffff : told;
        return (flags & BIND_OR_AGAIN) != 0 || (flags & PROPAGATION) == 0;
    }
}
