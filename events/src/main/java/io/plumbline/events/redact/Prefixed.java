package io.plumbline.events.redact;

import org.jspecify.annotations.Nullable;

/**
 * Tokens that announce themselves: a fixed prefix at the start of a word, then a run of characters. The prefixes are the
 * issuers' own (GitHub's "token formats", GitLab's "token prefixes", AWS's "unique identifiers", and so on).
 *
 * @param minimum characters that must follow the prefix
 * @param exact true: exactly that many, and the word ends there
 */
record Prefixed(String kind, String prefix, Characters characters, int minimum, boolean exact) implements Detector {
    @Override
    public @Nullable Secret next(String text, int from) {
        int at = text.indexOf(prefix, from);
        while (at >= 0) {
            int end = at + prefix.length();
            if (startsWord(text, at)) {
                while (end < text.length() && characters.contains(text.charAt(end))) {
                    end++;
                }
                int length = end - at - prefix.length();
                if (exact ? length == minimum : length >= minimum) {
                    return new Secret(at, end, kind);
                }
            }
            at = text.indexOf(prefix, end);
        }
        return null;
    }

    /** In JSON that was not decoded a line break is the two characters {@code \n}: that n starts no word. */
    static boolean startsWord(String text, int at) {
        if (at == 0 || !Characters.WORD.contains(text.charAt(at - 1))) {
            return true;
        }
        return at >= 2 && text.charAt(at - 2) == '\\' && "nrtbf".indexOf(text.charAt(at - 1)) >= 0;
    }
}
