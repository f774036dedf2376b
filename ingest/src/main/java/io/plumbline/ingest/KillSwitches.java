package io.plumbline.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Event;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The hosts' proofs of their kill switches, as metrics: how old the last one is, and how long it took. */
final class KillSwitches {
    /** Hosts with metrics of their own; a fleet beyond that is watched by its alerts. */
    private static final int MAX_HOSTS = 1_000;

    private final MeterRegistry registry;
    private final Map<String, Proof> proofs = new ConcurrentHashMap<>();

    KillSwitches(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Takes a report that a host has delivered. */
    void reported(Event event) {
        String key = event.getTenant() + "/" + event.getHost();
        Proof proof = proofs.get(key);
        if (proof == null) {
            if (proofs.size() >= MAX_HOSTS) {
                return;
            }
            proof = proofs.computeIfAbsent(
                    key, name -> new Proof(registry, Tags.of("tenant", event.getTenant(), "host", event.getHost())));
        }
        proof.take(event.getCanaryReported());
    }

    private static final class Proof {
        private final Counter failures;
        private volatile long provenAt = System.nanoTime();
        private volatile long freezeNanos;
        private volatile long thawNanos;

        Proof(MeterRegistry registry, Tags host) {
            failures = Counter.builder("plumbline.canary.failures")
                    .description("Proofs of a host's kill switch that failed")
                    .tags(host)
                    .register(registry);
            Gauge.builder("plumbline.canary.age", this, proof -> (System.nanoTime() - proof.provenAt) / 1e9)
                    .description("Since a host's kill switch was last proven, or the host was first heard of")
                    .baseUnit("seconds")
                    .tags(host)
                    .register(registry);
            Gauge.builder("plumbline.canary.freeze", this, proof -> proof.freezeNanos / 1e9)
                    .description("How long the last proof took to freeze, report included")
                    .baseUnit("seconds")
                    .tags(host)
                    .register(registry);
            Gauge.builder("plumbline.canary.thaw", this, proof -> proof.thawNanos / 1e9)
                    .description("How long the last proof took to thaw, report included")
                    .baseUnit("seconds")
                    .tags(host)
                    .register(registry);
        }

        void take(CanaryReported report) {
            if (report.getProven()) {
                provenAt = System.nanoTime();
                freezeNanos = report.getFreezeNs();
                thawNanos = report.getThawNs();
            } else {
                failures.increment();
            }
        }
    }
}
