package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of the sandbox to the HTTP proxy: requests one after another, each judged on its own, or a tunnel. */
final class Conversation {
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /** Between two requests on one connection. */
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    private final EgressSession session;
    private final Dialer dialer;

    Conversation(EgressSession session, Dialer dialer) {
        this.session = session;
        this.dialer = dialer;
    }

    /** Until the sandbox ends it, or something is denied. */
    void serve(Wire client) throws IOException, InterruptedException {
        while (true) {
            Optional<RequestHead> head = readHead(client);
            if (head.isEmpty()) {
                return;
            }
            boolean more = head.get().isConnect()
                    ? tunnel(client, head.get())
                    : exchange(client, head.get(), Optional.empty());
            if (!more) {
                return;
            }
        }
    }

    /** Empty at the end, and after a request that could not be read. */
    private Optional<RequestHead> readHead(Wire client) throws IOException {
        try (EgressSession.Deadline idle = session.deadline(client.duplex, IDLE_LIMIT)) {
            if (!client.awaitByte()) {
                return Optional.empty();
            }
        }
        try (EgressSession.Deadline deadline =
                session.deadline(client.duplex, session.environment().headLimit())) {
            try {
                return Optional.of(
                        RequestHead.parse(client.head(RequestHead.MAX_BYTES, EgressReason.MALFORMED_REQUEST)));
            } catch (IOException e) {
                if (deadline.missed()) {
                    session.journal()
                            .deniedUnasked(
                                    Attempt.unread(session.journal().nextNumber()), new Denial(EgressReason.TOO_SLOW));
                }
                throw e;
            }
        } catch (Denial denial) {
            deny(client, Attempt.unread(session.journal().nextNumber()), denial);
            return Optional.empty();
        }
    }

    // ------------------------------------------------------------------------------------------------ requests

    /**
     * One request and its response.
     *
     * @param inside the host whose terminated tunnel this is
     * @return whether the connection may carry another one
     */
    private boolean exchange(Wire client, RequestHead head, Optional<Destination> inside)
            throws IOException, InterruptedException {
        Attempt attempt = new Attempt(session.journal().nextNumber(), head.target(), 0, head.method(), "", false);
        Destination destination;
        EgressRule rule;
        try {
            destination = inside.isPresent()
                    ? insideTunnel(head, inside.get())
                    : Destination.parse(head.authority(), HTTP_PORT);
            String scheme = inside.isPresent() ? "https://" : "http://";
            attempt = new Attempt(
                    attempt.number(),
                    destination.host(),
                    destination.port(),
                    head.method(),
                    scheme + destination.authority() + head.pathAndQuery(),
                    false);
            session.passage().check();
            EgressRules.Scope scope = session.rules().scope(destination);
            rule = scope.request(head, inside.isPresent());
            attempt = scope.unknown() ? attempt.asUnknown() : attempt;
            if (session.credentials().misplaced(head, rule)) {
                throw new Denial(EgressReason.PLACEHOLDER_ELSEWHERE);
            }
        } catch (Denial denial) {
            deny(client, attempt, denial);
            return false;
        }
        Upstream upstream;
        try {
            boolean asked = attempt.unknown();
            upstream = dialer.connect(
                    attempt,
                    destination,
                    rules -> rules.scopeAgain(destination, asked).request(head, inside.isPresent()),
                    inside.isPresent() ? Dialer.Transport.TLS : Dialer.Transport.RAW);
        } catch (Denial denial) {
            refuse(client.duplex, denial.reason());
            return false;
        }
        try (upstream) {
            // Somebody may have been asked meanwhile, and the policy revised: the key is that of the rule in force.
            EgressRule inForce = upstream.rule();
            if (session.credentials().misplaced(head, inForce)) {
                throw new Denial(EgressReason.PLACEHOLDER_ELSEWHERE);
            }
            return exchange(
                    client,
                    session.credentials().inject(head, inForce),
                    destination,
                    inside.isPresent() ? HTTPS_PORT : HTTP_PORT,
                    upstream);
        } catch (Denial denial) {
            upstream.fail(denial);
            return false;
        }
    }

