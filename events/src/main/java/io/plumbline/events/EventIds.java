package io.plumbline.events;

import com.google.protobuf.CodedOutputStream;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Ids are hashes of causes: the same cause gives the same id, so a repeated delivery or a replay is recognised.
 *
 * <p>An id is 32 lower-case hex digits, the first 16 bytes of a SHA-256 over length-prefixed parts.
 */
public final class EventIds {
    private static final HexFormat HEX = HexFormat.of();

    private EventIds() {}

    /**
     * The event with its id set: a hash over everything that the source said (tenant, host, session, channel, seq, times,
     * payload). Any id that was set before is ignored.
     */
    public static Event withId(Event.Builder event) {
        Event unnamed = event.clearId().build();
        return event.setId(shortHash(deterministicBytes(unnamed))).build();
    }

    /** The id that {@link #withId} gives to an event with this content, whatever id it has now. */
    public static String idOf(Event event) {
        return shortHash(deterministicBytes(event.toBuilder().clearId().build()));
    }

    /** The id of something that follows from {@code cause}; {@code parts} tell apart several effects of one cause. */
    public static String derived(String cause, String... parts) {
        MessageDigest digest = sha256();
        update(digest, cause);
        for (String part : parts) {
            update(digest, part);
        }
        return HEX.formatHex(digest.digest(), 0, 16);
    }

    /** Lower-case hex SHA-256 of a text's UTF-8 bytes, 64 digits; what an approval is bound to. */
    public static String sha256Hex(String text) {
        return sha256Hex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** SHA-256 as 64 lower-case hex digits. */
    public static String sha256Hex(byte[] bytes) {
        return HEX.formatHex(sha256().digest(bytes));
    }

    private static String shortHash(byte[] bytes) {
        return HEX.formatHex(sha256().digest(bytes), 0, 16);
    }

    private static void update(MessageDigest digest, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(new byte[] {
            (byte) (bytes.length >>> 24), (byte) (bytes.length >>> 16), (byte) (bytes.length >>> 8), (byte) bytes.length
        });
        digest.update(bytes);
    }

    /** Serialises with map entries in key order, so that equal messages give equal bytes. */
    static byte[] deterministicBytes(Event event) {
        try {
            byte[] bytes = new byte[event.getSerializedSize()];
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            out.useDeterministicSerialization();
            event.writeTo(out);
            out.checkNoSpaceLeft();
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
