package io.plumbline.sandbox.rootfs;

import java.security.SecureRandom;
import java.util.Base64;

/** Content of decoy files: looks like a private key, opens nothing. */
final class Decoys {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEY_BYTES = 1200;

    private Decoys() {}

    /** A fresh text in PEM form; every one differs, so that a copy can be told from another session's. */
    static String privateKey() {
        byte[] noise = new byte[KEY_BYTES];
        RANDOM.nextBytes(noise);
        String body = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(noise);
        // In two pieces, so that secret scanners do not take this source for a key.
        return "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + body + "\n-----END OPENSSH " + "PRIVATE KEY-----\n";
    }
}
