package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BadInputTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final StringWriter err = new StringWriter();

    private int plumbline(String... arguments) {
        CommandLine commands = PlumblineCommand.commandLine().setErr(new PrintWriter(err, true));
        return commands.execute(arguments);
    }

    private void saysInOneLine(String... texts) {
        assertThat(err.toString().strip().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("plumbline: ").contains(texts);
    }

    @Test
    void namesTheKeyThatAPolicyDoesNotKnow() throws IOException {
        Path policy = Files.writeString(folder.resolve("policy.yaml"), "filez: {}");
        assertThat(plumbline("run", "--policy", policy.toString(), "--", "true"))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine(policy.toString(), "unknown key 'filez'", "expected: one of");
    }

    @Test
    void namesTheDurationThatIsNone() {
        assertThat(plumbline(
                        "approvals",
                        "approve",
                        "a-1",
                        "--sha256",
                        "0123456789ab",
                        "--for-session",
                        "soon",
                        "--reason",
                        "x"))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine("--for-session soon", "expected: a duration such as 90s, 30m or 1h");
        assertThat(ApprovalsCommand.duration("30m")).hasMinutes(30);
    }

    @Test
    void namesThePolicyThatIsNotYaml() throws IOException {
        Path policy = Files.writeString(folder.resolve("policy.yaml"), "name: [unclosed");
        assertThat(plumbline("run", "--policy", policy.toString(), "--", "true"))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine(policy.toString(), "not YAML");
    }

    @Test
    void namesThePolicyThatIsNotThere() {
        Path policy = folder.resolve("missing.yaml");
        assertThat(plumbline("run", "--policy", policy.toString(), "--", "true"))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine(policy.toString(), "expected: a readable file");
    }

    @Test
    void namesTheWorkspaceThatIsNotThere() {
        Path workspace = folder.resolve("missing");
        assertThat(plumbline("run", "--workspace", workspace.toString(), "--", "true"))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine(workspace.toString(), "expected: an existing folder");
    }

    @Test
    void namesWhatStopsAContainer() throws IOException {
        Path policy = Files.writeString(folder.resolve("policy.yaml"), "runtime: {degraded: sometimes}");
        assertThat(plumbline("attach", "--freezer", "lxc", "--container", "c1", "--policy", policy.toString()))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine("lxc", "docker, containerd, runc");
        err.getBuffer().setLength(0);
        assertThat(plumbline("attach", "--freezer", "runc", "--container", "c1", "--policy", policy.toString()))
                .isEqualTo(ExitCodes.USAGE);
        saysInOneLine("degraded: 'sometimes'", "expected: one of allow, deny");
    }

    @Test
    void namesTheOptionThatIsUnknown() {
        assertThat(plumbline("run", "--polizy", "x", "--", "true")).isEqualTo(ExitCodes.USAGE);
        saysInOneLine("--polizy", "expected: see plumbline run --help");
    }

    @Test
    void namesTheHomeThatCannotBeWritten() throws IOException {
        Path home = Files.createFile(folder.resolve("file")).resolve("home");
        assertThatThrownBy(() -> new Layout(folder, home).create())
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(home.toString())
                .hasMessageContaining("expected: a writable folder; set PLUMBLINE_HOME");
    }
}
