package io.plumbline.console.people;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Time-based one-time passwords (RFC 6238): SHA-1, 30 s, six digits, as authenticator apps have them. */
public final class Totp {
    /** As long as the hash, as RFC 4226 recommends. */
    public static final int SECRET_BYTES = 20;

    private static final int STEP_SECONDS = 30;
    private static final int DIGITS = 6;

    /** Steps before and after the present one whose codes are taken, for clocks that differ. */
    private static final int SLACK = 1;

    private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private Totp() {}

    /**
     * The step that a code stands for.
     *
     * @param after the last step that was used: its code and older ones are not taken again
     * @return empty when the code does not fit
     */
    public static OptionalLong accept(byte[] secret, String code, Instant now, long after) {
        if (!code.matches("[0-9]{" + DIGITS + "}")) {
            return OptionalLong.empty();
        }
        long present = now.getEpochSecond() / STEP_SECONDS;
        OptionalLong fits = OptionalLong.empty();
        for (long step = present - SLACK; step <= present + SLACK; step++) {
            boolean same = MessageDigest.isEqual(
                    code.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                    code(secret, step, DIGITS).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            if (same && step > after) {
                fits = OptionalLong.of(step);
            }
        }
        return fits;
    }

    /** The code that an authenticator shows at that time. */
    public static String code(byte[] secret, Instant at) {
        return code(secret, at.getEpochSecond() / STEP_SECONDS, DIGITS);
    }

    static String code(byte[] secret, long step, int digits) {
        byte[] hash;
        try {
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(secret, "HmacSHA1"));
            hash = mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(step).array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA1", e);
        }
        int offset = hash[hash.length - 1] & 0xf;
        int truncated = ByteBuffer.wrap(hash).getInt(offset) & 0x7fff_ffff;
        return String.format(Locale.ROOT, "%0" + digits + "d", truncated % (int) Math.pow(10, digits));
    }

    /** As people type it into an authenticator (RFC 4648, without padding). */
    public static String base32(byte[] secret) {
        StringBuilder text = new StringBuilder();
        int buffer = 0;
        int bits = 0;
        for (byte next : secret) {
            buffer = buffer << 8 | next & 0xff;
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                text.append(BASE32.charAt(buffer >> bits & 31));
            }
        }
        if (bits > 0) {
            text.append(BASE32.charAt(buffer << 5 - bits & 31));
        }
        return text.toString();
    }

    /** @throws IllegalArgumentException for another character than base32 has */
    public static byte[] secret(String base32) {
        byte[] secret = new byte[base32.length() * 5 / 8];
        int buffer = 0;
        int bits = 0;
        int at = 0;
        for (char letter : base32.toCharArray()) {
            int value = BASE32.indexOf(letter);
            if (value < 0) {
                throw new IllegalArgumentException(
                        "one-time secret: character " + (int) letter + " (expected: A-Z, 2-7)");
            }
            buffer = buffer << 5 | value;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                secret[at++] = (byte) (buffer >> bits);
            }
        }
        return Arrays.copyOf(secret, at);
    }
}
