package io.plumbline.rules.sigma;

import java.util.ArrayList;
import java.util.List;

/**
 * A text with wildcards, the escapes resolved.
 *
 * @param symbols the literal characters; {@link #ANY} for {@code *}, {@link #ONE} for {@code ?}
 */
public record TextPattern(String symbols) {
    /** Any number of characters. A noncharacter of Unicode, which no rule may contain. */
    public static final char ANY = '\uFFFF';

    /** One character, also one outside of the basic plane. A noncharacter of Unicode. */
    public static final char ONE = '\uFFFE';

    /**
     * A value as it stands in a rule: a backslash escapes {@code *}, {@code ?} and itself, before anything else it stands for
     * itself.
     */
    public static TextPattern parse(String text) {
        StringBuilder symbols = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length() && "\\*?".indexOf(text.charAt(i + 1)) >= 0) {
                symbols.append(text.charAt(++i));
            } else {
                symbols.append(c == '*' ? ANY : c == '?' ? ONE : c);
            }
        }
        return new TextPattern(symbols.toString());
    }

    /** A text without wildcards. */
    public static TextPattern literal(String text) {
        return new TextPattern(text);
    }

    /** True when a wildcard is in it. */
    public boolean wild() {
        return symbols.indexOf(ANY) >= 0 || symbols.indexOf(ONE) >= 0;
    }

    /** The pattern with {@code *} in front, behind or both; none is doubled. */
    TextPattern open(boolean front, boolean back) {
        boolean hasFront = !symbols.isEmpty() && symbols.charAt(0) == ANY;
        boolean hasBack = !symbols.isEmpty() && symbols.charAt(symbols.length() - 1) == ANY;
        return new TextPattern((front && !hasFront ? String.valueOf(ANY) : "")
                + symbols
                + (back && !hasBack ? String.valueOf(ANY) : ""));
    }

    /** The texts between the wildcards, without empty ones. */
    public List<String> literals() {
        List<String> literals = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= symbols.length(); i++) {
            if (i == symbols.length() || symbols.charAt(i) == ANY || symbols.charAt(i) == ONE) {
                if (i > start) {
                    literals.add(symbols.substring(start, i));
                }
                start = i + 1;
            }
        }
        return literals;
    }

    /** The pattern as it would be written in a rule. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(symbols.length());
        for (int i = 0; i < symbols.length(); i++) {
            char c = symbols.charAt(i);
            switch (c) {
                case ANY -> text.append('*');
                case ONE -> text.append('?');
                case '*', '?' -> text.append('\\').append(c);
                case '\\' -> {
                    boolean special =
                            i + 1 < symbols.length() && "\\*?\uFFFE\uFFFF".indexOf(symbols.charAt(i + 1)) >= 0;
                    text.append(special ? "\\\\" : "\\");
                }
                default -> text.append(c);
            }
        }
        return text.toString();
    }
}
