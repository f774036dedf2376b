package io.plumbline.sandbox.session;

import io.plumbline.events.v1.LimitReached;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import io.plumbline.sandbox.runtime.Sandbox;
import io.plumbline.sandbox.runtime.SandboxRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** What a session's policy lets it use of its host, looked at every second. Not for use by several threads. */
final class SessionLimits {
    /**
     * What the sandbox's kernel and its file server may need beside the workload, bytes. At rest they need some 60 MiB; the
     * rest is room for their buffers, page tables and stacks under load, an estimate.
     */
    static final long RUNTIME_MEMORY = 256L << 20;

    /** Of the second that lies between two looks, in which a workload must have been held back to be told of. */
    private static final int THROTTLED_PERIODS = 5;

    /**
     * How long a question may stay without an answer until the session counts as over its limits: a workload that keeps the
     * sandbox's kernel too busy to be asked must not gain by it. Where other work leaves the sandboxes next to no processor, honest
     * kernels have been seen to need more than 30 s; the control group holds the memory meanwhile.
     */
    static final Duration MAX_SILENCE = Duration.ofSeconds(60);

    /**
     * For how long a session may go on over a limit when it was let go on over it: until somebody has looked into it, or has
     * revised the limit.
     */
    static final Duration GRACE = Duration.ofSeconds(60);

    /** The grace ends early with as much more as this part of the limit. */
    private static final int GRACE_GROWTH = 16;

    private final TaskPolicy policy;
    private final ControlGroups.Group group;
    private final DiskUse disk;
    private final LongSupplier nanoTime;
    private final Set<Kind> told = EnumSet.noneOf(Kind.class);
    private final Map<Kind, Grace> graces = new EnumMap<>(Kind.class);
    private final Map<Kind, Long> silentSince = new EnumMap<>(Kind.class);
    private TaskPolicy latest;
    private long throttledBefore;

    /** Whether the processes are to be counted: something may have changed since they were. */
    private boolean countDue;

    /** @param used when it began */
    private record Grace(long used, long fromNanos) {}

    private enum Kind {
        MEMORY,
        CPU,
        PROCESSES,
        DISK
    }

    /**
     * What the sandbox's kernel says that the workload uses; each is told how long the answer may take.
     *
     * @param processes as {@link Sandbox#processCount}
     * @param memory as {@link Sandbox#memoryBytes}
     */
    record Usage(Function<Duration, OptionalInt> processes, Function<Duration, OptionalLong> memory) {
        static Usage of(Sandbox sandbox) {
            return new Usage(sandbox::processCount, sandbox::memoryBytes);
        }
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
     * @param disk of the folders of the host in which the workload may write; a limit that a revision brings counts from then
     * @throws IOException when the policy limits what is added to them and what is there cannot be told
     */
    SessionLimits(TaskPolicy policy, ControlGroups.Group group, DiskUse disk) throws IOException {
        this(policy, group, disk, System::nanoTime);
    }

    /** @param nanoTime as {@link System#nanoTime} */
    SessionLimits(TaskPolicy policy, ControlGroups.Group group, DiskUse disk, LongSupplier nanoTime)
            throws IOException {
        this.policy = policy;
        this.nanoTime = nanoTime;
        this.latest = policy;
        this.disk = disk;
        if (policy.getDiskBytes() != 0) {
            disk.begin();
        }
        this.group = group;
    }

    /** What the host's kernel holds a sandbox of {@code runtime} to under a policy. */
    static ControlGroups.Limits groupLimits(TaskPolicy policy, SandboxRuntime runtime) {
        return new ControlGroups.Limits(
                policy.getMemoryBytes() == 0 ? 0 : policy.getMemoryBytes() + RUNTIME_MEMORY,
                policy.getCpuMillis(),
                runtime.hostThreads(Bundle.processes(policy)));
    }

    /**
     * What was reached since the last look and not told of yet.
     *
     * @param told whether the trace has told of anything since the last look: where it has not, no process has begun
     */
    List<Reached> look(TaskPolicy inForce, Usage usage, Freezer.State state, Duration limit, boolean told) {
        if (!inForce.equals(latest)) {
            // What was said is of another limit now.
            this.told.clear();
            graces.clear();
            latest = inForce;
            countDue = true;
        }
        countDue |= told;
        List<Reached> reached = new ArrayList<>();
        if (state == Freezer.State.RUNNING) {
            askKernel(inForce, usage, limit, reached);
        } else {
            // A kernel that stands still by order cannot answer and lets nothing happen.
            silentSince.clear();
            graces.clear();
        }
        long throttled = group.cpuThrottled();
        if (inForce.getCpuMillis() != 0 && throttled - throttledBefore >= THROTTLED_PERIODS) {
            tell(Kind.CPU, inForce.getCpuMillis(), inForce.getCpuMillis(), "throttle")
                    .ifPresent(reached::add);
        }
        throttledBefore = throttled;
        if (inForce.getDiskBytes() != 0) {
            disk.watch();
            if (disk.overdue()) {
                exceeded(Kind.DISK, Long.MAX_VALUE, unlooked(inForce), state).ifPresent(reached::add);
            } else if (disk.growth().isPresent()) {
                over(Kind.DISK, disk.growth().getAsLong(), inForce.getDiskBytes(), state)
                        .ifPresent(reached::add);
            }
        }
        return reached;
    }

