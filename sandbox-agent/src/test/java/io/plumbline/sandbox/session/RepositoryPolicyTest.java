package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.sandbox.posix.OpenDirectory;
import io.plumbline.sandbox.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryPolicyTest {
    /** PATH_MAX of Linux, bytes. */
    private static final int MAX_PATH = 4096;

    private static final String NAME = "d".repeat(250);

    @TempDir
    private Path workspace = Path.of("");

    private Path folder() throws IOException {
        return Files.createDirectories(workspace.resolve(".plumbline"));
    }

    @Test
    void isReadFromTheWorkspaceAndMayBeMissing() throws Exception {
        assertThat(RepositoryPolicy.of(workspace)).isEmpty();
        Path file = folder().resolve("policy.yaml");
        assertThat(RepositoryPolicy.of(workspace)).isEmpty();
        Files.writeString(file, "workspace: review\n");
        assertThat(RepositoryPolicy.of(workspace)).contains(new Level(".plumbline/policy.yaml", "workspace: review\n"));
        assertThat(RepositoryPolicy.of(Path.of("relative"))).isEmpty();
    }

    @Test
    void whatLeadsElsewhereOrIsTooLongIsRefused(@TempDir Path elsewhere) throws Exception {
        Path secret = Files.writeString(elsewhere.resolve("policy.yaml"), "name: secret");
        Path file = folder().resolve("policy.yaml");
        Files.createSymbolicLink(file, secret);
        refused("expected: a file, not a link");
        Files.delete(file);
        Files.createDirectory(file);
        refused("expected: a file, not a link");
        Files.delete(file);
        assertThat(Posix.mkfifo(file)).isZero();
        refused("expected: a file, not a link");
        Files.delete(file);
        Files.write(file, new byte[PolicyParser.MAX_CHARACTERS + 1]);
        refused("expected: <= " + PolicyParser.MAX_CHARACTERS);
        Files.delete(file);
        Files.delete(folder());
        Files.createSymbolicLink(workspace.resolve(".plumbline"), elsewhere);
        refused("cannot be read");
    }

    /** Its name is longer than a path may be: whoever asks for it gets none. */
    @Test
    void isReadByDescriptorAndNotByTheNameThatTheWorkspaceHasNow() throws Exception {
        List<OpenDirectory> opened = new ArrayList<>(List.of(OpenDirectory.open(workspace)));
        try {
            for (int i = 0; i < MAX_PATH / NAME.length() + 1; i++) {
                Files.createDirectory(opened.getLast().entry(NAME));
                opened.add(opened.getLast().child(NAME));
            }
            Path pinned = opened.getLast().path().resolve(".");
            Files.createDirectory(pinned.resolve(".plumbline"));
            Files.writeString(pinned.resolve(".plumbline/policy.yaml"), "workspace: review\n");

            assertThat(RepositoryPolicy.of(pinned))
                    .contains(new Level(".plumbline/policy.yaml", "workspace: review\n"));
        } finally {
            opened.forEach(OpenDirectory::close);
            new ProcessBuilder("rm", "-rf", workspace.resolve(NAME).toString())
                    .start()
                    .waitFor();
        }
    }

    private void refused(String why) {
        assertThatThrownBy(() -> RepositoryPolicy.of(workspace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(".plumbline/policy.yaml")
                .hasMessageContaining(why)
                .hasMessageNotContaining("secret");
    }
}
