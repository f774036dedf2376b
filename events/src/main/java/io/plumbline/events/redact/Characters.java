package io.plumbline.events.redact;

/** Sets of ASCII characters that tokens are made of. */
enum Characters {
    UPPER_OR_DIGIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    WORD("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"),
    WORD_OR_DASH("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"),
    WORD_DASH_OR_DOT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."),
    WORD_DASH_OR_SLASH("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/"),
    /** The b64token of RFC 6750 section 2.1. */
    BEARER("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="),
    BASE64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private final boolean[] members = new boolean[128];

    Characters(String members) {
        for (char c : members.toCharArray()) {
            this.members[c] = true;
        }
    }

    boolean contains(char c) {
        return c < 128 && members[c];
    }
}
