package io.plumbline.sandbox.door;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.encoding.DecodingService;
import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.claims.CallLedger;
import io.plumbline.events.claims.MalformedRecordException;
import io.plumbline.events.claims.OtlpClaim;
import io.plumbline.events.claims.OtlpClaims;
import io.plumbline.events.claims.OtlpSpans;
import io.plumbline.events.claims.SpanBudget;
import io.plumbline.events.gate.HeldCalls;
import io.plumbline.events.gate.HookAnswer;
import io.plumbline.events.gate.HookGate;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP on a Unix socket that leads into one session: {@code POST /hooks/{claude|codex|qwen|opencode|gemini}} and {@code POST
 * /v1/{logs|traces|metrics}}. Whoever can reach the socket is the session; there is no other authentication.
 *
 * <p>Nothing that the session says overtakes what its kernel did: before claims are published, the trace that was there when
 * they came is. What several channels tell about one call is one action ({@link CallLedger}).
 *
 * <p>A hook before a tool call is published and held until the platform has answered it. An error, a timeout or overload
 * denies. Claims are published in the order in which their requests are complete.
 */
public final class SessionDoor implements AutoCloseable, VerdictListener {
    /** Connections of one session: an agent and its sub-agents use a handful. */
    private static final int MAX_CONNECTIONS = 256;

    /** Calls held at once. */
    private static final int MAX_HELD = 128;

    private static final int MAX_BODY_BYTES = 4 << 20;

    /** Larger than what is read, so that a hook that is too large still gets its denial in the agent's shape. */
    private static final int MAX_HOOK_BYTES = 2 * MAX_BODY_BYTES;

