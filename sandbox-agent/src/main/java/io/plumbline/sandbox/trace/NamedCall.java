package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Endpoint;
import java.util.List;
import java.util.Optional;

/**
 * One finished system call as the sentry's own log tells it. Names are as the workload gave them: not absolute.
 *
 * @param timeNanos nanoseconds since the epoch, the sentry's clock, when the line was written
 * @param group thread group, in the root namespace of process ids
 * @param error errno; 0 when it succeeded
 */
record NamedCall(long timeNanos, int group, int thread, String process, String name, long error, What what) {

    /** A name, and what it is relative to: a folder as the sentry resolved it, a descriptor, or the working directory. */
    record Name(String folder, int descriptor, String path) {
        static final int WORKING_DIRECTORY = -100;

        static Name inWorkingDirectory(String path) {
            return new Name("", WORKING_DIRECTORY, path);
        }
    }

    sealed interface What {
        /** A change of names or rights. {@code operation}: as of {@code FileChanged}. {@code second}: the new name. */
        record Change(String operation, Name first, Optional<Name> second) implements What {}

        /** The same, where the printed names can be read in more than one way. {@code text}: all of it. */
        record Unclear(String operation, String text) implements What {}

        /** Anything else. {@code path} is empty when the call names none. */
        record Other(Optional<Name> path, Optional<Endpoint> peer, String text) implements What {}

        /** Sent over a connection: its destination was an event of its own. */
        record Sent() implements What {}
    }

    /** System calls that the sentry is asked to log. */
    static final List<String> LOGGED = List.of(
            "unlink",
            "unlinkat",
            "rename",
            "renameat",
            "renameat2",
            "chmod",
            "fchmod",
            "fchmodat",
            "link",
            "linkat",
            "symlink",
            "symlinkat",
            "truncate",
            "mkdir",
            "mkdirat",
            "rmdir",
            "mount",
            "umount2",
            "unshare",
            "setns",
            "ptrace",
            "memfd_create",
            "process_vm_writev",
            "sendto",
            "sendmsg");
}
