package io.plumbline.events.redact;

import org.jspecify.annotations.Nullable;

/**
 * The userinfo of a URL (RFC 3986 section 3.2.1) when it carries a password, or is long enough to be a token itself;
 * {@code ssh://git@host} is no secret.
 */
final class UrlUserinfo implements Detector {
    private static final int TOKEN_LENGTH = 20;

    @Override
    public @Nullable Secret next(String text, int from) {
        // A secret ends before '@': searching goes on there, and finds the "://" that it belongs to no more.
        int scheme = text.indexOf("://", from);
        while (scheme >= 0) {
            int start = scheme + 3;
            int end = start;
            int at = -1;
            while (end < text.length() && "/?#\"'`<>\\ \t\r\n".indexOf(text.charAt(end)) < 0) {
                if (text.charAt(end) == '@') {
                    at = end;
                }
                end++;
            }
            if (at > start
                    && (text.substring(start, at).indexOf(':') >= 0 || at - start >= TOKEN_LENGTH)
                    && !Redactor.isPlaceholder(text, start, at)
                    && !Redactor.isPlaceholder(text, text.indexOf(':', start) + 1, at)) {
                return new Secret(start, at, "userinfo");
            }
            scheme = text.indexOf("://", end);
        }
        return null;
    }
}
