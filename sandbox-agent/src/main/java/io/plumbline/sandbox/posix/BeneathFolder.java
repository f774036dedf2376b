package io.plumbline.sandbox.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Folders beneath one that somebody else may be changing meanwhile. */
final class BeneathFolder {
    private static final String GONE = " (deleted)";

    /** Stands for what is no text in the encoding of this process, which may know less than the names of a sandbox have. */
    private static final String UNDECODED = "\ufffd";

    private BeneathFolder() {}

    /**
     * The name of a folder without links, relative to {@code folder}; empty when it is none, when a link leads out of {@code folder}, or
     * when its name cannot be read.
     *
     * @param name relative to {@code folder}; empty: that folder itself
     */
    static Optional<String> real(Path folder, String name) {
        int flags = Posix.O_PATH | Posix.O_CLOEXEC | Posix.O_DIRECTORY;
        int base = Posix.open(folder, flags);
        if (base < 0) {
            return Optional.empty();
        }
        try {
            int found = name.isEmpty() ? base : Posix.openBeneath(base, name, flags);
            if (found < 0) {
                return Optional.empty();
            }
            try {
                Path root = opened(base);
                Path real = opened(found);
                if (!real.startsWith(root) || real.toString().endsWith(GONE)) {
                    return Optional.empty();
                }
                String relative = root.relativize(real).toString();
                return relative.contains(UNDECODED) ? Optional.empty() : Optional.of(relative);
            } catch (IOException e) {
                return Optional.empty();
            } finally {
                if (found != base) {
                    Posix.close(found);
                }
            }
        } finally {
            Posix.close(base);
        }
    }

    private static Path opened(int fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(fd)));
    }
}
