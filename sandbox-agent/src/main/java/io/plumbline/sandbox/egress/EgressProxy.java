package io.plumbline.sandbox.egress;

import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only way out of one session: an HTTP proxy on {@code egress.sock} (CONNECT, and plain HTTP/1.1 in absolute form), and
 * one raw socket {@code service-NAME.sock} for each rule that names a service.
 *
 * <p>Each new connection goes through the causal barrier: first everything that the session did before is brought to the
 * log, then the connection itself as {@code EgressRequested}, then the platform's answer is awaited. What the policy does not
 * name is denied at once. Names are resolved here, after the answer, and the connection goes to the address that was checked.
 */
public final class EgressProxy implements AutoCloseable, VerdictListener {
    /** How long the platform may take to answer. */
    public static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(2);
    private static final Duration HEAD_LIMIT = Duration.ofSeconds(10);
    private static final int CONNECT_MILLIS = 10_000;

    /** Addresses of one name that are tried. */
    private static final int MAX_ADDRESSES = 4;

    /** Connections of one session at once: an agent that downloads packages opens a few dozen. */
    private static final int MAX_CONNECTIONS = 256;

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int MAX_CHUNK_LINE = 32;
    private static final int MAX_SOCKET_PATH = 107;

    private static final Logger LOG = LoggerFactory.getLogger(EgressProxy.class);

    /** The parts that tests replace. */
    record Environment(NameResolver resolver, Duration answerLimit, int maxConnections) {
        static Environment standard() {
            return new Environment(NameResolver.system(), ANSWER_LIMIT, MAX_CONNECTIONS);
        }
    }

    private volatile EgressRules rules;
    private final SessionOutbox outbox;
    private final TraceBarrier barrier;
    private final Environment environment;
    private final Passage passage = new Passage();
    private final HeldConnections held = new HeldConnections();
    private final Semaphore slots;
    private final ScheduledExecutorService timer;
    private final List<ServerSocketChannel> servers = new ArrayList<>();
    private final List<Path> sockets = new ArrayList<>();
    private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();
    private final AtomicLong connections = new AtomicLong();
    private final Map<EgressReason, LongAdder> decided = new EnumMap<>(EgressReason.class);
    private final LongAdder bytesOut = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder evidenceLost = new LongAdder();
    private volatile boolean closing;

