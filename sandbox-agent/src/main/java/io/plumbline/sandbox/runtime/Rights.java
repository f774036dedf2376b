package io.plumbline.sandbox.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel lets this process do on its host. */
public enum Rights {
    /** Root of the host: user 0 in the first user namespace. */
    ROOT,
    /** Root of a user namespace, which is an ordinary user, or a part of root, outside of it. */
    NAMESPACE,
    /** No root at all. */
    NONE;

    /** Inside, outside, how many: user_namespaces(7). */
    private static final String FIRST_NAMESPACE = "0 0 4294967295";

    /** This process's. */
    public static Rights here() throws IOException {
        return of(
                (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid"),
                Files.readString(Path.of("/proc/self/uid_map")));
    }

    /** @param uidMap as in {@code /proc/PID/uid_map} */
    static Rights of(int uid, String uidMap) {
        if (uid != 0) {
            return NONE;
        }
        return uidMap.strip().replaceAll("\\s+", " ").equals(FIRST_NAMESPACE) ? ROOT : NAMESPACE;
    }
}
