package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.evidence.BundleWriter;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.standalone.ExitCodes;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EvidenceCommandTest {
    @TempDir
    private Path folder;

    private Path bundle = Path.of("");
    private Path key = Path.of("");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void write() throws Exception {
        SigningKey signing = SigningKey.generate();
        bundle = folder.resolve("bundle.zip");
        key = folder.resolve("public.pem");
        Files.writeString(key, signing.publicPem());
        Event event = EventIds.withId(Event.newBuilder()
                .setTenant("acme")
                .setSession("s-1")
                .setChannel(Channel.EVIDENCE)
                .setSeq(1)
                .setFileOpened(FileOpened.newBuilder().setPath("/x")));
        try (OutputStream file = Files.newOutputStream(bundle)) {
            BundleWriter.write(
                    new BundleWriter.Context("acme", "s-1", "bea", Instant.parse("2026-01-02T03:04:05Z")),
                    (topic, sink) -> {
                        if (topic.equals("telemetry")) {
                            sink.add(0, 0, event.toByteArray());
                        }
                    },
                    Optional.of(signing),
                    file);
        }
    }

    private int run(Object... arguments) {
        CommandLine line = PlumblineCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = arguments[i].toString();
        }
        return line.execute(texts);
    }

    @Test
    void anIntactBundleIsSaidToBe() {
        assertThat(run("evidence", "verify", bundle, "--key", key)).isEqualTo(ExitCodes.OK);
        assertThat(out.toString()).isEqualToIgnoringNewLines("intact: acme/s-1, 1 records\n");
    }

    @Test
    void withoutAKeyItSaysWhatWasNotChecked() {
        assertThat(run("evidence", "verify", bundle)).isEqualTo(ExitCodes.ORIGIN_NOT_VERIFIED);
        assertThat(out.toString())
                .contains("note: signatures not checked")
                .contains("complete and unchanged as far as hashes tell, origin not verified")
                .doesNotContain("intact:");
    }

    @Test
    void whatIsWrongHasALineAndTheExitCodeSaysIt() throws Exception {
        byte[] bytes = Files.readAllBytes(bundle);
        bytes[100] ^= 1;
        Files.write(bundle, bytes);
        assertThat(run("evidence", "verify", bundle, "--key", key)).isEqualTo(ExitCodes.FAILED);
        assertThat(out.toString()).contains("wrong: log/telemetry.jsonl").contains("NOT intact");
    }

    @Test
    void aFileThatIsNotThereAndAKeyThatIsNoneAreUsageErrors() throws Exception {
        assertThat(run("evidence", "verify", folder.resolve("none.zip"))).isEqualTo(ExitCodes.USAGE);
        Files.writeString(key, "no key");
        assertThat(run("evidence", "verify", bundle, "--key", key)).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("expected: a readable file").contains("no PEM block");
    }
}
