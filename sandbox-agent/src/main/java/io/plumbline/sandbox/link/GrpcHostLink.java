package io.plumbline.sandbox.link;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryBuilder;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.HttpHeaderNames;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.Version;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Delivery;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EventBatch;
import io.plumbline.events.v1.Hello;
import io.plumbline.events.v1.HostLinkGrpc;
import io.plumbline.events.v1.HostMessage;
import io.plumbline.events.v1.PlatformMessage;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.Received;
import io.plumbline.events.v1.RuntimeState;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link over gRPC. Events go to the spool first and from there to the platform, by one thread, in the spool's order; what
 * is not acknowledged when a connection ends is sent again over the next one.
 *
 * <p>Latency comes first: an event is sent as soon as the thread sees it, with everything before it. What its session calls routine
 * waits up to {@link HostLinkSettings#gathering} for others, because each batch costs the whole way more than the events in it. When the platform is
 * behind ({@link #BUSY_BATCHES} batches under way) the thread waits {@link #LINGER} with every event.
 */
public final class GrpcHostLink implements HostLink {
    /** Batches under way at most; with {@link #MAX_BYTES_UNDER_WAY} what a slow platform can make the host hold. */
    private static final int MAX_BATCHES_UNDER_WAY = 64;

    private static final int MAX_BYTES_UNDER_WAY = 8 << 20;

    /** What the platform must recognise as written already when it restarts: well below what it reads of its log then. */
    private static final int MAX_EVENTS_UNDER_WAY = 4096;

    private static final int MAX_BATCH_EVENTS = 512;
    private static final int MAX_BATCH_BYTES = 512 * 1024;

    private static final int BUSY_BATCHES = 4;
    private static final Duration LINGER = Duration.ofNanos(500_000);

    /** Verdict ids remembered: a busy session gets a few a second. */
    private static final int MAX_REMEMBERED_VERDICTS = 16_384;

    /** A verdict with its stages is smaller than an event with its limits by far. */
    private static final int MAX_MESSAGE_BYTES = 1 << 20;

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);
    private static final Duration WELCOME_LIMIT = Duration.ofSeconds(5);
    private static final long PING_MILLIS = 10_000;

    private static final String NO_SUCH_SESSION = "this host has no such session, or has it no more";
    private static final Logger LOG = LoggerFactory.getLogger(GrpcHostLink.class);
    private static final Pattern HEX32 = Pattern.compile("[0-9a-f]{32}");

    private final HostLinkSettings settings;
    private final Set<String> untold;
    private final Spool spool;
    private final Positions positions;
    private final ClientFactory clients;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by lock.
    private final ArrayDeque<Sent> underWay = new ArrayDeque<>();
    private final List<String> receipts = new ArrayList<>();
    private @Nullable Connection connection;
    private @Nullable String tenant;
    private @Nullable String problem;
    private boolean tokenRefused;
    private long bytesUnderWay;
    private int eventsUnderWay;
    private long acknowledgedIndex;
    private long highestSent;
    /** Index of the newest event that does not wait. */
    private long urgentIndex;

    private long disconnectedSince = System.nanoTime();
    private long acknowledgedAt = System.nanoTime();
    private boolean closing;
    private boolean waitingForWork;
    private boolean waitingForUrgent;

    private final LinkedHashMap<String, Boolean> seenVerdicts = new LinkedHashMap<>();

    private final LongAdder published = new LongAdder();
    private final LongAdder truncated = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder resent = new LongAdder();
    private final LongAdder batches = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder connects = new LongAdder();
    private final LongAdder verdicts = new LongAdder();
    private final LongAdder repeatedVerdicts = new LongAdder();
    private final LongAdder strayVerdicts = new LongAdder();
    private final LongAdder failedVerdicts = new LongAdder();

    /** @param at of {@link System#nanoTime()} */
    private record Sent(long batch, long lastIndex, int events, int bytes, long at) {}

    private GrpcHostLink(HostLinkSettings settings, Set<String> untold) {
        this.settings = settings;
        this.untold = Set.copyOf(untold);
        this.positions = Positions.in(settings.spool());
        this.spool = Spool.open(settings.spool(), settings.spoolBytes(), settings.segmentBytes(), positions::seen);
        this.acknowledgedIndex = spool.first() - 1;
        this.highestSent = acknowledgedIndex;
        ClientFactoryBuilder factory = ClientFactory.builder()
                .connectTimeout(CONNECT_LIMIT)
                // Finds a connection that died without a word.
                .pingIntervalMillis(PING_MILLIS)
                .idleTimeoutMillis(0);
        settings.trustedCertificates()
                .ifPresent(pem -> factory.tlsCustomizer(tls -> tls.trustManager(new File(pem.toString()))));
        this.clients = factory.build();
        this.thread = Thread.ofPlatform().daemon().name("plumbline-link").unstarted(this::run);
    }

    /**
     * Opens the spool and starts connecting; does not wait for the platform.
     *
     * @throws SpoolException when the spool's directory cannot be used
     */
    public static GrpcHostLink connect(HostLinkSettings settings) {
        return connect(settings, Set.of());
    }

    /** @param untold sessions of an earlier daemon whose end is about to be told, which answers whatever was ordered of them */
    public static GrpcHostLink connect(HostLinkSettings settings, Set<String> untold) {
        GrpcHostLink link = new GrpcHostLink(settings, untold);
        link.thread.start();
        return link;
    }

    /**
     * Waits for the platform's welcome.
     *
     * @throws HostLinkException when there is none within {@code limit}, or the token is refused: one line with what was wrong
     */
    public void awaitConnected(Duration limit) throws HostLinkException, InterruptedException {
        lock.lock();
        try {
            long left = limit.toNanos();
            while (connection == null || !connection.welcome) {
                // Another try with the same token gets the same answer.
                if (left <= 0 || tokenRefused) {
                    throw new HostLinkException(
                            problem != null
                                    ? problem
                                    : "platform: " + settings.platform() + " (expected: an answer within "
                                            + limit.toMillis() + " ms)");
                }
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What went wrong with the last connection, one line; empty while connected. */
    public Optional<String> problem() {
        lock.lock();
        try {
            return Optional.ofNullable(problem);
        } finally {
            lock.unlock();
        }
    }

    public LinkCounts counts() {
        lock.lock();
        try {
            return new LinkCounts(
                    published.sum(),
                    truncated.sum(),
                    refused.sum(),
                    sent.sum(),
                    resent.sum(),
                    batches.sum(),
                    acknowledged.sum(),
                    spool.unreadable(),
                    connects.sum(),
                    verdicts.sum(),
                    repeatedVerdicts.sum(),
                    strayVerdicts.sum(),
                    failedVerdicts.sum(),
                    spool.bytes(),
                    spool.last() - acknowledgedIndex);
        } finally {
            lock.unlock();
        }
    }

    /** {@inheritDoc} Throws IllegalArgumentException for a tenant that is not the token's, once that is known. */
    @Override
    public SessionOutbox open(
            String sessionTenant, String session, VerdictListener listener, Predicate<Event> routine) {
        if (!EventLimits.isName(sessionTenant)) {
            throw new IllegalArgumentException("tenant: " + sessionTenant + " (expected: 1 to 253 of [A-Za-z0-9._-])");
        }
        if (!HEX32.matcher(session).matches()) {
            throw new IllegalArgumentException("session: " + session + " (expected: 32 lower-case hex digits)");
        }
        lock.lock();
        try {
            if (closing) {
                throw new IllegalStateException("link: closed (expected: open)");
            }
            if (tenant != null && !tenant.equals(sessionTenant)) {
                throw new IllegalArgumentException("tenant: " + sessionTenant + " (expected: " + tenant + ")");
            }
            Session opened = new Session(sessionTenant, session, listener, routine);
            if (sessions.putIfAbsent(session, opened) != null) {
                throw new IllegalStateException("session: " + session + " (expected: not open yet)");
            }
            return opened;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void end(String session) {
        Session ended = sessions.remove(session);
        if (ended != null) {
            ended.end();
        }
    }

    @Override
    public Duration disconnectedFor() {
        lock.lock();
        try {
            boolean connected = connection != null && connection.welcome;
            if (connected && underWay.isEmpty()) {
                return Duration.ZERO;
            }
            return Duration.ofNanos(System.nanoTime() - (connected ? heardOfAt() : disconnectedSince));
        } finally {
            lock.unlock();
        }
    }

    /** Waits for acknowledgements as long as {@link HostLinkSettings#drain}; what is left is sent by the next daemon. */
    @Override
    public void close() {
        boolean interrupted = false;
        lock.lock();
        try {
            long left = settings.drain().toNanos();
            while (left > 0 && acknowledgedIndex < spool.last() && connection != null && connection.welcome) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            closing = true;
            changed.signalAll();
            lock.unlock();
        }
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            interrupted = true;
        }
        sessions.values().forEach(Session::end);
        sessions.clear();
        clients.close();
        spool.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long pause = settings.firstRetry().toMillis();
        while (true) {
            try {
                if (converse()) {
                    pause = settings.firstRetry().toMillis();
                }
            } catch (RuntimeException e) {
                LOG.error("link: {}", e.toString(), e);
                fail("link: " + e);
            }
            lock.lock();
            try {
                disconnected();
                long left = TimeUnit.MILLISECONDS.toNanos(pause);
                while (!closing && left > 0) {
                    left = changed.awaitNanos(left);
                }
                if (closing) {
                    return;
                }
            } catch (InterruptedException e) {
                // Nobody interrupts this thread but the end of the process.
                Thread.currentThread().interrupt();
                return;
            } finally {
                lock.unlock();
            }
            pause = Math.min(2 * pause, settings.longestRetry().toMillis());
        }
    }

    /** One connection, from its beginning to its end. True when the platform welcomed us. */
    private boolean converse() {
        HostLinkGrpc.HostLinkStub stub = GrpcClients.builder("gproto+" + settings.platform())
                .factory(clients)
                .responseTimeoutMillis(0)
                .maxResponseLength(0)
                .maxResponseMessageLength(MAX_MESSAGE_BYTES)
                .setHeader(HttpHeaderNames.AUTHORIZATION, "Bearer " + settings.token())
                .build(HostLinkGrpc.HostLinkStub.class);
        Connection current = new Connection();
        StreamObserver<HostMessage> requests = stub.connect(current);
        lock.lock();
        try {
            connection = current;
        } finally {
            lock.unlock();
        }
        try {
            requests.onNext(HostMessage.newBuilder()
                    .setHello(Hello.newBuilder()
                            .setHost(settings.host())
                            .setVersion(settings.version())
                            .addAllSessions(sessions.keySet()))
                    .build());
            if (!awaitWelcome(current)) {
                return false;
            }
            send(current, requests);
            requests.onCompleted();
            return true;
        } catch (IllegalStateException e) {
            // The call ended between our look at it and our writing to it.
            fail("platform: " + settings.platform() + " (expected: to stay connected): " + e.getMessage());
            return current.welcome;
        } finally {
            current.abandon(requests);
        }
    }

    private boolean awaitWelcome(Connection current) {
        lock.lock();
        try {
            long left = WELCOME_LIMIT.plus(CONNECT_LIMIT).toNanos();
            while (!current.welcome && !current.over && !closing) {
                if (left <= 0) {
                    fail("platform: " + settings.platform() + " (expected: a welcome within "
                            + WELCOME_LIMIT.plus(CONNECT_LIMIT).toSeconds() + " s)");
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return current.welcome && !current.over;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void send(Connection current, StreamObserver<HostMessage> requests) {
        long nextIndex;
        long batch = 0;
        lock.lock();
        try {
            nextIndex = acknowledgedIndex + 1;
        } finally {
            lock.unlock();
        }
        while (true) {
            List<String> received;
            boolean ready;
            lock.lock();
            try {
                awaitWork(current, nextIndex);
                if (current.over || closing && receipts.isEmpty()) {
                    return;
                }
                received = List.copyOf(receipts);
                receipts.clear();
                ready = hasRoom() && nextIndex <= spool.last();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } finally {
                lock.unlock();
            }
            if (!received.isEmpty()) {
                requests.onNext(HostMessage.newBuilder()
                        .setReceived(Received.newBuilder().addAllVerdicts(received))
                        .build());
            }
            if (ready) {
                List<Spool.Entry> entries = spool.read(nextIndex, MAX_BATCH_EVENTS, MAX_BATCH_BYTES);
                if (entries.isEmpty()) {
                    // Only damaged records are left before the end of the spool.
                    nextIndex = spool.last() + 1;
                    continue;
                }
                batch++;
                nextIndex = sendBatch(requests, batch, entries) + 1;
            }
        }
    }

    private long sendBatch(StreamObserver<HostMessage> requests, long batch, List<Spool.Entry> entries) {
        EventBatch.Builder events = EventBatch.newBuilder().setBatch(batch);
        entries.forEach(entry -> events.addEvents(entry.event()));
        HostMessage message = HostMessage.newBuilder().setEvents(events).build();
        long lastIndex = entries.getLast().index();
        lock.lock();
        try {
            Sent underway = new Sent(batch, lastIndex, entries.size(), message.getSerializedSize(), System.nanoTime());
            underWay.add(underway);
            bytesUnderWay += underway.bytes();
            eventsUnderWay += underway.events();
            sent.add(entries.size());
            batches.increment();
            resent.add(entries.stream()
                    .filter(entry -> entry.index() <= highestSent)
                    .count());
            highestSent = Math.max(highestSent, lastIndex);
        } finally {
            lock.unlock();
        }
        requests.onNext(message);
        return lastIndex;
    }

    /** Returns when there is something to send, the connection is over, or the link closes. Called with the lock held. */
    private void awaitWork(Connection current, long nextIndex) throws InterruptedException {
        boolean lingered = false;
        long patience = settings.gathering().toNanos();
        while (!current.over && !closing && receipts.isEmpty()) {
            if (!hasRoom() || nextIndex > spool.last()) {
                waitingForWork = true;
                changed.await();
                waitingForWork = false;
            } else if (spool.last() - nextIndex + 1 >= MAX_BATCH_EVENTS) {
                return;
            } else if (urgentIndex < nextIndex && patience > 0) {
                waitingForUrgent = true;
                patience = changed.awaitNanos(patience);
                waitingForUrgent = false;
            } else if (underWay.size() < BUSY_BATCHES || lingered) {
                return;
            } else {
                changed.awaitNanos(LINGER.toNanos());
                lingered = true;
            }
        }
    }

    private boolean hasRoom() {
        return underWay.size() < MAX_BATCHES_UNDER_WAY
                && bytesUnderWay < MAX_BYTES_UNDER_WAY
                && eventsUnderWay < MAX_EVENTS_UNDER_WAY;
    }

    private void wakeSender(long index, boolean urgent) {
        lock.lock();
        try {
            if (urgent) {
                urgentIndex = Math.max(urgentIndex, index);
            }
            if (waitingForWork || waitingForUrgent && urgent) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void fail(String what) {
        lock.lock();
        try {
            if (!what.equals(problem)) {
                LOG.warn("{}", what);
            }
            problem = what;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** When a connected platform last owed us nothing, or paid some of it. Called with the lock held. */
    private long heardOfAt() {
        Sent oldest = underWay.peek();
        if (oldest == null) {
            return System.nanoTime();
        }
        return oldest.at() - acknowledgedAt > 0 ? oldest.at() : acknowledgedAt;
    }

    /** Called with the lock held. */
    private void disconnected() {
        if (connection != null && connection.welcome) {
            disconnectedSince = heardOfAt();
        }
        connection = null;
        waitingForWork = false;
        waitingForUrgent = false;
        underWay.clear();
        bytesUnderWay = 0;
        eventsUnderWay = 0;
        changed.signalAll();
    }

    private void acknowledge(long batch) {
        long index;
        lock.lock();
        try {
            Sent done = underWay.peek();
            while (done != null && done.batch() <= batch) {
                underWay.remove();
                bytesUnderWay -= done.bytes();
                eventsUnderWay -= done.events();
                acknowledged.add(done.events());
                acknowledgedIndex = done.lastIndex();
                acknowledgedAt = System.nanoTime();
                done = underWay.peek();
            }
            index = acknowledgedIndex;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            spool.acknowledge(index, positions::save);
        } catch (SpoolException e) {
            // The segments stay until it works: they still tell the numbers.
            LOG.warn("{}", e.getMessage());
        }
    }

    private void welcome(Connection current, String welcomedTenant) {
        lock.lock();
        try {
            if (connection != current) {
                return;
            }
            current.welcome = true;
            connects.increment();
            tenant = welcomedTenant;
            problem = null;
            for (Session session : sessions.values()) {
                if (!session.tenant.equals(welcomedTenant)) {
                    session.refuse("tenant: " + session.tenant + " (expected: " + welcomedTenant + ")");
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        LOG.info("connected to {} as host {} of tenant {}", settings.platform(), settings.host(), welcomedTenant);
    }

    /** Hands a verdict over, once; it is confirmed when its listener has taken it. */
    private void deliver(Delivery delivery) {
        long now = nanosNow();
        Event verdict = delivery.getVerdict();
        if (seenVerdicts.containsKey(verdict.getId())) {
            repeatedVerdicts.increment();
            confirm(verdict.getId());
            return;
        }
        Session session = sessions.get(verdict.getSession());
        if (session == null || !session.tenant.equals(verdict.getTenant())) {
            strayVerdicts.increment();
            if (session == null && !untold.contains(verdict.getSession())) {
                refuse(verdict);
            }
            confirm(verdict.getId());
            return;
        }
        try {
            session.listener.onVerdict(
                    verdict,
                    delivery.getStages().toBuilder().setHostReceivedNs(now).build());
        } catch (RuntimeException e) {
            failedVerdicts.increment();
            LOG.error("verdict {} of session {} could not be taken", verdict.getId(), verdict.getSession(), e);
            return;
        }
        verdicts.increment();
        seenVerdicts.put(verdict.getId(), true);
        if (seenVerdicts.size() > MAX_REMEMBERED_VERDICTS) {
            seenVerdicts.pollFirstEntry();
        }
        confirm(verdict.getId());
    }

    /** Whoever ordered something of a session that is not here any more is told so, instead of waiting for ever. */
    private void refuse(Event order) {
        boolean revises = order.hasPolicyRevised();
        if (!revises && !order.hasFreezeOrdered() && !order.hasThawOrdered() && !order.hasKillOrdered()) {
            return;
        }
        Event.Builder refusal = Event.newBuilder();
        if (revises) {
            refusal.setPolicyRefused(PolicyRefused.newBuilder()
                    .setReason(NO_SUCH_SESSION)
                    .setStatementSha256(
                            PolicyStatements.sha256(order.getPolicyRevised().getSigned()))
                    .setOrder(order.getPolicyRevised().getCause()));
        } else {
            refusal.setRuntimeState(RuntimeState.newBuilder()
                    .setState(RuntimeState.State.EXITED)
                    .setOrder(order.getId())
                    .setReason(NO_SUCH_SESSION));
        }
        try {
            // Without a number: those of a session that has ended are given away, and a repeated one would be taken for
            // a repetition.
            Event told = EventIds.withId(prepared(
                    order.getTenant(),
                    order.getSession(),
                    revises ? Channel.CONTROL : Channel.EVIDENCE,
                    nanosNow(),
                    refusal));
            wakeSender(spool.append(told), true);
            published.increment();
            seenVerdicts.put(order.getId(), true);
        } catch (SpoolException e) {
            LOG.warn("order {} for a session that is not here could not be refused", order.getId(), e);
        }
    }

    /** Redacted, bounded, and with everything but number and id. */
    private Event.Builder prepared(
            String ofTenant, String session, Channel channel, long eventTimeNanos, Event.Builder payload) {
        long observed = nanosNow();
        Event.Builder event = payload.clone();
        if (event.hasHeartbeat()) {
            event.getHeartbeatBuilder()
                    .setHostVersion(Version.CURRENT)
                    .setSpoolBytes(spool.bytes())
                    .setSpoolLimitBytes(settings.spoolBytes());
        }
        settings.redactor().redact(event);
        event.clearId()
                .setTenant(ofTenant)
                .setHost(settings.host())
                .setSession(session)
                .setChannel(channel)
                .setEventTimeNs(eventTimeNanos > 0 ? eventTimeNanos : observed)
                .setObservedTimeNs(observed);
        return EventLimits.bounded(event).toBuilder();
    }

    private void confirm(String verdict) {
        lock.lock();
        try {
            receipts.add(verdict);
            if (waitingForWork || waitingForUrgent) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private static long nanosNow() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    /** The platform's side of one connection. Its methods are called one at a time. */
    private final class Connection implements StreamObserver<PlatformMessage> {
        // Guarded by lock.
        private boolean welcome;
        private boolean over;

        @Override
        public void onNext(PlatformMessage message) {
            switch (message.getMessageCase()) {
                case WELCOME -> welcome(this, message.getWelcome().getTenant());
                case ACKNOWLEDGED -> {
                    if (isCurrent()) {
                        acknowledge(message.getAcknowledged().getBatch());
                    }
                }
                case DELIVERY -> {
                    synchronized (seenVerdicts) {
                        deliver(message.getDelivery());
                    }
                }
                case MESSAGE_NOT_SET -> LOG.warn("platform: a message of an unknown kind (expected: of this version)");
            }
        }

        @Override
        public void onError(Throwable error) {
            Status status = Status.fromThrowable(error);
            boolean refused = status.getCode() == Status.Code.UNAUTHENTICATED
                    || status.getCode() == Status.Code.PERMISSION_DENIED;
            String description = status.getDescription() == null ? "" : ": " + status.getDescription();
            String what =
                    switch (status.getCode()) {
                        case UNAUTHENTICATED, PERMISSION_DENIED ->
                            "token: refused by " + settings.platform() + description;
                        case UNAVAILABLE, UNKNOWN, DEADLINE_EXCEEDED ->
                            "platform: " + settings.platform() + " (expected: a reachable Plumbline door): "
                                    + rootCause(error);
                        default ->
                            "platform: " + settings.platform() + " ended the link: " + status.getCode() + description;
                    };
            end(what, refused);
        }

        @Override
        public void onCompleted() {
            end("platform: " + settings.platform() + " closed the link (expected: to stay open)", false);
        }

        private boolean isCurrent() {
            lock.lock();
            try {
                return connection == this;
            } finally {
                lock.unlock();
            }
        }

        private void end(String what, boolean refused) {
            lock.lock();
            try {
                over = true;
                tokenRefused = refused;
                if (connection == this && !closing) {
                    fail(what);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void abandon(StreamObserver<HostMessage> requests) {
            boolean open;
            lock.lock();
            try {
                open = !over && !closing;
                over = true;
            } finally {
                lock.unlock();
            }
            if (open) {
                requests.onError(Status.CANCELLED
                        .withDescription("the host gives this connection up")
                        .asException());
            }
        }

        private static String rootCause(Throwable error) {
            Throwable cause = error;
            while (cause.getCause() != null && cause.getCause() != cause) {
                cause = cause.getCause();
            }
            String message = cause.getMessage();
            return message == null
                    ? cause.getClass().getSimpleName()
                    : message.lines().findFirst().orElse("");
        }
    }

    /** One session's way out. */
    private final class Session implements SessionOutbox {
        private final String tenant;
        private final String session;
        private final VerdictListener listener;
        private final Predicate<Event> routine;
        private boolean ended;
        private @Nullable String refusal;

        Session(String tenant, String session, VerdictListener listener, Predicate<Event> routine) {
            this.tenant = tenant;
            this.session = session;
            this.listener = listener;
            this.routine = routine;
        }

        @Override
        public Event publish(Channel channel, long eventTimeNanos, Event.Builder payload) {
            Event.Builder bounded = prepared(tenant, session, channel, eventTimeNanos, payload);
            Event complete;
            long index;
            synchronized (this) {
                if (ended || refusal != null) {
                    refused.increment();
                    throw new SpoolException(
                            refusal != null ? refusal : "session: " + session + " has ended (expected: open)", null);
                }
                // The number is used up even when the spool refuses: the hole shows that something is missing.
                complete = EventIds.withId(bounded.setSeq(positions.next(session, channel)));
                try {
                    index = spool.append(complete);
                } catch (SpoolException e) {
                    refused.increment();
                    throw e;
                }
            }
            published.increment();
            if (complete.getTruncatedCount() > 0) {
                truncated.increment();
            }
            wakeSender(index, !routine.test(complete));
            return complete;
        }

        private synchronized void refuse(String why) {
            refusal = why;
        }

        private synchronized void end() {
            ended = true;
            positions.forget(session);
        }
    }
}
