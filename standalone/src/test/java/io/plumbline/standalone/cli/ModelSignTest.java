package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.intent.IntentModel;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModelSignTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final SigningKey key = SigningKey.generate();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeFiles() throws IOException {
        try (InputStream head = IntentModel.class.getResourceAsStream(IntentModel.HEAD)) {
            assertThat(head).isNotNull();
            Files.write(folder.resolve("head.bin"), head.readAllBytes());
        }
        Files.writeString(folder.resolve("key.pem"), key.pem());
        Files.writeString(folder.resolve("trusted.pem"), key.publicPem());
        Files.writeString(folder.resolve("other.pem"), SigningKey.generate().publicPem());
    }

    private int run(String... arguments) {
        return PlumblineCommand.commandLine()
                .setOut(new PrintWriter(new StringWriter(), true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    private int sign() {
        return run(
                "model",
                "sign",
                folder.resolve("head.bin").toString(),
                "--key",
                folder.resolve("key.pem").toString());
    }

    private int activate(String trusted) {
        return run(
                "model",
                "activate",
                folder.resolve("head.bin").toString(),
                "--trusted",
                folder.resolve(trusted).toString(),
                "--reason",
                "test");
    }

    /** What would be ordered: to order it needs a platform. */
    private Activations.Content content(String trusted) {
        ModelCommand.ActivateModel command = new ModelCommand.ActivateModel();
        new CommandLine(command)
                .parseArgs(
                        folder.resolve("head.bin").toString(),
                        "--trusted",
                        folder.resolve(trusted).toString(),
                        "--reason",
                        "test");
        return command.content();
    }

    @Test
    void aHeadIsActivatedOnlyWithASignatureThatIsTrusted() throws IOException {
        assertThat(activate("trusted.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("head.bin.sig (expected: plumbline model sign)");

        assertThat(sign()).isZero();
        assertThat(content("trusted.pem").version()).hasSize(12);
        assertThat(activate("other.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("policy signature: key");

        byte[] head = Files.readAllBytes(folder.resolve("head.bin"));
        head[head.length - 1] ^= 1;
        Files.write(folder.resolve("head.bin"), head);
        assertThat(activate("trusted.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("changed after it was signed");
    }

    @Test
    void onlyAHeadIsSigned() throws IOException {
        Files.writeString(folder.resolve("head.bin"), "no head");

        assertThat(sign()).isEqualTo(ExitCodes.USAGE);
        assertThat(folder.resolve("head.bin.sig")).doesNotExist();
    }
}
