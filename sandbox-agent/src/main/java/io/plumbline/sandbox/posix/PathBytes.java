package io.plumbline.sandbox.posix;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The bytes that a path has for the kernel. The JDK's paths keep them, whatever they are; their texts do not: what is no text in the
 * encoding of the locale ({@code sun.jnu.encoding}; ASCII in the POSIX locale) becomes a replacement character, and a text that the
 * encoding does not have becomes no path. Of the API only URIs go by bytes.
 */
public final class PathBytes {
    /** There is nothing: a URI's path ends with a slash where there is a directory. */
    private static final Path NOWHERE = Path.of("/proc/self/nowhere");

    private PathBytes() {}

    /** As the kernel takes it; of a link's text as the link has it. */
    public static byte[] of(Path path) {
        String text = path.toString();
        if (text.chars().allMatch(c -> c < 0x80)) {
            // The encodings of locales are ASCII and more, and what is no text in them becomes U+FFFD.
            return text.getBytes(StandardCharsets.US_ASCII);
        }
        URI uri = (path.isAbsolute() ? path : NOWHERE.resolve(path)).toUri();
        byte[] bytes = decoded(uri.getRawPath());
        int from = path.isAbsolute() ? 0 : NOWHERE.toString().length() + 1;
        // A slash is a slash in every encoding of a locale.
        int to = bytes[bytes.length - 1] == '/' && !text.endsWith("/") ? bytes.length - 1 : bytes.length;
        byte[] own = new byte[to - from];
        System.arraycopy(bytes, from, own, 0, own.length);
        return own;
    }

    /**
     * One part of a path.
     *
     * @throws IllegalArgumentException when it is none: empty, {@code .}, {@code ..}, with a slash or a zero byte
     */
    public static Path name(byte[] bytes) {
        StringBuilder uri = new StringBuilder("file:///");
        for (byte b : bytes) {
            if (b == 0 || b == '/') {
                throw new IllegalArgumentException("name: a byte " + b + " (expected: one part of a path)");
            }
            uri.append('%').append(Character.forDigit(b >> 4 & 0xf, 16)).append(Character.forDigit(b & 0xf, 16));
        }
        if (bytes.length == 0 || bytes[0] == '.' && (bytes.length == 1 || bytes.length == 2 && bytes[1] == '.')) {
            throw new IllegalArgumentException("name: " + new String(bytes, StandardCharsets.US_ASCII)
                    + " (expected: one part of a path, not . or ..)");
        }
        return Objects.requireNonNull(Path.of(URI.create(uri.toString())).getFileName(), "a path has a name");
    }

    private static byte[] decoded(String raw) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(raw.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }
}