    private boolean exchange(Wire client, RequestHead head, Destination destination, int defaultPort, Upstream upstream)
            throws IOException, InterruptedException, Denial {
        Flow flow = flow(client, upstream);
        long length = head.bodyLength();
        upstream.sendAnswered(ByteBuffer.wrap(head.forwarded(destination, defaultPort)));
        Flow.Body body = flow.sendBody(length);
        boolean answered = false;
        try {
            while (true) {
                byte[] bytes = upstream.wire().head(ResponseHead.MAX_BYTES, EgressReason.MALFORMED_RESPONSE);
                if (bytes.length == 0) {
                    throw new Denial(EgressReason.MALFORMED_RESPONSE);
                }
                ResponseHead response = ResponseHead.parse(bytes);
                if (echoes(bytes, upstream.rule())) {
                    throw new Denial(EgressReason.CREDENTIAL_ECHOED);
                }
                if (response.status() == 101 && !head.isWebSocket()) {
                    throw new Denial(EgressReason.MALFORMED_RESPONSE);
                }
                long responseLength = response.length(head.method());
                boolean framed = responseLength != ResponseHead.UNTIL_CLOSE;
                boolean more = framed && head.keepsAlive();
                answered = !response.isInterim();
                upstream.deliver(ByteBuffer.wrap(response.forwarded(more)), client.duplex);
                if (response.status() == 101) {
                    body.join();
                    flow.tunnel();
                    return false;
                }
                if (answered) {
                    return flow.receiveBody(responseLength) && more && body.sent();
                }
            }
        } catch (IOException e) {
            if (upstream.failure().isPresent() && !answered) {
                refuse(client.duplex, upstream.failure().get().reason());
                return false;
            }
            throw e;
        } catch (Denial denial) {
            Denial first = upstream.failure().orElse(denial);
            upstream.fail(denial);
            if (!answered) {
                refuse(client.duplex, first.reason());
            }
            return false;
        } finally {
            // What is left of the request has no reader any more.
            if (!answered || upstream.failure().isPresent() || !body.sent()) {
                upstream.cut();
                EgressSession.closeQuietly(client.duplex);
                body.join();
            }
        }
    }

    /** Inside a terminated tunnel there is one host, and the request must say so itself. */
    private static Destination insideTunnel(RequestHead head, Destination tunnel) throws Denial {
        if (!head.target().startsWith("/") || head.isConnect()) {
            throw new Denial(EgressReason.MALFORMED_REQUEST);
        }
        String host = head.header("host").orElse("");
        if (!Destination.parse(host, tunnel.port()).equals(tunnel)) {
            throw new Denial(EgressReason.HOST_MISMATCH, "", host);
        }
        return tunnel;
    }

    private boolean echoes(byte[] response, EgressRule rule) {
        return session.credentials()
                .value(rule)
                .map(value -> new ByteSearch(value).finds(ByteBuffer.wrap(response)))
                .orElse(false);
    }

    private Flow flow(Wire client, Upstream upstream) {
        List<ByteSearch> placeholders = session.credentials().foreign(upstream.rule()).stream()
                .map(text -> new ByteSearch(Flow.ascii(text).array()))
                .toList();
        return new Flow(
                client,
                upstream,
                placeholders,
                session.credentials().value(upstream.rule()).map(ByteSearch::new));
    }

    // ------------------------------------------------------------------------------------------------- tunnels

    private boolean tunnel(Wire client, RequestHead head) throws IOException, InterruptedException {
        Attempt attempt = new Attempt(session.journal().nextNumber(), head.target(), 0, head.method(), "", false);
        Destination destination;
        EgressRules.Scope scope;
        try {
            destination = Destination.parse(head.target(), 0);
            attempt = attempt.to(destination);
            session.passage().check();
            scope = session.rules().scope(destination);
            attempt = scope.unknown() ? attempt.asUnknown() : attempt;
            if (scope.terminates()) {
                return terminated(client, attempt, destination);
            }
            opaque(client, attempt, destination, scope.tunnel());
        } catch (Denial denial) {
            deny(client, attempt, denial);
        }
        return false;
    }

    /** @throws Denial before anybody was asked */
    private void opaque(Wire client, Attempt attempt, Destination destination, EgressRule rule)
            throws IOException, InterruptedException, Denial {
        Upstream upstream;
        try {
            upstream = dialer.connect(
                    attempt,
                    destination,
                    rules -> tunnelAgain(rules, attempt, destination, rule),
                    Dialer.Transport.RAW);
        } catch (Denial denial) {
            refuse(client.duplex, denial.reason());
            return;
        }
        try (upstream) {
            established(client);
            if (!rule.getPlain()) {
                upstream.send(ByteBuffer.wrap(hello(client, destination)));
            }
            flow(client, upstream).tunnel();
        } catch (Denial denial) {
            upstream.fail(denial);
        }
    }

