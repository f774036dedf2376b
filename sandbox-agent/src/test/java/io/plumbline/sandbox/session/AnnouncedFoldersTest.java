package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.testing.RecordingOutbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnnouncedFoldersTest {
    @TempDir
    Path workspace;

    private final RecordingOutbox outbox = new RecordingOutbox();
    private final AnnouncedFolders folders = new AnnouncedFolders(outbox);

    @BeforeEach
    void make(@TempDir Path elsewhere, @TempDir Path home) throws IOException, InterruptedException {
        Files.createDirectories(workspace.resolve("v2/src"));
        Files.writeString(workspace.resolve("file"), "");
        Files.createSymbolicLink(workspace.resolve("current"), Path.of("v2"));
        Files.createSymbolicLink(workspace.resolve("out"), elsewhere);
        Files.createSymbolicLink(workspace.resolve("up"), Path.of("../.."));
        Files.createSymbolicLink(workspace.resolve("absolute"), Path.of("/workspace/v2"));
        Files.createSymbolicLink(workspace.resolve("chain"), Path.of("v2/back"));
        Files.createSymbolicLink(workspace.resolve("v2/back"), Path.of("../absolute/src"));
        Files.createSymbolicLink(workspace.resolve("home"), Path.of("/home/agent/notes"));
        Files.createSymbolicLink(workspace.resolve("host"), Path.of("/etc"));
        Files.createSymbolicLink(workspace.resolve("above"), Path.of("/workspace/../etc"));
        Files.createSymbolicLink(workspace.resolve("again"), Path.of("/workspace/again"));
        Files.createDirectory(home.resolve("notes"));
        Files.createSymbolicLink(workspace.resolve("round"), Path.of("round"));
        // A name that is no text, which Java cannot give.
        assertThat(new ProcessBuilder("bash", "-c", "mkdir $'v\\xff' && ln -s $'v\\xff' odd")
                        .directory(workspace.toFile())
                        .start()
                        .waitFor())
                .isZero();
        folders.mounted(new BoundFolders(Map.of("/workspace", workspace, "/home/agent", home)));
    }

    @ParameterizedTest
    @CsvSource({
        "/workspace, /workspace",
        "/workspace/, /workspace",
        "/workspace/v2/src, /workspace/v2/src",
        "/workspace/current, /workspace/v2",
        "/workspace/current/src, /workspace/v2/src",
        "/workspace/v2/../current, /workspace/v2",
        "/workspace/file, ''",
        "/workspace/none, ''",
        "/workspace/out, ''",
        "/workspace/up, ''",
        "/workspace/round, ''",
        "/workspace/odd, ''",
        "/workspace/absolute, /workspace/v2",
        "/workspace/absolute/src, /workspace/v2/src",
        "/workspace/chain, /workspace/v2/src",
        "/workspace/home, /home/agent/notes",
        "/workspace/host, ''",
        "/workspace/above, ''",
        "/workspace/none/../absolute, ''",
        "/workspace/again, ''",
        "/workspace/../etc, ''",
        "/tmp, ''",
        "v2, ''",
        "'', ''"
    })
    void theFolderOfACallHasNoLinksInItOrIsNotTold(String announced, String real) {
        assertThat(told("hook", announced)).isEqualTo(real);
    }

    @Test
    void whatIsToldAfterTheCallHasRunIsNotLookedAt() {
        assertThat(told("otlp", "/workspace/current")).isEmpty();
    }

    @Test
    void aFolderThatTheArgumentsNameByADetourIsNotTold() {
        assertThat(told("hook", "/workspace/current", "{\"workdir\":\"current\"}"))
                .isEqualTo("/workspace/v2");
        assertThat(told("hook", "/workspace/current", "{\"workdir\":\"x/../current\"}"))
                .isEmpty();
    }

    private String told(String source, String cwd) {
        return told(source, cwd, "");
    }

    private String told(String source, String cwd, String arguments) {
        return folders.publish(
                        Channel.CLAIMS,
                        1,
                        Event.newBuilder()
                                .setToolCall(ToolCall.newBuilder()
                                        .setCall("c1")
                                        .setSource(source)
                                        .setArgumentsJson(arguments)
                                        .setCwd(cwd)))
                .getToolCall()
                .getRealCwd();
    }
}
