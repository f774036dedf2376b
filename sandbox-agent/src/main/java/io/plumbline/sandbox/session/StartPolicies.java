package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicySignature;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.TaskPolicy;
import java.util.Optional;

/**
 * Which policies a session of this host may start with. A signature that is given has to hold; where only signed policies are
 * taken, one has to be given.
 *
 * @param above the organisation's policy
 */
record StartPolicies(
        String tenant, TrustedKeys keys, HostSettings.Policies taken, PolicyLevels above, SandboxHost.Policies reader) {
    /**
     * @param levels what stands above it, also when it is revised
     * @param key name of the key that signed it; empty: nobody did
     */
    record Admitted(TaskPolicy policy, PolicyLevels levels, String key) {}

    /**
     * @param signature as {@link PolicySignature} writes it; empty: none
     * @param repository the policy of the repository that the task is about
     * @throws IllegalArgumentException when the policy is none, is not signed as it has to be, or its signature does not hold
     */
    Admitted admit(String yaml, String signature, Optional<PolicyLevels.Level> repository) {
        PolicyLevels levels = above.with(repository);
        if (signature.isEmpty()) {
            return switch (taken) {
                case ANY -> new Admitted(reader.read(levels, yaml), levels, "");
                case SIGNED ->
                    throw new IllegalArgumentException("policy signature: none (expected: one by "
                            + PolicySignature.names(keys) + ", since policy.signed-only is true on this host)");
            };
        }
        try {
            String key = PolicySignature.check(signature, yaml, tenant, keys);
            return new Admitted(reader.read(levels, yaml), levels, key);
        } catch (PolicyException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
