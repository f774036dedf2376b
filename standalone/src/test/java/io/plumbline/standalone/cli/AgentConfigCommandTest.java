package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentConfigCommandTest {
    private static final String URL = "https://plumbline.example:4318";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int config(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "agent-config";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return PlumblineCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all);
    }

    @Test
    void printsEachFileUnderItsPlaceAndNamesTheVersion() {
        assertThat(config("claude", "--endpoint", URL)).isZero();
        assertThat(out.toString())
                .contains(
                        "# /etc/claude-code/managed-settings.json (claude-code 2.1.330)\n{",
                        "# /opt/plumbline/hook (claude-code 2.1.330)\n#!/bin/sh",
                        "# before claude-code is started: . /opt/plumbline/claude-code.sh");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void writesBelowTheFolderAndOverwritesNothing() throws IOException {
        assertThat(config("codex", "--endpoint", URL, "--out", folder.toString()))
                .isZero();
        Path hook = folder.resolve("opt/plumbline/hook");
        assertThat(folder.resolve("etc/codex/requirements.toml")).exists();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(hook)))
                .isEqualTo("rwxr-xr-x");
        // The hook is the same for another agent of the same platform.
        assertThat(config("claude-code", "--endpoint", URL, "--out", folder.toString()))
                .isZero();

        Path requirements = Files.writeString(folder.resolve("etc/codex/requirements.toml"), "mine");
        assertThat(config("codex", "--endpoint", URL, "--out", folder.toString()))
                .isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString()).contains(requirements + " is there (expected: none, or --force)");
        assertThat(requirements).hasContent("mine");

        assertThat(config("codex", "--endpoint", URL, "--out", folder.toString(), "--force"))
                .isZero();
        assertThat(requirements).content().contains("[[hooks.PreToolUse]]");
    }

    @Test
    void replacesALinkInsteadOfFollowingIt() throws IOException {
        Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "theirs");
        Path hook =
                Files.createDirectories(folder.resolve("root/opt/plumbline")).resolve("hook");
        Files.createSymbolicLink(hook, elsewhere);
        Path root = folder.resolve("root");

        assertThat(config("codex", "--endpoint", URL, "--out", root.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(config("codex", "--endpoint", URL, "--out", root.toString(), "--force"))
                .isZero();
        assertThat(elsewhere).hasContent("theirs");
        assertThat(Files.isSymbolicLink(hook)).isFalse();
    }

    @Test
    void keepsATokenThatItIsAskedToWriteToItsOwner() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "s3cret\n");
        assertThat(config("gemini", "--endpoint", URL, "--token-file", token.toString()))
                .isZero();
        assertThat(out.toString()).contains("cat '" + token + "'").doesNotContain("s3cret");

        assertThat(config(
                        "gemini",
                        "--endpoint",
                        URL,
                        "--token-file",
                        token.toString(),
                        "--inline-token",
                        "--out",
                        folder.toString()))
                .isZero();
        Path hook = folder.resolve("opt/plumbline/hook");
        assertThat(hook).content().contains("s3cret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(hook)))
                .isEqualTo("rwx------");
    }

    @Test
    void saysWhatIsWrongInOneLine() {
        assertThat(config("emacs", "--endpoint", URL)).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString().strip())
                .isEqualTo("plumbline: agent: 'emacs' (expected: codex, claude, gemini, qwen, opencode)");
        assertThat(config("codex", "--endpoint", "nowhere")).isEqualTo(ExitCodes.USAGE);
        assertThat(config("codex", "--endpoint", "http://a b")).isEqualTo(ExitCodes.USAGE);
        assertThat(config("codex", "--endpoint", URL, "--token-env", "A-B")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString().strip().lines()).hasSize(4).allMatch(line -> line.contains("expected: "));
    }

    @Test
    void warnsThatAPlainAddressIsReadable() {
        assertThat(config("codex", "--endpoint", "http://plumbline.example:4318"))
                .isZero();
        assertThat(err.toString()).contains("unencrypted (expected: https)");
    }
}
