package io.plumbline.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.plumbline.events.InvalidEventException;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** What ingest counts. Loss has one counter per cause. */
final class IngestMetrics {
    final Counter written;
    final Counter duplicates;
    final Counter batches;
    final Counter foreignTenant;
    final Counter foreignHost;
    final Counter foreignOrder;
    final Counter writeFailures;
    final Counter refusedTokens;
    final Counter refusedStreams;
    final Counter delivered;
    final Counter received;
    final Counter ordersDropped;
    final Counter noticesDropped;
    final Counter unclaimedDropped;
    final Counter expired;
    final Counter silentForgotten;
    final Counter undecodable;
    final Counter malformedRequests;
    final Counter spansDropped;
    final Counter metricsDropped;
    final Timer logLatency;
    private final Map<InvalidEventException.Code, Counter> invalid = new EnumMap<>(InvalidEventException.Code.class);
    final KillSwitches killSwitches;
    private final MeterRegistry registry;

    IngestMetrics(MeterRegistry registry) {
        this.registry = registry;
        killSwitches = new KillSwitches(registry);
        written = counter("plumbline.ingest.events.written", "Events in the log");
        duplicates = counter("plumbline.ingest.events.duplicates", "Events that were in the log already");
        batches = counter("plumbline.ingest.batches", "Batches acknowledged to hosts");
        foreignTenant = counter("plumbline.ingest.events.foreign.tenant", "Events refused: not of the token's tenant");
        foreignHost = counter("plumbline.ingest.events.foreign.host", "Events refused: not of the host that sent them");
        foreignOrder = counter("plumbline.ingest.events.foreign.order", "Orders refused: a host gives none");
        writeFailures =
                counter("plumbline.ingest.write.failures", "Events that Kafka did not take; the host sends them again");
        refusedTokens =
                counter("plumbline.ingest.tokens.refused", "Requests with an unknown token or one of another role");
        refusedStreams = counter("plumbline.ingest.streams.refused", "Host links beyond the limit");
        delivered = counter("plumbline.ingest.verdicts.delivered", "Verdicts sent to hosts, repetitions included");
        received = counter("plumbline.ingest.verdicts.received", "Verdicts that hosts confirmed");
        ordersDropped =
                counter("plumbline.ingest.verdicts.dropped.orders", "Orders and answers given up: host's queue full");
        noticesDropped = counter("plumbline.ingest.verdicts.dropped.notices", "Notices given up: host's queue full");
        unclaimedDropped =
                counter("plumbline.ingest.verdicts.dropped.unclaimed", "Verdicts given up: no host has the session");
        expired = counter("plumbline.ingest.verdicts.expired", "Verdicts given up: too old");
        undecodable =
                counter("plumbline.ingest.verdicts.undecodable", "Records of the verdicts topic that are no event");
        silentForgotten = counter(
                "plumbline.ingest.silence.forgotten",
                "Sessions and questions whose silence is not noticed any more: there was no room for them");
        malformedRequests = counter("plumbline.ingest.requests.malformed", "HTTP requests that could not be read");
        spansDropped = counter(
                "plumbline.ingest.otlp.spans.dropped",
                "Spans accepted and dropped, by design: no tool call, no session, or too many a second");
        metricsDropped =
                counter("plumbline.ingest.otlp.metrics.dropped", "Metric requests accepted and dropped, by design");
        logLatency = Timer.builder("plumbline.ingest.log")
                .description("From an event's receipt to Kafka's acknowledgement")
                .publishPercentileHistogram()
                .register(registry);
        for (InvalidEventException.Code code : InvalidEventException.Code.values()) {
            invalid.put(
                    code,
                    Counter.builder("plumbline.ingest.events.invalid")
                            .description("Events refused: they break the contract")
                            .tag("code", code.name().toLowerCase(java.util.Locale.ROOT))
                            .register(registry));
        }
    }

    void invalid(InvalidEventException.Code code) {
        Counter counter = invalid.get(code);
        if (counter != null) {
            counter.increment();
        }
    }

    void gauge(String name, String description, Supplier<Number> value) {
        io.micrometer.core.instrument.Gauge.builder(name, value)
                .description(description)
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }
}
