package io.plumbline.sandbox.session;

import io.plumbline.events.EventIds;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A file's content as it is, or why it is not known; without either there is no such file. */
record FileContent(Optional<String> text, String unknown) {
    /** Longest text, in characters, and largest file, in bytes, that is compared: several of each are in memory at once. */
    static final int MAX = 512 << 10;

    static final FileContent NONE = new FileContent(Optional.empty(), "");

    /**
     * What is kept of a content: digests, 64 hex digits, empty without a text.
     *
     * @param plain of it as agents may write it too: without blanks at the ends of lines, the last line end, and a byte order mark
     */
    record Digests(String sha256, String plain, String unknown) {
        boolean known() {
            return unknown.isEmpty();
        }

        /** Whether both are known to be the same. */
        boolean sameAs(Digests other) {
            return known() && other.known() && sha256.equals(other.sha256);
        }

        /** Whether they differ in blanks alone. */
        boolean almostSameAs(Digests other) {
            return !sha256.isEmpty() && !sha256.equals(other.sha256) && plain.equals(other.plain);
        }
    }

    /** Of a text that can be in a file of UTF-8. */
    static FileContent of(String text) {
        if (text.length() > MAX) {
            return unknown("too-large");
        }
        return StandardCharsets.UTF_8.newEncoder().canEncode(text)
                ? new FileContent(Optional.of(text), "")
                : unknown("not-text");
    }

    static FileContent unknown(String why) {
        return new FileContent(Optional.empty(), why);
    }

    Digests digests() {
        return new Digests(
                text.map(EventIds::sha256Hex).orElse(""),
                text.map(known -> EventIds.sha256Hex(plain(known))).orElse(""),
                unknown);
    }

    /** In one pass: the text is the workload's. */
    private static String plain(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        int end = 0;
        for (int i = text.startsWith("\uFEFF") ? 1 : 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                plain.setLength(end);
            }
            plain.append(c);
            if (c != ' ' && c != '\t' && c != '\r') {
                end = plain.length();
            }
        }
        plain.setLength(end);
        if (end > 0 && plain.charAt(end - 1) == '\n') {
            plain.setLength(end - 1);
        }
        return plain.toString();
    }
}
