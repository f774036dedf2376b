package io.plumbline.sandbox.rootfs;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Content of decoy files: looks like what it says it is, opens nothing. Made from the session's id and the path, so that a copy
 * that turns up somewhere tells which session it was taken from.
 */
final class Decoys {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int KEY_BYTES = 1200;

    private Decoys() {}

    /** @param kind ssh-key, aws, env, kubeconfig, token; empty: what the path's name suggests, else ssh-key */
    static String content(String session, String path, String kind) {
        Noise noise = new Noise(session + "\n" + path);
        return switch (kind.isEmpty() ? kindOf(path) : kind) {
            case "aws" -> aws(noise);
            case "env" -> env(noise);
            case "kubeconfig" -> kubeconfig(noise);
            case "token" -> "tok_" + noise.hex(20) + "\n";
            default -> privateKey(noise);
        };
    }

    private static String kindOf(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (path.contains("/.aws/")) {
            return "aws";
        }
        if (name.equals(".env") || name.startsWith(".env.") || name.endsWith(".env")) {
            return "env";
        }
        if (path.contains("/.kube/") || name.contains("kubeconfig")) {
            return "kubeconfig";
        }
        return name.contains("token") ? "token" : "ssh-key";
    }

    private static String privateKey(Noise noise) {
        String body = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(noise.bytes(KEY_BYTES));
        // In two pieces, so that secret scanners do not take this source for a key.
        return "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + body + "\n-----END OPENSSH " + "PRIVATE KEY-----\n";
    }

    private static String aws(Noise noise) {
        return "[default]\naws_access_key_id = AK" + "IA" + noise.letters(16) + "\naws_secret_access_key = "
                + noise.base64(30) + "\nregion = eu-central-1\n";
    }

    private static String env(Noise noise) {
        return "NODE_ENV=production\nDATABASE_URL=postgres://app:" + noise.hex(12)
                + "@db.internal:5432/app\nJWT_SECRET=" + noise.hex(32) + "\nPAYMENT_API_KEY=live_" + noise.hex(16)
                + "\n";
    }

    private static String kubeconfig(Noise noise) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: production
                  cluster:
                    server: https://10.0.0.1:6443
                    certificate-authority-data: %s
                contexts:
                - name: production
                  context: {cluster: production, user: admin}
                current-context: production
                users:
                - name: admin
                  user:
                    token: %s
                """.formatted(noise.base64(600), noise.base64(90));
    }

    /** Bytes that look random and are the same again for the same seed: SHA-256 of seed and counter. */
    private static final class Noise {
        private final byte[] seed;
        private int counter;

        Noise(String seed) {
            this.seed = seed.getBytes(StandardCharsets.UTF_8);
        }

        byte[] bytes(int count) {
            ByteBuffer out = ByteBuffer.allocate(count);
            while (out.hasRemaining()) {
                try {
                    MessageDigest digest = MessageDigest.getInstance("SHA-256");
                    digest.update(seed);
                    digest.update(
                            ByteBuffer.allocate(Integer.BYTES).putInt(counter++).array());
                    byte[] block = digest.digest();
                    out.put(block, 0, Math.min(block.length, out.remaining()));
                } catch (NoSuchAlgorithmException e) {
                    throw new IllegalStateException("every JDK has SHA-256", e);
                }
            }
            return out.array();
        }

        String hex(int count) {
            return HexFormat.of().formatHex(bytes(count));
        }

        String base64(int count) {
            return Base64.getEncoder().encodeToString(bytes(count));
        }

        String letters(int count) {
            StringBuilder text = new StringBuilder(count);
            for (byte b : bytes(count)) {
                text.append(LETTERS.charAt(b & 31));
            }
            return text.toString();
        }
    }
}
