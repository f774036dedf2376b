package io.plumbline.sandbox.runtime;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A way to run sandboxes on this host. */
public interface SandboxRuntime {
    /** Name, version and platform, as {@code RuntimeState.runtime} carries it. */
    String description();

    /** Whether no kernel of the sandbox's own tells what is done in it: only for sessions whose policy allows that. */
    default boolean degraded() {
        return false;
    }

    /** Processes and threads of the host that a sandbox may need at most for so many of its workload's. */
    int hostThreads(int processes);

    /**
     * Boots the kernel of a sandbox to come.
     *
     * @throws SandboxException when it did not come up, also when nobody listens on the trace socket; nothing is left then
     */
    SandboxKernel boot(Boot boot) throws SandboxException;

    /** Ids of sandboxes that exist, whoever made them, in the order in which they can be removed. */
    List<String> ids() throws SandboxException;

    /** Kills and forgets a sandbox of an earlier life of the daemon. Slow: seconds. */
    void remove(String id) throws SandboxException;

    /**
     * What a kernel is booted with.
     *
     * @param id short, of fixed length, so that none is the start of another; letters and digits
     * @param directory empty, of this kernel alone
     * @param traceConfig file for the runtime's trace session
     * @param syscallLog named pipe with a reader, called {@link #SYSCALL_LOG}, alone in its folder, for what the runtime can
     *     name only in its log; empty: nobody wants it
     * @param cgroups control groups, one directory for each hierarchy, that everything of the sandbox on the host is in from
     *     its first instruction on; may be empty
     */
    record Boot(String id, Path directory, Path traceConfig, Optional<Path> syscallLog, List<Path> cgroups) {
        /** runsc names its log files after its own commands; this is its kernel's. */
        public static final String SYSCALL_LOG = "boot.log";

        public Boot {
            cgroups = List.copyOf(cgroups);
        }
    }

    /**
     * What a sandbox is made from.
     *
     * @param id fixed length, so that none is the start of another; letters and digits
     * @param bundle directory with {@code config.json}
     * @param streams the workload's standard streams
     * @param readOnly files and directories of the host that nothing inside may change, whatever the runtime thinks of it
     * @param pinned a directory of the host that the sandbox finds under another name
     */
    record Creation(String id, Path bundle, Streams streams, List<Path> readOnly, Optional<Pinned> pinned) {
        public Creation {
            readOnly = List.copyOf(readOnly);
        }
    }

    /**
     * A directory that is found whatever becomes of its name.
     *
     * @param source a path by descriptor, {@code /proc/PID/fd/N}
     * @param target an empty directory, only written to by the daemon, that stands for it in the bundle
     */
    record Pinned(Path source, Path target) {}

    /** Standard streams of a workload. */
    sealed interface Streams {
        /** Files, or named pipes whose other end is open. */
        record Files(Path stdin, Path stdout, Path stderr) implements Streams {
            private static final Path NULL = Path.of("/dev/null");

            /** For who reads nothing and says nothing. */
            public static final Files NOWHERE = new Files(NULL, NULL, NULL);
        }

        /** One terminal for all; its master is sent to the Unix socket at {@code socket}. */
        record Console(Path socket) implements Streams {}
    }
}
