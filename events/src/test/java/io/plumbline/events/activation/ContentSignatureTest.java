package io.plumbline.events.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.plumbline.events.activation.ActivationOrder.Subject;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.ActivationAction;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContentSignatureTest {
    private static final byte[] HEAD = {1, 2, 3};

    private final SigningKey key = SigningKey.generate();
    private final TrustedKeys trusted = new TrustedKeys(List.of(key.published()));

    private String signed() throws Exception {
        return ContentSignature.sign(Subject.MODEL, "head.bin", "abc", HEAD, key);
    }

    @Test
    void namesTheKeyThatSigned() throws Exception {
        assertThat(ContentSignature.check(Subject.MODEL, signed(), HEAD, trusted))
                .isEqualTo(PolicyStatements.name(key.published()));
    }

    @Test
    void anotherFileSubjectOrKeyIsRefused() throws Exception {
        String text = signed();

        assertThatThrownBy(() -> ContentSignature.check(Subject.MODEL, text, new byte[] {1, 2, 4}, trusted))
                .isInstanceOf(ActivationException.class)
                .hasMessageContaining("changed after it was signed");
        assertThatThrownBy(() -> ContentSignature.check(Subject.RULES, text, HEAD, trusted))
                .hasMessageContaining("about model (expected: rules)");
        assertThatThrownBy(() -> ContentSignature.check(Subject.MODEL, text, HEAD, TrustedKeys.none()))
                .hasMessageContaining("none is trusted here");
    }

    @Test
    void anOrdersSignatureIsNoneOfAFile() throws Exception {
        var order = ActivationOrder.order(
                ActivationOrder.statement(Subject.MODEL, ActivationAction.ACTIVATE, "head.bin", "abc", HEAD),
                ByteString.EMPTY,
                "ann",
                "because",
                Optional.of(key));
        byte[] activation = order.getModelActivated().getActivation().toByteArray();
        String text = "-----BEGIN PLUMBLINE SIGNED CONTENT-----\n"
                + Base64.getMimeEncoder().encodeToString(activation)
                + "\n-----END PLUMBLINE SIGNED CONTENT-----\n";

        assertThatThrownBy(() -> ContentSignature.check(Subject.MODEL, text, HEAD, trusted))
                .hasMessageContaining("does not fit");
    }

    @Test
    void textThatIsNoSignatureIsRefused() {
        for (String text : List.of(
                "",
                "x".repeat(20_000),
                "-----BEGIN PLUMBLINE SIGNED CONTENT-----\n////\n-----END PLUMBLINE SIGNED CONTENT-----")) {
            assertThatThrownBy(() -> ContentSignature.check(Subject.MODEL, text, HEAD, trusted))
                    .isInstanceOf(ActivationException.class);
        }
    }
}
