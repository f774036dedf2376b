package io.plumbline.sandbox.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangeSetTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path base;

    private Path workspace = Path.of("");
    private Path copied = Path.of("");

    @BeforeEach
    void workspace() throws IOException {
        workspace = Files.createDirectory(base.resolve("workspace"));
        copied = base.resolve("copy");
        Files.writeString(workspace.resolve("a.txt"), "one\ntwo\nthree\n");
        Files.createDirectories(workspace.resolve("src/deep"));
        Files.writeString(workspace.resolve("src/deep/gone.txt"), "x");
        Files.writeString(workspace.resolve("tool.sh"), "#!/bin/sh\n");
        Files.createSymbolicLink(workspace.resolve("link"), Path.of("a.txt"));
    }

    private ChangeSet keep(WorkspaceCopy copy) throws IOException {
        return ChangeSet.keep(base.resolve("kept"), workspace, "tester", copy, copy.changes());
    }

    @Test
    void findsShowsAndAppliesEveryKindOfChange() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a.txt"), "one\n2\nthree\n");
        Files.delete(copied.resolve("src/deep/gone.txt"));
        Files.delete(copied.resolve("src/deep"));
        Files.writeString(copied.resolve("src/deep"), "now a file");
        Files.createDirectories(copied.resolve("new/folder"));
        Files.write(copied.resolve("new/folder/binary"), new byte[] {0, 1, 2, (byte) 0xff});
        Files.delete(copied.resolve("link"));
        Files.createSymbolicLink(copied.resolve("link"), Path.of("tool.sh"));
        Files.setPosixFilePermissions(copied.resolve("tool.sh"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(copied.resolve(".git/hooks"));
        Files.writeString(copied.resolve(".git/hooks/post-checkout"), "curl evil");

        keep(copy);
        ChangeSet set = ChangeSet.open(base.resolve("kept"));

        assertThat(set.changes().stream().map(change -> change.letter() + " " + change.path()))
                .containsExactly(
                        "A .git",
                        "A .git/hooks",
                        "A .git/hooks/post-checkout",
                        "M a.txt",
                        "M link",
                        "A new",
                        "A new/folder",
                        "A new/folder/binary",
                        "M src/deep",
                        "D src/deep/gone.txt",
                        "M tool.sh");
        assertThat(set.diff())
                .contains("\n-two\n")
                .contains("\n+2\n")
                .contains("A .git/hooks/post-checkout  [protected]")
                .contains("link to a.txt -> link to tool.sh");
        assertThat(set.changes().stream().filter(Change::isProtected).map(Change::path))
                .containsExactly(".git", ".git/hooks", ".git/hooks/post-checkout");
        assertThat(Files.readString(workspace.resolve("a.txt"))).isEqualTo("one\ntwo\nthree\n");

        set.apply();

        assertThat(Files.readString(workspace.resolve("a.txt"))).isEqualTo("one\n2\nthree\n");
        assertThat(Files.readString(workspace.resolve("src/deep"))).isEqualTo("now a file");
        assertThat(Files.readAllBytes(workspace.resolve("new/folder/binary"))).hasSize(4);
        assertThat(Files.readSymbolicLink(workspace.resolve("link"))).isEqualTo(Path.of("tool.sh"));
        assertThat(Files.isExecutable(workspace.resolve("tool.sh"))).isTrue();
        assertThat(WorkspaceCopy.make(workspace, base.resolve("again")).changes())
                .isEmpty();
    }

    @Test
    void refusesAndNamesWhatChangedOnTheHostMeanwhile() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a.txt"), "agent\n");
        Files.writeString(copied.resolve("tool.sh"), "agent\n");
        Files.writeString(copied.resolve("fresh"), "agent\n");
        ChangeSet set = keep(copy);
        Files.writeString(workspace.resolve("a.txt"), "person\n");
        Files.writeString(workspace.resolve("fresh"), "person\n");

        assertThatThrownBy(set::apply)
                .isInstanceOf(ChangeSet.ConflictException.class)
                .hasMessage("changed on the host meanwhile: a.txt, fresh");
        assertThat(Files.readString(workspace.resolve("a.txt"))).isEqualTo("person\n");
        assertThat(Files.readString(workspace.resolve("tool.sh"))).isEqualTo("#!/bin/sh\n");
    }

    @Test
    void neverWritesThroughALinkThatLeadsOut() throws IOException {
        Path outside = Files.createDirectory(base.resolve("outside"));
        Files.writeString(outside.resolve("victim"), "untouched");
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        // The session's own links stay links.
        Files.createSymbolicLink(copied.resolve("escape"), outside);
        Files.writeString(copied.resolve("src/deep/victim"), "written by the agent");
        ChangeSet set = keep(copy);
        assertThat(set.changes().stream().map(Change::path)).containsExactly("escape", "src/deep/victim");
        // A folder on the way becomes a link after the session: it is not followed.
        Files.delete(workspace.resolve("src/deep/gone.txt"));
        Files.delete(workspace.resolve("src/deep"));
        Files.createSymbolicLink(workspace.resolve("src/deep"), outside);

        assertThatThrownBy(set::apply).isInstanceOf(IOException.class);

        assertThat(Files.readString(outside.resolve("victim"))).isEqualTo("untouched");
        assertThat(outside.toFile().list()).containsExactly("victim");
    }

    @Test
    void refusesContentThatIsNotWhatWasShown() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a.txt"), "shown\n");
        ChangeSet set = keep(copy);
        Entry.Regular after = (Entry.Regular) set.changes().getFirst().after();
        Files.writeString(base.resolve("kept").resolve(after.sha256()), "something else");

        assertThatThrownBy(set::apply).hasMessageContaining("not what was shown");
        assertThat(Files.readString(workspace.resolve("a.txt"))).isEqualTo("one\ntwo\nthree\n");
    }

    @Test
    void listsEveryChangeBeforeAnyContent() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a.txt"), "D tool.sh\n");
        Files.writeString(copied.resolve("zz"), "last");

        String text = copy.show(copy.changes()).text();

        assertThat(text.indexOf("A zz\n  nothing -> file 644, 4 bytes, sha256 "))
                .isPositive();
        assertThat(text.indexOf("A zz\n")).isLessThan(text.indexOf("--- a/a.txt"));
        assertThat(copy.show(copy.changes()).unseen()).isZero();
    }

    @Test
    void countsWhatItCannotShow() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.write(copied.resolve("binary"), new byte[] {0, 1});
        Files.writeString(copied.resolve("long"), "x\n".repeat(5000));
        Files.writeString(copied.resolve("empty"), "");
        Files.setPosixFilePermissions(copied.resolve("tool.sh"), PosixFilePermissions.fromString("rwxr-xr-x"));
        String large = "y".repeat(500_000);
        for (int i = 0; i < 40; i++) {
            Files.writeString(copied.resolve("part" + i), large + i);
        }

        WorkspaceCopy.Shown shown = copy.show(copy.changes());

        // 16 MiB hold 33 of the parts.
        assertThat(shown.unseen()).isEqualTo(2 + 7);
        assertThat(shown.text()).contains("content not shown: binary\n").contains("A part39\n");
        assertThat(keep(copy).unseen()).isEqualTo(9);
    }

    @Test
    void doesNotTouchAFolderThatHoldsWhatTheSessionDidNotKnow() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.delete(copied.resolve("src/deep/gone.txt"));
        Files.delete(copied.resolve("src/deep"));
        Files.writeString(copied.resolve("a.txt"), "agent\n");
        ChangeSet set = keep(copy);
        Files.writeString(workspace.resolve("src/deep/mine"), "person\n");

        assertThatThrownBy(set::apply)
                .isInstanceOf(ChangeSet.ConflictException.class)
                .hasMessage("changed on the host meanwhile: src/deep/mine");
        assertThat(workspace.resolve("src/deep/gone.txt")).exists();
        assertThat(workspace.resolve("a.txt")).hasContent("one\ntwo\nthree\n");
    }

    @Test
    void saysHowFarItCameAndCanBeTriedAgain() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a.txt"), "agent\n");
        Files.writeString(copied.resolve("b.txt"), "agent too\n");
        Files.delete(copied.resolve("link"));
        ChangeSet set = keep(copy);
        Entry.Regular second = (Entry.Regular) set.changes().get(1).after();
        Path kept = base.resolve("kept").resolve(second.sha256());
        Files.delete(kept);

        assertThatThrownBy(set::apply)
                .isInstanceOfSatisfying(ChangeSet.HalfAppliedException.class, e -> assertThat(e.applied())
                        .isEqualTo(2))
                .hasMessageStartingWith("applied 2 of 3 changes, then failed at b.txt");
        assertThat(workspace.resolve("a.txt")).hasContent("agent\n");

        Files.writeString(kept, "agent too\n");
        set.apply();
        assertThat(workspace.resolve("b.txt")).hasContent("agent too\n");
    }

    @Test
    void namesWithLineBreaksStayOnOneLine() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a\nD b"), "x");
        assertThat(copy.show(copy.changes()).text()).startsWith("A a\\nD b\n");
        assertThat(List.copyOf(copy.changes())).hasSize(1);
    }

    @Test
    void aGlanceFindsWhatIsChangedSoFar() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);
        Files.writeString(copied.resolve("a.txt"), "one\nTWO\nthree\n");
        Files.delete(copied.resolve("src/deep/gone.txt"));
        Files.writeString(copied.resolve("new.txt"), "new\n");

        WorkspaceCopy.Glance glance = copy.glance(Duration.ofMinutes(1));

        assertThat(glance.complete()).isTrue();
        assertThat(glance.changes()).isEqualTo(copy.changes()).hasSize(3);
        assertThat(copy.show(glance.changes(), 1 << 20, lines -> true).text()).contains("-two", "+TWO", "+new");
    }

    @Test
    void aGlanceThatRanOutOfTimeSaysSoAndCallsNothingGone() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, copied);

        WorkspaceCopy.Glance glance = copy.glance(Duration.ZERO);

        assertThat(glance.complete()).isFalse();
        assertThat(glance.changes()).isEmpty();
    }
}
