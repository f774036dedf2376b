package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatchTest {
    private static final String BEFORE = """
            one
            two

            def a():
                return 1

            def b():
                return 1
            """;

    private static FileContent applied(String body, String before) {
        return Patch.parse("*** Begin Patch\n" + body + "\n*** End Patch\n")
                .getFirst()
                .applied(FileContent.of(before));
    }

    private static String update(String pieces) {
        return "*** Update File: a.py\n" + pieces;
    }

    @Test
    void linesGoAndComeWhereTheLinesAroundThemAre() {
        assertThat(applied(update("@@\n one\n-two\n+2\n+zwei\n \n def a():"), BEFORE)
                        .text())
                .hasValue(BEFORE.replace("two", "2\nzwei"));
        assertThat(applied(update(" one\n-two\n+2"), BEFORE).text()).hasValue(BEFORE.replace("two", "2"));
        // An empty line is one that stays.
        assertThat(applied(update("@@\n-two\n+2\n\n def a():"), BEFORE).text()).hasValue(BEFORE.replace("two", "2"));
        assertThat(applied(update("@@\n-two"), BEFORE).text()).hasValue(BEFORE.replace("two\n", ""));
    }

    @Test
    void aPieceIsBehindTheLineThatItNamesAndThePieceBefore() {
        String last = BEFORE.substring(0, BEFORE.lastIndexOf('1')) + "2\n";
        assertThat(applied(update("@@ def b():\n-    return 1\n+    return 2"), BEFORE)
                        .text())
                .hasValue(last);
        assertThat(applied(update("@@\n-    return 1\n+    return 3\n@@\n-    return 1\n+    return 2"), BEFORE)
                        .text())
                .hasValue(last.replace("return 1", "return 3"));
        assertThat(applied(update("@@\n-    return 1\n+    return 2\n*** End of File"), BEFORE)
                        .unknown())
                .isEqualTo("not-found");
        assertThat(applied(update("@@ def b():\n-    return 1\n+    return 2\n*** End of File"), BEFORE)
                        .text())
                .hasValue(last);
    }

    @Test
    void anAddedFileIsItsLines() {
        Patch patch = Patch.parse("*** Begin Patch\n*** Add File: b\n+x\n+\n+y\n*** End Patch")
                .getFirst();
        assertThat(patch.isWhole()).isTrue();
        assertThat(patch.applied(FileContent.NONE).text()).hasValue("x\n\ny\n");
    }

    @Test
    void theLastLineNeedsNoEnd() {
        assertThat(applied(update("@@\n-b\n+c"), "a\nb").text()).hasValue("a\nc\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "@@\n-nowhere\n+2",
                "@@\n-two \n+2",
                "@@\n-o\n+2",
                "@@ def c():\n-two\n+2",
                "@@\n-    return 1\n+    return 2\n@@\n-one\n+1"
            })
    void linesThatAreNotThereAsTheyAreSaidAreNotGuessed(String pieces) {
        assertThat(applied(update(pieces), BEFORE).unknown()).isEqualTo("not-found");
        assertThat(applied(update(pieces), BEFORE).text()).isEmpty();
    }

    @Test
    void whatOnlyComesAndWhatIsNoPatchIsNotGuessed() {
        assertThat(applied(update("@@\n+new"), BEFORE).unknown()).isEqualTo("ambiguous");
        assertThat(applied(update("@@\n*new"), BEFORE).unknown()).isEqualTo("unreadable-arguments");
        assertThat(applied(update("@@\n one\n*** End of File\n two"), BEFORE).unknown())
                .isEqualTo("unreadable-arguments");
        assertThat(applied("*** Add File: b\n+x\ny", "").unknown()).isEqualTo("unreadable-arguments");
        assertThat(applied(update("@@\n-two\n+2\n".repeat(257)), BEFORE).unknown())
                .isEqualTo("too-many-edits");
    }

    @Test
    void aPatchOfSeveralFilesIsOneOfEach() {
        List<Patch> patches = Patch.parse("""
                *** Begin Patch
                *** Update File: a
                @@
                -one
                +1
                *** Delete File: b
                *** Update File: c
                *** Move to: d/c
                @@
                -two
                +2
                *** End of File
                *** Add File: e
                +x
                *** End Patch
                """);

        assertThat(patches)
                .extracting(Patch::path, Patch::moved, Patch::isWhole)
                .containsExactly(
                        tuple("a", "a", false), tuple("b", "b", true), tuple("c", "d/c", false), tuple("e", "e", true));
        assertThat(patches)
                .extracting(patch -> patch.applied(FileContent.of("one\ntwo\n")))
                .containsExactly(
                        FileContent.of("1\ntwo\n"),
                        FileContent.NONE,
                        FileContent.of("one\n2\n"),
                        FileContent.of("x\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*** Begin Patch\n*** End Patch",
                "*** Begin Patch\n*** Delete File: a\n-x\n*** End Patch",
                "*** Begin Patch\n*** Add File: a\n*** Move to: b\n+x\n*** End Patch",
                "*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n*** Move to: b\n*** End Patch",
                "*** Begin Patch\n*** Update File: a\n*** Move to: b\n*** Move to: c\n@@\n-x\n+y\n*** End Patch",
                "*** Begin Patch\n*** Update File: a\n*** Move to: b\n@@\n-x\n+y\n*** Add File: b\n+y\n*** End Patch",
                "*** Begin Patch\n*** Add File: a\n+x\n*** Delete File: a\n*** End Patch",
                "*** Begin Patch\n*** Copy File: a\n*** End Patch",
                "*** Begin Patch\n+x\n*** Add File: a\n+x\n*** End Patch",
                "*** Begin Patch\n*** Add File: a\n+x"
            })
    void whatIsNoPatchOrNamesAFileTwiceIsNone(String text) {
        assertThat(Patch.parse(text)).isEmpty();
    }
}
