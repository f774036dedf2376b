package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Event;
import org.junit.jupiter.api.Test;

class KillSwitchesTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final KillSwitches proofs = new KillSwitches(registry);

    @Test
    void tellsTheAgeAndTheDurationOfEachHostsLastProof() {
        proofs.reported(report("one", true));
        await().until(() -> gauge("age", "one") > 0);
        proofs.reported(report("two", true));

        assertThat(gauge("age", "one")).isLessThan(60);
        assertThat(gauge("age", "two")).isLessThan(gauge("age", "one"));
        assertThat(gauge("freeze", "one")).isEqualTo(0.003);
        assertThat(gauge("thaw", "one")).isEqualTo(0.004);
    }

    @Test
    void aFailedProofIsCountedAndMakesNoneYounger() {
        proofs.reported(report("one", true));
        await().until(() -> gauge("age", "one") > 0.05);
        double age = gauge("age", "one");
        proofs.reported(report("one", false));

        assertThat(registry.get("plumbline.canary.failures")
                        .tag("host", "one")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(gauge("age", "one")).isGreaterThanOrEqualTo(age);
        assertThat(gauge("freeze", "one")).isEqualTo(0.003);
    }

    private double gauge(String name, String host) {
        return registry.get("plumbline.canary." + name)
                .tag("tenant", "default")
                .tag("host", host)
                .gauge()
                .value();
    }

    private static Event report(String host, boolean proven) {
        CanaryReported.Builder report = CanaryReported.newBuilder().setProven(proven);
        if (proven) {
            report.setFreezeNs(3_000_000).setThawNs(4_000_000);
        }
        return Event.newBuilder()
                .setTenant("default")
                .setHost(host)
                .setCanaryReported(report)
                .build();
    }
}
