package io.plumbline.standalone;

/** Text of agents and workloads on a terminal. */
public final class Printable {
    private Printable() {}

    /** One line of at most {@code limit} characters, without anything that could steer a terminal or turn the reading direction. */
    public static String line(String text, int limit) {
        StringBuilder visible = new StringBuilder();
        text.codePoints().limit(limit + 1L).forEach(c -> {
            int type = Character.getType(c);
            if (Character.isISOControl(c)
                    || type == Character.FORMAT
                    || type == Character.SURROGATE
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR) {
                visible.append(String.format("\\u%04x", c));
            } else {
                visible.appendCodePoint(c);
            }
        });
        return visible.length() <= limit ? visible.toString() : visible.substring(0, limit - 1) + "…";
    }
}
