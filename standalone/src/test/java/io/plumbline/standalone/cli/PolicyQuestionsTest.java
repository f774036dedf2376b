package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PolicyQuestionsTest {
    @TempDir
    private Path folder = Path.of("");

    private String policy = "";
    private String out = "";
    private String err = "";

    @BeforeEach
    void write() throws IOException {
        policy = file("policy.yaml", """
                name: build
                egress: [{host: registry.npmjs.org, methods: [GET], terminate: true}]
                decoys: [/srv/key]
                limits: {egress: 1MiB}
                """);
    }

    private String file(String name, String yaml) throws IOException {
        return Files.writeString(folder.resolve(name), yaml).toString();
    }

    private int run(String... arguments) {
        StringWriter written = new StringWriter();
        StringWriter complaints = new StringWriter();
        CommandLine command = PlumblineCommand.commandLine()
                .setOut(new PrintWriter(written, true))
                .setErr(new PrintWriter(complaints, true));
        int code = command.execute(arguments);
        out = written.toString();
        err = complaints.toString();
        return code;
    }

    @Test
    void lintsAndEndsWithOneWhenSomethingIsWrong() throws Exception {
        assertThat(run("policy", "lint", policy)).isEqualTo(ExitCodes.OK);
        assertThat(out).isEqualTo("build: 61 file rules (defaults included), 1 destinations, workspace read-write\n");
        String bad = file("bad.yaml", "name: bad\nfiles: {read: [~/.ssh/config]}\n");
        assertThat(run("policy", "lint", "--json", bad)).isEqualTo(ExitCodes.FAILED);
        assertThat(new ObjectMapper().readTree(out.lines().findFirst().orElseThrow()))
                .hasToString("{\"level\":\"error\",\"rule\":\"unreachable-grant\",\"key\":\"files.read ~/.ssh/config\","
                        + "\"message\":\"files.deny beats it: it never takes effect\"}");
        assertThat(run("policy", "lint", file("none.yaml", "nope: 1"))).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("none.yaml: policy:1:1: unknown key 'nope'");
    }

    @Test
    void explainsAnAct() {
        assertThat(run("policy", "explain", policy, "read", "~/.ssh/id_rsa")).isEqualTo(ExitCodes.OK);
        assertThat(out).isEqualTo("deny  files.deny[0] ~/.ssh/**\n");
        assertThat(run("policy", "explain", "--json", policy, "connect", "registry.npmjs.org"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out)
                .startsWith("{\"answer\":\"allow\",\"clause\":\"egress[0] registry.npmjs.org:443 GET terminate\"");
        assertThat(run("policy", "explain", policy, "sing", "song")).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("act: 'sing' (expected: read, write, connect, tool or call)");
    }

    @Test
    void explainsAnAnnouncedCommand() throws Exception {
        String freezing = file("freezing.yaml", Files.readString(Path.of(policy)) + "scopes: {publishing: freeze}\n");

        assertThat(run("policy", "explain", policy, "call", "ls -la")).isEqualTo(ExitCodes.OK);
        assertThat(out.lines().findFirst()).hasValue("allow");
        assertThat(run("policy", "explain", "--json", policy, "call", "cat ~/.ssh/id_rsa"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out).startsWith("{\"answer\":\"deny\",\"reason\":").contains("scopes.credentials", "/.ssh/id_rsa");
        assertThat(run("policy", "explain", policy, "call", "npm publish")).isEqualTo(ExitCodes.OK);
        assertThat(out).startsWith("ask  ");
        assertThat(run("policy", "explain", freezing, "call", "npm publish")).isEqualTo(ExitCodes.OK);
        assertThat(out).startsWith("freeze  ");
    }

    @Test
    void comparesTwoAndEndsWithOneWhenTheSecondIsWider() throws Exception {
        String wider = file("wider.yaml", Files.readString(Path.of(policy)) + "egress-unknown: ask\n");
        assertThat(run("policy", "diff", policy, wider)).isEqualTo(ExitCodes.FAILED);
        assertThat(out).isEqualTo("wider  egress-unknown: - -> ask\n");
        assertThat(run("policy", "diff", wider, policy)).isEqualTo(ExitCodes.OK);
        assertThat(run("policy", "diff", policy, policy)).isEqualTo(ExitCodes.OK);
        assertThat(out).isEqualTo("no difference\n");
    }

    @Test
    void putsAPolicyBelowTheOrganisations() throws Exception {
        String organisation = file("organisation.yaml", "name: acme\n");
        assertThat(run("policy", "lint", "--organisation", organisation, policy))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("policy: egress: registry.npmjs.org:443 GET terminate", "organisation.yaml says");
        Files.writeString(Path.of(organisation), "name: acme\nmay-widen: [egress]\n");
        assertThat(run("policy", "lint", "--organisation", organisation, policy))
                .isEqualTo(ExitCodes.OK);
    }

    @Test
    void showsWhatIsShipped() {
        assertThat(run("policy", "show")).isEqualTo(ExitCodes.OK);
        assertThat(out.lines()).hasSize(5);
        assertThat(run("policy", "show", "locked-down")).isEqualTo(ExitCodes.OK);
        assertThat(out).contains("name: locked-down");
        assertThat(run("policy", "show", "schema")).isEqualTo(ExitCodes.OK);
        assertThat(out).contains("https://json-schema.org/draft/2020-12/schema");
        assertThat(run("policy", "show", "nope")).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("policy: nope (expected: one of locked-down");
    }
}
