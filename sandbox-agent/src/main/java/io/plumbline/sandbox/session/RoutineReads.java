package io.plumbline.sandbox.session;

import io.plumbline.events.policy.FileRules;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.rootfs.Bundle;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The events that make up most of a session and decide least: files of the system and of the workspace, opened to be read. They may
 * wait for each other; decoys, names with a leading dot (keys, settings of agents and of git lie there) and everything that is
 * written, run or sent may not.
 */
final class RoutineReads implements Predicate<Event> {
    private static final List<String> SYSTEM =
            List.of("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/etc/ld.so.", "/etc/ssl/certs/");

    /** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and O_PATH of Linux on x86-64. */
    private static final int MORE_THAN_READ = 0x1 | 0x2 | 0x40 | 0x200 | 0x200000;

    private final Supplier<TaskPolicy> inForce;
    private volatile Known known = Known.of(TaskPolicy.getDefaultInstance());

    /** A policy and its decoys, absolute. */
    private record Known(TaskPolicy policy, Set<String> decoys) {
        static Known of(TaskPolicy policy) {
            return new Known(
                    policy,
                    policy.getDecoysList().stream()
                            .map(decoy -> FileRules.absolute(decoy, Agent.HOME, Bundle.WORKSPACE))
                            .collect(Collectors.toUnmodifiableSet()));
        }
    }

    /** @param inForce the policy as it is now: a revision may have other decoys */
    RoutineReads(Supplier<TaskPolicy> inForce) {
        this.inForce = inForce;
    }

    private boolean isDecoy(String path) {
        TaskPolicy policy = inForce.get();
        Known last = known;
        if (last.policy() != policy) {
            last = Known.of(policy);
            known = last;
        }
        return last.decoys().contains(path);
    }

    @Override
    public boolean test(Event event) {
        if (!event.hasFileOpened()) {
            return false;
        }
        FileOpened open = event.getFileOpened();
        String path = open.getPath();
        return open.getError() == 0
                && (open.getFlags() & MORE_THAN_READ) == 0
                && !isDecoy(path)
                && (SYSTEM.stream().anyMatch(path::startsWith)
                        || path.startsWith(Bundle.WORKSPACE + "/") && !path.contains("/."));
    }
}
