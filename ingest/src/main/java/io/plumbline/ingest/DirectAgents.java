package io.plumbline.ingest;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.encoding.DecodingService;
import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.claims.MalformedRecordException;
import io.plumbline.events.claims.OtlpClaim;
import io.plumbline.events.claims.OtlpClaims;
import io.plumbline.events.claims.OtlpSpans;
import io.plumbline.events.gate.HeldCalls;
import io.plumbline.events.gate.HookAnswer;
import io.plumbline.events.gate.HookGate;
import io.plumbline.events.redact.Redactor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Agents without a host daemon: hooks and OpenTelemetry over HTTP with a bearer token. Their events have the host {@code
 * direct} and no numbers, so nobody can prove that they are complete. What hooks, logs and traces tell about one call is one action,
 * as at a sandbox's door ({@link DirectSessions}).
 */
final class DirectAgents {
    private static final MediaType PROTOBUF = MediaType.create("application", "x-protobuf");

    private final Tokens tokens;
    private final TelemetryLog log;
    private final VerdictRouter router;
    private final Redactor redactor;
    private final HookGate gate;
    private final HeldCalls held;
    private final IngestMetrics metrics;
    private final Optional<TaskPolicy> policy;
    private final DirectSessions sessions = new DirectSessions(new DirectSessions.Log() {
        @Override
        public Event append(DirectSessions.Key session, Event.Builder claim) {
            return DirectAgents.this.append(session, Channel.CLAIMS, claim);
        }

        @Override
        public void begin(DirectSessions.Key session, String agent) {
            policy.ifPresent(assigned -> assign(session, agent, assigned));
        }
    });

    /** @param policy of every session; empty: none is assigned, and each call is denied */
    DirectAgents(
            Tokens tokens,
            TelemetryLog log,
            VerdictRouter router,
            Redactor redactor,
            HeldCalls held,
            HookGate gate,
            IngestMetrics metrics,
            Optional<TaskPolicy> policy) {
        this.tokens = tokens;
        this.log = log;
        this.router = router;
        this.redactor = redactor;
        this.held = held;
        this.gate = gate;
        this.metrics = metrics;
        this.policy = policy;
    }

    void bind(ServerBuilder server) {
        server.route()
                .post("/hooks/{agent}")
                .decorator(DecodingService.newDecorator())
                .requestTimeoutMillis(0)
                .build((context, request) ->
                        authorized(context, request, principal -> hook(context, request, principal)));
        server.route()
                .post("/v1/logs")
                .decorator(DecodingService.newDecorator())
                .build((context, request) ->
                        authorized(context, request, principal -> logs(context, request, principal)));
        server.route()
                .post("/v1/traces")
                .decorator(DecodingService.newDecorator())
                .build((context, request) ->
                        authorized(context, request, principal -> traces(context, request, principal)));
        server.route()
                .post("/v1/metrics")
                .build((context, request) -> authorized(context, request, principal -> {
                    metrics.metricsDropped.increment();
                    return accepted(request);
                }));
    }

    /** The session's id, from what the agent calls it: the same for hooks and telemetry of one session. */
    static String session(String tenant, String agent, String agentSession) {
        return EventIds.derived(VerdictRouter.DIRECT, tenant, agent, agentSession);
    }

    private HttpResponse authorized(
            ServiceRequestContext context, HttpRequest request, Function<Principal, HttpResponse> service) {
        Optional<Principal> principal =
                tokens.authorize(Optional.ofNullable(request.headers().get(HttpHeaderNames.AUTHORIZATION)));
        if (principal.isEmpty() || principal.get().role() != Role.AGENT) {
            metrics.refusedTokens.increment();
            return text(
                    HttpStatus.UNAUTHORIZED,
                    "token: unknown or not of the role agent (expected: Authorization: Bearer TOKEN)");
        }
        return service.apply(principal.get());
    }

    private HttpResponse hook(ServiceRequestContext context, HttpRequest request, Principal principal) {
        String agent = Optional.ofNullable(context.pathParam("agent")).orElse("");
        Optional<AgentDialect> dialect = AgentDialect.named(agent);
        if (dialect.isEmpty()) {
            // Closed: an agent that takes a 404 for "allow" is asked to run its hook with onFailure=block.
            return text(
                    HttpStatus.NOT_FOUND,
                    "agent: " + EventLimits.cut(agent, 32) + " (expected: claude, codex, qwen, opencode or gemini)");
        }
        return HttpResponse.of(request.aggregate()
                .thenComposeAsync(
                        body -> gate.answer(
                                dialect.get(),
                                body.content().array(),
                                Clock.nanos(),
                                (agentSession, claim) ->
                                        publish(principal.tenant(), agent, agentSession, "hook", claim)),
                        context.blockingTaskExecutor())
                .exceptionally(failure -> HookAnswer.unreadable(dialect.get(), "hook input could not be read"))
                .thenApply(answer -> HttpResponse.of(
                        HttpStatus.valueOf(answer.status()), MediaType.JSON, HttpData.ofUtf8(answer.json()))));
    }

