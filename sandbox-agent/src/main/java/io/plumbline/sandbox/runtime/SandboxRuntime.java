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

    /**
     * Makes a sandbox whose workload has not begun.
     *
     * @throws SandboxException when it did not come up, also when nobody listens on the trace socket; nothing is left then
     */
    Sandbox create(Creation creation) throws SandboxException;

    /** Ids of sandboxes that exist, whoever made them. */
    List<String> ids() throws SandboxException;

    /** Kills and forgets a sandbox of an earlier life of the daemon. Slow: seconds. */
    void remove(String id) throws SandboxException;

    /**
     * What a sandbox is made from.
     *
     * @param id fixed length, so that none is the start of another; letters and digits
     * @param bundle directory with {@code config.json}
     * @param traceConfig file for the runtime's trace session
     * @param streams the workload's standard streams
     * @param cgroups control groups, one directory for each hierarchy, that everything of the sandbox on the host is in from
     *     its first instruction on; may be empty
     * @param syscallLog named pipe with a reader, called {@link #SYSCALL_LOG}, alone in its folder, for what the runtime can
     *     name only in its log; empty: nobody wants it
     * @param readOnly files and directories of the host that nothing inside may change, whatever the runtime thinks of it
     * @param pinned a directory of the host that the sandbox finds under another name
     */
    record Creation(
            String id,
            Path bundle,
            Path traceConfig,
            Streams streams,
            Optional<Path> syscallLog,
            List<Path> readOnly,
            List<Path> cgroups,
            Optional<Pinned> pinned) {
        /** runsc names its log files after its own commands; this is its kernel's. */
        public static final String SYSCALL_LOG = "boot.log";

        public Creation {
            readOnly = List.copyOf(readOnly);
            cgroups = List.copyOf(cgroups);
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
        record Files(Path stdin, Path stdout, Path stderr) implements Streams {}

        /** One terminal for all; its master is sent to the Unix socket at {@code socket}. */
        record Console(Path socket) implements Streams {}
    }
}
