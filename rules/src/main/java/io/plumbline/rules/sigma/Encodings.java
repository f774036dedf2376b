package io.plumbline.rules.sigma;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Values as they look inside other encodings. */
final class Encodings {
    private static final int[] FIRST = {0, 2, 3};
    private static final int[] LAST = {0, 3, 2};
    private static final String DASHES = "-/\u2013\u2014\u2015";

    private Encodings() {}

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** What stays the same of the encoded bytes wherever they begin in a longer text: one text for each of the three shifts. At least two bytes. */
    static List<String> base64Offsets(byte[] bytes) {
        List<String> texts = new ArrayList<>();
        for (int shift = 0; shift < 3; shift++) {
            byte[] shifted = new byte[bytes.length + shift];
            System.arraycopy(bytes, 0, shifted, shift, bytes.length);
            String encoded = base64(shifted);
            texts.add(encoded.substring(FIRST[shift], encoded.length() - LAST[shifted.length % 3]));
        }
        return texts;
    }

    /** UTF-16, with a byte order mark (little endian) for {@link Modifier#UTF16}. */
    static byte[] utf16(String text, Modifier modifier) {
        byte[] bytes =
                text.getBytes(modifier == Modifier.UTF16BE ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE);
        if (modifier != Modifier.UTF16) {
            return bytes;
        }
        byte[] marked = new byte[bytes.length + 2];
        marked[0] = (byte) 0xff;
        marked[1] = (byte) 0xfe;
        System.arraycopy(bytes, 0, marked, 2, bytes.length);
        return marked;
    }

    /** Positions of dashes and slashes that begin a word: none in front of them, one behind. */
    static List<Integer> dashes(String symbols) {
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i + 1 < symbols.length(); i++) {
            if (DASHES.indexOf(symbols.charAt(i)) >= 0
                    && word(symbols.charAt(i + 1))
                    && (i == 0 || !word(symbols.charAt(i - 1)))) {
                positions.add(i);
            }
        }
        return positions;
    }

    private static boolean word(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    /** The text with every combination of dashes at the positions. */
    static List<String> dashed(String symbols, List<Integer> positions) {
        List<String> texts = List.of(symbols);
        for (int position : positions) {
            List<String> more = new ArrayList<>(texts.size() * DASHES.length());
            for (String text : texts) {
                for (int i = 0; i < DASHES.length(); i++) {
                    more.add(text.substring(0, position) + DASHES.charAt(i) + text.substring(position + 1));
                }
            }
            texts = more;
        }
        return texts;
    }
}
