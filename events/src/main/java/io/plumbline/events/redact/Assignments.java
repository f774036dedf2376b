package io.plumbline.events.redact;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Values assigned to a name that says they are secret: {@code password=...}, {@code "client_secret": "..."},
 * {@code export API_TOKEN=...}, {@code --password ...}. A password is taken at its word; what is called a token, key or
 * secret must also look random, since most tokens of a programmer's day are words.
 */
final class Assignments implements Detector {
    private static final int LONGEST_NAME = 64;
    private static final int SHORTEST_RANDOM = 16;
    private static final int LONGEST_JUDGED = 256;

    /** Shannon entropy in bits a character; hex digits reach 4, English text in one case stays near 4 but has no digits. */
    private static final double RANDOM_BITS = 3.0;

    private enum Suspicion {
        NONE,
        IF_RANDOM,
        ALWAYS
    }

    @Override
    public @Nullable Secret next(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '=' && c != ':' && c != ' ') {
                continue;
            }
            Secret secret = at(text, i, from);
            if (secret != null) {
                return secret;
            }
        }
        return null;
    }

    private static @Nullable Secret at(String text, int separator, int from) {
        int nameEnd = separator;
        char separatorChar = text.charAt(separator);
        if (separatorChar != ' ') {
            nameEnd = back(text, nameEnd, from, " \t", 2);
            nameEnd = back(text, nameEnd, from, "\"'", 1);
            nameEnd = back(text, nameEnd, from, "\\", 1);
        }
        int nameStart = nameEnd;
        while (nameStart > from
                && nameEnd - nameStart < LONGEST_NAME
                && Characters.WORD_DASH_OR_DOT.contains(text.charAt(nameStart - 1))) {
            nameStart--;
        }
        if (nameEnd - nameStart < 3 || separatorChar == ' ' && !text.startsWith("--", nameStart)) {
            return null;
        }
        Suspicion suspicion = suspicion(text.substring(nameStart, nameEnd));
        return suspicion == Suspicion.NONE ? null : value(text, separator, suspicion);
    }

    private static Suspicion suspicion(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replace('-', '_').replace('.', '_');
        if (plain.contains("password")
                || plain.contains("passwd")
                || plain.contains("passphrase")
                || plain.equals("pwd")
                || plain.endsWith("_pwd")
                || plain.contains("client_secret")) {
            // PWD alone, in capitals, is the shell's working directory.
            return name.equals("PWD") || name.equals("OLDPWD") ? Suspicion.NONE : Suspicion.ALWAYS;
        }
        return plain.endsWith("token")
                        || plain.endsWith("key")
                        || plain.endsWith("secret")
                        || plain.endsWith("credential")
                        || plain.endsWith("credentials")
                ? Suspicion.IF_RANDOM
                : Suspicion.NONE;
    }

    private static @Nullable Secret value(String text, int separator, Suspicion suspicion) {
        int start = separator + 1;
        if (start < text.length() && text.charAt(separator) == ':' && text.charAt(start) == ':') {
            return null;
        }
        start = forward(text, start, "=>", 1);
        start = forward(text, start, " \t", 4);
        if (start < text.length() && text.charAt(start) == '(') {
            return null;
        }
        boolean escaped = text.startsWith("\\\"", start) || text.startsWith("\\'", start);
        int quoteAt = escaped ? start + 1 : start;
        boolean quoted = quoteAt < text.length() && (text.charAt(quoteAt) == '"' || text.charAt(quoteAt) == '\'');
        if (quoted) {
            start = quoteAt + 1;
        }
        if (start >= text.length() || suspicion == Suspicion.ALWAYS && "$%<{".indexOf(text.charAt(start)) >= 0) {
            return null;
        }
        char quote = quoted ? text.charAt(quoteAt) : 0;
        // What must look random is judged by its beginning, so that "key=key=key=..." is not read again and again.
        int judged = suspicion == Suspicion.IF_RANDOM
                ? endOf(text, start, quote, escaped, start + LONGEST_JUDGED)
                : endOf(text, start, quote, escaped, text.length());
        if (judged <= start || Redactor.isPlaceholder(text, start, judged)) {
            return null;
        }
        if (!quoted && judged < text.length() && text.charAt(judged) == '(') {
            // A call in source code.
            return null;
        }
        String value = text.substring(start, judged);
        if (suspicion == Suspicion.IF_RANDOM) {
            return looksRandom(value)
                    ? new Secret(start, endOf(text, judged, quote, escaped, text.length()), "random")
                    : null;
        }
        return isLiteral(value, quoted) && (quoted || text.charAt(separator) != ':' || isNoPlainWord(value))
                ? new Secret(start, judged, "assigned")
                : null;
    }

    /** Where a value ends: at its quote, or unquoted at what ends a word in shells, URLs and JSON; at most at {@code most}. */
    private static int endOf(String text, int start, char quote, boolean escaped, int most) {
        int limit = Math.min(most, text.length());
        int end = start;
        while (end < limit) {
            char c = text.charAt(end);
            if (quote == 0) {
                if (" \t\r\n\"'`&;,()}<>|\\".indexOf(c) >= 0) {
                    break;
                }
            } else if (c == quote || c == '\n' || escaped && c == '\\') {
                break;
            } else if (c == '\\') {
                end++;
            }
            end++;
        }
        return Math.min(end, limit);
    }

    /** Not a word that means "none" or names a type. */
    private static boolean isLiteral(String value, boolean quoted) {
        if (quoted) {
            return true;
        }
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "null", "none", "true", "false", "undefined", "string", "str" -> false;
            default -> true;
        };
    }

    /** After a colon prose may follow ("password: required"). */
    private static boolean isNoPlainWord(String value) {
        return value.length() >= 6 && !value.chars().allMatch(c -> c >= 'a' && c <= 'z');
    }

    private static boolean looksRandom(String value) {
        if (value.length() < SHORTEST_RANDOM || "/~.$%<{".indexOf(value.charAt(0)) >= 0) {
            return false;
        }
        int[] counts = new int[128];
        boolean digit = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!Characters.BEARER.contains(c) && c != '_' && c != ':') {
                return false;
            }
            digit |= c >= '0' && c <= '9';
            counts[c]++;
        }
        double bits = 0;
        for (int count : counts) {
            if (count > 0) {
                double share = (double) count / value.length();
                bits -= share * Math.log(share) / Math.log(2);
            }
        }
        return digit && bits >= RANDOM_BITS;
    }

    private static int back(String text, int end, int from, String skipped, int most) {
        int at = end;
        while (at > from && end - at < most && skipped.indexOf(text.charAt(at - 1)) >= 0) {
            at--;
        }
        return at;
    }

    private static int forward(String text, int start, String skipped, int most) {
        int at = start;
        while (at < text.length() && at - start < most && skipped.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }
}
