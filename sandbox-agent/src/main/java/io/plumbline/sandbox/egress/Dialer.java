package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Opens connections: question, answer, name, address, connection, record; in this order. */
final class Dialer {
    private static final int CONNECT_MILLIS = 10_000;

    /** Addresses of one name that are tried. */
    private static final int MAX_ADDRESSES = 4;

    enum Transport {
        RAW,
        TLS
    }

    private final EgressSession session;
    private final Questions questions;

    Dialer(EgressSession session) {
        this.session = session;
        this.questions = new Questions(session);
    }

    /**
     * Every denial is recorded before it is thrown.
     *
     * @param admission asked with the rules in force, and with those of every revision for as long as the connection is open
     */
    Upstream connect(Attempt attempt, Destination destination, Admission admission, Transport transport)
            throws Denial, InterruptedException {
        Upstream upstream = open(attempt, destination, admission, transport);
        // From here on a revision finds it; one that came before is made up for.
        upstream.revised();
        Optional<Denial> revoked = upstream.failure();
        if (revoked.isPresent()) {
            upstream.close();
            throw revoked.get();
        }
        return upstream;
    }

    private Upstream open(Attempt attempt, Destination destination, Admission admission, Transport transport)
            throws Denial, InterruptedException {
        Duplex duplex = null;
        try {
            String verdict = questions.ask(attempt);
            session.passage().check();
            EgressRule rule = admission.under(session.rules());
            SocketChannel channel = reach(checked(destination, rule), destination.port());
            duplex = Duplex.of(channel);
            session.open().add(duplex);
            InetAddress address = ((InetSocketAddress) channel.getRemoteAddress()).getAddress();
            session.passage().check();
            if (transport == Transport.TLS) {
                duplex = secured(duplex, destination);
            }
            session.journal().allowed(attempt, address.getHostAddress(), verdict);
            return new Upstream(session, questions, attempt, admission, rule, duplex, address, verdict);
        } catch (Denial denial) {
            close(duplex);
            session.journal().denied(attempt, denial);
            throw denial;
        } catch (IOException e) {
            close(duplex);
            Denial denial = new Denial(EgressReason.CONNECT_FAILED);
            session.journal().denied(attempt, denial);
            throw denial;
        }
    }

    private void close(@Nullable Duplex duplex) {
        if (duplex != null) {
            session.open().remove(duplex);
            EgressSession.closeQuietly(duplex);
        }
    }

    private Duplex secured(Duplex raw, Destination destination) throws Denial {
        TlsDuplex tls = new TlsDuplex(raw, session.trust().clientEngine(destination), new byte[0]);
        session.open().add(tls);
        try (EgressSession.Deadline deadline =
                session.deadline(raw, session.environment().headLimit())) {
            tls.handshake();
            session.open().remove(raw);
            return tls;
        } catch (IOException e) {
            close(tls);
            close(raw);
            throw new Denial(EgressReason.UPSTREAM_TLS_FAILED, "", String.valueOf(e.getMessage()));
        }
    }

    /** One forbidden address among several is reason enough: an honest name has none. */
    private List<InetAddress> checked(Destination destination, EgressRule rule) throws Denial {
        List<InetAddress> addresses;
        try {
            addresses = destination.isAddress()
                    ? List.of(InetAddress.ofLiteral(destination.host()))
                    : session.environment().resolver().resolve(destination.host());
        } catch (UnknownHostException | IllegalArgumentException e) {
            throw new Denial(EgressReason.RESOLVE_FAILED);
        }
        if (addresses.isEmpty()) {
            throw new Denial(EgressReason.RESOLVE_FAILED);
        }
        for (InetAddress address : addresses) {
            if (!PublicAddresses.allows(address, rule.getAllowPrivate())) {
                throw new Denial(EgressReason.ADDRESS_NOT_ALLOWED, "", address.getHostAddress());
            }
        }
        return addresses;
    }

    private static SocketChannel reach(List<InetAddress> addresses, int port) throws IOException {
        IOException last = new IOException("no address");
        for (InetAddress address : addresses.subList(0, Math.min(MAX_ADDRESSES, addresses.size()))) {
            SocketChannel channel = SocketChannel.open();
            try {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.socket().connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
                return channel;
            } catch (IOException e) {
                EgressSession.closeQuietly(channel);
                last = e;
            }
        }
        throw last;
    }
}
