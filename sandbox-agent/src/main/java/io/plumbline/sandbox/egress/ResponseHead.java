package io.plumbline.sandbox.egress;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The head of an HTTP/1.1 response, read as strictly as a request: what it does not say clearly is not passed on. */
record ResponseHead(int status, String phrase, List<RequestHead.Header> headers) {
    static final int MAX_BYTES = 64 * 1024;
    private static final int MAX_HEADERS = 200;

    /** Body that ends with the connection. */
    static final long UNTIL_CLOSE = -2;

    static final long CHUNKED = -1;

    /** Between the proxy and the destination alone; and what would lead past the proxy (Alt-Svc). */
    private static final Set<String> DROPPED = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "te",
            "trailer",
            "upgrade",
            "alt-svc");

    ResponseHead {
        headers = List.copyOf(headers);
    }

    static ResponseHead parse(byte[] bytes) throws Denial {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String[] lines = text.substring(0, Math.max(0, text.length() - 4)).split("\r\n", -1);
        String line = lines[0];
        boolean wellFormed = text.endsWith("\r\n\r\n")
                && (line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
                && line.length() >= 12
                && line.substring(9, 12).chars().allMatch(c -> c >= '0' && c <= '9')
                && line.charAt(9) != '0'
                && (line.length() == 12 || line.charAt(12) == ' ')
                && line.chars().allMatch(c -> c >= ' ' && c != 127)
                && lines.length - 1 <= MAX_HEADERS;
        if (!wellFormed) {
            throw new Denial(EgressReason.MALFORMED_RESPONSE);
        }
        ResponseHead head = new ResponseHead(
                Integer.parseInt(line.substring(9, 12)),
                line.length() > 13 ? line.substring(13) : "",
                RequestHead.headers(lines, EgressReason.MALFORMED_RESPONSE));
        head.length("GET");
        return head;
    }

    boolean isInterim() {
        return status < 200 && status != 101;
    }

    /** Bytes of the body of an answer to {@code method}, or {@link #CHUNKED}, or {@link #UNTIL_CLOSE}. */
    long length(String method) throws Denial {
        long length = RequestHead.bodyLength(headers, EgressReason.MALFORMED_RESPONSE);
        if (method.equals("HEAD") || status < 200 || status == 204 || status == 304) {
            return 0;
        }
        boolean said =
                length != 0 || !RequestHead.values(headers, "content-length").isEmpty();
        return said ? length : UNTIL_CLOSE;
    }

    /** As the sandbox gets it. */
    byte[] forwarded(boolean keepAlive) {
        StringBuilder head = new StringBuilder("HTTP/1.1 ")
                .append(status)
                .append(' ')
                .append(phrase)
                .append("\r\n");
        for (RequestHead.Header header : headers) {
            if (!DROPPED.contains(header.name().toLowerCase(Locale.ROOT))) {
                head.append(header.name()).append(": ").append(header.value()).append("\r\n");
            }
        }
        if (status == 101) {
            head.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
        } else if (!isInterim() && !keepAlive) {
            head.append("Connection: close\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