    /** From a request's first byte to its last. */
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);

    /** What is queued for the trace takes milliseconds to publish; a session that makes more than that waits. */
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(5);

    /** How often calls that wait for their hook are looked at, milliseconds. */
    private static final long OVERDUE_CHECK = 1000;

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    /** The kernel's limit for the path of a Unix socket. */
    private static final int MAX_SOCKET_PATH = 107;

    private static final MediaType PROTOBUF = MediaType.create("application", "x-protobuf");
    private static final Logger LOG = LoggerFactory.getLogger(SessionDoor.class);

    private final Path socket;
    private final AgentDialect fallback;
    private final SessionOutbox outbox;
    private final TraceBarrier barrier;

    /** Of the publisher's thread alone, as is the next one. */
    private final CallLedger ledger;

    private final SpanBudget spanBudget = new SpanBudget();

    private final ExecutorService publisher;
    private final ScheduledExecutorService timer;
    private final HeldCalls held;
    private final HookGate gate;
    private final Server server;

    private final LongAdder logRequests = new LongAdder();
    private final LongAdder logClaims = new LongAdder();
    private final LongAdder spansDropped = new LongAdder();
    private final LongAdder metricsDropped = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private final LongAdder unpublished = new LongAdder();
    private final LongAdder undrained = new LongAdder();

    private SessionDoor(
            Path socket, AgentDialect fallback, TaskPolicy policy, SessionOutbox outbox, TraceBarrier barrier) {
        this.socket = socket;
        this.fallback = fallback;
        this.outbox = outbox;
        this.barrier = barrier;
        this.ledger = new CallLedger(true);
        this.publisher = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("door-publisher").factory());
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("door-timer").factory());
        this.held = new HeldCalls(timer, MAX_HELD);
        this.gate = new HookGate(held, gateDeadline(policy), approvalDeadline(policy));
        this.server = server();
    }

    private static Duration gateDeadline(TaskPolicy policy) {
        return Duration.ofMillis(policy.getGateDeadlineMs());
    }

    private static Duration approvalDeadline(TaskPolicy policy) {
        return Duration.ofSeconds(policy.getApprovalDeadlineSeconds());
    }

    /** From now on calls are held as long as this policy says; those that are held already keep their deadlines. */
    public void revise(TaskPolicy policy) {
        gate.deadlines(gateDeadline(policy), approvalDeadline(policy));
    }

    /**
     * Opens the door. The socket is 0666 in a directory 0755, since the runtime's file server may run as anybody.
     *
     * @param agent {@code claude}, {@code codex}, {@code qwen}, {@code opencode} or {@code gemini}: whose hooks are expected
     * @param policy its gate and approval deadlines hold; 0: two seconds and five minutes
     * @param barrier of the session's trace; a call is denied when the trace cannot be drained
     * @throws DoorException when the socket cannot be opened
     */
    public static SessionDoor open(
            Path socket, String agent, TaskPolicy policy, SessionOutbox outbox, TraceBarrier barrier)
            throws DoorException {
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_SOCKET_PATH) {
            throw new DoorException(
                    "socket: path of " + length + " bytes (expected: <= " + MAX_SOCKET_PATH + ")", null);
        }
        Optional<AgentDialect> dialect = AgentDialect.named(agent);
        if (dialect.isEmpty()) {
            throw new DoorException("agent: " + agent + " (expected: claude, codex, qwen, opencode or gemini)", null);
        }
        SessionDoor door = new SessionDoor(socket, dialect.get(), policy, outbox, barrier);
        door.timer.scheduleWithFixedDelay(
                () -> door.publisher.execute(door::publishOverdue),
                OVERDUE_CHECK,
                OVERDUE_CHECK,
                TimeUnit.MILLISECONDS);
        try {
            Path directory = socket.toAbsolutePath().getParent();
            if (directory != null && !Files.isDirectory(directory)) {
                Files.createDirectories(directory);
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            Files.deleteIfExists(socket);
            door.server.start().join();
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException | CompletionException e) {
            door.close();
            throw new DoorException(
                    "socket: " + socket + " (expected: a path that can be bound): " + e.getMessage(), e);
        }
        return door;
    }

    @Override
    public void onVerdict(Event verdict, StageTimes stages) {
        switch (verdict.getPayloadCase()) {
            case GATE_ANSWERED -> held.answered(verdict.getGateAnswered());
            case KILL_ORDERED -> held.denyAll("the session was ended");
            default -> {}
        }
    }

    public DoorCounts counts() {
        return new DoorCounts(
                gate.counts(),
                logRequests.sum(),
                logClaims.sum(),
                spansDropped.sum(),
                metricsDropped.sum(),
                malformed.sum(),
                unpublished.sum(),
                undrained.sum());
    }

    /** Claims that another channel of the session has read, in their order. Completes, never exceptionally, when they are published. */
    public CompletableFuture<Void> tell(String channel, List<Event.Builder> claims) {
        CompletableFuture<Void> told = new CompletableFuture<>();
        try {
            publisher.execute(() -> {
                try {
                    publishTold(channel, claims);
                } finally {
                    told.complete(null);
                }
            });
        } catch (RejectedExecutionException e) {
            told.complete(null);
        }
        return told;
    }

    private void publishTold(String channel, List<Event.Builder> claims) {
        drained();
        for (Event.Builder claim : claims) {
            try {
                publish(channel, claim);
            } catch (SpoolException e) {
                unpublished.increment();
            }
        }
    }

    /** Denies what is held, then closes the socket. Returns before the server's threads have wound down. */
    @Override
    public void close() {
        held.close();
        finish();
        server.stop().whenComplete((done, failure) -> {
            publisher.shutdown();
            timer.shutdownNow();
        });
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.warn("socket {} could not be deleted: {}", socket, e.getMessage());
        }
    }

    /** Publishes what was told before, calls that still wait for their hook included. */
    public void finish() {
        try {
            publisher.submit(() -> publishAll(ledger.rest())).get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            LOG.warn("claims of a session were not published at its end: {}", e.toString());
        }
    }

    private Server server() {
        return Server.builder()
                .http(DomainSocketAddress.of(socket))
                .maxNumConnections(MAX_CONNECTIONS)
                .maxRequestLength(MAX_BODY_BYTES)
                .requestTimeout(REQUEST_LIMIT)
                .http1MaxInitialLineLength(1024)
                .http1MaxHeaderSize(16 * 1024)
                .http2MaxHeaderListSize(16 * 1024)
                .http2MaxStreamsPerConnection(64)
                .idleTimeoutMillis(60_000)
                .gracefulShutdownTimeoutMillis(0, 200)
                .disableServerHeader()
                .verboseResponses(false)
                .route()
                .post("/hooks/{agent}")
                .maxRequestLength(MAX_HOOK_BYTES)
                .decorator(DecodingService.newDecorator())
                .build(this::hook)
                .route()
                .post("/v1/logs")
                .decorator(DecodingService.newDecorator())
                .build((context, request) -> read(request, this::logs))
                .route()
                .post("/v1/traces")
                .decorator(DecodingService.newDecorator())
                .build((context, request) -> read(request, this::traces))
                .route()
                .post("/v1/metrics")
                .build((context, request) -> read(request, (body, json) -> dropped(metricsDropped, json)))
                .build();
    }

    private HttpResponse hook(ServiceRequestContext context, HttpRequest request) {
        // An agent that asks as somebody else gets an answer that its own agent obeys.
        AgentDialect dialect = Optional.ofNullable(context.pathParam("agent"))
                .flatMap(AgentDialect::named)
                .orElse(fallback);
        return HttpResponse.of(request.aggregate()
                .thenComposeAsync(
                        body -> {
                            context.clearRequestTimeout();
                            boolean drained = drained();
                            return gate.answer(dialect, body.content().array(), now(), (agentSession, claim) -> {
                                if (!drained && claim.getToolCall().getGated()) {
                                    throw new SpoolException("the trace before this call is not in the log", null);
                                }
                                return publish("hook", claim);
                            });
                        },
                        publisher)
                .exceptionally(failure -> HookAnswer.unreadable(dialect, "hook input could not be read"))
                .thenApply(answer -> HttpResponse.of(
                        HttpStatus.valueOf(answer.status()), MediaType.JSON, HttpData.ofUtf8(answer.json()))));
    }

    private HttpResponse read(HttpRequest request, BiFunction<AggregatedHttpRequest, Boolean, HttpResponse> service) {
        return HttpResponse.of(request.aggregate()
                .thenApplyAsync(
                        body -> {
                            MediaType type = body.contentType();
                            return service.apply(body, type != null && type.is(MediaType.JSON));
                        },
                        publisher));
    }

    private HttpResponse logs(AggregatedHttpRequest body, boolean json) {
        List<OtlpClaim> claims;
        try {
            byte[] content = body.content().array();
            claims = json ? OtlpClaims.fromJson(content, now()) : OtlpClaims.fromProtobuf(content, now());
        } catch (MalformedRecordException e) {
            malformed.increment();
            return HttpResponse.of(
                    HttpStatus.BAD_REQUEST, MediaType.PLAIN_TEXT_UTF_8, HttpData.ofUtf8(e.getMessage() + "\n"));
        }
        logRequests.increment();
        drained();
        for (OtlpClaim claim : claims) {
            try {
                publish("otlp", claim.claim());
                logClaims.increment();
            } catch (SpoolException e) {
                unpublished.increment();
                return HttpResponse.of(HttpStatus.SERVICE_UNAVAILABLE);
            }
        }
        return accepted(json);
    }

    /** Tool calls alone, and of these so many a second; a sandbox may send more than anybody reads. */
    private HttpResponse traces(AggregatedHttpRequest body, boolean json) {
        long now = now();
        OtlpSpans.Read spans;
        try {
            byte[] content = body.content().array();
            // Whoever reaches this door is the session, whatever it calls itself.
            OtlpSpans.Sampling sampling = (agent, agentSession) -> spanBudget.take(now);
            spans = json ? OtlpSpans.fromJson(content, sampling, now) : OtlpSpans.fromProtobuf(content, sampling, now);
        } catch (MalformedRecordException e) {
            malformed.increment();
            return HttpResponse.of(
                    HttpStatus.BAD_REQUEST, MediaType.PLAIN_TEXT_UTF_8, HttpData.ofUtf8(e.getMessage() + "\n"));
        }
        spansDropped.add(spans.spans() - spans.calls());
        if (!spans.claims().isEmpty()) {
            drained();
        }
        for (OtlpClaim claim : spans.claims()) {
            try {
                publish("otlp", claim.claim());
            } catch (SpoolException e) {
                unpublished.increment();
                return HttpResponse.of(HttpStatus.SERVICE_UNAVAILABLE);
            }
        }
        return accepted(json);
    }

    private static HttpResponse dropped(LongAdder counter, boolean json) {
        counter.increment();
        return accepted(json);
    }

    private static HttpResponse accepted(boolean json) {
        return json
                ? HttpResponse.of(HttpStatus.OK, MediaType.JSON, HttpData.ofUtf8("{}"))
                : HttpResponse.of(HttpStatus.OK, PROTOBUF, HttpData.empty());
    }

    /** What the kernel did before a claim is in the log before it; false when that took too long. */
    private boolean drained() {
        try {
            if (barrier.awaitDrained(DRAIN_LIMIT)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        undrained.increment();
        return false;
    }

    private Event publish(String channel, Event.Builder claim) {
        return publishAll(ledger.admit(channel, claim, now()));
    }

    /** The last one as it stands in the log. */
    private Event publishAll(List<Event.Builder> claims) {
        Event last = Event.getDefaultInstance();
        for (Event.Builder claim : claims) {
            last = outbox.publish(Channel.CLAIMS, claim.getEventTimeNs(), claim);
        }
        return last;
    }

    private void publishOverdue() {
        try {
            publishAll(ledger.overdue(now()));
        } catch (SpoolException e) {
            unpublished.increment();
        }
    }

    private static long now() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }
}
