package io.plumbline.sandbox.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceDecoysTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path base;

    private Path workspace = Path.of("");
    private Path sessions = Path.of("");
    private Path directory = Path.of("");

    @BeforeEach
    void folders() throws IOException {
        workspace = Files.createDirectory(base.resolve("workspace"));
        sessions = Files.createDirectory(base.resolve("s"));
        directory = Files.createDirectory(sessions.resolve("one"));
        Files.writeString(workspace.resolve(".env"), "REAL=1\n");
    }

    private WorkspaceDecoys make(String... paths) throws IOException {
        Map<String, String> contents = new java.util.LinkedHashMap<>();
        List.of(paths).forEach(path -> contents.put(path, "DECOY=" + path + "\n"));
        return WorkspaceDecoys.make(directory, workspace, contents);
    }

    @Test
    void whatIsThereStaysAndWhatIsNotIsMadeAndGoesAgain() throws IOException {
        WorkspaceDecoys decoys = make(".env", ".env.production", "deploy/keys/id_rsa");

        assertThat(workspace.resolve(".env")).hasContent("REAL=1\n");
        assertThat(workspace.resolve(".env.production")).hasContent("DECOY=.env.production\n");
        assertThat(Files.getPosixFilePermissions(workspace.resolve("deploy/keys/id_rsa")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(decoys.made(".env.production", WorkspaceCopy.at(workspace.resolve(".env.production"))))
                .isTrue();
        assertThat(decoys.made(".env", WorkspaceCopy.at(workspace.resolve(".env"))))
                .isFalse();

        decoys.remove();
        decoys.remove();

        assertThat(Files.list(workspace)).containsExactly(workspace.resolve(".env"));
    }

    @Test
    void whatSomebodyHasMadeOfThemStays() throws IOException {
        WorkspaceDecoys decoys = make("a.env", "b.env", "c.env", "deploy/id_rsa");
        Files.writeString(workspace.resolve("a.env"), "MINE=1\n");
        Files.delete(workspace.resolve("b.env"));
        Files.createDirectory(workspace.resolve("b.env"));
        Files.delete(workspace.resolve("c.env"));
        Files.createSymbolicLink(workspace.resolve("c.env"), Path.of(".env"));
        Files.writeString(workspace.resolve("deploy/own"), "x");

        decoys.remove();

        assertThat(workspace.resolve("a.env")).hasContent("MINE=1\n");
        assertThat(workspace.resolve("b.env")).isDirectory();
        assertThat(workspace.resolve("c.env")).isSymbolicLink();
        assertThat(Files.list(workspace.resolve("deploy"))).containsExactly(workspace.resolve("deploy/own"));
    }

    @Test
    void leadsAndRemovesThroughNoLink() throws IOException {
        Path precious = Files.createDirectory(base.resolve("precious"));
        Files.createSymbolicLink(workspace.resolve("out"), precious);
        for (String path : List.of("out/.env", "../.env", "a/../.env", "./x", "a//x", "", ".env/x")) {
            assertThatThrownBy(() -> make("fine/.env", path))
                    .as(path)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("decoy in the workspace: " + path);
        }
        assertThat(precious).isEmptyDirectory();
        assertThat(workspace.resolve("fine")).doesNotExist();

        WorkspaceDecoys decoys = make("deploy/id_rsa");
        Files.move(workspace.resolve("deploy"), precious.resolve("deploy"));
        Files.createSymbolicLink(workspace.resolve("deploy"), precious.resolve("deploy"));
        decoys.remove();
        assertThat(precious.resolve("deploy/id_rsa")).exists();
    }

    @Test
    void theNextDaemonRemovesWhatADeadOneHasLeft() throws IOException {
        make("a.env", "deploy/id_rsa");
        Files.createDirectory(sessions.resolve("without-decoys"));
        Files.writeString(
                Files.createDirectory(sessions.resolve("half")).resolve("workspace-decoys.json"), "{\"workspace\":");

        WorkspaceDecoys.removeLeft(sessions);

        assertThat(Files.list(workspace)).containsExactly(workspace.resolve(".env"));
    }
}
