package io.plumbline.events.policy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.SignedPolicy;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Signatures on policies: Ed25519 (RFC 8032) over the bytes of a {@link PolicyStatement}. Keys are PEM files as openssl writes them
 * ({@code openssl genpkey -algorithm ed25519}, {@code openssl pkey -pubout}).
 */
public final class PolicyStatements {
    /** A signed policy travels as one event. */
    public static final int MAX_YAML_BYTES = 128 * 1024;

    private static final String CONTEXT = "plumbline policy statement v1";
    private static final int MAX_PEM_CHARACTERS = 64 * 1024;
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN (PUBLIC|PRIVATE) KEY-----([A-Za-z0-9+/=\\s]{1,1000})-----END \\1 KEY-----");

    private PolicyStatements() {}

    /** Who may write policies: each key by its name. */
    public record TrustedKeys(List<PublicKey> keys) {
        public TrustedKeys {
            keys = List.copyOf(keys);
        }

        /** Nobody: every signature is refused. */
        public static TrustedKeys none() {
            return new TrustedKeys(List.of());
        }

        /**
         * Reads one public key or several, one PEM block each.
         *
         * @throws PolicyException when the text holds none, or something else than Ed25519 keys
         */
        public static TrustedKeys parse(String pem) throws PolicyException {
            List<PublicKey> keys = new ArrayList<>();
            for (byte[] der : blocks(pem, "PUBLIC")) {
                try {
                    keys.add(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(der)));
                } catch (GeneralSecurityException e) {
                    throw new PolicyException("policy key: " + e.getMessage() + " (expected: an Ed25519 public key)");
                }
            }
            if (keys.isEmpty()) {
                throw new PolicyException("policy key: no PEM block (expected: -----BEGIN PUBLIC KEY-----)");
            }
            return new TrustedKeys(keys);
        }

        /**
         * The statement of a signature that holds.
         *
         * @throws PolicyException when the key is not trusted, the signature does not fit, or the bytes are no statement
         */
        public PolicyStatement verify(SignedPolicy signed) throws PolicyException {
            check(
                    CONTEXT,
                    signed.getStatement().toByteArray(),
                    signed.getSignature().toByteArray(),
                    signed.getKey());
            try {
                return PolicyStatement.parseFrom(signed.getStatement());
            } catch (InvalidProtocolBufferException e) {
                throw new PolicyException("policy signature: the signed bytes are no policy statement");
            }
        }

        /**
         * Checks a signature over other statements than policies.
         *
         * @param context what the signed bytes begin with, so that a signature of one kind is none of another
         * @param key name of the key that is said to have signed
         * @throws PolicyException when the key is not trusted or the signature does not fit
         */
        public void check(String context, byte[] statement, byte[] signature, String key) throws PolicyException {
            for (PublicKey known : keys) {
                if (name(known).equals(key)) {
                    check(context, statement, signature, known);
                    return;
                }
            }
            String trusted = keys.isEmpty()
                    ? "none is trusted here"
                    : "one of " + keys.stream().map(PolicyStatements::name).toList();
            throw new PolicyException("policy signature: key " + printable(key) + " (expected: " + trusted + ")");
        }

