package io.plumbline.console.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Text of agents for human eyes. Characters that a reader cannot see or that change how others are drawn are replaced by the escape
 * that a programmer would write: {@code \}{@code u202e}. Line feeds and tabs stay where lines make sense ({@link #block}) and are
 * escaped where they don't ({@link #line}).
 *
 * <p>This is about sight only; it makes no HTML. Callers hand the result to {@code setText}.
 */
public final class VisibleText {
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

    /** The text in runs of plain and escaped pieces, line feeds and tabs kept; together they are {@link #block}. */
    public static List<Piece> pieces(String text) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (point == '\n' || point == '\t' || !isHidden(point)) {
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

    /** What an escape stands for, in a few words. */
    public static String explain(String escape) {
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
