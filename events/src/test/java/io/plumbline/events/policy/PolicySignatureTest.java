package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.SignedPolicy;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicySignatureTest {
    private static final String YAML = "name: release\n";

    private final SigningKey key = SigningKey.generate();
    private final SigningKey other = SigningKey.generate();
    private final TrustedKeys trusted = new TrustedKeys(List.of(key.published()));

    @Test
    void namesWhoSignedExactlyThisPolicy() throws Exception {
        String signature = PolicySignature.sign(YAML, "acme", key);

        assertThat(signature).startsWith("-----BEGIN PLUMBLINE SIGNED POLICY-----\n");
        assertThat(PolicySignature.check(signature, YAML, "acme", trusted))
                .isEqualTo(PolicyStatements.name(key.published()));
    }

    @Test
    void refusesAKeyThatNobodyTrusts() throws Exception {
        assertRefused(
                PolicySignature.sign(YAML, "acme", other),
                YAML,
                "acme",
                "policy signature: key " + PolicyStatements.name(other.published()) + " (expected: one of ["
                        + PolicyStatements.name(key.published()) + "])");
    }

    @Test
    void refusesAPolicyThatWasChanged() throws Exception {
        assertRefused(
                PolicySignature.sign(YAML, "acme", key),
                YAML + " ",
                "acme",
                "the policy was changed after it was signed");
    }

    @Test
    void refusesTheSignatureOfAnotherTenant() throws Exception {
        assertRefused(
                PolicySignature.sign(YAML, "acme", key),
                YAML,
                "globex",
                "policy signature of key " + PolicyStatements.name(key.published())
                        + ": for another tenant (expected: globex)");
    }

    @Test
    void refusesTheRevisionOfASession() throws Exception {
        SignedPolicy revision = key.sign(PolicyStatement.newBuilder()
                .setTenant("acme")
                .setSession("5".repeat(32))
                .setRevision(2)
                .setPolicyYaml(YAML)
                .build());
        assertRefused(armored(revision), YAML, "acme", "for a running session");
    }

    @Test
    void refusesASignatureUnderAnotherStatement() throws Exception {
        String signature = PolicySignature.sign(YAML, "acme", key);
        SignedPolicy signed = SignedPolicy.parseFrom(Base64.getMimeDecoder()
                .decode(signature
                        .lines()
                        .filter(line -> !line.startsWith("-----"))
                        .reduce("", String::concat)));
        ByteString statement = PolicyStatement.newBuilder()
                .setTenant("acme")
                .setPolicyYaml("name: wide\n")
                .build()
                .toByteString();
        assertRefused(
                armored(signed.toBuilder().setStatement(statement).build()),
                "name: wide\n",
                "acme",
                "does not fit the statement");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nope",
                "-----BEGIN PLUMBLINE SIGNED POLICY-----\n-----END PLUMBLINE SIGNED POLICY-----\n",
                "-----BEGIN PLUMBLINE SIGNED POLICY-----\n====\n-----END PLUMBLINE SIGNED POLICY-----\n",
                "-----BEGIN PLUMBLINE SIGNED POLICY-----\nAAAA\n-----END PLUMBLINE SIGNED POLICY-----\n"
            })
    void refusesWhatIsNoSignature(String text) {
        assertRefused(text, YAML, "acme", "policy signature: ");
    }

    @Test
    void refusesAFileThatIsTooLong() {
        assertRefused("x".repeat(300_000), YAML, "acme", "policy signature: 300000 characters (expected: <= 262144)");
    }

    @Test
    void holdsTheLargestPolicy() throws Exception {
        String yaml = "#".repeat(PolicyStatements.MAX_YAML_BYTES);
        assertThat(PolicySignature.check(PolicySignature.sign(yaml, "acme", key), yaml, "acme", trusted))
                .isNotEmpty();
    }

    private void assertRefused(String text, String yaml, String tenant, String message) {
        assertThatThrownBy(() -> PolicySignature.check(text, yaml, tenant, trusted))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining(message);
    }

    private static String armored(SignedPolicy signed) {
        return "-----BEGIN PLUMBLINE SIGNED POLICY-----\n"
                + new String(Base64.getMimeEncoder().encode(signed.toByteArray()), StandardCharsets.US_ASCII)
                + "\n-----END PLUMBLINE SIGNED POLICY-----\n";
    }
}
