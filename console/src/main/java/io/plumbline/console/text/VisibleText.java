package io.plumbline.console.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text of agents for human eyes. Characters that a reader cannot see or that change how others are drawn are replaced by the escape
 * that a programmer would write: {@code \}{@code u202e}. Line feeds and tabs stay where lines make sense ({@link #block}) and are
 * escaped where they don't ({@link #line}).
 *
 * <p>This is about sight only; it makes no HTML. Callers hand the result to {@code setText}.
 */
public final class VisibleText {
    private static final Character.UnicodeScript LATIN = Character.UnicodeScript.LATIN;
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]+");

    // Letter by letter; after Unicode's confusables (UTS 39), what a monospaced font draws alike.
    private static final String IMITATIONS =
            "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u0501\u04bb\u051b\u051d"
                    + "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
                    + "\u03bf\u03bd\u03c1\u03b9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0578\u057d";
    private static final String IMITATED = "aeopcxyijsdhqw" + "ABEKMHOPCTXIJS" + "ovpiABEZHIKMNOPTYXnu";

    private VisibleText() {}

    /** A piece of a text: what a reader sees, and whether it stands for something that would not be visible. */
    public record Piece(String text, boolean escaped) {}

    /** One line, cut to {@code limit} characters with an ellipsis. */
    public static String line(String text, int limit) {
        String visible = escape(text, false);
        if (visible.length() <= limit) {
            return visible;
        }
        int end = Character.isHighSurrogate(visible.charAt(limit - 2)) ? limit - 2 : limit - 1;
        return visible.substring(0, end) + "…";
    }

    /** The whole text on one line. */
    public static String line(String text) {
        return escape(text, false);
    }

    /** The text with its line feeds and tabs. */
    public static String block(String text) {
        return escape(text, true);
    }

    /**
     * The text in runs of plain and escaped pieces, line feeds and tabs kept. Letters that look like Latin ones and are none are
     * escaped too, in words that mix them with Latin letters or have no others.
     */
    public static List<Piece> pieces(String text) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        Set<Integer> imitations = imitations(text);
        int[] at = {0};
        text.codePoints().forEach(point -> {
            int index = at[0];
            at[0] += Character.charCount(point);
            if (point == '\n' || point == '\t' || (!isHidden(point) && !imitations.contains(index))) {
                plain.appendCodePoint(point);
            } else {
                if (!plain.isEmpty()) {
                    pieces.add(new Piece(plain.toString(), false));
                    plain.setLength(0);
                }
                pieces.add(new Piece(escaped(point), true));
            }
        });
        if (!plain.isEmpty()) {
            pieces.add(new Piece(plain.toString(), false));
        }
        return pieces;
    }

    /** Where a letter stands that looks like a Latin one and is none. */
    private static Set<Integer> imitations(String text) {
        Set<Integer> found = new HashSet<>();
        Matcher words = WORD.matcher(text);
        while (words.find()) {
            String word = words.group();
            boolean latin =
                    word.codePoints().anyMatch(point -> Character.UnicodeScript.of(point) == LATIN && point < 0x250);
            boolean imitated = word.codePoints().allMatch(point -> looksLike(point) != 0 || point < 0x250);
            if (latin || imitated) {
                for (int i = words.start(); i < words.end(); i += Character.charCount(text.codePointAt(i))) {
                    int point = text.codePointAt(i);
                    if (looksLike(point) != 0 || (latin && point >= 0xff01 && point <= 0xff5e)) {
                        found.add(i);
                    }
                }
            }
        }
        return found;
    }

    /** The Latin letter that a Cyrillic, Greek, Armenian or full-width one looks like; 0: none. */
    private static char looksLike(int point) {
        if (point >= 0xff21 && point <= 0xff5a && Character.isLetter(point)) {
            return (char) (point - 0xfee0);
        }
        int index = point <= 0xffff ? IMITATIONS.indexOf((char) point) : -1;
        return index < 0 ? 0 : IMITATED.charAt(index);
    }

    /** What an escape stands for, in a few words. */
    public static String explain(String escape) {
        if (escape.matches("\\\\u[0-9a-f]{4}")) {
            char latin = looksLike(Integer.parseInt(escape.substring(2), 16));
            if (latin != 0) {
                return "looks like “" + latin + "” and is another letter";
            }
        }
        return switch (escape) {
            case "\\u202e" -> "right-to-left override";
            case "\\u202d" -> "left-to-right override";
            case "\\u202a",
                    "\\u202b",
                    "\\u202c",
                    "\\u2066",
                    "\\u2067",
                    "\\u2068",
                    "\\u2069",
                    "\\u200e",
                    "\\u200f",
                    "\\u061c" -> "text direction control";
            case "\\u200b", "\\u200c", "\\u200d", "\\u2060", "\\ufeff" -> "character without width";
            case "\\u001b" -> "terminal escape";
            default -> "invisible character";
        };
    }

    private static String escape(String text, boolean keepLines) {
        StringBuilder visible = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (keepLines && (point == '\n' || point == '\t')) {
                visible.appendCodePoint(point);
            } else if (point == '\n') {
                visible.append("\\n");
            } else if (point == '\t') {
                visible.append("\\t");
            } else if (isHidden(point)) {
                visible.append(escaped(point));
            } else {
                visible.appendCodePoint(point);
            }
        });
        return visible.toString();
    }

    private static boolean isHidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> true;
            // Spaces that look like a space, or like nothing, and are none.
            case Character.SPACE_SEPARATOR -> point != ' ';
            // Fillers and variation selectors draw nothing.
            default ->
                point == 0x115f
                        || point == 0x1160
                        || point == 0x3164
                        || point == 0xffa0
                        || (point >= 0xfe00 && point <= 0xfe0f)
                        || (point >= 0xe0100 && point <= 0xe01ef);
        };
    }

    private static String escaped(int point) {
        return point <= 0xffff
                ? String.format(Locale.ROOT, "\\u%04x", point)
                : String.format(Locale.ROOT, "\\u{%x}", point);
    }
}
