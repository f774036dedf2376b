package io.plumbline.sandbox.egress;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The head of an HTTP/1.1 request to a proxy (RFC 9112), read strictly: where two readers could disagree on what the request
 * is or where it ends, it is refused.
 */
record RequestHead(String method, String target, List<Header> headers) {
    static final int MAX_BYTES = 16 * 1024;
    private static final int MAX_HEADERS = 100;

    /** Meant for us, not for the destination (RFC 9110 section 7.6.1), or set anew by us. */
    private static final Set<String> DROPPED = Set.of(
            "connection",
            "proxy-connection",
            "proxy-authorization",
            "proxy-authenticate",
            "keep-alive",
            "te",
            "trailer",
            "upgrade",
            "host");

    record Header(String name, String value) {}

    RequestHead {
        headers = List.copyOf(headers);
    }

    /** @param bytes of the head, the empty line included, at most {@link #MAX_BYTES} */
    static RequestHead parse(byte[] bytes) throws Denial {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!text.endsWith("\r\n\r\n")) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        String[] lines = text.substring(0, text.length() - 4).split("\r\n", -1);
        String[] start = lines[0].split(" ", -1);
        if (start.length != 3
                || !isToken(start[0])
                || start[0].length() > 32
                || start[1].isEmpty()
                || !isVisible(start[1])
                || !(start[2].equals("HTTP/1.1") || start[2].equals("HTTP/1.0"))
                || lines.length - 1 > MAX_HEADERS) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        List<Header> headers = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon < 1 || !isToken(lines[i].substring(0, colon)) || hasControl(lines[i])) {
                throw new Denial(EgressReason.MALFORMED_REQUEST);
            }
            headers.add(new Header(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip()));
        }
        RequestHead head = new RequestHead(start[0], start[1], headers);
        head.bodyLength();
        return head;
    }

    boolean isConnect() {
        return method.equals("CONNECT");
    }

    /** Bytes of the body: its Content-Length, 0 without one, -1 when it comes in chunks. */
    long bodyLength() throws Denial {
        List<String> lengths = values("content-length");
        List<String> encodings = values("transfer-encoding");
        if (!encodings.isEmpty()) {
            if (!lengths.isEmpty()
                    || encodings.size() != 1
                    || !encodings.getFirst().equalsIgnoreCase("chunked")) {
                throw new Denial(EgressReason.MALFORMED_REQUEST);
            }
            return -1;
        }
        if (lengths.isEmpty()) {
            return 0;
        }
        String length = lengths.getFirst();
        if (lengths.size() != 1
                || length.isEmpty()
                || length.length() > 18
                || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        return Long.parseLong(length);
    }

    /** The part of an absolute-form target between {@code http://} and the path. Other schemes have no business here. */
    String authority() throws Denial {
        if (!target.regionMatches(true, 0, "http://", 0, 7)) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        return target.substring(7, pathStart());
    }

    /** The head as the destination gets it: origin-form, its own Host, one request on the connection. */
    byte[] forwarded(Destination destination) throws Denial {
        String path = target.substring(pathStart());
        StringBuilder head = new StringBuilder()
                .append(method)
                .append(' ')
                .append(path.startsWith("/") ? path : "/" + path)
                .append(" HTTP/1.1\r\nHost: ")
                .append(destination.port() == 80 ? hostHeader(destination) : destination.authority())
                .append("\r\n");
        List<String> named = values("connection").stream()
                .flatMap(value -> List.of(value.toLowerCase(Locale.ROOT).split(",", -1)).stream())
                .map(String::strip)
                .toList();
        for (Header header : headers) {
            boolean framing =
                    header.name().equals("content-length") || header.name().equals("transfer-encoding");
            if (!DROPPED.contains(header.name()) && (framing || !named.contains(header.name()))) {
                head.append(header.name()).append(": ").append(header.value()).append("\r\n");
            }
        }
        return head.append("Connection: close\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String hostHeader(Destination destination) {
        return destination.isIpv6() ? "[" + destination.host() + "]" : destination.host();
    }

    private int pathStart() {
        int from = 7;
        while (from < target.length() && "/?#".indexOf(target.charAt(from)) < 0) {
            from++;
        }
        return from;
    }

    private List<String> values(String name) {
        return headers.stream()
                .filter(header -> header.name().equals(name))
                .map(Header::value)
                .toList();
    }

    Optional<String> header(String name) {
        return values(name).stream().findFirst();
    }

    private static boolean isToken(String text) {
        return !text.isEmpty()
                && text.chars()
                        .allMatch(c -> (c >= 'a' && c <= 'z')
                                || (c >= 'A' && c <= 'Z')
                                || (c >= '0' && c <= '9')
                                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
    }

    private static boolean isVisible(String text) {
        return text.chars().allMatch(c -> c > ' ' && c < 127);
    }

    private static boolean hasControl(String text) {
        return text.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 127);
    }
}
