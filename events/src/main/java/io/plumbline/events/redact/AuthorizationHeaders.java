package io.plumbline.events.redact;

import org.jspecify.annotations.Nullable;

/** Credentials after an HTTP authentication scheme (RFC 9110 section 11.4). */
final class AuthorizationHeaders implements Detector {
    private static final String HEADER = "authorization";

    @Override
    public @Nullable Secret next(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c == 'b' || c == 'B') && Prefixed.startsWord(text, i)) {
                Secret bearer = after(text, i, "bearer", 16, Characters.BEARER);
                if (bearer != null) {
                    return bearer;
                }
                // "basic" is an everyday word: only behind the header's name does a credential follow it.
                if (followsHeader(text, i)) {
                    Secret basic = after(text, i, "basic", 4, Characters.BASE64);
                    if (basic != null) {
                        return basic;
                    }
                }
            }
        }
        return null;
    }

    private static @Nullable Secret after(String text, int at, String scheme, int minimum, Characters characters) {
        if (!text.regionMatches(true, at, scheme, 0, scheme.length())) {
            return null;
        }
        int start = at + scheme.length();
        int value = start;
        while (value < text.length()
                && value - start < 8
                && (text.charAt(value) == ' ' || text.charAt(value) == '\t')) {
            value++;
        }
        int end = value;
        while (end < text.length() && characters.contains(text.charAt(end))) {
            end++;
        }
        return value > start && end - value >= minimum ? new Secret(value, end, scheme) : null;
    }

    private static boolean followsHeader(String text, int at) {
        int end = at;
        while (end > 0 && at - end < 8 && " \t\"'\\:=".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return end < at && text.regionMatches(true, end - HEADER.length(), HEADER, 0, HEADER.length());
    }
}