    private HttpResponse logs(ServiceRequestContext context, HttpRequest request, Principal principal) {
        return HttpResponse.of(request.aggregate()
                .thenApplyAsync(
                        body -> {
                            boolean json = isJson(body.headers());
                            long received = Clock.nanos();
                            List<OtlpClaim> claims;
                            try {
                                claims = json
                                        ? OtlpClaims.fromJson(body.content().array(), received)
                                        : OtlpClaims.fromProtobuf(body.content().array(), received);
                            } catch (MalformedRecordException e) {
                                metrics.malformedRequests.increment();
                                return text(
                                        HttpStatus.BAD_REQUEST, e.getMessage() == null ? "malformed" : e.getMessage());
                            }
                            for (OtlpClaim claim : claims) {
                                publish(principal.tenant(), claim.agent(), claim.agentSession(), "otlp", claim.claim());
                            }
                            return accepted(json);
                        },
                        context.blockingTaskExecutor()));
    }

    /** Tool calls alone, and of each session so many a second. A span that names no session is nobody's. */
    private HttpResponse traces(ServiceRequestContext context, HttpRequest request, Principal principal) {
        return HttpResponse.of(request.aggregate()
                .thenApplyAsync(
                        body -> {
                            boolean json = isJson(body.headers());
                            long received = Clock.nanos();
                            OtlpSpans.Sampling sampling = (agent, agentSession) -> !agentSession.isEmpty()
                                    && sessions.takesSpan(key(principal.tenant(), agent, agentSession), received);
                            OtlpSpans.Read spans;
                            try {
                                spans = json
                                        ? OtlpSpans.fromJson(body.content().array(), sampling, received)
                                        : OtlpSpans.fromProtobuf(body.content().array(), sampling, received);
                            } catch (MalformedRecordException e) {
                                metrics.malformedRequests.increment();
                                return text(
                                        HttpStatus.BAD_REQUEST, e.getMessage() == null ? "malformed" : e.getMessage());
                            }
                            metrics.spansDropped.increment(spans.spans() - spans.calls());
                            for (OtlpClaim claim : spans.claims()) {
                                publish(principal.tenant(), claim.agent(), claim.agentSession(), "otlp", claim.claim());
                            }
                            return accepted(json);
                        },
                        context.blockingTaskExecutor()));
    }

    private static DirectSessions.Key key(String tenant, String agent, String agentSession) {
        return new DirectSessions.Key(tenant, session(tenant, agent, agentSession));
    }

    private Event publish(String tenant, String agent, String agentSession, String channel, Event.Builder claim) {
        long now = Clock.nanos();
        if (claim.getEventTimeNs() <= 0) {
            claim.setEventTimeNs(now);
        }
        return sessions.tell(key(tenant, agent, agentSession), agent, channel, claim, now);
    }

    /** As a sandbox's host does for its sessions, only that nobody can hold the agent to it but its own hooks. */
    private void assign(DirectSessions.Key session, String agent, TaskPolicy assigned) {
        long now = Clock.nanos();
        append(
                session,
                Channel.CONTROL,
                Event.newBuilder()
                        .setEventTimeNs(now)
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setAgent(agent.equals(AgentDialect.CLAUDE.agent()) ? "claude-code" : agent)
                                .setAssignedBy("direct.policy-file")
                                .setPolicy(assigned)));
        append(
                session,
                Channel.CONTROL,
                Event.newBuilder()
                        .setEventTimeNs(now)
                        .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                                .setPolicy(assigned.getName())
                                .setRevision(assigned.getRevision())
                                .setRuntime("none, degraded: nothing but the agent tells what it does")));
    }

    private Event append(DirectSessions.Key session, Channel channel, Event.Builder claim) {
        long now = Clock.nanos();
        redactor.redact(claim);
        claim.setTenant(session.tenant())
                .setHost(VerdictRouter.DIRECT)
                .setSession(session.id())
                .setChannel(channel)
                .setObservedTimeNs(now);
        Event event = EventIds.withId(EventLimits.bounded(claim).toBuilder());
        router.claim(session.tenant(), VerdictRouter.DIRECT, session.id());
        log.append(event, now);
        return event;
    }

    /** Publishes the calls whose hook did not come in time; to be called about once a second. */
    void publishOverdue() {
        sessions.publishOverdue(Clock.nanos());
    }

    /** Publishes what still waits for a hook: no more requests come. */
    void finish() {
        sessions.finish();
    }

    /** Sessions whose calls are remembered. */
    int knownSessions() {
        return sessions.size();
    }

    /** A verdict of the log: answers the hook that waits for it. */
    void onVerdict(Event verdict) {
        if (verdict.hasGateAnswered()) {
            held.answered(verdict.getGateAnswered());
        }
    }

    private static HttpResponse accepted(HttpRequest request) {
        return HttpResponse.of(request.aggregate().thenApply(body -> accepted(isJson(body))));
    }

    private static boolean isJson(AggregatedHttpRequest body) {
        return isJson(body.headers());
    }

    private static boolean isJson(HttpHeaders headers) {
        MediaType type = headers.contentType();
        return type != null && type.is(MediaType.JSON);
    }

    private static HttpResponse accepted(boolean json) {
        return json
                ? HttpResponse.of(HttpStatus.OK, MediaType.JSON, HttpData.ofUtf8("{}"))
                : HttpResponse.of(HttpStatus.OK, PROTOBUF, HttpData.empty());
    }

    private static HttpResponse text(HttpStatus status, String text) {
        return HttpResponse.of(status, MediaType.PLAIN_TEXT_UTF_8, HttpData.ofUtf8(text + "\n"));
    }
}
