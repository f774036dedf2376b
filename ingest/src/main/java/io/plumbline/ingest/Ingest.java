package io.plumbline.ingest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.plumbline.events.Topics;
import io.plumbline.events.gate.HeldCalls;
import io.plumbline.events.gate.HookGate;
import io.plumbline.events.redact.Redactor;
import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The platform's door: one port for sandbox hosts (gRPC), for agents without a host (OpenTelemetry and hooks over HTTP), for
 * health and for metrics. Telemetry in, orders out; it decides nothing.
 */
public final class Ingest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);

    /** Sessions and channels whose last number is remembered; about 30 MiB. */
    private static final int LEDGER_ENTRIES = 200_000;

    /** A batch of a host, with room for the largest. */
    private static final int MAX_MESSAGE_BYTES = 4 << 20;

    private final Server server;
    private final VerdictConsumer verdicts;
    private final TelemetryLog log;
    private final DirectAgents agents;
    private final Readiness readiness;
    private final HeldCalls held;
    private final ScheduledExecutorService timer;
    private final ScheduledExecutorService overdue;
    private final ScheduledExecutorService ticks;
    private final PrometheusMeterRegistry registry;

    private Ingest(
            Server server,
            VerdictConsumer verdicts,
            TelemetryLog log,
            DirectAgents agents,
            Readiness readiness,
            HeldCalls held,
            ScheduledExecutorService timer,
            ScheduledExecutorService overdue,
            ScheduledExecutorService ticks,
            PrometheusMeterRegistry registry) {
        this.server = server;
        this.verdicts = verdicts;
        this.log = log;
        this.agents = agents;
        this.readiness = readiness;
        this.held = held;
        this.timer = timer;
        this.overdue = overdue;
        this.ticks = ticks;
        this.registry = registry;
    }

    /**
     * Usage: {@code Ingest CONFIG.properties} or {@code Ingest name=value ...}, or both. Prints {@code READY PORT} and runs
     * until SIGTERM. Exit code 2: the configuration is wrong, 1: it cannot start; one line on standard error says why.
     */
    public static void main(String[] arguments) throws InterruptedException {
        Ingest ingest;
        try {
            ingest = start(IngestSettings.from(properties(arguments)));
        } catch (IllegalArgumentException e) {
            System.err.println("ingest: " + e.getMessage());
            System.exit(2);
            return;
        } catch (IngestException e) {
            System.err.println("ingest: " + e.getMessage());
            System.exit(1);
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            ingest.close();
            stopped.countDown();
        }));
        System.out.println("READY " + ingest.port());
        stopped.await();
    }

    /** @throws IngestException when Kafka, the tokens, the data directory or the port cannot be used */
    public static Ingest start(IngestSettings settings) throws IngestException {
        Tokens tokens = Tokens.load(settings.tokens());
        Redactor redactor = new Redactor(RedactionKey.in(settings.dataDirectory()));
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        IngestMetrics metrics = new IngestMetrics(registry);
        SeqLedger ledger = new SeqLedger(LEDGER_ENTRIES);
        SilentSessions silent = new SilentSessions(settings.silence(), metrics.silentForgotten);
        long known = LogTail.read(settings.kafka(), Topics.TELEMETRY, settings.tail(), (event, writtenNs) -> {
            ledger.written(event);
            silent.written(event, writtenNs);
        });
        VerdictRouter router = new VerdictRouter(settings.pendingVerdicts(), settings.pendingVerdictAge(), metrics);
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("plumbline-ingest-timer").factory());
        HeldCalls held = new HeldCalls(timer, settings.heldCalls());
        HookGate gate = new HookGate(held, settings.gateDeadline(), settings.approvalDeadline());
        TelemetryLog log = new TelemetryLog(settings.kafka(), metrics);
        // Verdicts that are delivered later than these, or once more, change nothing.
        LogTail.read(
                settings.kafka(), Topics.VERDICTS, settings.tail(), (verdict, writtenNs) -> silent.verdict(verdict));
        DirectAgents agents =
                new DirectAgents(tokens, log, router, redactor, held, gate, metrics, settings.directPolicy());
        VerdictConsumer verdicts = new VerdictConsumer(
                settings.kafka(),
                "plumbline-" + settings.instance(),
                router,
                verdict -> {
                    agents.onVerdict(verdict);
                    silent.verdict(verdict);
                },
                metrics);
        HostLinkService hosts = new HostLinkService(
                tokens, log, ledger, router, metrics, silent, settings.streams(), settings.batchEvents());
        try {
            verdicts.start(settings.kafka());
        } catch (IngestException e) {
            verdicts.close();
            log.close();
            timer.shutdownNow();
            throw e;
        }
        silent.begin(Clock.nanos());
        Readiness readiness = new Readiness(settings.kafka(), verdicts, timer);
        gauges(metrics, router, ledger, hosts, held, gate);
        metrics.gauge("plumbline.ingest.direct.sessions", "Direct agents' sessions remembered", agents::knownSessions);
        // Of its own: it waits for Kafka, and what else is timed is the denial of calls.
        ScheduledExecutorService overdue = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("plumbline-ingest-overdue").factory());
        overdue.scheduleWithFixedDelay(agents::publishOverdue, 1, 1, TimeUnit.SECONDS);
        ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("plumbline-ingest-ticks").factory());
        long period = SilentSessions.PERIOD.toMillis();
        ticks.scheduleWithFixedDelay(() -> tell(silent, log), period, period, TimeUnit.MILLISECONDS);
        Server server = server(settings, hosts, agents, readiness, registry);
        Ingest ingest = new Ingest(server, verdicts, log, agents, readiness, held, timer, overdue, ticks, registry);
        try {
            server.start().join();
        } catch (CompletionException e) {
            ingest.close();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IngestException(
                    "ingest.port: " + settings.address() + ":" + settings.port() + " (expected: a free port): "
                            + cause.getMessage(),
                    e);
        }
        LOG.info("listening on {}:{}, {} records of the log's end read", settings.address(), ingest.port(), known);
        return ingest;
    }

    private static void tell(SilentSessions silent, TelemetryLog log) {
        long now = Clock.nanos();
        if (log.isStuck()) {
            silent.deaf(now);
        }
        silent.due(now).forEach(tick -> log.append(tick, now));
    }

    /** The port that it listens on. */
    public int port() {
        return server.activeLocalPort();
    }

    /** All meters in the text format of Prometheus, as {@code /metrics} gives them. */
    public String metrics() {
        return registry.scrape();
    }

    /** Stops taking, then writes what was taken, then stops reading verdicts. */
    @Override
    public void close() {
        held.close();
        server.stop().join();
        overdue.shutdownNow();
        ticks.shutdownNow();
        agents.finish();
        log.close();
        verdicts.close();
        readiness.close();
        timer.shutdownNow();
        registry.close();
    }

    private static Server server(
            IngestSettings settings,
            HostLinkService hosts,
            DirectAgents agents,
            Readiness readiness,
            PrometheusMeterRegistry registry) {
        ServerBuilder builder = Server.builder()
                .maxRequestLength(settings.bodyBytes())
                .requestTimeout(Duration.ofSeconds(10))
                .http1MaxInitialLineLength(4096)
                .http1MaxHeaderSize(16 * 1024)
                .http2MaxHeaderListSize(16 * 1024)
                .maxNumConnections(10 * settings.streams())
                // Finds a host that died without a word.
                .pingIntervalMillis(10_000)
                .idleTimeoutMillis(60_000)
                .gracefulShutdownTimeoutMillis(0, 500)
                .disableServerHeader()
                .verboseResponses(false);
        InetSocketAddress address = new InetSocketAddress(settings.address(), settings.port());
        settings.tlsCertificate()
                .ifPresentOrElse(
                        certificate -> builder.https(address)
                                .tls(
                                        certificate.toFile(),
                                        settings.tlsKey().orElseThrow().toFile()),
                        () -> builder.http(address));
        GrpcService grpc = GrpcService.builder()
                .addService(hosts)
                .maxRequestMessageLength(MAX_MESSAGE_BYTES)
                .useBlockingTaskExecutor(true)
                .build();
        builder.service(
                grpc,
                service -> service.decorate((delegate, context, request) -> {
                    // A stream lives as long as its host; each message has its own bound.
                    context.clearRequestTimeout();
                    context.setMaxRequestLength(0);
                    return delegate.serve(context, request);
                }));
        agents.bind(builder);
        builder.service(
                "/livez", (context, request) -> HttpResponse.of(HttpStatus.OK, MediaType.JSON, "{\"live\":true}"));
        builder.service("/readyz", (context, request) -> ready(readiness));
        builder.service(
                "/metrics",
                (context, request) ->
                        HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, HttpData.ofUtf8(registry.scrape())));
        return builder.build();
    }

    private static HttpResponse ready(Readiness readiness) {
        List<String> problems = readiness.problems();
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("ready", problems.isEmpty());
        problems.forEach(answer.putArray("reasons")::add);
        return HttpResponse.of(
                problems.isEmpty() ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE,
                MediaType.JSON,
                HttpData.ofUtf8(answer.toString()));
    }

    private static void gauges(
            IngestMetrics metrics,
            VerdictRouter router,
            SeqLedger ledger,
            HostLinkService hosts,
            HeldCalls held,
            HookGate gate) {
        metrics.gauge("plumbline.ingest.hosts", "Hosts connected", router::connectedHosts);
        metrics.gauge("plumbline.ingest.streams", "Host links open", hosts::openStreams);
        metrics.gauge("plumbline.ingest.verdicts.pending", "Verdicts that hosts have not confirmed", router::pending);
        metrics.gauge(
                "plumbline.ingest.ledger.entries", "Sessions and channels whose last number is known", ledger::size);
        metrics.gauge("plumbline.ingest.calls.held", "Hooks of direct agents that wait for an answer", held::size);
        metrics.gauge("plumbline.ingest.hooks", "Hooks of direct agents", () -> gate.counts()
                .hooks());
        metrics.gauge("plumbline.ingest.hooks.allowed", "Of these, tool calls allowed", () -> gate.counts()
                .allowed());
        metrics.gauge("plumbline.ingest.hooks.denied", "Of these, tool calls denied", () -> gate.counts()
                .denied());
        metrics.gauge(
                "plumbline.ingest.hooks.unanswered", "Tool calls denied for want of an answer", () -> gate.counts()
                        .unanswered());
    }

    private static Map<String, String> properties(String[] arguments) {
        Map<String, String> properties = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals > 0) {
                properties.put(argument.substring(0, equals), argument.substring(equals + 1));
                continue;
            }
            Properties file = new Properties();
            try (Reader reader = Files.newBufferedReader(Path.of(argument))) {
                file.load(reader);
            } catch (IOException e) {
                throw new IllegalArgumentException(argument + " (expected: a properties file, or name=value)", e);
            }
            file.stringPropertyNames().forEach(name -> properties.putIfAbsent(name, file.getProperty(name)));
        }
        return properties;
    }
}
