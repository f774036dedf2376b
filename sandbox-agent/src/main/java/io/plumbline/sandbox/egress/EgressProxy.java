package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only way out of one session: an HTTP proxy on {@code egress.sock} (CONNECT, and plain HTTP/1.1 in absolute form), and
 * one raw socket {@code service-NAME.sock} for each rule that names a service.
 *
 * <p>Each new connection goes through the causal barrier: first everything that the session did before is brought to the
 * log, then the connection itself as {@code EgressRequested}, then the platform's answer is awaited. What the policy does not
 * name is denied at once, or a person is asked. Names are resolved here, after the answer, and the connection goes to the
 * address that was checked. A tunnel must be TLS to the host that it names; where the policy says so, its TLS ends here.
 */
public final class EgressProxy implements AutoCloseable, VerdictListener {
    /** What the sandbox trusts, in the folder of its sockets: the session's authority and the host's. */
    private static final String BUNDLE = "ca.pem";

    /** Where that folder is inside. */
    private static final String INSIDE = "/run/plumbline/";

    /** By which programs find certificates: Node.js, OpenSSL, Python's requests, curl, git. */
    private static final List<String> BUNDLE_VARIABLES =
            List.of("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO");

    private static final int MAX_SOCKET_PATH = 107;
    private static final Logger LOG = LoggerFactory.getLogger(EgressProxy.class);

    private final EgressSession session;
    private final Dialer dialer;
    private final Semaphore slots;
    private final List<ServerSocketChannel> servers = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private volatile boolean closing;

    private EgressProxy(EgressSession session) {
        this.session = session;
        this.dialer = new Dialer(session);
        this.slots = new Semaphore(session.environment().maxConnections());
    }

    /** As the other one, without credentials and with the system's authorities alone. */
    public static EgressProxy open(Path socketDirectory, TaskPolicy policy, SessionOutbox outbox, TraceBarrier barrier)
            throws EgressException {
        return open(socketDirectory, policy, outbox, barrier, EgressSettings.none());
    }

    /**
     * Opens the sockets, each 0666 in a directory 0755, since the runtime's file server may run as anybody.
     *
     * @param socketDirectory gets {@code egress.sock} and {@code service-NAME.sock}, and {@code ca.pem} when a rule terminates
     *     TLS; created when missing
     * @throws EgressException when a rule is not well formed, a credential is missing, or a socket cannot be opened
     */
    public static EgressProxy open(
            Path socketDirectory,
            TaskPolicy policy,
            SessionOutbox outbox,
            TraceBarrier barrier,
            EgressSettings settings)
            throws EgressException {
        return open(socketDirectory, policy, outbox, barrier, settings, EgressSession.Environment.standard());
    }

