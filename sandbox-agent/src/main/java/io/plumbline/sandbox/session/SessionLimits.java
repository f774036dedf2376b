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
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
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

    /** Of the second that lies between two looks, in which a workload must have been held back to be told of. */
    private static final int THROTTLED_PERIODS = 5;

    /**
     * Looks in a row without an answer after which the session counts as over its limits: a workload that keeps the sandbox's
     * kernel too busy to be asked must not gain by it. Each look waits {@code limit} at most.
     */
    private static final int MAX_UNANSWERED = 30;

    private final TaskPolicy policy;
    private final ControlGroups.Group group;
    private final DiskUse disk;
    private final Set<Kind> told = EnumSet.noneOf(Kind.class);
    private TaskPolicy latest;
    private long throttledBefore;
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
     * @param disk of the folders of the host in which the workload may write; a limit that a revision brings counts from then
     * @throws IOException when the policy limits what is added to them and what is there cannot be told
     */
    SessionLimits(TaskPolicy policy, ControlGroups.Group group, DiskUse disk) throws IOException {
        this.policy = policy;
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
    List<Reached> look(TaskPolicy inForce, Sandbox sandbox, Freezer.State state, Duration limit, boolean told) {
        if (!inForce.equals(latest)) {
            // What was said is of another limit now.
            this.told.clear();
            latest = inForce;
            told = true;
        }
        List<Reached> reached = new ArrayList<>();
        boolean asked = told || inForce.getMemoryBytes() != 0;
        boolean answered = true;
        if (inForce.getMemoryBytes() != 0) {
            OptionalLong used = sandbox.memoryBytes(limit);
            answered = used.isPresent();
            if (used.isPresent()) {
                over(Kind.MEMORY, used.getAsLong(), inForce.getMemoryBytes()).ifPresent(reached::add);
            }
        }
        OptionalInt processes = told ? sandbox.processCount(limit) : OptionalInt.empty();
        int allowed = Bundle.processes(inForce);
        answered &= processes.isPresent() || !told;
        if (processes.isPresent() && allowed < Bundle.processes(policy)) {
            // A revision allows less than the sandbox's kernel does: nobody else refuses.
            over(Kind.PROCESSES, processes.getAsInt(), allowed).ifPresent(reached::add);
        } else if (processes.isPresent() && processes.getAsInt() >= allowed) {
            // The sandbox's kernel itself allows no more; what is seen here is that the workload has come that far.
            tell(Kind.PROCESSES, processes.getAsInt(), allowed, "refuse").ifPresent(reached::add);
        }
        // A kernel that stands still by order cannot answer and lets nothing happen.
        if (asked) {
            unanswered = answered || state != Freezer.State.RUNNING ? 0 : unanswered + 1;
        }
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
        if (inForce.getDiskBytes() != 0) {
            disk.watch();
            if (disk.overdue()) {
                tell(Kind.DISK, unlooked(inForce)).ifPresent(reached::add);
            } else if (disk.growth().isPresent()) {
                over(Kind.DISK, disk.growth().getAsLong(), inForce.getDiskBytes())
                        .ifPresent(reached::add);
            }
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
        String name = kind.name().toLowerCase(Locale.ROOT);
        return tell(
                kind,
                new Reached(
                        LimitReached.newBuilder()
                                .setLimit(name)
                                .setUsed(used)
                                .setAllowed(allowed)
                                .setAction(action)
                                .build(),
                        name + ": " + used + " (expected: <= " + allowed + ")"));
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
}
