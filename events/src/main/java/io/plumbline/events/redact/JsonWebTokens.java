package io.plumbline.events.redact;

import org.jspecify.annotations.Nullable;

/** JSON Web Tokens in compact form (RFC 7519): two base64url objects and a signature, which may be empty. */
final class JsonWebTokens implements Detector {
    private static final String OBJECT = "eyJ";

    @Override
    public @Nullable Secret next(String text, int from) {
        int at = text.indexOf(OBJECT, from);
        while (at >= 0) {
            int header = run(text, at);
            if (Prefixed.startsWord(text, at) && header - at >= 10 && text.startsWith("." + OBJECT, header)) {
                int payload = run(text, header + 1);
                if (payload < text.length() && text.charAt(payload) == '.') {
                    return new Secret(at, run(text, payload + 1), "jwt");
                }
            }
            at = text.indexOf(OBJECT, header);
        }
        return null;
    }

    private static int run(String text, int from) {
        int end = from;
        while (end < text.length() && Characters.WORD_OR_DASH.contains(text.charAt(end))) {
            end++;
        }
        return end;
    }
}
