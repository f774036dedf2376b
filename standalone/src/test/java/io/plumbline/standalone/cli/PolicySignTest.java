package io.plumbline.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.policy.PolicySignature;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicySignTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final SigningKey key = SigningKey.generate();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeFiles() throws IOException {
        Files.writeString(folder.resolve("key.pem"), key.pem());
        Files.writeString(folder.resolve("policy.yaml"), "name: release\n");
    }

    private int sign(String policy, String keyFile) {
        return PlumblineCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(
                        "policy",
                        "sign",
                        folder.resolve(policy).toString(),
                        "--key",
                        folder.resolve(keyFile).toString(),
                        "--tenant",
                        "acme");
    }

    @Test
    void writesTheSignatureThatRunSends() throws Exception {
        assertThat(sign("policy.yaml", "key.pem")).isZero();

        String name = PolicyStatements.name(key.published());
        assertThat(out.toString()).contains("policy.yaml.sig by key " + name + " for tenant acme");
        assertThat(PolicySignature.check(
                        PolicyFiles.signature(folder.resolve("policy.yaml")),
                        "name: release\n",
                        "acme",
                        new TrustedKeys(List.of(key.published()))))
                .isEqualTo(name);
    }

    @Test
    void sendsNoneWhereThereIsNone() {
        assertThat(PolicyFiles.signature(folder.resolve("policy.yaml"))).isEmpty();
    }

    @Test
    void namesTheFileOrTheKeyThatIsWrong() throws IOException {
        Files.writeString(folder.resolve("broken.yaml"), "filez: {}");
        Files.writeString(folder.resolve("public.pem"), key.publicPem());

        assertThat(sign("broken.yaml", "key.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(sign("missing.yaml", "key.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(sign("policy.yaml", "missing.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(sign("policy.yaml", "public.pem")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString().lines())
                .satisfiesExactly(
                        line -> assertThat(line).contains("broken.yaml", "unknown key 'filez'"),
                        line -> assertThat(line).contains("missing.yaml (expected: a readable file)"),
                        line -> assertThat(line).contains("missing.pem (expected: a readable file)"),
                        line -> assertThat(line).contains("public.pem", "0 private keys"));
        assertThat(folder.resolve("policy.yaml.sig")).doesNotExist();
    }
}