        private static void check(String context, byte[] statement, byte[] signature, PublicKey key)
                throws PolicyException {
            try {
                Signature check = Signature.getInstance("Ed25519");
                check.initVerify(key);
                check.update(prefix(context));
                check.update(statement);
                if (!check.verify(signature)) {
                    throw new PolicyException("policy signature: does not fit the statement");
                }
            } catch (GeneralSecurityException e) {
                throw new PolicyException("policy signature: cannot be checked: " + e.getMessage());
            }
        }
    }

    /** The private key in a PEM file's text, with the public key that belongs to it. */
    public record SigningKey(PrivateKey secret, PublicKey published) {
        /** A new key. */
        public static SigningKey generate() {
            try {
                KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
                return new SigningKey(pair.getPrivate(), pair.getPublic());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK since 15 has Ed25519", e);
            }
        }

        /**
         * Reads a file with a private and a public block.
         *
         * @throws PolicyException when one is missing or they are no Ed25519 keys
         */
        public static SigningKey parse(String pem) throws PolicyException {
            List<byte[]> secrets = blocks(pem, "PRIVATE");
            if (secrets.size() != 1) {
                throw new PolicyException("policy signing key: " + secrets.size()
                        + " private keys (expected: one PRIVATE KEY and its PUBLIC KEY)");
            }
            PublicKey published = TrustedKeys.parse(pem).keys().getFirst();
            try {
                PrivateKey secret =
                        KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(secrets.getFirst()));
                return new SigningKey(secret, published);
            } catch (GeneralSecurityException e) {
                throw new PolicyException("policy signing key: " + e.getMessage() + " (expected: an Ed25519 key)");
            }
        }

        /**
         * Signs a statement.
         *
         * @throws PolicyException when the policy's text is longer than {@value #MAX_YAML_BYTES} bytes
         */
        public SignedPolicy sign(PolicyStatement statement) throws PolicyException {
            int bytes = statement.getPolicyYamlBytes().size();
            if (bytes > MAX_YAML_BYTES) {
                throw new PolicyException("policy: " + bytes + " bytes (expected: <= " + MAX_YAML_BYTES + ")");
            }
            return SignedPolicy.newBuilder()
                    .setStatement(statement.toByteString())
                    .setSignature(ByteString.copyFrom(signature(CONTEXT, statement.toByteArray())))
                    .setKey(name(published))
                    .build();
        }

        /**
         * The signature of a statement.
         *
         * @param context see {@link TrustedKeys#check}
         */
        public byte[] signature(String context, byte[] statement) throws PolicyException {
            try {
                Signature signature = Signature.getInstance("Ed25519");
                signature.initSign(secret);
                signature.update(prefix(context));
                signature.update(statement);
                return signature.sign();
            } catch (GeneralSecurityException e) {
                throw new PolicyException("policy signing key: cannot sign: " + e.getMessage());
            }
        }

        /** The PEM text that {@link #parse} reads. */
        public String pem() {
            return block("PRIVATE", secret.getEncoded()) + publicPem();
        }

        /** The PEM text for those who check signatures. */
        public String publicPem() {
            return block("PUBLIC", published.getEncoded());
        }
    }

    /** What a revision is called by in confirmations: the SHA-256 of the signed bytes, 64 hex digits. */
    public static String sha256(SignedPolicy signed) {
        return EventIds.sha256Hex(signed.getStatement().toByteArray());
    }

    /** A key's name: the first 16 hex digits of the SHA-256 of its X.509 encoding. */
    public static String name(PublicKey key) {
        return EventIds.sha256Hex(key.getEncoded()).substring(0, 16);
    }

    private static List<byte[]> blocks(String pem, String kind) throws PolicyException {
        if (pem.length() > MAX_PEM_CHARACTERS) {
            throw new PolicyException(
                    "policy key: " + pem.length() + " characters (expected: <= " + MAX_PEM_CHARACTERS + ")");
        }
        List<byte[]> blocks = new ArrayList<>();
        Matcher matcher = PEM.matcher(pem);
        while (matcher.find()) {
            if (matcher.group(1).equals(kind)) {
                try {
                    blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
                } catch (IllegalArgumentException e) {
                    throw new PolicyException("policy key: a PEM block is not base64");
                }
            }
        }
        return blocks;
    }

    private static String block(String kind, byte[] der) {
        return "-----BEGIN " + kind + " KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind
                + " KEY-----\n";
    }

    private static byte[] prefix(String context) {
        return (context + "\0").getBytes(StandardCharsets.US_ASCII);
    }

    private static String printable(String text) {
        return text.matches("[0-9a-f]{1,64}") ? text : "of " + text.length() + " characters";
    }
}
