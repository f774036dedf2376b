package io.plumbline.sandbox.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.sandbox.posix.OpenDirectory;
import io.plumbline.sandbox.runtime.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TreeRemovalTest {
    private static final int LEVELS = 5000;

    private Path base = Path.of("");
    private Path tree = Path.of("");

    @BeforeEach
    void plant() throws IOException {
        base = Files.createTempDirectory("pltree");
        tree = Files.createDirectory(base.resolve("tree"));
    }

    @AfterEach
    void fell() throws Exception {
        Command.run(List.of("rm", "-rf", base.toString()), Duration.ofMinutes(2));
    }

    /** Longer by far than a path may be. */
    private void dig(int levels, String name) throws IOException {
        OpenDirectory at = OpenDirectory.open(tree);
        for (int level = 0; level < levels; level++) {
            Files.createFile(at.entry("file"));
            Files.createDirectory(at.entry(name));
            OpenDirectory below = at.child(name);
            at.close();
            at = below;
        }
        at.close();
    }

    @Test
    void removesATreeThatNoPathCanReach() throws IOException {
        dig(LEVELS, "x".repeat(200));

        Bundle.deleteTree(tree);

        assertThat(base).isEmptyDirectory();
    }

    @Test
    void removesFoldersThatMayNotBeChanged() throws IOException {
        Files.createFile(Files.createDirectories(tree.resolve("a/b/c")).resolve("file"));
        for (String locked : List.of("a/b/c", "a/b", "a")) {
            Files.setPosixFilePermissions(tree.resolve(locked), PosixFilePermissions.fromString("---------"));
        }

        Bundle.deleteTree(tree);

        assertThat(base).isEmptyDirectory();
    }

    @Test
    void removesLinksAndNotWhatTheyLeadTo() throws IOException {
        Path outside = Files.createDirectory(base.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "kept");
        Files.createDirectories(tree.resolve("a/b"));
        Files.createSymbolicLink(tree.resolve("link"), outside);
        Files.createSymbolicLink(tree.resolve("a/link"), outside);
        Files.createSymbolicLink(tree.resolve("a/b/up"), Path.of("../.."));
        Files.createSymbolicLink(base.resolve("rootlink"), outside);

        Bundle.deleteTree(tree);
        Bundle.deleteTree(base.resolve("rootlink"));

        assertThat(Files.exists(tree, LinkOption.NOFOLLOW_LINKS)).isFalse();
        assertThat(Files.exists(base.resolve("rootlink"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
        assertThat(outside.resolve("kept")).hasContent("kept");
    }

    @Test
    void whatIsMissingIsFine() throws IOException {
        Bundle.deleteTree(base.resolve("nothing"));
        Bundle.deleteTree(tree);
        Bundle.deleteTree(tree);
        assertThat(base).isEmptyDirectory();
    }
}
