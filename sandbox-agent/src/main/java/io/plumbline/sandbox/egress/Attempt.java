package io.plumbline.sandbox.egress;

/**
 * One request or one tunnel.
 *
 * @param host as asked for, when it could not be read
 * @param url absolute URL where the proxy sees one; empty for a tunnel
 * @param unknown no rule names the destination; a person is asked
 */
record Attempt(long number, String host, int port, String method, String url, boolean unknown) {
    static Attempt unread(long number) {
        return new Attempt(number, "", 0, "", "", false);
    }

    Attempt to(Destination destination) {
        return new Attempt(number, destination.host(), destination.port(), method, url, unknown);
    }

    Attempt asUnknown() {
        return new Attempt(number, host, port, method, url, true);
    }
}