    private static EgressRule tunnelAgain(
            EgressRules rules, Attempt attempt, Destination destination, EgressRule before) throws Denial {
        EgressRules.Scope scope = rules.scopeAgain(destination, attempt.unknown());
        // What is not looked into today was looked into when it began, or was not.
        if (scope.terminates() || before.getPlain() && !scope.tunnel().getPlain()) {
            throw new Denial(EgressReason.TUNNEL_NOT_ALLOWED);
        }
        return scope.tunnel();
    }

    /** TLS ends here: each request in it is judged, and each goes on in TLS of our own. */
    private boolean terminated(Wire client, Attempt attempt, Destination destination)
            throws IOException, InterruptedException, Denial {
        SessionAuthority authority = session.authority().orElseThrow();
        established(client);
        TlsDuplex tls;
        try {
            byte[] hello = hello(client, destination);
            tls = new TlsDuplex(
                    client.duplex, authority.serverEngine(destination.host()), joined(hello, client.rest()));
        } catch (Denial denial) {
            session.journal().deniedUnasked(attempt, denial);
            return false;
        }
        try (EgressSession.Deadline deadline =
                session.deadline(client.duplex, session.environment().headLimit())) {
            tls.handshake();
        } catch (IOException e) {
            session.journal()
                    .deniedUnasked(attempt, new Denial(EgressReason.TLS_FAILED, "", String.valueOf(e.getMessage())));
            return false;
        }
        Wire inside = new Wire(tls);
        while (true) {
            Optional<RequestHead> head = readHead(inside);
            if (head.isEmpty() || !exchange(inside, head.get(), Optional.of(destination))) {
                return false;
            }
        }
    }

    /** The client's hello, which must name the host of the tunnel and nothing else. */
    private byte[] hello(Wire client, Destination destination) throws IOException, Denial {
        ClientHello.Read read;
        try (EgressSession.Deadline deadline =
                session.deadline(client.duplex, session.environment().headLimit())) {
            try {
                read = ClientHello.read(client);
            } catch (IOException e) {
                if (deadline.missed()) {
                    throw new Denial(EgressReason.TOO_SLOW);
                }
                throw e;
            }
        }
        if (read.hello().encrypted()) {
            throw new Denial(EgressReason.ENCRYPTED_HELLO, "", read.hello().serverName());
        }
        String name = read.hello().serverName();
        // An address is never a server name (RFC 6066 section 3).
        String expected = destination.isAddress() ? "" : destination.host();
        if (!name.equals(expected)) {
            throw new Denial(
                    name.isEmpty() ? EgressReason.NO_SERVER_NAME : EgressReason.SERVER_NAME_MISMATCH, "", name);
        }
        return read.bytes();
    }

    private static byte[] joined(byte[] first, ByteBuffer rest) {
        return ByteBuffer.allocate(first.length + rest.remaining())
                .put(first)
                .put(rest)
                .array();
    }

    private static void established(Wire client) throws IOException {
        write(client.duplex, Flow.ascii("HTTP/1.1 200 Connection established\r\n\r\n"));
    }

    // ------------------------------------------------------------------------------------------------- answers

    /** Denies by the host's own decision. */
    private void deny(Wire client, Attempt attempt, Denial denial) throws IOException {
        session.journal().deniedUnasked(attempt, denial);
        refuse(client.duplex, denial.reason());
    }

    static void refuse(Duplex client, EgressReason reason) throws IOException {
        String status =
                switch (reason) {
                    case MALFORMED_REQUEST, MALFORMED_HOST -> "400 Bad Request";
                    case RESOLVE_FAILED, CONNECT_FAILED, UPSTREAM_TLS_FAILED, MALFORMED_RESPONSE, CREDENTIAL_ECHOED ->
                        "502 Bad Gateway";
                    case TOO_MANY_CONNECTIONS -> "503 Service Unavailable";
                    default -> "403 Forbidden";
                };
        String body = "plumbline: " + reason.word() + "\n";
        write(
                client,
                Flow.ascii("HTTP/1.1 " + status + "\r\nX-Plumbline-Reason: " + reason.word()
                        + "\r\nContent-Type: text/plain\r\nContent-Length: " + body.length()
                        + "\r\nConnection: close\r\n\r\n" + body));
        client.endOutput();
        LOG.debug("egress: {}", reason);
    }

    private static void write(Duplex to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }
}
