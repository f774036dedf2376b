package io.plumbline.events.claims;

import java.util.OptionalInt;

/**
 * Exit codes that agents tell only in a text. The text also holds the command's own output, which may say anything, so only
 * the agent's own lines are read: Codex writes them before a line {@code Output:}, Claude Code starts the text with them.
 */
final class ExitCodes {
    private static final String CODEX = "Process exited with code ";
    private static final String CLAUDE = "Exit code ";

    private ExitCodes() {}

    static OptionalInt in(String text) {
        if (text.startsWith(CLAUDE)) {
            return number(text, CLAUDE.length());
        }
        int lineStart = 0;
        // Codex's header has five short lines.
        for (int line = 0; line < 8 && lineStart < text.length(); line++) {
            if (text.startsWith("Output:", lineStart)) {
                return OptionalInt.empty();
            }
            if (text.startsWith(CODEX, lineStart)) {
                return number(text, lineStart + CODEX.length());
            }
            if (line == 0 && !text.startsWith("Chunk ID:") && !text.startsWith("Wall time:")) {
                return OptionalInt.empty();
            }
            int lineEnd = text.indexOf('\n', lineStart);
            if (lineEnd < 0) {
                return OptionalInt.empty();
            }
            lineStart = lineEnd + 1;
        }
        return OptionalInt.empty();
    }

    private static OptionalInt number(String text, int start) {
        int end = start;
        if (end < text.length() && text.charAt(end) == '-') {
            end++;
        }
        while (end < text.length() && end - start < 11 && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        try {
            return OptionalInt.of(Integer.parseInt(text.substring(start, end)));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
