package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileEdited;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.testing.RecordingOutbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EditedFilesTest {
    @TempDir
    Path workspace;

    private final RecordingOutbox outbox = new RecordingOutbox();
    private final EditedFiles edits = new EditedFiles(outbox);

    @BeforeEach
    void mount() {
        edits.mounted(new BoundFolders(Map.of("/workspace", workspace)));
    }

    private void announce(String tool, String path, Map<String, Object> arguments) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>(arguments);
        all.put("file_path", path);
        edits.publish(
                Channel.CLAIMS,
                1,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("c1")
                                .setTool(tool)
                                .setCwd("/workspace")
                                .addPaths(path)
                                .setSource("hook")
                                .setGated(true)
                                .setArgumentsJson(new JsonMapper().writeValueAsString(all))));
    }

    private void tell(String outcome) {
        edits.publish(
                Channel.CLAIMS,
                2,
                Event.newBuilder()
                        .setToolResult(ToolResult.newBuilder()
                                .setCall("c1")
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
        write("a b a");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "a", "new_string", "$1"));
        write("$1 b a");
        tell("success");

        assertThat(told().getFirst().getAnnouncedSha256()).isEqualTo(EventIds.sha256Hex("$1 b a"));
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

        edits.finish();
        edits.finish();

        assertThat(told()).singleElement().satisfies(edited -> {
            assertThat(edited.getUntold()).isTrue();
            assertThat(edited.getWrittenSha256()).isEqualTo(EventIds.sha256Hex("evil"));
        });
    }

    @Test
    void anEditThatNeverHappenedIsNotTold() throws IOException {
        write("before");
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "before", "new_string", "after"));

        edits.finish();

        assertThat(told()).isEmpty();
    }

    @Test
    void filesLargerThanTheLimitAreNotRead() throws IOException {
        write("x".repeat(EditedFiles.MAX_BYTES + 1));
        announce("Edit", "/workspace/a.txt", Map.of("old_string", "x", "new_string", "y"));
        tell("success");

        assertThat(told()).extracting(FileEdited::getUncompared).containsExactly("too-large");
    }
}
