package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.SignedPolicy;
import org.junit.jupiter.api.Test;

class PolicyStatementsTest {
    private static final SigningKey KEY = SigningKey.generate();
    private static final PolicyStatement STATEMENT = PolicyStatement.newBuilder()
            .setTenant("acme")
            .setRevision(2)
            .setPolicyYaml("name: maintenance")
            .build();

    @Test
    void takesWhatATrustedKeySigned() throws PolicyException {
        TrustedKeys keys = TrustedKeys.parse(SigningKey.generate().publicPem() + KEY.publicPem());

        assertThat(keys.verify(KEY.sign(STATEMENT))).isEqualTo(STATEMENT);
    }

    @Test
    void readsTheKeyThatItWrote() throws PolicyException {
        SigningKey again = SigningKey.parse(KEY.pem());

        assertThat(TrustedKeys.parse(KEY.publicPem()).verify(again.sign(STATEMENT)))
                .isEqualTo(STATEMENT);
    }

    @Test
    void refusesAForeignKey() throws PolicyException {
        SignedPolicy signed = SigningKey.generate().sign(STATEMENT);

        assertThatThrownBy(() -> trusting().verify(signed))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining(signed.getKey())
                .hasMessageContaining("expected: one of");
    }

    @Test
    void refusesAForeignKeyUnderATrustedName() throws PolicyException {
        SignedPolicy forged = SigningKey.generate().sign(STATEMENT).toBuilder()
                .setKey(PolicyStatements.name(KEY.published()))
                .build();

        assertThatThrownBy(() -> trusting().verify(forged)).hasMessageContaining("does not fit");
    }

    @Test
    void refusesAChangedStatement() throws PolicyException {
        SignedPolicy changed = KEY.sign(STATEMENT).toBuilder()
                .setStatement(STATEMENT.toBuilder().setRevision(3).build().toByteString())
                .build();

        assertThatThrownBy(() -> trusting().verify(changed)).hasMessageContaining("does not fit");
    }

    @Test
    void refusesASignatureOfNoLength() throws PolicyException {
        SignedPolicy empty =
                KEY.sign(STATEMENT).toBuilder().setSignature(ByteString.EMPTY).build();

        assertThatThrownBy(() -> trusting().verify(empty)).isInstanceOf(PolicyException.class);
    }

    @Test
    void trustsNobodyWithoutKeys() {
        assertThatThrownBy(() -> TrustedKeys.none().verify(KEY.sign(STATEMENT)))
                .hasMessageContaining("none is trusted here");
    }

    @Test
    void refusesTextThatIsNoKey() {
        assertThatThrownBy(() -> TrustedKeys.parse("ssh-ed25519 AAAA")).hasMessageContaining("BEGIN PUBLIC KEY");
        assertThatThrownBy(() -> SigningKey.parse(KEY.publicPem())).hasMessageContaining("0 private keys");
    }

    @Test
    void refusesToSignWhatDoesNotFitIntoAnEvent() {
        String yaml = "#".repeat(PolicyStatements.MAX_YAML_BYTES + 1);

        assertThatThrownBy(
                        () -> KEY.sign(STATEMENT.toBuilder().setPolicyYaml(yaml).build()))
                .hasMessageContaining("131073 bytes (expected: <= 131072)");
    }

    private static TrustedKeys trusting() throws PolicyException {
        return TrustedKeys.parse(KEY.publicPem());
    }
}
