package io.plumbline.sandbox.session;

import io.plumbline.events.v1.LimitReached;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import io.plumbline.sandbox.runtime.Sandbox;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** What a session's policy lets it use of its host, looked at every second. Not for use by several threads. */
final class SessionLimits {
    /**
     * What the sandbox's kernel and its file server may need beside the workload, bytes. At rest they need some 60 MiB; the
     * rest is room for their buffers, page tables and stacks under load, an estimate.
     */
    static final long RUNTIME_MEMORY = 256L << 20;

    /** Threads of the host that a sandbox has beside those of its workload. */
    private static final int RUNTIME_THREADS = 256;

    /** Threads of the host for each process of the workload. */
    private static final int THREADS_PER_PROCESS = 8;

    /** Of the second that lies between two looks, in which a workload must have been held back to be told of. */
    private static final int THROTTLED_PERIODS = 5;

    /** A tree is looked at again after as many times the time that the last look took. */
    private static final int LOOK_PAUSES = 10;

    /** Files beyond these count as over the limit: nobody could look at them all every second. */
    private static final int MAX_FILES = 500_000;

    /**
     * Looks in a row without an answer after which the session counts as over its limits: a workload that keeps the sandbox's
     * kernel too busy to be asked must not gain by it. Each look waits {@code limit} at most.
     */
    private static final int MAX_UNANSWERED = 15;

    private final TaskPolicy policy;
    private final ControlGroups.Group group;
    private final List<Path> folders;
    private final long folderBytesBefore;
    private final Set<Kind> told = EnumSet.noneOf(Kind.class);
    private TaskPolicy latest;
    private long throttledBefore;
    private long nextLook;
    private int unanswered;

    private enum Kind {
        MEMORY,
        CPU,
        PROCESSES,
        DISK
    }

    /**
     * A limit that has been reached.
     *
     * @param reason one sentence
     */
    record Reached(LimitReached payload, String reason) {
        boolean freezes() {
            return payload.getAction().equals("freeze");
        }
    }

    /**
     * @param policy of the session's start
     * @param folders of the host in which the workload may write
     */
    SessionLimits(TaskPolicy policy, ControlGroups.Group group, List<Path> folders) throws IOException {
        this.policy = policy;
        this.latest = policy;
        this.group = group;
        this.folders = List.copyOf(folders);
        this.folderBytesBefore = policy.getDiskBytes() == 0 ? 0 : bytes();
    }

    static ControlGroups.Limits groupLimits(TaskPolicy policy) {
        return new ControlGroups.Limits(
                policy.getMemoryBytes() == 0 ? 0 : policy.getMemoryBytes() + RUNTIME_MEMORY,
                policy.getCpuMillis(),
                Math.addExact(RUNTIME_THREADS, Math.multiplyExact(Bundle.processes(policy), THREADS_PER_PROCESS)));
    }

    /** What was reached since the last look and not told of yet. */
    List<Reached> look(TaskPolicy inForce, Sandbox sandbox, Freezer.State state, Duration limit) {
        if (!inForce.equals(latest)) {
            // What was told of is another limit now.
            told.clear();
            latest = inForce;
        }
        List<Reached> reached = new ArrayList<>();
        boolean answered = true;
        if (inForce.getMemoryBytes() != 0) {
            OptionalLong used = sandbox.memoryBytes(limit);
            answered = used.isPresent();
            if (used.isPresent()) {
                over(Kind.MEMORY, used.getAsLong(), inForce.getMemoryBytes()).ifPresent(reached::add);
            }
        }
        OptionalInt processes = sandbox.processCount(limit);
        int allowed = Bundle.processes(inForce);
        answered &= processes.isPresent();
        if (processes.isPresent() && allowed < Bundle.processes(policy)) {
            // A revision allows less than the sandbox's kernel does: nobody else refuses.
            over(Kind.PROCESSES, processes.getAsInt(), allowed).ifPresent(reached::add);
        } else if (processes.isPresent() && processes.getAsInt() >= allowed) {
            // The sandbox's kernel itself allows no more; what is seen here is that the workload has come that far.
            tell(Kind.PROCESSES, processes.getAsInt(), allowed, "refuse").ifPresent(reached::add);
        }
        // A kernel that stands still by order cannot answer and lets nothing happen.
        unanswered = answered || state != Freezer.State.RUNNING ? 0 : unanswered + 1;
        if (unanswered == MAX_UNANSWERED) {
            unanswered = 0;
            reached.add(unmeasured(inForce));
        }
        long throttled = group.cpuThrottled();
        if (inForce.getCpuMillis() != 0 && throttled - throttledBefore >= THROTTLED_PERIODS) {
            tell(Kind.CPU, inForce.getCpuMillis(), inForce.getCpuMillis(), "throttle")
                    .ifPresent(reached::add);
        }
        throttledBefore = throttled;
        if (inForce.getDiskBytes() != 0 && System.nanoTime() - nextLook >= 0) {
            long from = System.nanoTime();
            long used;
            try {
                used = bytes() - folderBytesBefore;
            } catch (IOException e) {
                used = Long.MAX_VALUE;
            }
            nextLook = System.nanoTime() + LOOK_PAUSES * (System.nanoTime() - from);
            over(Kind.DISK, used, inForce.getDiskBytes()).ifPresent(reached::add);
        }
        return reached;
    }

    /** Why the sandbox ended without telling, if it was for want of memory or of threads. */
    Optional<Reached> atEnd() {
        if (group.pidsRefused() > 0) {
            int allowed = Bundle.processes(latest);
            return tell(Kind.PROCESSES, allowed, allowed, "kill");
        }
        return group.memoryKills() > 0
                ? tell(Kind.MEMORY, latest.getMemoryBytes() + RUNTIME_MEMORY, latest.getMemoryBytes(), "kill")
                : Optional.empty();
    }

    /** Told of once, and again only after it was kept in between. */
    private Optional<Reached> over(Kind kind, long used, long allowed) {
        if (used <= allowed) {
            told.remove(kind);
            return Optional.empty();
        }
        return tell(kind, used, allowed, "freeze");
    }

    private Optional<Reached> tell(Kind kind, long used, long allowed, String action) {
        if (!told.add(kind)) {
            return Optional.empty();
        }
        String name = kind.name().toLowerCase(java.util.Locale.ROOT);
        return Optional.of(new Reached(
                LimitReached.newBuilder()
                        .setLimit(name)
                        .setUsed(used)
                        .setAllowed(allowed)
                        .setAction(action)
                        .build(),
                name + ": " + used + " (expected: <= " + allowed + ")"));
    }

    private static Reached unmeasured(TaskPolicy inForce) {
        boolean memory = inForce.getMemoryBytes() != 0;
        return new Reached(
                LimitReached.newBuilder()
                        .setLimit(memory ? "memory" : "processes")
                        .setAllowed(memory ? inForce.getMemoryBytes() : Bundle.processes(inForce))
                        .setAction("freeze")
                        .build(),
                "the sandbox's kernel did not say " + MAX_UNANSWERED + " times in a row what the workload uses");
    }

    private long bytes() throws IOException {
        long[] sum = new long[2];
        for (Path folder : folders) {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
                    if (++sum[1] > MAX_FILES) {
                        sum[0] = Long.MAX_VALUE / 2;
                        return FileVisitResult.TERMINATE;
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    // What cannot be looked at could be of any size.
                    throw e;
                }
            });
        }
        return sum[0];
    }
}
