package io.plumbline.intent;

import java.util.Objects;

/**
 * One thing that an agent did or wants to do.
 *
 * @param kind what the text is
 * @param text the command line, the path and the change of an edit, the paths of a file set (one a line), {@code METHOD
 *     host:port/path}, or a tool's name and its arguments; hostile, at most {@value #MAX_CHARS} characters are read and what is longer
 *     counts as suspicious
 */
public record Act(Kind kind, String text) {
    /** As long as an argument that the events keep. */
    public static final int MAX_CHARS = 16 * 1024;

    public Act {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(text, "text");
    }

    public enum Kind {
        COMMAND,
        EDIT,
        FILES,
        EGRESS,
        /** A call of a tool that is no shell and names no files, of an MCP server for example. */
        TOOL
    }

    public static Act command(String line) {
        return new Act(Kind.COMMAND, line);
    }

    boolean isTooLong() {
        return text.length() > MAX_CHARS;
    }

    /** The part that is read. */
    public String bounded() {
        return isTooLong() ? text.substring(0, MAX_CHARS) : text;
    }
}
