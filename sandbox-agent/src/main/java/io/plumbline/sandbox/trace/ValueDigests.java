package io.plumbline.sandbox.trace;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells equal values apart from others without telling them: HMAC-SHA-256 with a key that this process makes and nobody else has. A session
 * does not outlive the process that observes it.
 */
final class ValueDigests {
    private static final String ALGORITHM = "HmacSHA256";
    private static final SecretKeySpec KEY = key();

    private ValueDigests() {}

    private static SecretKeySpec key() {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return new SecretKeySpec(key, ALGORITHM);
    }

    /** 64 hex digits. */
    static String of(byte[] value) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(KEY);
            return HexFormat.of().formatHex(mac.doFinal(value));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