    static EgressProxy open(
            Path socketDirectory,
            TaskPolicy policy,
            SessionOutbox outbox,
            TraceBarrier barrier,
            EgressSettings settings,
            EgressSession.Environment environment)
            throws EgressException {
        EgressProxy proxy =
                new EgressProxy(EgressSession.of(policy, new EgressJournal(outbox), barrier, settings, environment));
        try {
            if (!Files.isDirectory(socketDirectory)) {
                Files.createDirectories(socketDirectory);
                Files.setPosixFilePermissions(socketDirectory, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            proxy.writeBundle(socketDirectory.resolve(BUNDLE));
            proxy.listen(socketDirectory.resolve("egress.sock"), proxy::proxy);
            for (EgressRule service : proxy.session.rules().services()) {
                proxy.listen(
                        socketDirectory.resolve("service-" + service.getService() + ".sock"),
                        client -> proxy.service(client, service));
            }
        } catch (IOException | GeneralSecurityException e) {
            proxy.close();
            throw new EgressException(
                    "sockets: " + socketDirectory + " (expected: a directory where sockets can be bound): "
                            + e.getMessage(),
                    e);
        }
        return proxy;
    }

    /**
     * Makes ready for the rules of a revised policy. Once the returned step is run they hold for every new request, and open
     * connections that they do not allow are closed.
     *
     * @throws EgressException when a rule means nothing, or needs what the sandbox was not given at its start: a service's
     *     socket, an authority, a credential's placeholder
     */
    public Runnable prepare(TaskPolicy revised) throws EgressException {
        return session.prepare(revised);
    }

    /** Variables for the sandbox: where its trusted certificates are, and the placeholders of its credentials. */
    public Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        if (session.authority().isPresent()) {
            BUNDLE_VARIABLES.forEach(name -> environment.put(name, INSIDE + BUNDLE));
        }
        environment.putAll(session.credentials().environment());
        return environment;
    }

    @Override
    public void onVerdict(Event verdict, StageTimes stages) {
        switch (verdict.getPayloadCase()) {
            case EGRESS_ANSWERED -> session.held().answered(verdict.getId(), verdict.getEgressAnswered());
            case FREEZE_ORDERED -> session.passage().freeze();
            case THAW_ORDERED -> session.passage().thaw();
            case KILL_ORDERED -> session.end();
            default -> {}
        }
    }

    /** The host froze the session on its own: nothing passes until {@link #thaw}. */
    public void freeze() {
        session.passage().freeze();
    }

    public void thaw() {
        session.passage().thaw();
    }

    public EgressCounts counts() {
        return new EgressCounts(
                session.journal().lastNumber(),
                session.journal().decided(),
                session.environment().maxConnections() - slots.availablePermits(),
                session.bytesOut().sum(),
                session.bytesIn().sum(),
                session.journal().evidenceLost());
    }

    /** Ends all connections; their last events are published by the threads that served them. */
    @Override
    public void close() {
        closing = true;
        session.end();
        servers.forEach(EgressSession::closeQuietly);
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.warn("{} could not be deleted: {}", file, e.getMessage());
            }
        }
        session.timer().shutdownNow();
    }

    private void writeBundle(Path file) throws IOException, GeneralSecurityException {
        if (session.authority().isEmpty()) {
            return;
        }
        StringBuilder pem =
                new StringBuilder(SessionAuthority.pem(session.authority().get().certificate()));
        for (X509Certificate certificate : session.trust().authorities()) {
            pem.append(SessionAuthority.pem(certificate));
        }
        files.add(file);
        Files.writeString(file, pem);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @FunctionalInterface
    private interface Service {
        void serve(Wire client) throws IOException, InterruptedException;
    }

    private void listen(Path socket, Service service) throws IOException {
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_SOCKET_PATH) {
            throw new IOException("path of " + length + " bytes (expected: <= " + MAX_SOCKET_PATH + ")");
        }
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        servers.add(server);
        server.bind(UnixDomainSocketAddress.of(socket), 128);
        files.add(socket);
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        Thread.ofVirtual().name("egress-" + socket.getFileName()).start(() -> accept(server, service));
    }

    private void accept(ServerSocketChannel server, Service service) {
        while (!closing) {
            SocketChannel client;
            try {
                client = server.accept();
            } catch (IOException e) {
                if (closing || !server.isOpen()) {
                    return;
                }
                // Out of file descriptors: the next accept may find one, and must not burn a core until then.
                LOG.warn("egress: {}", e.toString());
                if (!pause()) {
                    return;
                }
                continue;
            }
            if (!slots.tryAcquire()) {
                session.journal().count(EgressReason.TOO_MANY_CONNECTIONS);
                refuseQuietly(client);
                EgressSession.closeQuietly(client);
                continue;
            }
            session.open().add(client);
            Thread.ofVirtual().name("egress").start(() -> serve(client, service));
        }
    }

    private void serve(SocketChannel client, Service service) {
        try {
            if (!closing) {
                service.serve(new Wire(Duplex.of(client)));
            }
        } catch (IOException e) {
            LOG.debug("egress connection: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // The connection is closed below: nothing passes that was not decided.
            LOG.error("egress connection failed", e);
        } finally {
            session.open().remove(client);
            EgressSession.closeQuietly(client);
            slots.release();
        }
    }

    private void proxy(Wire client) throws IOException, InterruptedException {
        new Conversation(session, dialer).serve(client);
    }

    /** One connection to a service's own socket. */
    private void service(Wire client, EgressRule rule) throws IOException, InterruptedException {
        Destination destination = new Destination(rule.getHost(), rule.getPort());
        Attempt attempt =
                new Attempt(session.journal().nextNumber(), rule.getHost(), rule.getPort(), "SERVICE", "", false);
        try {
            session.passage().check();
        } catch (Denial denial) {
            session.journal().deniedUnasked(attempt, denial);
            return;
        }
        try (Upstream upstream = dialer.connect(attempt, destination, rules -> rule, Dialer.Transport.RAW)) {
            new Flow(client, upstream, List.of(), java.util.Optional.empty()).tunnel();
        } catch (Denial denial) {
            // Recorded where it was denied; there is no protocol to say it in.
            LOG.debug("egress connection {}: {}", attempt.number(), denial.reason());
        }
    }

    private static void refuseQuietly(SocketChannel client) {
        try {
            // A full buffer must not hold up the next accept.
            client.configureBlocking(false);
            Conversation.refuse(Duplex.of(client), EgressReason.TOO_MANY_CONNECTIONS);
        } catch (IOException e) {
            LOG.debug("egress: {}", e.toString());
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(50);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
