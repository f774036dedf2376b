package io.plumbline.events.activation;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.EventIds;
import io.plumbline.events.activation.ActivationOrder.Subject;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationStatement;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The signature that lies beside a file that can be activated, {@code FILE.sig}: an {@link Activation} without content in a PEM block (RFC
 * 7468). Its statement has the file's digest and no action: it says whose file it is, and is no order to activate it.
 */
public final class ContentSignature {
    private static final String CONTEXT = "plumbline content statement v1";
    private static final String LABEL = "PLUMBLINE SIGNED CONTENT";
    private static final String BEGIN = "-----BEGIN " + LABEL + "-----";
    private static final String END = "-----END " + LABEL + "-----";
    private static final int MAX_CHARACTERS = 16 * 1024;
    private static final Pattern BLOCK =
            Pattern.compile("\\s*" + BEGIN + "([A-Za-z0-9+/=\\s]{1,15000})" + END + "\\s*");

    private ContentSignature() {}

    /**
     * Signs a file.
     *
     * @param version as activation shows it
     * @return the text of the signature's file
     * @throws PolicyException when the key cannot sign
     */
    public static String sign(Subject subject, String name, String version, byte[] content, SigningKey key)
            throws PolicyException {
        ByteString statement = ActivationStatement.newBuilder()
                .setSubject(subject.word())
                .setName(name)
                .setVersion(version)
                .setSha256(EventIds.sha256Hex(content))
                .setSize(content.length)
                .build()
                .toByteString();
        Activation signed = Activation.newBuilder()
                .setStatement(statement)
                .setSignature(ByteString.copyFrom(key.signature(CONTEXT, statement.toByteArray())))
                .setKey(PolicyStatements.name(key.published()))
                .build();
        return BEGIN + "\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(signed.toByteArray())
                + "\n" + END + "\n";
    }

    /**
     * Checks that a signature is one of exactly this content, by a key that is trusted.
     *
     * @param text of the signature's file
     * @return the key's name
     * @throws ActivationException when it is not; the message says what was expected
     */
    public static String check(Subject subject, String text, byte[] content, TrustedKeys keys)
            throws ActivationException {
        if (text.length() > MAX_CHARACTERS) {
            throw new ActivationException(
                    "signature: " + text.length() + " characters (expected: <= " + MAX_CHARACTERS + ")");
        }
        Matcher block = BLOCK.matcher(text);
        if (!block.matches()) {
            throw new ActivationException("signature: no PEM block (expected: " + BEGIN + ")");
        }
        try {
            Activation signed = Activation.parseFrom(Base64.getMimeDecoder().decode(block.group(1)));
            keys.check(
                    CONTEXT,
                    signed.getStatement().toByteArray(),
                    signed.getSignature().toByteArray(),
                    signed.getKey());
            ActivationStatement statement = ActivationStatement.parseFrom(signed.getStatement());
            if (!statement.getSubject().equals(subject.word())) {
                throw new ActivationException(
                        "signature: about " + statement.getSubject() + " (expected: " + subject.word() + ")");
            }
            String sha256 = EventIds.sha256Hex(content);
            if (!statement.getSha256().equals(sha256) || statement.getSize() != content.length) {
                throw new ActivationException("signature: the file was changed after it was signed, its SHA-256 is "
                        + sha256 + " (expected: " + statement.getSha256() + ")");
            }
            return signed.getKey();
        } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
            throw new ActivationException("signature: its block holds no signed statement");
        } catch (PolicyException e) {
            throw new ActivationException(String.valueOf(e.getMessage()));
        }
    }
}
