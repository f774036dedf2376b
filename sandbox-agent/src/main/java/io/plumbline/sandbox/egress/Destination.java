package io.plumbline.sandbox.egress;

import java.util.Locale;

/**
 * A host and a port that can mean only one thing.
 *
 * @param host lower case: a name of letters, digits, hyphens and underscores (RFC 1123), a dotted quad in canonical form, or
 *     an IPv6 address without brackets
 * @param port 1 to 65535
 */
record Destination(String host, int port) {
    private static final int MAX_HOST = 253;
    private static final int MAX_LABEL = 63;

    /**
     * @param authority {@code host:port}, {@code [ipv6]:port}; without a port only when {@code defaultPort} is positive
     * @throws Denial for userinfo, a trailing dot, characters outside ASCII, NUL, and every other way to write a host that a
     *     reader and a resolver may take differently
     */
    static Destination parse(String authority, int defaultPort) throws Denial {
        String host;
        String port;
        if (authority.startsWith("[")) {
            int close = authority.indexOf(']');
            if (close < 0) {
                throw new Denial(EgressReason.MALFORMED_HOST);
            }
            host = authority.substring(1, close);
            port = authority.substring(close + 1);
            if (!isIpv6(host)) {
                throw new Denial(EgressReason.MALFORMED_HOST);
            }
        } else {
            int colon = authority.indexOf(':');
            host = colon < 0 ? authority : authority.substring(0, colon);
            port = colon < 0 ? "" : authority.substring(colon);
            if (!isName(host)) {
                throw new Denial(EgressReason.MALFORMED_HOST);
            }
        }
        return new Destination(host.toLowerCase(Locale.ROOT), port(port, defaultPort));
    }

    boolean isIpv6() {
        return host.indexOf(':') >= 0;
    }

    boolean isAddress() {
        return isIpv6() || isDottedQuad(host);
    }

    /** As in a Host header. */
    String authority() {
        return isIpv6() ? "[" + host + "]:" + port : host + ":" + port;
    }

    /** A host name or a canonical dotted quad. */
    static boolean isName(String host) {
        if (host.isEmpty() || host.length() > MAX_HOST) {
            return false;
        }
        String last = "";
        for (String label : host.split("\\.", -1)) {
            if (label.isEmpty() || label.length() > MAX_LABEL || label.startsWith("-") || label.endsWith("-")) {
                return false;
            }
            for (int i = 0; i < label.length(); i++) {
                char c = label.charAt(i);
                boolean plain = (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || c == '-'
                        || c == '_';
                if (!plain) {
                    return false;
                }
            }
            last = label;
        }
        // Resolvers read 0x7f.1, 017700000001, 2130706433 and 127.1 as addresses: only the dotted quad is one here.
        boolean numeric =
                last.chars().allMatch(c -> c >= '0' && c <= '9') || last.startsWith("0x") || last.startsWith("0X");
        return !numeric || isDottedQuad(host);
    }

    private static boolean isDottedQuad(String host) {
        String[] parts = host.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            boolean canonical = !part.isEmpty()
                    && part.length() <= 3
                    && part.chars().allMatch(c -> c >= '0' && c <= '9')
                    && (part.length() == 1 || part.charAt(0) != '0')
                    && Integer.parseInt(part) <= 255;
            if (!canonical) {
                return false;
            }
        }
        return true;
    }

    /** Colons and hex digits only: no embedded dotted quad, no zone. Whether it is an address the JDK says later. */
    private static boolean isIpv6(String host) {
        return host.length() >= 2
                && host.length() <= 39
                && host.indexOf(':') >= 0
                && host.chars()
                        .allMatch(c ->
                                c == ':' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
    }

    private static int port(String text, int defaultPort) throws Denial {
        if (text.isEmpty() && defaultPort > 0) {
            return defaultPort;
        }
        boolean digits = text.length() >= 2
                && text.length() <= 6
                && text.charAt(0) == ':'
                && text.chars().skip(1).allMatch(c -> c >= '0' && c <= '9');
        int port = digits ? Integer.parseInt(text.substring(1)) : 0;
        if (port < 1 || port > 65_535) {
            throw new Denial(EgressReason.MALFORMED_HOST);
        }
        return port;
    }
}
