package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.policy.PolicyParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryPolicyTest {
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
        Files.write(file, new byte[PolicyParser.MAX_CHARACTERS + 1]);
        refused("expected: <= " + PolicyParser.MAX_CHARACTERS);
        Files.delete(file);
        Files.delete(folder());
        Files.createSymbolicLink(workspace.resolve(".plumbline"), elsewhere);
        refused("cannot be read");
    }

    private void refused(String why) {
        assertThatThrownBy(() -> RepositoryPolicy.of(workspace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(".plumbline/policy.yaml")
                .hasMessageContaining(why)
                .hasMessageNotContaining("secret");
    }
}
