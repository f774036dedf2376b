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
record RequestHead(String method, String target, String version, List<Header> headers) {
    static final int MAX_BYTES = 16 * 1024;
    private static final String SCHEME = "http://";
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
        RequestHead head =
                new RequestHead(start[0], start[1], start[2], headers(lines, EgressReason.MALFORMED_REQUEST));
        long length = head.bodyLength();
        boolean readTwoWays = (head.isConnect() && length != 0)
                || (length < 0 && head.version().equals("HTTP/1.0"))
                || head.values("host").size() > 1
                || head.target().indexOf('#') >= 0;
        if (readTwoWays) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        return head;
    }

    /** The fields after the first line. No folded lines, no blanks before the colon, no control characters. */
    static List<Header> headers(String[] lines, EgressReason malformed) throws Denial {
        List<Header> headers = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon < 1 || !isToken(lines[i].substring(0, colon)) || hasControl(lines[i])) {
                throw new Denial(malformed);
            }
            headers.add(new Header(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip()));
        }
        return headers;
    }

    /** The length of a body by its headers: 0 without any, -1 when it comes in chunks. */
    static long bodyLength(List<Header> headers, EgressReason malformed) throws Denial {
        List<String> lengths = values(headers, "content-length");
        List<String> encodings = values(headers, "transfer-encoding");
        if (!encodings.isEmpty()) {
            if (!lengths.isEmpty()
                    || encodings.size() != 1
                    || !encodings.getFirst().equalsIgnoreCase("chunked")) {
                throw new Denial(malformed);
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
            throw new Denial(malformed);
        }
        return Long.parseLong(length);
    }

    boolean isConnect() {
        return method.equals("CONNECT");
    }

    /** Bytes of the body: its Content-Length, 0 without one, -1 when it comes in chunks. */
    long bodyLength() throws Denial {
        return bodyLength(headers, EgressReason.MALFORMED_REQUEST);
    }

    /** Whether the connection may carry another request after this one. */
    boolean keepsAlive() {
        return version.equals("HTTP/1.1")
                && !listed("connection").contains("close")
                && !listed("proxy-connection").contains("close");
    }

    /** The opening handshake of RFC 6455. */
    boolean isWebSocket() throws Denial {
        return method.equals("GET")
                && listed("upgrade").equals(List.of("websocket"))
                && listed("connection").contains("upgrade")
                && header("sec-websocket-key").isPresent()
                && bodyLength() == 0;
    }

    /** The part of an absolute-form target between {@code http://} and the path. Other schemes have no business here. */
    String authority() throws Denial {
        if (!target.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        return target.substring(SCHEME.length(), pathStart());
    }

    /** Path and query, with a slash in front. */
    String pathAndQuery() {
        String path = target.startsWith("/") ? target : target.substring(pathStart());
        return path.startsWith("/") ? path : "/" + path;
    }

    /** The path alone. */
    String path() {
        String path = pathAndQuery();
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    /** The head as the destination gets it: origin-form, its own Host, one request on the connection. */
    byte[] forwarded(Destination destination, int defaultPort) throws Denial {
        StringBuilder head = new StringBuilder()
                .append(method)
                .append(' ')
                .append(pathAndQuery())
                .append(" HTTP/1.1\r\nHost: ")
                .append(destination.port() == defaultPort ? hostHeader(destination) : destination.authority())
                .append("\r\n");
        List<String> named = listed("connection");
        for (Header header : headers) {
            boolean framing =
                    header.name().equals("content-length") || header.name().equals("transfer-encoding");
            if (!DROPPED.contains(header.name()) && (framing || !named.contains(header.name()))) {
                head.append(header.name()).append(": ").append(header.value()).append("\r\n");
            }
        }
        head.append(isWebSocket() ? "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" : "Connection: close\r\n\r\n");
        return head.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String hostHeader(Destination destination) {
        return destination.isIpv6() ? "[" + destination.host() + "]" : destination.host();
    }

    private int pathStart() {
        int from = Math.min(SCHEME.length(), target.length());
        while (from < target.length() && "/?#".indexOf(target.charAt(from)) < 0) {
            from++;
        }
        return from;
    }

    private List<String> values(String name) {
        return values(headers, name);
    }

    static List<String> values(List<Header> headers, String name) {
        return headers.stream()
                .filter(header -> header.name().equals(name))
                .map(Header::value)
                .toList();
    }

    /** The lower-case elements of a header that is a list. */
    private List<String> listed(String name) {
        return values(name).stream()
                .flatMap(value -> List.of(value.toLowerCase(Locale.ROOT).split(",", -1)).stream())
                .map(String::strip)
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
