package io.plumbline.sandbox.rootfs;

import io.plumbline.sandbox.posix.OpenDirectory;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Removes a directory however deep it is: every directory that is found in one below the root is moved up into the root first, so
 * that no path is longer than two names and two descriptors do. Links are removed and never followed.
 */
final class TreeRemoval {
    private final OpenDirectory root;

    /** Not to be guessed by whoever made the tree: a name of theirs would be in the way. */
    private final String prefix;

    private long moved;

    private TreeRemoval(OpenDirectory root) {
        byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        this.root = root;
        this.prefix = "removed-" + HexFormat.of().formatHex(random) + "-";
    }

    /** What is missing is fine. */
    static void remove(Path tree) throws IOException {
        if (Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
            try (OpenDirectory root = OpenDirectory.open(tree)) {
                TreeRemoval removal = new TreeRemoval(root);
                boolean more = true;
                while (more) {
                    more = removal.pass();
                }
            }
        }
        Files.deleteIfExists(tree);
    }

    /** Removes what is in the root, and moves what is deeper up; false when there was nothing. */
    private boolean pass() throws IOException {
        boolean any = false;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.path())) {
            for (Path entry : entries) {
                any = true;
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    // Under a name of ours: theirs need not be text.
                    String name = up(entry);
                    try (OpenDirectory folder = root.child(name)) {
                        empty(folder);
                    }
                    Files.delete(root.entry(name));
                } else {
                    Files.deleteIfExists(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return any;
    }

    private void empty(OpenDirectory folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder.path())) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    up(entry);
                } else {
                    Files.deleteIfExists(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private String up(Path folder) throws IOException {
        String name = prefix + moved++;
        Files.move(folder, root.entry(name), StandardCopyOption.ATOMIC_MOVE);
        return name;
    }
}
