package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.TextPattern;

/**
 * Patterns with wildcards inside. Pieces between {@code *} are placed leftmost first, which is right for globs; a piece is found by
 * comparing at each place, so the time is at most the input's length times the longest piece's.
 */
final class Glob {
    private final String symbols;
    private final boolean cased;

    Glob(TextPattern pattern, boolean cased) {
        this.cased = cased;
        this.symbols = cased ? pattern.symbols() : Folding.fold(pattern.symbols());
    }

    /**
     * True when the whole input fits.
     *
     * @param text folded unless the pattern is cased
     */
    boolean matches(char[] text, int length) {
        int star = -1;
        int resume = 0;
        int p = 0;
        int t = 0;
        while (t < length) {
            char symbol = p < symbols.length() ? symbols.charAt(p) : 0;
            if (p < symbols.length() && symbol == TextPattern.ANY) {
                star = p++;
                resume = t;
            } else if (p < symbols.length() && symbol == TextPattern.ONE) {
                t += width(text, t, length);
                p++;
            } else if (p < symbols.length() && symbol == text[t]) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                resume += width(text, resume, length);
                t = resume;
            } else {
                return false;
            }
        }
        while (p < symbols.length() && symbols.charAt(p) == TextPattern.ANY) {
            p++;
        }
        return p == symbols.length();
    }

    private static int width(char[] text, int at, int length) {
        return at + 1 < length && Character.isHighSurrogate(text[at]) && Character.isLowSurrogate(text[at + 1]) ? 2 : 1;
    }

    boolean cased() {
        return cased;
    }
}