    private EgressProxy(EgressRules rules, SessionOutbox outbox, TraceBarrier barrier, Environment environment) {
        this.rules = rules;
        this.outbox = outbox;
        this.barrier = barrier;
        this.environment = environment;
        this.slots = new Semaphore(environment.maxConnections());
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name("egress-timer").factory());
        for (EgressReason reason : EgressReason.values()) {
            decided.put(reason, new LongAdder());
        }
    }

    /**
     * Opens the sockets, each 0666 in a directory 0755, since the runtime's file server may run as anybody.
     *
     * @param socketDirectory gets {@code egress.sock} and {@code service-NAME.sock}; created when missing
     * @throws EgressException when a rule is not well formed or a socket cannot be opened
     */
    public static EgressProxy open(Path socketDirectory, TaskPolicy policy, SessionOutbox outbox, TraceBarrier barrier)
            throws EgressException {
        return open(socketDirectory, policy, outbox, barrier, Environment.standard());
    }

    static EgressProxy open(
            Path socketDirectory,
            TaskPolicy policy,
            SessionOutbox outbox,
            TraceBarrier barrier,
            Environment environment)
            throws EgressException {
        EgressRules rules = EgressRules.of(policy);
        EgressProxy proxy = new EgressProxy(rules, outbox, barrier, environment);
        try {
            if (!Files.isDirectory(socketDirectory)) {
                Files.createDirectories(socketDirectory);
                Files.setPosixFilePermissions(socketDirectory, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            proxy.listen(socketDirectory.resolve("egress.sock"), proxy::proxy);
            for (EgressRule service : rules.services()) {
                proxy.listen(
                        socketDirectory.resolve("service-" + service.getService() + ".sock"),
                        (number, client) -> proxy.service(number, client, service));
            }
        } catch (IOException e) {
            proxy.close();
            throw new EgressException(
                    "sockets: " + socketDirectory + " (expected: a directory where sockets can be bound): "
                            + e.getMessage(),
                    e);
        }
        return proxy;
    }

    /**
     * Makes ready for the rules of a revised policy; they hold for every new connection once the returned step is run.
     *
     * @throws EgressException when a rule means nothing, or the services would change: their sockets are made at the start
     */
    public Runnable prepare(TaskPolicy revised) throws EgressException {
        EgressRules next = EgressRules.of(revised);
        if (!next.services().equals(rules.services())) {
            throw new EgressException(
                    "egress.service: changed (expected: the services of the start, whose sockets the sandbox has)",
                    null);
        }
        return () -> rules = next;
    }

    @Override
    public void onVerdict(Event verdict, StageTimes stages) {
        switch (verdict.getPayloadCase()) {
            case EGRESS_ANSWERED -> held.answered(verdict.getId(), verdict.getEgressAnswered());
            case FREEZE_ORDERED -> passage.freeze();
            case THAW_ORDERED -> passage.thaw();
            case KILL_ORDERED -> end();
            default -> {}
        }
    }

    /** The host froze the session on its own: nothing passes until {@link #thaw}. */
    public void freeze() {
        passage.freeze();
    }

    public void thaw() {
        passage.thaw();
    }

    public EgressCounts counts() {
        Map<EgressReason, Long> counts = new EnumMap<>(EgressReason.class);
        decided.forEach((reason, count) -> counts.put(reason, count.sum()));
        return new EgressCounts(
                connections.get(),
                counts,
                environment.maxConnections() - slots.availablePermits(),
                bytesOut.sum(),
                bytesIn.sum(),
                evidenceLost.sum());
    }

    /** Ends all connections; their last events are published by the threads that served them. */
    @Override
    public void close() {
        closing = true;
        end();
        for (ServerSocketChannel server : servers) {
            closeQuietly(server);
        }
        for (Path socket : sockets) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                LOG.warn("socket {} could not be deleted: {}", socket, e.getMessage());
            }
        }
        timer.shutdownNow();
    }

    private void end() {
        passage.end();
        channels.forEach(EgressProxy::closeQuietly);
    }

    @FunctionalInterface
    private interface Service {
        void serve(long number, SocketChannel client) throws IOException, InterruptedException;
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
        sockets.add(socket);
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
            long number = connections.incrementAndGet();
            if (!slots.tryAcquire()) {
                count(EgressReason.TOO_MANY_CONNECTIONS);
                refuseQuietly(client, EgressReason.TOO_MANY_CONNECTIONS);
                closeQuietly(client);
                continue;
            }
            channels.add(client);
            Thread.ofVirtual().name("egress-" + number).start(() -> serve(number, client, service));
        }
    }

    private void serve(long number, SocketChannel client, Service service) {
        try {
            if (!closing) {
                service.serve(number, client);
            }
        } catch (IOException e) {
            LOG.debug("egress connection {}: {}", number, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // The connection is closed below: nothing passes that was not decided.
            LOG.error("egress connection {} failed", number, e);
        } finally {
            channels.remove(client);
            closeQuietly(client);
            slots.release();
        }
    }

    /** One connection to the HTTP proxy: one request or one tunnel. */
    private void proxy(long number, SocketChannel client) throws IOException, InterruptedException {
        Wire wire = new Wire(client);
        RequestHead head;
        try {
            byte[] bytes = readHead(wire);
            if (bytes.length == 0) {
                return;
            }
            head = RequestHead.parse(bytes);
        } catch (Denial denial) {
            deny(client, new Attempt(number, "", 0, "", ""), denial);
            return;
        }
        Attempt attempt = new Attempt(number, head.target(), 0, head.method(), head.isConnect() ? "" : head.target());
        Destination destination;
        Optional<EgressRule> rule;
        try {
            destination =
                    head.isConnect() ? Destination.parse(head.target(), 0) : Destination.parse(head.authority(), 80);
            attempt = attempt.to(destination);
            passage.check();
            rule = rules.allowing(destination);
            if (rule.isEmpty()) {
                throw new Denial(EgressReason.NOT_IN_POLICY);
            }
        } catch (Denial denial) {
            deny(client, attempt, denial);
            return;
        }
        Upstream upstream;
        try {
            upstream = connect(attempt, destination, rule.get());
        } catch (Denial denial) {
            refuse(client, denial.reason());
            return;
        }
        try (upstream) {
            if (head.isConnect()) {
                client.write(ascii("HTTP/1.1 200 Connection established\r\n\r\n"));
                tunnel(wire, upstream);
            } else {
                exchange(wire, head, destination, upstream);
            }
        } catch (Denial denial) {
            LOG.debug("egress connection {}: {}", number, denial.reason());
        } finally {
            closed(attempt, upstream);
        }
    }

    /** One connection to a service's own socket. */
    private void service(long number, SocketChannel client, EgressRule rule) throws IOException, InterruptedException {
        Destination destination = new Destination(rule.getHost(), rule.getPort());
        Attempt attempt = new Attempt(number, rule.getHost(), rule.getPort(), "SERVICE", "");
        try {
            passage.check();
        } catch (Denial denial) {
            record(attempt, denial);
            return;
        }
        try (Upstream upstream = connect(attempt, destination, rule)) {
            try {
                tunnel(new Wire(client), upstream);
            } finally {
                closed(attempt, upstream);
            }
        } catch (Denial denial) {
            // Recorded where it was denied; there is no protocol to say it in.
            LOG.debug("egress connection {}: {}", number, denial.reason());
        }
    }

    /**
     * @param host as asked for, when it could not be read
     * @param url absolute URL of plain HTTP
     */
    private record Attempt(long number, String host, int port, String method, String url) {
        Attempt to(Destination destination) {
            return new Attempt(number, destination.host(), destination.port(), method, url);
        }
    }

    /** The far side of an allowed connection. */
    private final class Upstream implements AutoCloseable {
        final SocketChannel channel;
        final String address;
        final String verdict;
        final LongAdder out = new LongAdder();
        final LongAdder in = new LongAdder();

        Upstream(SocketChannel channel, String address, String verdict) {
            this.channel = channel;
            this.address = address;
            this.verdict = verdict;
            channels.add(channel);
        }

        @Override
        public void close() {
            channels.remove(channel);
            closeQuietly(channel);
        }
    }

    /** Barrier, question, answer, name, address, connection, record; in this order. Every denial is recorded before it is thrown. */
    private Upstream connect(Attempt attempt, Destination destination, EgressRule rule)
            throws Denial, InterruptedException {
        String address = "";
        SocketChannel channel = null;
        try {
            if (!barrier.awaitDrained(DRAIN_LIMIT)) {
                throw new Denial(EgressReason.TRACE_NOT_DRAINED);
            }
            String verdict = ask(attempt);
            passage.check();
            List<InetAddress> addresses = checked(destination, rule);
            channel = reach(addresses, destination.port());
            address = ((InetSocketAddress) channel.getRemoteAddress())
                    .getAddress()
                    .getHostAddress();
            publish(Event.newBuilder()
                    .setEgressDecided(decision(attempt, EgressReason.ALLOWED)
                            .setAllowed(true)
                            .setResolvedAddress(address)
                            .setVerdict(verdict)));
            count(EgressReason.ALLOWED);
            Upstream upstream = new Upstream(channel, address, verdict);
            if (closing) {
                upstream.close();
                throw new Denial(EgressReason.SESSION_OVER);
            }
            return upstream;
        } catch (Denial denial) {
            closeQuietly(channel);
            recordDecision(attempt, denial);
            throw denial;
        } catch (IOException e) {
            closeQuietly(channel);
            Denial denial = new Denial(EgressReason.CONNECT_FAILED);
            recordDecision(attempt, denial);
            throw denial;
        } catch (SpoolException e) {
            closeQuietly(channel);
            evidenceLost.increment();
            count(EgressReason.EVIDENCE_LOST);
            throw new Denial(EgressReason.EVIDENCE_LOST);
        }
    }

    /** Asks the platform and returns the verdict that allowed it. */
    private String ask(Attempt attempt) throws Denial, InterruptedException {
        Event request = publish(Event.newBuilder()
                .setEgressRequested(EgressRequested.newBuilder()
                        .setConnection(attempt.number())
                        .setHost(attempt.host())
                        .setPort(attempt.port())
                        .setMethod(attempt.method())
                        .setUrl(attempt.url())
                        .setHeld(true)));
        try {
            HeldConnections.Answer answer =
                    held.hold(request.getId()).get(environment.answerLimit().toNanos(), TimeUnit.NANOSECONDS);
            if (!answer.answer().getAllowed()) {
                throw new Denial(EgressReason.DENIED_BY_PLATFORM, answer.verdict());
            }
            return answer.verdict();
        } catch (TimeoutException e) {
            throw new Denial(EgressReason.NO_ANSWER);
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer never fails", e);
        } finally {
            held.release(request.getId());
        }
    }

    /** One forbidden address among several is reason enough: an honest name has none. */
    private List<InetAddress> checked(Destination destination, EgressRule rule) throws Denial {
        List<InetAddress> addresses;
        try {
            addresses = destination.isAddress()
                    ? List.of(InetAddress.ofLiteral(destination.host()))
                    : environment.resolver().resolve(destination.host());
        } catch (UnknownHostException | IllegalArgumentException e) {
            throw new Denial(EgressReason.RESOLVE_FAILED);
        }
        if (addresses.isEmpty()) {
            throw new Denial(EgressReason.RESOLVE_FAILED);
        }
        for (InetAddress address : addresses) {
            if (!PublicAddresses.allows(address, rule.getAllowPrivate())) {
                throw new Denial(EgressReason.ADDRESS_NOT_ALLOWED);
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
                closeQuietly(channel);
                last = e;
            }
        }
        throw last;
    }

    /** Bytes both ways until both sides have ended. */
    private void tunnel(Wire client, Upstream upstream) throws IOException, InterruptedException {
        Thread back = Thread.ofVirtual().start(() -> {
            try {
                pump(new Wire(upstream.channel), client.channel, upstream.in, bytesIn, Long.MAX_VALUE);
            } catch (IOException e) {
                closeQuietly(client.channel);
                closeQuietly(upstream.channel);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            pump(client, upstream.channel, upstream.out, bytesOut, Long.MAX_VALUE);
        } catch (IOException e) {
            closeQuietly(client.channel);
            closeQuietly(upstream.channel);
            throw e;
        } finally {
            back.join();
        }
    }

    /** One request, exactly as long as it says, and its response until the destination ends it. */
    private void exchange(Wire client, RequestHead head, Destination destination, Upstream upstream)
            throws IOException, InterruptedException, Denial {
        byte[] forwarded = head.forwarded(destination);
        long length = head.bodyLength();
        Thread request = Thread.ofVirtual().start(() -> {
            try {
                send(upstream, ByteBuffer.wrap(forwarded));
                if (length >= 0) {
                    pump(client, upstream.channel, upstream.out, bytesOut, length);
                } else {
                    chunks(client, upstream);
                }
            } catch (IOException e) {
                closeQuietly(upstream.channel);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            pump(new Wire(upstream.channel), client.channel, upstream.in, bytesIn, Long.MAX_VALUE);
        } finally {
            // The destination has answered: what is left of the request has no reader.
            closeQuietly(upstream.channel);
            closeQuietly(client.channel);
            request.join();
        }
    }

    /** Passes a chunked body on, chunk by chunk, and nothing behind it. Extensions and trailers are left out. */
    private void chunks(Wire client, Upstream upstream) throws IOException, InterruptedException {
        while (true) {
            String line = client.line(MAX_CHUNK_LINE);
            int semicolon = line.indexOf(';');
            String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).strip();
            if (digits.isEmpty() || digits.length() > 8 || !digits.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
                throw new IOException("chunk size: malformed");
            }
            long size = Long.parseLong(digits, 16);
            if (size == 0) {
                send(upstream, ascii("0\r\n\r\n"));
                return;
            }
            send(upstream, ascii(Long.toHexString(size) + "\r\n"));
            if (pump(client, upstream.channel, upstream.out, bytesOut, size) < size
                    || !client.line(0).isEmpty()) {
                throw new IOException("chunk: shorter or longer than it says");
            }
            send(upstream, ascii("\r\n"));
        }
    }

    private void send(Upstream upstream, ByteBuffer bytes) throws IOException, InterruptedException {
        int length = bytes.remaining();
        write(upstream.channel, bytes);
        upstream.out.add(length);
        bytesOut.add(length);
    }

    /** Passes up to {@code most} bytes on; at the end of the source the sink's end is told. */
    private long pump(Wire from, SocketChannel to, LongAdder counter, LongAdder total, long most)
            throws IOException, InterruptedException {
        long passed = 0;
        while (passed < most) {
            ByteBuffer bytes = from.read((int) Math.min(most - passed, BUFFER_BYTES));
            if (bytes == null) {
                if (most == Long.MAX_VALUE) {
                    to.shutdownOutput();
                }
                return passed;
            }
            int length = bytes.remaining();
            write(to, bytes);
            counter.add(length);
            total.add(length);
            passed += length;
        }
        return passed;
    }

    private void write(SocketChannel to, ByteBuffer bytes) throws IOException, InterruptedException {
        while (bytes.hasRemaining()) {
            if (!passage.awaitOpen()) {
                throw new IOException("the session is over");
            }
            to.write(bytes);
        }
    }

    private byte[] readHead(Wire wire) throws IOException, Denial {
        Future<?> deadline =
                timer.schedule(() -> closeQuietly(wire.channel), HEAD_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return wire.head();
        } finally {
            deadline.cancel(false);
        }
    }

    /** Denies by the host's own decision: recorded as a request that nobody was asked about, and its decision. */
    private void deny(SocketChannel client, Attempt attempt, Denial denial) throws IOException {
        record(attempt, denial);
        refuse(client, denial.reason());
    }

    private void record(Attempt attempt, Denial denial) {
        try {
            publish(Event.newBuilder()
                    .setEgressRequested(EgressRequested.newBuilder()
                            .setConnection(attempt.number())
                            .setHost(printable(attempt.host()))
                            .setPort(attempt.port())
                            .setMethod(attempt.method())
                            .setUrl(attempt.url())
                            .setHeld(false)));
        } catch (SpoolException e) {
            evidenceLost.increment();
        }
        recordDecision(attempt, denial);
    }

    private void recordDecision(Attempt attempt, Denial denial) {
        count(denial.reason());
        try {
            publish(Event.newBuilder()
                    .setEgressDecided(decision(attempt, denial.reason())
                            .setHost(printable(attempt.host()))
                            .setVerdict(denial.verdict())));
        } catch (SpoolException e) {
            evidenceLost.increment();
        }
    }

    private void closed(Attempt attempt, Upstream upstream) {
        try {
            publish(Event.newBuilder()
                    .setEgressDecided(decision(attempt, EgressReason.CLOSED)
                            .setAllowed(true)
                            .setResolvedAddress(upstream.address)
                            .setVerdict(upstream.verdict)
                            .setBytesOut(upstream.out.sum())
                            .setBytesIn(upstream.in.sum())
                            .setClosed(true)));
        } catch (SpoolException e) {
            evidenceLost.increment();
        }
    }

    private static EgressDecided.Builder decision(Attempt attempt, EgressReason reason) {
        return EgressDecided.newBuilder()
                .setConnection(attempt.number())
                .setHost(attempt.host())
                .setPort(attempt.port())
                .setMethod(attempt.method())
                .setReason(reason.word());
    }

    private Event publish(Event.Builder payload) {
        Instant now = Instant.now();
        return outbox.publish(
                Channel.EVIDENCE, TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano(), payload);
    }

    private void count(EgressReason reason) {
        LongAdder counter = decided.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    private static String printable(String host) {
        StringBuilder shown = new StringBuilder();
        host.chars().limit(EventLimits.MAX_NAME_BYTES).forEach(c -> shown.append(c < ' ' || c > '~' ? '?' : (char) c));
        return shown.toString();
    }

    private static void refuse(SocketChannel client, EgressReason reason) throws IOException {
        String status =
                switch (reason) {
                    case MALFORMED_REQUEST, MALFORMED_HOST -> "400 Bad Request";
                    case RESOLVE_FAILED, CONNECT_FAILED -> "502 Bad Gateway";
                    case TOO_MANY_CONNECTIONS -> "503 Service Unavailable";
                    default -> "403 Forbidden";
                };
        String body = "plumbline: " + reason.word() + "\n";
        ByteBuffer answer = ascii("HTTP/1.1 " + status + "\r\nX-Plumbline-Reason: " + reason.word()
                + "\r\nContent-Type: text/plain\r\nContent-Length: " + body.length() + "\r\nConnection: close\r\n\r\n"
                + body);
        while (answer.hasRemaining()) {
            client.write(answer);
        }
        client.shutdownOutput();
    }

    private static void refuseQuietly(SocketChannel client, EgressReason reason) {
        try {
            // A full buffer must not hold up the next accept.
            client.configureBlocking(false);
            refuse(client, reason);
        } catch (IOException e) {
            LOG.debug("egress: {}", e.toString());
        }
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void closeQuietly(@Nullable AutoCloseable channel) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (Exception e) {
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

    /** A channel with what was read beyond the head. */
    private static final class Wire {
        final SocketChannel channel;
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

        Wire(SocketChannel channel) {
            this.channel = channel;
        }

        /** At most {@code most} bytes, null at the end. The buffer is reused by the next call. */
        @Nullable
        ByteBuffer read(int most) throws IOException {
            if (!buffer.hasRemaining() && !fill()) {
                return null;
            }
            int length = Math.min(most, buffer.remaining());
            ByteBuffer bytes = buffer.slice(buffer.position(), length);
            buffer.position(buffer.position() + length);
            return bytes;
        }

        /** The head of a request with its empty line; empty when the other side ended before it said anything. */
        byte[] head() throws IOException, Denial {
            byte[] head = new byte[RequestHead.MAX_BYTES];
            int length = 0;
            while (true) {
                if (!buffer.hasRemaining() && !fill()) {
                    if (length == 0) {
                        return new byte[0];
                    }
                    throw new Denial(EgressReason.MALFORMED_REQUEST);
                }
                if (length == head.length) {
                    throw new Denial(EgressReason.MALFORMED_REQUEST);
                }
                head[length++] = buffer.get();
                if (length >= 4
                        && head[length - 1] == '\n'
                        && head[length - 2] == '\r'
                        && head[length - 3] == '\n'
                        && head[length - 4] == '\r') {
                    return java.util.Arrays.copyOf(head, length);
                }
            }
        }

        /** A line without its CR LF. */
        String line(int most) throws IOException {
            StringBuilder line = new StringBuilder();
            while (true) {
                if (!buffer.hasRemaining() && !fill()) {
                    throw new IOException("ended within a line");
                }
                char c = (char) (buffer.get() & 0xff);
                if (c == '\n' && line.length() > 0 && line.charAt(line.length() - 1) == '\r') {
                    line.setLength(line.length() - 1);
                    return line.toString();
                }
                if (line.length() > most) {
                    throw new IOException("line longer than " + most);
                }
                line.append(c);
            }
        }

        private boolean fill() throws IOException {
            buffer.clear();
            int read = channel.read(buffer);
            buffer.flip();
            return read >= 0;
        }
    }
}