    private void askKernel(TaskPolicy inForce, Usage usage, Duration limit, List<Reached> reached) {
        if (inForce.getMemoryBytes() != 0) {
            OptionalLong used = usage.memory().apply(limit);
            if (silent(Kind.MEMORY, used.isPresent())) {
                reached.add(unmeasured(Kind.MEMORY, inForce.getMemoryBytes()));
            }
            if (used.isPresent()) {
                over(Kind.MEMORY, used.getAsLong(), inForce.getMemoryBytes(), Freezer.State.RUNNING)
                        .ifPresent(reached::add);
            }
        }
        if (!countDue) {
            return;
        }
        OptionalInt processes = usage.processes().apply(limit);
        countDue = processes.isEmpty();
        int allowed = Bundle.processes(inForce);
        if (silent(Kind.PROCESSES, processes.isPresent())) {
            reached.add(unmeasured(Kind.PROCESSES, allowed));
        }
        if (processes.isPresent() && allowed < Bundle.processes(policy)) {
            // A revision allows less than the sandbox's kernel does: nobody else refuses.
            over(Kind.PROCESSES, processes.getAsInt(), allowed, Freezer.State.RUNNING)
                    .ifPresent(reached::add);
        } else if (processes.isPresent() && processes.getAsInt() >= allowed) {
            // The sandbox's kernel itself allows no more; what is seen here is that the workload has come that far.
            tell(Kind.PROCESSES, processes.getAsInt(), allowed, "refuse").ifPresent(reached::add);
        }
    }

    /** Whether a question has been without an answer for too long; from then on it may be for as long again. */
    private boolean silent(Kind kind, boolean answered) {
        if (answered) {
            silentSince.remove(kind);
            return false;
        }
        long now = nanoTime.getAsLong();
        if (now - silentSince.computeIfAbsent(kind, ignored -> now) < MAX_SILENCE.toNanos()) {
            return false;
        }
        silentSince.put(kind, now);
        return true;
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

    /** Told of once, and again only after it was kept in between, or when it is exceeded in a session that was let go on. */
    private Optional<Reached> over(Kind kind, long used, long allowed, Freezer.State state) {
        if (used <= allowed) {
            told.remove(kind);
            graces.remove(kind);
            return Optional.empty();
        }
        return exceeded(kind, used, reached(kind, used, allowed, "freeze"), state);
    }

    private Optional<Reached> exceeded(Kind kind, long used, Reached reached, Freezer.State state) {
        // That it was told of has stopped the session: somebody has let it go on.
        if (state == Freezer.State.RUNNING && told.contains(kind)) {
            long now = nanoTime.getAsLong();
            Grace grace = graces.computeIfAbsent(kind, ignored -> new Grace(used, now));
            long growth = Math.max(1, reached.payload().getAllowed() / GRACE_GROWTH);
            if (used - grace.used() >= growth || now - grace.fromNanos() >= GRACE.toNanos()) {
                told.remove(kind);
                graces.remove(kind);
            }
        }
        return tell(kind, reached);
    }

    private Optional<Reached> tell(Kind kind, long used, long allowed, String action) {
        return tell(kind, reached(kind, used, allowed, action));
    }

    private static Reached reached(Kind kind, long used, long allowed, String action) {
        String name = kind.name().toLowerCase(Locale.ROOT);
        return new Reached(
                LimitReached.newBuilder()
                        .setLimit(name)
                        .setUsed(used)
                        .setAllowed(allowed)
                        .setAction(action)
                        .build(),
                name + ": " + used + " (expected: <= " + allowed + ")");
    }

    private Optional<Reached> tell(Kind kind, Reached reached) {
        return told.add(kind) ? Optional.of(reached) : Optional.empty();
    }

    /** A workload that makes a look take too long must not gain by it. */
    private static Reached unlooked(TaskPolicy inForce) {
        return new Reached(
                LimitReached.newBuilder()
                        .setLimit("disk")
                        .setAllowed(inForce.getDiskBytes())
                        .setAction("freeze")
                        .build(),
                "disk: what lies in workspace and home could not be told in time (expected: <= "
                        + inForce.getDiskBytes() + ")");
    }

    private static Reached unmeasured(Kind kind, long allowed) {
        String name = kind.name().toLowerCase(Locale.ROOT);
        return new Reached(
                LimitReached.newBuilder()
                        .setLimit(name)
                        .setAllowed(allowed)
                        .setAction("freeze")
                        .build(),
                name + ": the sandbox's kernel has not said for " + MAX_SILENCE.toSeconds()
                        + " s what the workload uses");
    }
}
