package io.plumbline.sandbox.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.sandbox.posix.PathBytes;
import io.plumbline.sandbox.posix.Posix;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A name is bytes: what is no text, or none in the daemon's locale, is changed, shown and applied like any other. */
class AnyNamesTest {
    private static final long LIMIT_SECONDS = 120;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path base;

    /** A JVM takes the encoding of names from its locale, once. */
    @ParameterizedTest
    @ValueSource(strings = {"C.UTF-8", "POSIX"})
    void changesUnderNamesOfAnyBytesAreShownAndApplied(String locale) throws Exception {
        Path output = base.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Review.class.getName(),
                        base.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("LC_ALL", locale);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(Files.readAllLines(output))
                .containsExactly(
                        "M \\xfd",
                        "D \\xfe",
                        "M a\\\\xff",
                        "M a\\xff",
                        "M link",
                        "protected sub\\xc3/.git",
                        "D sub\\xc3/\u00fc",
                        "A sub\\xc3/\u00fc\\n\\xff",
                        "shown true",
                        "after \\xfd folder",
                        "after a\\\\xff two",
                        "after a\\xff one",
                        "after link to \\xff//\u00fc/",
                        "after sub\\xc3 folder",
                        "after sub\\xc3/.git folder",
                        "after sub\\xc3/\u00fc\\n\\xff new");
    }

    @Test
    void namesWhatChangedMeanwhileSoThatItCanBeFound() throws Exception {
        Path workspace = Files.createDirectory(base.resolve("workspace"));
        write(workspace, "old", 'a', 0xff);
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, base.resolve("copy"));
        write(copy.copy(), "agent", 'a', 0xff);
        ChangeSet set = ChangeSet.keep(base.resolve("kept"), workspace, "tester", copy, copy.changes());
        write(workspace, "person", 'a', 0xff);

        assertThatThrownBy(set::apply)
                .isInstanceOf(ChangeSet.ConflictException.class)
                .hasMessage("changed on the host meanwhile: a\\xff");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "\u00fc", "\\", "\\n", "\n", "\r", "\\x41", "a b%20c", "\ud83d\ude00", "%ff"})
    void aTextIsReadBackAsItsBytes(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        assertThat(EscapedPath.bytes(EscapedPath.of(bytes))).isEqualTo(bytes);
        assertThat(PathBytes.of(PathBytes.name(bytes))).isEqualTo(bytes);
    }

    @Test
    void everyByteIsReadBackAsItself() {
        for (int first = 1; first < 256; first++) {
            for (int second = 1; second < 256; second += 7) {
                byte[] bytes = {(byte) first, (byte) second, 'z', (byte) first};
                assertThat(EscapedPath.bytes(EscapedPath.of(bytes))).isEqualTo(bytes);
                if (first != '/' && second != '/') {
                    assertThat(PathBytes.of(PathBytes.name(bytes))).isEqualTo(bytes);
                }
            }
        }
    }

    private static Path name(int... bytes) {
        byte[] name = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            name[i] = (byte) bytes[i];
        }
        return PathBytes.name(name);
    }

    private static void write(Path folder, String text, int... name) throws IOException {
        Files.writeString(folder.resolve(name(name)), text);
    }

    private static void link(Path folder, String target) {
        Path link = folder.resolve("link");
        assertThat(Posix.symlink(EscapedPath.bytes(target), link)).isZero();
    }

    /** One session's changes, from the copy to the workspace. */
    static final class Review {
        private Review() {}

        public static void main(String[] arguments) throws Exception {
            Path base = Path.of(arguments[0]);
            Path workspace = Files.createDirectory(base.resolve("workspace"));
            write(workspace, "one of two", 'a', 0xff);
            write(workspace, "two of two", 'a', '\\', 'x', 'f', 'f');
            write(workspace, "a file", 0xfd);
            write(workspace, "gone", 0xfe);
            Path sub = Files.createDirectory(workspace.resolve(name('s', 'u', 'b', 0xc3)));
            write(sub, "gone", 0xc3, 0xbc);
            link(workspace, "old");

            WorkspaceCopy copy = WorkspaceCopy.make(workspace, base.resolve("copy"));
            Path root = copy.copy();
            write(root, "one", 'a', 0xff);
            write(root, "two", 'a', '\\', 'x', 'f', 'f');
            Files.delete(root.resolve(name(0xfe)));
            Files.delete(root.resolve(name(0xfd)));
            Files.createDirectory(root.resolve(name(0xfd)));
            Path copiedSub = root.resolve(name('s', 'u', 'b', 0xc3));
            Files.delete(copiedSub.resolve(name(0xc3, 0xbc)));
            write(copiedSub, "new", 0xc3, 0xbc, '\n', 0xff);
            Files.createDirectory(copiedSub.resolve(".git"));
            Files.delete(root.resolve("link"));
            link(root, "\\xff//\u00fc/");

            ChangeSet.keep(base.resolve("kept"), workspace, "tester", copy, copy.changes());
            ChangeSet set = ChangeSet.open(base.resolve("kept"));
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            for (Change change : set.changes()) {
                out.println(
                        (change.isProtected() ? "protected" : String.valueOf(change.letter())) + " " + change.path());
            }
            out.println("shown "
                    + set.changes().stream().allMatch(change -> {
                        try {
                            return set.diff().contains(change.path());
                        } catch (IOException e) {
                            return false;
                        }
                    }));
            set.apply();
            // Once more, as after a failure on the way: it is as it is to be.
            set.check();
            TreeSet<String> after = new TreeSet<>();
            Files.walkFileTree(workspace, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    if (!folder.equals(workspace)) {
                        after.add(EscapedPath.of(workspace.relativize(folder)) + " folder");
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    after.add(EscapedPath.of(workspace.relativize(file)) + " "
                            + (attributes.isSymbolicLink()
                                    ? "to " + EscapedPath.of(Files.readSymbolicLink(file))
                                    : Files.readString(file)));
                    return FileVisitResult.CONTINUE;
                }
            });
            List.copyOf(after).forEach(line -> out.println("after " + line));
        }
    }
}
