package io.plumbline.ingest;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.plumbline.events.EventLimits;
import io.plumbline.events.InvalidEventException;
import io.plumbline.events.v1.Acknowledged;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Delivery;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EventBatch;
import io.plumbline.events.v1.Hello;
import io.plumbline.events.v1.HostLinkGrpc;
import io.plumbline.events.v1.HostMessage;
import io.plumbline.events.v1.PlatformMessage;
import io.plumbline.events.v1.Welcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The host's side of the door: one bidirectional stream per host. */
final class HostLinkService extends HostLinkGrpc.HostLinkImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(HostLinkService.class);

    /** Batches that Kafka has not confirmed; a host sends at most 64 ahead. */
    private static final int MAX_OPEN_BATCHES = 256;

    private static final int MAX_SESSIONS = 10_000;

    /** Verdicts queued for a host that does not read; then its stream ends, and the router keeps what it can. */
    private static final int MAX_TO_DELIVER = 50_000;

    private final Tokens tokens;
    private final TelemetryLog log;
    private final SeqLedger ledger;
    private final VerdictRouter router;
    private final IngestMetrics metrics;
    private final SilentSessions silent;
    private final int maxStreams;
    private final int maxBatchEvents;
    private final AtomicInteger streams = new AtomicInteger();

    HostLinkService(
            Tokens tokens,
            TelemetryLog log,
            SeqLedger ledger,
            VerdictRouter router,
            IngestMetrics metrics,
            SilentSessions silent,
            int maxStreams,
            int maxBatchEvents) {
        this.tokens = tokens;
        this.log = log;
        this.ledger = ledger;
        this.router = router;
        this.metrics = metrics;
        this.silent = silent;
        this.maxStreams = maxStreams;
        this.maxBatchEvents = maxBatchEvents;
    }

    int openStreams() {
        return streams.get();
    }

    @Override
    public StreamObserver<HostMessage> connect(StreamObserver<PlatformMessage> responses) {
        Optional<Principal> principal = tokens.authorize(Optional.ofNullable(
                ServiceRequestContext.current().request().headers().get(HttpHeaderNames.AUTHORIZATION)));
        Status refusal = null;
        if (principal.isEmpty() || principal.get().role() != Role.HOST) {
            metrics.refusedTokens.increment();
            refusal = Status.UNAUTHENTICATED.withDescription(
                    principal.isEmpty()
                            ? "unknown (expected: a token of the role host)"
                            : "role agent (expected: host)");
        } else if (streams.incrementAndGet() > maxStreams) {
            streams.decrementAndGet();
            metrics.refusedStreams.increment();
            refusal = Status.RESOURCE_EXHAUSTED.withDescription(
                    "host links: more than " + maxStreams + " (expected: at most)");
        }
        if (refusal != null) {
            responses.onError(refusal.asException());
            return new Refused();
        }
        return new Stream(principal.orElseThrow().tenant(), (ServerCallStreamObserver<PlatformMessage>) responses);
    }

    /** Takes what a refused host still sends. */
    private static final class Refused implements StreamObserver<HostMessage> {
        @Override
        public void onNext(HostMessage message) {}

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {}
    }

    private record OpenBatch(long number, CompletableFuture<Void> written) {}

    /** One host. Messages come one at a time; answers go out from several threads. */
    private final class Stream implements StreamObserver<HostMessage>, VerdictRouter.Stream {
        private final String tenant;
        private final ServerCallStreamObserver<PlatformMessage> responses;
        private final Set<String> claimed = new HashSet<>();
        private @Nullable String host;
        private long lastBatch;

        // Guarded by this.
        private final ArrayDeque<OpenBatch> openBatches = new ArrayDeque<>();
        private final ArrayDeque<PendingVerdict> toDeliver = new ArrayDeque<>();
        private boolean over;
        private boolean left;

        Stream(String tenant, ServerCallStreamObserver<PlatformMessage> responses) {
            this.tenant = tenant;
            this.responses = responses;
            responses.setOnReadyHandler(this::pump);
            responses.setOnCancelHandler(this::gone);
        }

        @Override
        public void onNext(HostMessage message) {
            switch (message.getMessageCase()) {
                case HELLO -> hello(message.getHello());
                case EVENTS -> events(message.getEvents());
                case RECEIVED -> {
                    if (host != null) {
                        router.received(tenant, host, message.getReceived().getVerdictsList());
                    }
                }
                // A newer daemon says something that we need not know.
                case MESSAGE_NOT_SET -> {}
            }
        }

        @Override
        public void onError(Throwable error) {
            gone();
        }

        @Override
        public void onCompleted() {
            // What the host has sent is still acknowledged, for its next life.
            CompletableFuture<?>[] written;
            synchronized (this) {
                written = openBatches.stream().map(OpenBatch::written).toArray(CompletableFuture<?>[]::new);
            }
            CompletableFuture.allOf(written).whenComplete((done, failure) -> {
                synchronized (this) {
                    if (!over) {
                        over = true;
                        responses.onCompleted();
                    }
                }
                leave();
            });
        }

        @Override
        public void deliver(PendingVerdict verdict) {
            boolean tooMany;
            synchronized (this) {
                toDeliver.add(verdict);
                tooMany = toDeliver.size() > MAX_TO_DELIVER;
            }
            if (tooMany) {
                end(Status.RESOURCE_EXHAUSTED.withDescription(
                        "verdicts: more than " + MAX_TO_DELIVER + " not taken (expected: a host that reads)"));
            } else {
                pump();
            }
        }

        @Override
        public void replaced() {
            end(Status.ABORTED.withDescription("another stream of this host took over"));
        }

        private void hello(Hello hello) {
            if (host != null) {
                end(Status.INVALID_ARGUMENT.withDescription("hello: a second one (expected: one)"));
                return;
            }
            if (!EventLimits.isName(hello.getHost()) || hello.getHost().equals(VerdictRouter.DIRECT)) {
                end(Status.INVALID_ARGUMENT.withDescription(
                        "host: (expected: 1 to 253 of [A-Za-z0-9._-], not " + VerdictRouter.DIRECT + ")"));
                return;
            }
            if (hello.getSessionsCount() > MAX_SESSIONS) {
                end(Status.INVALID_ARGUMENT.withDescription(
                        "sessions: " + hello.getSessionsCount() + " (expected: <= " + MAX_SESSIONS + ")"));
                return;
            }
            host = hello.getHost();
            LOG.info(
                    "host {} of tenant {} connected, version {}",
                    host,
                    tenant,
                    EventLimits.cut(hello.getVersion(), 64));
            send(PlatformMessage.newBuilder()
                    .setWelcome(Welcome.newBuilder().setTenant(tenant))
                    .build());
            router.attach(tenant, host, hello.getSessionsList(), this);
        }

        private void events(EventBatch batch) {
            long received = Clock.nanos();
            String from = host;
            if (from == null) {
                end(Status.INVALID_ARGUMENT.withDescription("events: before hello (expected: hello first)"));
                return;
            }
            if (batch.getEventsCount() > maxBatchEvents) {
                end(Status.INVALID_ARGUMENT.withDescription(
                        "events: " + batch.getEventsCount() + " in a batch (expected: <= " + maxBatchEvents + ")"));
                return;
            }
            if (batch.getBatch() != lastBatch + 1 && lastBatch != 0) {
                end(Status.INVALID_ARGUMENT.withDescription(
                        "batch: " + batch.getBatch() + " (expected: " + (lastBatch + 1) + ")"));
                return;
            }
            lastBatch = batch.getBatch();
            List<CompletableFuture<Void>> writes = new ArrayList<>(batch.getEventsCount());
            for (Event event : batch.getEventsList()) {
                if (!isAcceptable(event, from)) {
                    continue;
                }
                SeqLedger.Offer offer = ledger.offer(event, () -> log.append(event, received));
                if (offer.repeated()) {
                    metrics.duplicates.increment();
                }
                silent.heard(event, received);
                writes.add(offer.written());
                if (claimed.add(event.getSession())) {
                    router.claim(tenant, from, event.getSession());
                }
            }
            if (claimed.size() > MAX_SESSIONS) {
                claimed.clear();
            }
            CompletableFuture<Void> written = CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new));
            boolean full;
            synchronized (this) {
                full = openBatches.size() >= MAX_OPEN_BATCHES;
                if (!full) {
                    openBatches.add(new OpenBatch(batch.getBatch(), written));
                }
            }
            if (full) {
                end(Status.RESOURCE_EXHAUSTED.withDescription(
                        "batches: more than " + MAX_OPEN_BATCHES + " under way (expected: to await acknowledgements)"));
                return;
            }
            written.whenComplete((done, failure) -> acknowledge());
        }

        /**
         * What breaks the contract is left out: refusing the batch would have the host send it forever. The hole in the
         * session's numbering shows that something is missing.
         */
        private boolean isAcceptable(Event event, String from) {
            try {
                EventLimits.validate(event);
            } catch (InvalidEventException e) {
                metrics.invalid(e.code());
                LOG.warn("host {} of tenant {}: {}", from, tenant, e.getMessage());
                return false;
            }
            if (!event.getTenant().equals(tenant)) {
                metrics.foreignTenant.increment();
                LOG.warn("host {}: tenant {} (expected: {})", from, event.getTenant(), tenant);
                return false;
            }
            if (!event.getHost().equals(from)) {
                metrics.foreignHost.increment();
                LOG.warn("host {} of tenant {}: event of host {}", from, tenant, event.getHost());
                return false;
            }
            boolean confirms = event.hasTaskAssigned() || event.hasPolicyConfirmed() || event.hasPolicyRefused();
            if (event.getChannel() == Channel.CONTROL && !confirms) {
                metrics.foreignOrder.increment();
                LOG.warn("host {} of tenant {}: {} is no host's to say", from, tenant, event.getPayloadCase());
                return false;
            }
            if (event.hasCanaryReported()) {
                metrics.killSwitches.reported(event);
            }
            return true;
        }

        /** Acknowledges the batches at the head of the line that are written. */
        private void acknowledge() {
            Status failure = null;
            synchronized (this) {
                long last = 0;
                OpenBatch head = openBatches.peek();
                while (head != null && head.written().isDone()) {
                    if (head.written().isCompletedExceptionally()) {
                        failure = Status.UNAVAILABLE.withDescription("the log did not take batch " + head.number());
                        break;
                    }
                    last = head.number();
                    metrics.batches.increment();
                    openBatches.remove();
                    head = openBatches.peek();
                }
                if (last > 0) {
                    send(PlatformMessage.newBuilder()
                            .setAcknowledged(Acknowledged.newBuilder().setBatch(last))
                            .build());
                }
            }
            if (failure != null) {
                end(failure);
            }
        }

        /** Sends verdicts as long as the host takes them; the rest waits in the router's bounded queues. */
        private void pump() {
            synchronized (this) {
                while (!over && responses.isReady()) {
                    PendingVerdict next = toDeliver.poll();
                    if (next == null) {
                        return;
                    }
                    metrics.delivered.increment();
                    send(PlatformMessage.newBuilder()
                            .setDelivery(Delivery.newBuilder()
                                    .setVerdict(next.verdict())
                                    .setStages(next.stages().toBuilder().setIngestDeliveredNs(Clock.nanos())))
                            .build());
                }
            }
        }

        private synchronized void send(PlatformMessage message) {
            if (!over) {
                responses.onNext(message);
            }
        }

        private void end(Status status) {
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
                toDeliver.clear();
                responses.onError(status.asException());
            }
            LOG.warn("host {} of tenant {}: {}", host, tenant, status.getDescription());
            leave();
        }

        private void gone() {
            synchronized (this) {
                over = true;
                toDeliver.clear();
            }
            leave();
        }

        private void leave() {
            synchronized (this) {
                if (left) {
                    return;
                }
                left = true;
            }
            streams.decrementAndGet();
            String known = host;
            if (known != null) {
                router.detach(tenant, known, this);
            }
        }
    }
}
