package io.plumbline.rules.engine;

/**
 * Letters without case, as {@link String#equalsIgnoreCase} sees them: two characters are the same when their upper cases are, or
 * the lower cases of these. Never changes a text's length.
 */
final class Folding {
    private static final char[] ASCII = new char[128];

    static {
        for (char c = 0; c < ASCII.length; c++) {
            ASCII[c] = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
        }
    }

    private Folding() {}

    static char fold(char c) {
        return c < 128 ? ASCII[c] : Character.toLowerCase(Character.toUpperCase(c));
    }

    static String fold(String text) {
        char[] folded = new char[text.length()];
        fold(text, folded);
        return new String(folded);
    }

    /** Folds into a buffer that is long enough. */
    static void fold(String text, char[] target) {
        int length = text.length();
        text.getChars(0, length, target, 0);
        for (int i = 0; i < length; i++) {
            char c = target[i];
            if (c < 128) {
                target[i] = ASCII[c];
            } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(target[i + 1])) {
                int folded = Character.toLowerCase(Character.toUpperCase(Character.toCodePoint(c, target[i + 1])));
                if (Character.isSupplementaryCodePoint(folded)) {
                    target[i] = Character.highSurrogate(folded);
                    target[i + 1] = Character.lowSurrogate(folded);
                }
                i++;
            } else {
                target[i] = Character.toLowerCase(Character.toUpperCase(c));
            }
        }
    }
}
