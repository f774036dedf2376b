package io.plumbline.sandbox.rootfs;

import java.nio.file.Path;

/** One mount of a sandbox. */
public sealed interface Mount {
    String destination();

    /** A file or folder of the host. */
    record Bind(Path source, String destination, Access access) implements Mount {}

    /** An empty folder in memory, gone with the sandbox. {@code mode}: octal digits; {@code maxBytes}: 0 for no limit. */
    record Memory(String destination, String mode, long maxBytes) implements Mount {}

    enum Access {
        READ,
        WRITE
    }
}
