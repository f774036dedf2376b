package io.plumbline.sandbox.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;

/** Where a host keeps the sandbox of a session, which is not called after it. */
final class SandboxFolder {
    private SandboxFolder() {}

    /**
     * Of the live session whose id fits; sandboxes that wait for one have no mark.
     *
     * @param data directory of the host
     */
    static Path of(Path data, Predicate<String> session) throws Exception {
        try (var sandboxes = Files.list(data.resolve("s"))) {
            for (Path sandbox : sandboxes.toList()) {
                Path mark = sandbox.resolve("session");
                if (Files.exists(mark) && session.test(Files.readString(mark))) {
                    return sandbox;
                }
            }
        }
        throw new AssertionError("no such session");
    }

    /** Process id of its kernel. */
    static long kernel(Path sandbox) throws Exception {
        return Long.parseLong(Files.readString(sandbox.resolve("k/sandbox.pid")).trim());
    }
}
