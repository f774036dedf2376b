package io.plumbline.events.policy;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.SignedPolicy;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The signature that lies beside a policy file, {@code FILE.sig}: a {@link SignedPolicy} in a PEM block (RFC 7468). Its statement names
 * the tenant and no session, and holds the policy's text: it fits that text alone, for every session of the tenant.
 */
public final class PolicySignature {
    /** The policy's text in base64, and some more. */
    public static final int MAX_CHARACTERS = 2 * PolicyStatements.MAX_YAML_BYTES;

    private static final String LABEL = "PLUMBLINE SIGNED POLICY";
    private static final String BEGIN = "-----BEGIN " + LABEL + "-----";
    private static final String END = "-----END " + LABEL + "-----";
    private static final Pattern BLOCK =
            Pattern.compile("\\s*" + BEGIN + "([A-Za-z0-9+/=\\s]{1,300000})" + END + "\\s*");

    private PolicySignature() {}

    /**
     * Signs a policy for all sessions of a tenant.
     *
     * @return the text of the file
     * @throws PolicyException when the policy is longer than {@value PolicyStatements#MAX_YAML_BYTES} bytes
     */
    public static String sign(String yaml, String tenant, SigningKey key) throws PolicyException {
        SignedPolicy signed = key.sign(PolicyStatement.newBuilder()
                .setTenant(tenant)
                .setPolicyYaml(yaml)
                .build());
        return BEGIN + "\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(signed.toByteArray())
                + "\n" + END + "\n";
    }

    /**
     * Checks that a signature is one of exactly this policy, for this tenant, by a key that is trusted.
     *
     * @param text of the file
     * @return the key's name
     * @throws PolicyException when it is not; the message names key and expectation
     */
    public static String check(String text, String yaml, String tenant, TrustedKeys keys) throws PolicyException {
        SignedPolicy signed = read(text);
        PolicyStatement statement = keys.verify(signed);
        String by = "policy signature of key " + signed.getKey() + ": ";
        if (!statement.getTenant().equals(tenant)) {
            throw new PolicyException(by + "for another tenant (expected: " + tenant + ")");
        }
        if (!statement.getSession().isEmpty() || statement.getRevision() != 0) {
            throw new PolicyException(by + "for a running session (expected: one for the start)");
        }
        if (!statement.getPolicyYaml().equals(yaml)) {
            throw new PolicyException(by + "the policy was changed after it was signed (expected: the signed text)");
        }
        return signed.getKey();
    }

    /** The names of the keys, for people. */
    public static String names(TrustedKeys keys) {
        return "key "
                + String.join(
                        " or ", keys.keys().stream().map(PolicyStatements::name).toList());
    }

    private static SignedPolicy read(String text) throws PolicyException {
        if (text.length() > MAX_CHARACTERS) {
            throw new PolicyException(
                    "policy signature: " + text.length() + " characters (expected: <= " + MAX_CHARACTERS + ")");
        }
        Matcher block = BLOCK.matcher(text);
        if (!block.matches()) {
            throw new PolicyException("policy signature: no PEM block (expected: " + BEGIN + ")");
        }
        try {
            return SignedPolicy.parseFrom(Base64.getMimeDecoder().decode(block.group(1)));
        } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
            throw new PolicyException("policy signature: its block holds no signed policy");
        }
    }
}
