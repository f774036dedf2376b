package io.plumbline.events.activation;

import com.google.protobuf.ByteString;
import io.plumbline.events.EventIds;
import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * The content of an activation on its way: zlib (RFC 1950), bound to its statement by size and SHA-256. An event carries it whole, so
 * it has to fit into one record of the log.
 */
public final class ActivationContent {
    /** Compressed; the control topic takes records that are a little larger. */
    public static final int MAX_COMPRESSED_BYTES = 4 * 1024 * 1024;

    /** Before it was compressed; the public collection of Sigma rules has 7 MB. */
    public static final int MAX_BYTES = 32 * 1024 * 1024;

    private static final int CHUNK = 64 * 1024;

    private ActivationContent() {}

    /**
     * Compresses content.
     *
     * @throws ActivationException when it is larger than {@link #MAX_BYTES}, or than {@link #MAX_COMPRESSED_BYTES} compressed
     */
    public static ByteString compress(byte[] content) throws ActivationException {
        if (content.length > MAX_BYTES) {
            throw new ActivationException(
                    "content: " + content.length + " bytes (expected: <= " + MAX_BYTES + "; activate fewer rules)");
        }
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            deflater.setInput(content);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] chunk = new byte[CHUNK];
            while (!deflater.finished()) {
                out.write(chunk, 0, deflater.deflate(chunk));
            }
            if (out.size() > MAX_COMPRESSED_BYTES) {
                throw new ActivationException("content: " + out.size() + " bytes compressed (expected: <= "
                        + MAX_COMPRESSED_BYTES + ", a record of the log; activate fewer rules)");
            }
            return ByteString.copyFrom(out.toByteArray());
        } finally {
            deflater.end();
        }
    }

    /**
     * Reads compressed content. No more is allocated than was announced, and nothing before the announcement was checked.
     *
     * @param size bytes that it has to have
     * @param sha256 that it has to have, 64 lower-case hex digits
     * @throws ActivationException when a limit is exceeded or the content is not what was announced
     */
    public static byte[] expand(ByteString compressed, long size, String sha256) throws ActivationException {
        if (compressed.size() > MAX_COMPRESSED_BYTES) {
            throw new ActivationException(
                    "content: " + compressed.size() + " bytes compressed (expected: <= " + MAX_COMPRESSED_BYTES + ")");
        }
        if (size < 0 || size > MAX_BYTES) {
            throw new ActivationException("content: " + size + " bytes announced (expected: <= " + MAX_BYTES + ")");
        }
        byte[] content = new byte[(int) size];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(compressed.toByteArray());
            int read = 0;
            while (read < content.length && !inflater.finished()) {
                int more = inflater.inflate(content, read, content.length - read);
                if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    break;
                }
                read += more;
            }
            boolean over = read == content.length && !inflater.finished() && inflater.inflate(new byte[1]) > 0;
            if (read < content.length || over || !inflater.finished()) {
                throw new ActivationException("content: " + (over ? "more than " + read : String.valueOf(read))
                        + " bytes (expected: " + size + " as the order says)");
            }
        } catch (DataFormatException e) {
            throw new ActivationException("content: not readable (expected: zlib)");
        } finally {
            inflater.end();
        }
        String actual = EventIds.sha256Hex(content);
        if (!actual.equals(sha256)) {
            throw new ActivationException(
                    "content: SHA-256 " + actual + " (expected: " + sha256 + " as the order says)");
        }
        return content;
    }
}
