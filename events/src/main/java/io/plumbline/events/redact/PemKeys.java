package io.plumbline.events.redact;

import org.jspecify.annotations.Nullable;

/**
 * Private keys in PEM (RFC 7468), OpenSSH's and PGP's armour included, also with line breaks written as {@code \n} in JSON
 * and also without their end line, as when the text around them was cut.
 */
final class PemKeys implements Detector {
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    @Override
    public @Nullable Secret next(String text, int from) {
        int at = text.indexOf(BEGIN, from);
        while (at >= 0) {
            int label = at + BEGIN.length();
            int close = label;
            while (close < text.length() && close - label <= 40 && text.charAt(close) != '-') {
                close++;
            }
            if (text.startsWith(DASHES, close) && text.substring(label, close).contains("PRIVATE KEY")) {
                return new Secret(at, endOf(text, close + DASHES.length()), "pem");
            }
            at = text.indexOf(BEGIN, label);
        }
        return null;
    }

    private static int endOf(String text, int body) {
        int end = body;
        while (end < text.length() && isBody(text.charAt(end))) {
            end++;
        }
        if (text.startsWith(END, end)) {
            int close = text.indexOf(DASHES, end + END.length());
            if (close >= 0 && close - end <= 60) {
                return close + DASHES.length();
            }
        }
        return end;
    }

    /** Base64, white space, the backslash of an escaped line break, and the header lines of an encrypted key. */
    private static boolean isBody(char c) {
        return Characters.BASE64.contains(c)
                || c == '\n'
                || c == '\r'
                || c == ' '
                || c == '\t'
                || c == '\\'
                || c == ':'
                || c == ',';
    }
}
