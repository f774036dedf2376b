package io.plumbline.sandbox.posix;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Folders beneath one that somebody else may be changing meanwhile. */
final class BeneathFolder {
    private static final int FOLDER = Posix.O_PATH | Posix.O_CLOEXEC | Posix.O_DIRECTORY;
    private static final String GONE = " (deleted)";

    /** Stands for what is no text in the encoding of this process, which may know less than the names of a sandbox have. */
    private static final String UNDECODED = "\ufffd";

    /** As long as a path can be. */
    private static final int MAX_PATH = 4_096;

    /**
     * A link on the way to a folder, and no link is before it.
     *
     * @param before the folder that it is in; empty: the outermost one
     * @param target its text, not empty
     * @param after what is left of the way; empty, or begins with a slash
     */
    record Link(String before, String target, String after) {}

    private BeneathFolder() {}

    /**
     * The name of a folder without links, relative to {@code folder}; empty when it is none, when a link leads out of {@code folder}, or
     * when its name cannot be read.
     *
     * @param name relative to {@code folder}; empty: that folder itself
     */
    static Optional<String> real(Path folder, String name) {
        int base = Posix.open(folder, FOLDER);
        if (base < 0) {
            return Optional.empty();
        }
        try {
            int found = name.isEmpty() ? base : Posix.openBeneath(base, name, FOLDER);
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

    /**
     * The first link on the way to a folder; empty where there is none, where the way leads out of {@code folder} or to nothing, and where
     * the link's text is no UTF-8.
     *
     * @param name relative to {@code folder}
     */
    static Optional<Link> firstLink(Path folder, String name) {
        int base = Posix.open(folder, FOLDER);
        if (base < 0) {
            return Optional.empty();
        }
        // One step at a time: each name from the beginning would be as much work as the square of their number.
        int parent = base;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MAX_PATH);
            String before = "";
            for (int at = 0; at < name.length(); ) {
                int end = name.indexOf('/', at) < 0 ? name.length() : name.indexOf('/', at);
                String part = name.substring(at, end);
                int next = parent;
                if (part.equals("..")) {
                    if (before.isEmpty()) {
                        return Optional.empty();
                    }
                    before = before.substring(0, Math.max(0, before.lastIndexOf('/')));
                    next = before.isEmpty() ? base : Posix.openBeneath(base, before, FOLDER);
                } else if (!part.isEmpty() && !part.equals(".")) {
                    long length = Posix.readLink(parent, part, text);
                    if (length > 0) {
                        String rest = name.substring(end);
                        String link = before;
                        return target(text, length).map(target -> new Link(link, target, rest));
                    }
                    before = before.isEmpty() ? part : before + "/" + part;
                    next = Posix.openBeneath(parent, part, FOLDER);
                }
                if (next < 0) {
                    return Optional.empty();
                }
                if (parent != base && parent != next) {
                    Posix.close(parent);
                }
                parent = next;
                at = end + 1;
            }
            return Optional.empty();
        } finally {
            if (parent != base) {
                Posix.close(parent);
            }
            Posix.close(base);
        }
    }

    private static Optional<String> target(MemorySegment text, long length) {
        if (length >= MAX_PATH) {
            return Optional.empty();
        }
        byte[] bytes = text.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static Path opened(int fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(fd)));
    }
}
