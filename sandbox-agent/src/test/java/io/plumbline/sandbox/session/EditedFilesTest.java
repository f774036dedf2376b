package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.management.ThreadMXBean;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileEdited;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.testing.RecordingOutbox;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EditedFilesTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path workspace;

    private final RecordingOutbox outbox = new RecordingOutbox();
    private EditedFiles edits = new EditedFiles(outbox);

    @BeforeEach
    void mount() {
        edits.mounted(new BoundFolders(Map.of("/workspace", workspace)));
    }

    private void announce(String tool, String path, Map<String, Object> arguments) throws IOException {
        announce("c1", tool, path, arguments);
    }

    private void announce(String call, String tool, String path, Map<String, Object> arguments) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>(arguments);
        all.put("file_path", path);
        edits.publish(
                Channel.CLAIMS,
                1,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool(tool)
                                .setCwd("/workspace")
                                .addPaths(path)
                                .setSource("hook")
                                .setGated(true)
                                .setArgumentsJson(new JsonMapper().writeValueAsString(all))));
    }

    private void tell(String outcome) {
        tell("c1", outcome);
    }

    private void tell(String call, String outcome) {
        edits.publish(
                Channel.CLAIMS,
                2,
                Event.newBuilder()
                        .setToolResult(ToolResult.newBuilder()
                                .setCall(call)
                                .setOutcome(outcome)
                                .setSource("hook")));
    }

    private void write(String text) throws IOException {
        Files.writeString(workspace.resolve("a.txt"), text);
    }

    private List<FileEdited> told() {
        return outbox.events().stream()
                .filter(Event::hasFileEdited)
                .map(Event::getFileEdited)
                .toList();
    }

    @Test
    void aWrittenFileHasTheAnnouncedContent() throws IOException {
        announce("Write", "/workspace/a.txt", Map.of("content", "one\n"));
        write("one\n");
        tell("success");

        assertThat(told()).singleElement().satisfies(edited -> {
            assertThat(edited.getCall()).isEqualTo("c1");
            assertThat(edited.getPath()).isEqualTo("/workspace/a.txt");
            assertThat(edited.getAnnouncedSha256()).isEqualTo(EventIds.sha256Hex("one\n"));
            assertThat(edited.getWrittenSha256()).isEqualTo(EventIds.sha256Hex("one\n"));
            assertThat(edited.getUncompared()).isEmpty();
        });
        assertThat(outbox.events().getLast().getChannel()).isEqualTo(Channel.EVIDENCE);
    }

    @Test
    void anotherContentHasAnotherDigest() throws IOException {
        announce("Write", "a.txt", Map.of("content", "one\n"));
        write("two\n");
        tell("success");

        assertThat(told()).singleElement().satisfies(edited -> {
            assertThat(edited.getWrittenSha256()).isEqualTo(EventIds.sha256Hex("two\n"));
            assertThat(edited.getAnnouncedSha256()).isNotEqualTo(edited.getWrittenSha256());
            assertThat(edited.getBlanksOnly()).isFalse();
        });
    }

    @Test
    void aReplacementIsAppliedToTheFileAsItWas() throws IOException {
        write("a b");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "$1"));
        write("$1 b");
        tell("success");

        assertThat(told().getFirst().getAnnouncedSha256()).isEqualTo(EventIds.sha256Hex("$1 b"));
    }

    @Test
    void severalReplacementsAreAppliedOneAfterAnother() throws IOException {
        write("a b a");
        announce(
                "MultiEdit",
                "/workspace/a.txt",
                Map.of(
                        "edits",
                        List.of(
                                Map.of("old_string", "a", "new_string", "c", "replace_all", true),
                                Map.of("old_string", "c b", "new_string", "d"))));
        write("d c");
        tell("success");

        assertThat(told().getFirst().getAnnouncedSha256()).isEqualTo(EventIds.sha256Hex("d c"));
    }

    @Test
    void lineEndsAndBlanksBeforeThemAreToldApart() throws IOException {
        announce("Write", "/workspace/a.txt", Map.of("content", "one \ntwo"));
        write("one\r\ntwo");
        tell("success");

        assertThat(told().getFirst().getBlanksOnly()).isTrue();
    }

    @Test
    void indentationCounts() throws IOException {
        announce("Write", "/workspace/a.txt", Map.of("content", "if x:\n  y"));
        write("if x:\ny");
        tell("success");

        assertThat(told().getFirst().getBlanksOnly()).isFalse();
    }

    @Test
    void whatCannotBeComparedSaysWhy() throws IOException {
        announce("Write", "/tmp/a.txt", Map.of("content", "one"));
        tell("success");
        write("something else");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "not there", "new_string", "x"));
        tell("success");
        Files.write(workspace.resolve("a.txt"), new byte[] {(byte) 0xff, 0});
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "x"));
        tell("success");

        assertThat(told())
                .extracting(FileEdited::getUncompared)
                .containsExactly("not-on-host", "not-found", "not-text");
    }

    @Test
    void aLinkOutOfTheWorkspaceIsNotFollowed(@TempDir Path elsewhere) throws IOException {
        Path secret = Files.writeString(elsewhere.resolve("secret"), "s");
        Files.createSymbolicLink(workspace.resolve("a.txt"), secret);
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "s", "new_string", "x"));
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("unreadable");
    }

    @Test
    void aFailedEditThatLeftTheFileAloneIsNotTold() throws IOException {
        write("before");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        tell("failure");

        assertThat(told()).isEmpty();
    }

    @Test
    void aFailedEditIsHeldUntilTheEnd() throws IOException {
        write("before");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        tell("failure");
        write("evil");

        edits.finish(LIMIT);

        assertThat(told()).singleElement().satisfies(edited -> {
            assertThat(edited.getFailed()).isTrue();
            assertThat(edited.getUntold()).isFalse();
            assertThat(edited.getWrittenSha256()).isEqualTo(EventIds.sha256Hex("evil"));
        });
    }

    @Test
    void aFailedEditThatIsTriedAgainIsNoMore() throws IOException {
        write("before");
        announce("c1", "Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        tell("c1", "failure");
        announce("c2", "Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        write("evil");
        tell("c2", "success");
        edits.finish(LIMIT);

        assertThat(told()).singleElement().satisfies(edited -> {
            assertThat(edited.getCall()).isEqualTo("c2");
            assertThat(edited.getUncompared()).isEmpty();
        });
    }

    @Test
    void aLaterEditOfTheFileEndsOneThatWaits() throws IOException {
        write("before");
        announce("c1", "Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        announce("c2", "Write", "/workspace/a.txt", Map.of("content", "whole"));
        write("whole");
        tell("c2", "success");
        edits.finish(LIMIT);

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getUncompared)
                .containsExactly(tuple("c1", "superseded"), tuple("c2", ""));
    }

    @Test
    void editsOfAFileThatAreUnderWayTogetherProveNothing() throws IOException {
        write("a b");
        announce("c1", "Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "c"));
        announce("c2", "Edit", "/workspace/a.txt", Map.of("old_string", "b", "new_string", "d"));
        write("c b");
        tell("c1", "success");
        write("c d");
        tell("c2", "success");

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getUncompared)
                .containsExactly(tuple("c1", "superseded"), tuple("c2", "overlapping"));
    }

    @Test
    void aFileThatIsChangedWhileTheAnswerIsWaitedForProvesNothing() throws IOException {
        write("a b");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "c"));
        answer(GateDecision.ASK);
        write("a b, saved by somebody");
        answer(GateDecision.ALLOW);
        write("c b, saved by somebody");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("overlapping");
    }

    @Test
    void aFileThatIsChangedAfterTheAnswerIsCompared() throws IOException {
        write("a b");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "c"));
        answer(GateDecision.ASK);
        answer(GateDecision.ALLOW);
        write("evil");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("");
    }

    @Test
    void aDeniedEditDoesNotBlurTheNext() throws IOException {
        write("a b");
        announce("c1", "Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "x"));
        answer(GateDecision.DENY);
        announce("c2", "Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "c"));
        write("evil");
        tell("c2", "success");

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getUncompared)
                .containsExactly(tuple("c2", ""));
    }

    private void answer(GateDecision decision) {
        edits.answered(
                GateAnswered.newBuilder().setCall("c1").setDecision(decision).build());
    }

    @Test
    void aFailedEditThatChangedTheFileIsTold() throws IOException {
        write("before");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        write("evil");
        tell("failure");

        assertThat(told()).extracting(FileEdited::getWrittenSha256).containsExactly(EventIds.sha256Hex("evil"));
    }

    @Test
    void anEditWhoseResultIsNeverToldIsComparedAtTheEnd() throws IOException {
        write("before");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));
        write("evil");

        edits.finish(LIMIT);
        edits.finish(LIMIT);

        assertThat(told()).singleElement().satisfies(edited -> {
            assertThat(edited.getUntold()).isTrue();
            assertThat(edited.getWrittenSha256()).isEqualTo(EventIds.sha256Hex("evil"));
        });
    }

    @Test
    void anEditThatNeverHappenedIsNotTold() throws IOException {
        write("before");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));

        edits.finish(LIMIT);

        assertThat(told()).isEmpty();
    }

    @Test
    void whatIsTooLargeAfterTheEditIsNeverMade() throws IOException {
        write("a".repeat(FileContent.MAX));
        long before = allocated();
        announce(
                "Edit",
                "/workspace/a.txt",
                Map.of("old_string", "a", "new_string", "x".repeat(200), "replace_all", true));
        assertThat(allocated() - before).isLessThan(40L << 20);
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("too-large");
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    @Test
    void whatTakesTheSearchLongestIsFoundInOnePass() throws IOException {
        String half = "a".repeat(FileContent.MAX / 2);
        List<Map<String, Object>> replacements = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            replacements.add(Map.of("old_string", half + "b", "new_string", half + "b"));
        }
        write(half + half.substring(1) + "b");
        announce("MultiEdit", "/workspace/a.txt", Map.of("edits", replacements));
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("");
    }

    @Test
    void aFileOfBlanksIsComparedInOnePass() throws IOException {
        String blanks = " ".repeat(FileContent.MAX - 1);
        announce("Write", "/workspace/a.txt", Map.of("content", blanks + "x"));
        write(blanks + "y");
        tell("success");

        assertThat(told()).extracting(FileEdited::getBlanksOnly).containsExactly(false);
    }

    @Test
    void moreReplacementsThanTheLimitAreNotMade() throws IOException {
        write("a");
        announce(
                "MultiEdit",
                "/workspace/a.txt",
                Map.of("edits", Collections.nCopies(257, Map.of("old_string", "a", "new_string", "a"))));
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("too-many-edits");
    }

    @Test
    void withoutItsTurnNothingIsCompared() throws IOException {
        EditedFiles crowded = new EditedFiles(outbox, new Semaphore(0), Duration.ZERO);
        crowded.mounted(new BoundFolders(Map.of("/workspace", workspace)));
        edits = crowded;
        announce("Write", "/workspace/a.txt", Map.of("content", "one"));
        write("two");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("busy");
    }

    @Test
    void theEndDoesNotWaitForLongerThanItsLimit() throws IOException {
        announce("Write", "/workspace/a.txt", Map.of("content", "one"));
        write("two");

        edits.finish(Duration.ZERO);

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("late");
    }

    @ParameterizedTest
    @CsvSource({
        "x, false, '', ambiguous",
        "x, true, '', ''",
        "'', false, '', deletion",
        "x, true, fuzzy, unknown-argument"
    })
    void whereAgentsDifferNothingIsCompared(String replacement, boolean all, String further, String uncompared)
            throws IOException {
        write("a b a");
        Map<String, Object> arguments = new LinkedHashMap<>(Map.of("old_string", "a", "new_string", replacement));
        arguments.put("allow_multiple", all);
        if (!further.isEmpty()) {
            arguments.put(further, true);
        }
        announce("replace", "/workspace/a.txt", arguments);
        write("whatever");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly(uncompared);
    }

    @Test
    void theLastLineEndAndAByteOrderMarkAreTheAgentsOwn() throws IOException {
        announce("Write", "/workspace/a.txt", Map.of("content", "one\ntwo"));
        write("\uFEFFone\ntwo\n");
        tell("success");

        assertThat(told()).extracting(FileEdited::getBlanksOnly).containsExactly(true);
    }

    @Test
    void aPatchIsComparedToo() throws IOException {
        write("a\nb\nc\n");
        Map<String, Object> patch =
                Map.of("command", "*** Begin Patch\n*** Update File: a.txt\n@@\n a\n-b\n+B\n*** End Patch");
        announcePatch("c1", patch);
        write("a\nB\nc\n");
        tell("c1", "success");
        announcePatch("c2", Map.of("input", "*** Begin Patch\n*** Update File: a.txt\n@@\n-c\n+C\n*** End Patch"));
        write("a\nB\nC\nevil\n");
        tell("c2", "success");

        assertThat(told())
                .extracting(FileEdited::getUncompared, edited -> edited.getAnnouncedSha256()
                        .equals(edited.getWrittenSha256()))
                .containsExactly(tuple("", true), tuple("", false));
    }

    @Test
    void eachFileOfAPatchIsComparedAndWhatIsMovedIsGone() throws IOException {
        write("one\n");
        Files.writeString(workspace.resolve("b.txt"), "b\n");
        Files.writeString(workspace.resolve("c.txt"), "c\n");
        announcePatch("c1", Map.of("command", MOVING), "a.txt", "b.txt", "c.txt", "d.txt", "e.txt");
        write("1\n");
        Files.delete(workspace.resolve("b.txt"));
        Files.delete(workspace.resolve("c.txt"));
        Files.writeString(workspace.resolve("d.txt"), "C\n");
        Files.writeString(workspace.resolve("e.txt"), "e, and more\n");
        tell("success");

        assertThat(told())
                .extracting(FileEdited::getPath, FileEdited::getUncompared, edited -> edited.getAnnouncedSha256()
                        .equals(edited.getWrittenSha256()))
                .containsExactly(
                        tuple("/workspace/a.txt", "", true),
                        tuple("/workspace/b.txt", "", true),
                        tuple("/workspace/d.txt", "", true),
                        tuple("/workspace/c.txt", "", true),
                        tuple("/workspace/e.txt", "", false));
        assertThat(told().get(1).getAnnouncedSha256()).as("of nothing").isEmpty();
    }

    @Test
    void aFileOfAPatchThatIsStillThereIsToldWithItsContent() throws IOException {
        write("one\n");
        Files.writeString(workspace.resolve("b.txt"), "b\n");
        Files.writeString(workspace.resolve("c.txt"), "c\n");
        announcePatch("c1", Map.of("command", MOVING), "a.txt", "b.txt", "c.txt", "d.txt", "e.txt");
        write("1\n");
        tell("success");

        assertThat(told().get(1).getWrittenSha256()).isEqualTo(EventIds.sha256Hex("b\n"));
        assertThat(told().get(2).getWrittenSha256()).isEmpty();
        assertThat(told().get(2).getAnnouncedSha256()).isEqualTo(EventIds.sha256Hex("C\n"));
    }

    @Test
    void ofAPatchThatFailedTheFilesThatChangedAreToldAndTheOthersHeld() throws IOException {
        write("one\n");
        Files.writeString(workspace.resolve("b.txt"), "b\n");
        Files.writeString(workspace.resolve("c.txt"), "c\n");
        announcePatch("c1", Map.of("command", MOVING), "a.txt", "b.txt", "c.txt", "d.txt", "e.txt");
        write("evil\n");
        tell("failure");
        Files.writeString(workspace.resolve("c.txt"), "evil\n");
        edits.finish(LIMIT);

        assertThat(told())
                .extracting(FileEdited::getPath, FileEdited::getFailed)
                .containsExactly(tuple("/workspace/a.txt", true), tuple("/workspace/c.txt", true));
    }

    @Test
    void aFileOfAPatchThatIsChangedWhileTheAnswerIsWaitedForProvesNothing() throws IOException {
        write("one\n");
        Files.writeString(workspace.resolve("c.txt"), "c\n");
        announcePatch("c1", Map.of("command", MOVING), "a.txt", "b.txt", "c.txt", "d.txt", "e.txt");
        Files.writeString(workspace.resolve("c.txt"), "c, saved by somebody\n");
        answer(GateDecision.ALLOW);
        write("evil\n");
        Files.delete(workspace.resolve("c.txt"));
        Files.writeString(workspace.resolve("d.txt"), "C, saved by somebody\n");
        Files.writeString(workspace.resolve("e.txt"), "e\n");
        tell("success");

        assertThat(told())
                .extracting(FileEdited::getPath, FileEdited::getUncompared)
                .contains(tuple("/workspace/a.txt", ""), tuple("/workspace/d.txt", "overlapping"));
    }

    @Test
    void aLaterEditOfOneFileOfAPatchEndsNothingOfTheOthers() throws IOException {
        write("one\n");
        Files.writeString(workspace.resolve("b.txt"), "b\n");
        Files.writeString(workspace.resolve("c.txt"), "c\n");
        announcePatch("c1", Map.of("command", MOVING), "a.txt", "b.txt", "c.txt", "d.txt", "e.txt");
        announce("c2", "Write", "/workspace/a.txt", Map.of("content", "one\n"));
        Files.writeString(workspace.resolve("b.txt"), "evil\n");
        edits.finish(LIMIT);

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getPath, FileEdited::getUncompared)
                .containsExactly(tuple("c1", "/workspace/a.txt", "superseded"), tuple("c1", "/workspace/b.txt", ""));
    }

    @Test
    void moreFilesThanTheLimitAreNotRead() throws IOException {
        StringBuilder patch = new StringBuilder("*** Begin Patch\n");
        for (int i = 0; i < 17; i++) {
            patch.append("*** Add File: ").append(i).append("\n+x\n");
        }
        announcePatch("c1", Map.of("command", patch + "*** End Patch"), "0");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("several-paths");
    }

    /** Each piece is looked for in a whole file, while all sessions of the host wait for their turn. */
    @Test
    void thePiecesOfAllFilesOfAPatchAreCountedTogether() throws IOException {
        String pieces = "@@\n-x\n+x\n".repeat(129);
        announcePatch(
                "c1",
                Map.of(
                        "command",
                        "*** Begin Patch\n*** Update File: a.txt\n" + pieces + "*** Update File: b.txt\n" + pieces
                                + "*** End Patch"),
                "a.txt",
                "b.txt");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("too-many-edits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"./a.txt", "/workspace/a.txt", "b/../a.txt", "/workspace//a.txt"})
    void twoNamesForOneFileOfAPatchAreNotTakenForTwoFiles(String other) throws IOException {
        write("one\ntwo\n");
        announcePatch(
                "c1",
                Map.of(
                        "command",
                        "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+1\n*** Update File: " + other
                                + "\n@@\n-two\n+2\n*** End Patch"),
                "a.txt",
                other);
        write("1\n2\n");
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("ambiguous");
    }

    private static final String MOVING = """
            *** Begin Patch
            *** Update File: a.txt
            @@
            -one
            +1
            *** Delete File: b.txt
            *** Update File: c.txt
            *** Move to: d.txt
            @@
            -c
            +C
            *** Add File: e.txt
            +e
            *** End Patch
            """;

    private void announcePatch(String call, Map<String, Object> arguments) throws IOException {
        announcePatch(call, arguments, "a.txt");
    }

    private void announcePatch(String call, Map<String, Object> arguments, String... paths) throws IOException {
        edits.publish(
                Channel.CLAIMS,
                1,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool("apply_patch")
                                .setCwd("/workspace")
                                .addAllPaths(List.of(paths))
                                .setSource("hook")
                                .setGated(true)
                                .setArgumentsJson(new JsonMapper().writeValueAsString(arguments))));
    }

    @Test
    void aCellOfANotebookIsComparedAndSoIsTheRest() throws IOException {
        write(
                "{\"cells\": [{\"cell_type\": \"code\", \"id\": \"a\", \"outputs\": [1], \"source\": [\"x\"]}], \"nbformat\": 4}");
        announce("c1", "NotebookEdit", "/workspace/a.txt", Map.of("cell_id", "a", "new_source", "y"));
        write(
                "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"id\": \"a\", \"outputs\": [], \"source\": \"y\"}]}");
        tell("c1", "success");
        announce("c2", "NotebookEdit", "/workspace/a.txt", Map.of("cell_id", "a", "new_source", "z"));
        write(
                "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"id\": \"a\", \"source\": \"z\"}], \"more\": 1}");
        tell("c2", "success");
        announce("c3", "NotebookEdit", "/workspace/a.txt", Map.of("cell_id", "a", "new_source", "x"));
        edits.finish(LIMIT);

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getUncompared, edited -> edited.getAnnouncedSha256()
                        .equals(edited.getWrittenSha256()))
                .containsExactly(tuple("c1", "", true), tuple("c2", "", false));
    }

    @Test
    void editsThatAreNeverComparedAreToldToo() throws IOException {
        announce("c1", "NotebookEdit", "/workspace/a.ipynb", Map.of("new_source", "x"));
        announce("c2", "apply_patch", "/workspace/b.txt", Map.of("input", "*** Begin Patch"));
        announce("c3", "Write", "/workspace/c.txt", Map.of("contents", "x"));
        announce("c4", "Write", "/workspace/d.txt", Map.of());
        for (String call : List.of("c1", "c2", "c3")) {
            tell(call, "success");
        }
        edits.finish(LIMIT);

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getUncompared)
                .containsExactly(
                        tuple("c1", "notebook"),
                        tuple("c2", "patch"),
                        tuple("c3", "unknown-argument"),
                        tuple("c4", "unreadable-arguments"));
    }

    @Test
    void moreEditsUnderWayThanTheLimitAreToldAsNotCompared() throws IOException {
        for (int i = 0; i <= EditedFiles.MAX_WAITING; i++) {
            announce("c" + i, "Write", "/workspace/" + i, Map.of("content", "x"));
        }

        assertThat(told())
                .extracting(FileEdited::getCall, FileEdited::getUncompared)
                .containsExactly(tuple("c256", "too-many"));
    }

    @Test
    void filesLargerThanTheLimitAreNotRead() throws IOException {
        write("x".repeat(FileContent.MAX + 1));
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "x", "new_string", "y"));
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("too-large");
    }
}
