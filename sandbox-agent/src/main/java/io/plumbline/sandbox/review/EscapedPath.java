package io.plumbline.sandbox.review;

import io.plumbline.sandbox.posix.PathBytes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A file's name as a text that stands for its bytes and for no others. What is UTF-8 stands for itself; a backslash is {@code \\}, a
 * line break {@code \n} or {@code \r}, and a byte that is in no UTF-8 character {@code \xHH}.
 */
public final class EscapedPath {
    private EscapedPath() {}

    /** Of a relative path, or of a link's text. */
    public static String of(Path path) {
        return of(PathBytes.of(path));
    }

    static String of(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result;
        do {
            result = decoder.decode(in, out, true);
            out.flip();
            while (out.hasRemaining()) {
                escape(out.get(), text);
            }
            out.clear();
            for (int i = 0; result.isError() && i < result.length(); i++) {
                text.append("\\x").append(HexFormat.of().toHexDigits(in.get()));
            }
        } while (result.isError());
        return text.toString();
    }

    private static void escape(char c, StringBuilder text) {
        switch (c) {
            case '\\' -> text.append("\\\\");
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            default -> text.append(c);
        }
    }

    /** @throws IllegalArgumentException when it is not what {@link #of} writes */
    static byte[] bytes(String escaped) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(escaped.length());
        int plain = 0;
        int at = escaped.indexOf('\\');
        while (at >= 0) {
            bytes.writeBytes(escaped.substring(plain, at).getBytes(StandardCharsets.UTF_8));
            char kind = at + 1 < escaped.length() ? escaped.charAt(at + 1) : 0;
            plain = at + 2;
            switch (kind) {
                case '\\' -> bytes.write('\\');
                case 'n' -> bytes.write('\n');
                case 'r' -> bytes.write('\r');
                case 'x' -> {
                    plain = at + 4;
                    bytes.write(HexFormat.fromHexDigits(escaped, at + 2, plain));
                }
                default -> throw new IllegalArgumentException("escaped path: " + escaped);
            }
            at = escaped.indexOf('\\', plain);
        }
        bytes.writeBytes(escaped.substring(plain).getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    /** One part of it, as a name in a folder. */
    static Path name(String escaped) {
        return PathBytes.name(bytes(escaped));
    }

    /** All of it below {@code root}. */
    static Path in(Path root, String escaped) {
        Path path = root;
        for (String part : escaped.split("/", -1)) {
            path = path.resolve(name(part));
        }
        return path;
    }
}
