package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.policy.PolicySignature;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.sandbox.HostDaemon;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StartPoliciesTest {
    private static final String YAML = "name: release\n";

    private final SigningKey key = SigningKey.generate();
    private final StartPolicies any = policies(HostSettings.Policies.ANY);
    private final StartPolicies signed = policies(HostSettings.Policies.SIGNED);

    @Test
    void takesAPolicyThatNobodySignedUnlessTheHostWantsOne() {
        assertThat(any.admit(YAML, "", Optional.empty()).key()).isEmpty();
        assertThatThrownBy(() -> signed.admit(YAML, "", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("policy signature: none (expected: one by key " + PolicyStatements.name(key.published())
                        + ", since policy.signed-only is true on this host)");
    }

    @Test
    void tellsWhoSigned() throws Exception {
        String signature = PolicySignature.sign(YAML, "acme", key);
        for (StartPolicies policies : List.of(any, signed)) {
            StartPolicies.Admitted admitted = policies.admit(YAML, signature, Optional.empty());
            assertThat(admitted.policy().getName()).isEqualTo("release");
            assertThat(admitted.key()).isEqualTo(PolicyStatements.name(key.published()));
        }
    }

    @Test
    void refusesASignatureThatDoesNotHoldWhereverItIsGiven() throws Exception {
        for (StartPolicies policies : List.of(any, signed)) {
            for (String wrong : List.of(
                    PolicySignature.sign(YAML, "acme", SigningKey.generate()),
                    PolicySignature.sign(YAML, "globex", key),
                    PolicySignature.sign("name: wide\n", "acme", key),
                    "nope")) {
                assertThatThrownBy(() -> policies.admit(YAML, wrong, Optional.empty()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("policy signature");
            }
        }
    }

    @Test
    void holdsAPolicyAgainstTheOrganisationsAndTheRepositorys() {
        PolicyLevels above = new PolicyLevels(
                Optional.of(new Level("the organisation's policy", "limits: {memory: 2GiB}")), Optional.empty());
        StartPolicies policies = new StartPolicies(
                "acme", new TrustedKeys(List.of()), HostSettings.Policies.ANY, above, HostDaemon::policy);
        Optional<Level> repository = Optional.of(new Level("repository", "workspace: review"));

        StartPolicies.Admitted admitted = policies.admit(YAML, "", repository);
        assertThat(admitted.policy().getMemoryBytes()).isEqualTo(2L << 30);
        assertThat(admitted.policy().getWorkspaceMode()).isEqualTo("review");
        assertThat(admitted.levels()).isEqualTo(above.with(repository));
        assertThatThrownBy(() -> policies.admit("limits: {memory: 3GiB}", "", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the organisation's policy says");
        assertThatThrownBy(() -> policies.admit("workspace: read-write", "", repository))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("repository says");
    }

    private StartPolicies policies(HostSettings.Policies taken) {
        return new StartPolicies(
                "acme", new TrustedKeys(List.of(key.published())), taken, PolicyLevels.NONE, HostDaemon::policy);
    }
}
