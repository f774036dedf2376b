package io.plumbline.sandbox.runtime;

import java.nio.file.Path;
import java.util.List;

/** A way to run sandboxes on this host. */
public interface SandboxRuntime {
    /** Name, version and platform, as {@code RuntimeState.runtime} carries it. */
    String description();

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
     * @param stdout where the workload writes; a named pipe with a reader, or a file
     * @param stderr likewise
     * @param readOnly files and directories of the host that nothing inside may change, whatever the runtime thinks of it
     */
    record Creation(String id, Path bundle, Path traceConfig, Path stdout, Path stderr, List<Path> readOnly) {
        public Creation {
            readOnly = List.copyOf(readOnly);
        }
    }
}
