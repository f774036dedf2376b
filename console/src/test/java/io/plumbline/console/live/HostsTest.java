package io.plumbline.console.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is asked about hosts while somebody looks at them, and how often. */
class HostsTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @Test
    void heartbeatsOfADayAreLookedThroughNowAndThenAndNotAtEachReading() throws IOException {
        try (EmptySearchCopy searchCopy = new EmptySearchCopy()) {
            HostReadings readings = new HostReadings(searchCopy.search());
            Instant last = NOON;
            for (int second = 0; second < 60; second += 5) {
                last = NOON.plusSeconds(second);
                readings.read(last);
            }

            assertThat(searchCopy.questions())
                    .filteredOn(question -> question.contains("heartbeat") && question.contains("\"@timestamp\""))
                    .hasSize(12 + 2)
                    .filteredOn(question -> question.contains("2026-02-28T12:00"))
                    .hasSize(2);
            assertThat(searchCopy.questions())
                    .filteredOn(question -> question.contains("runtime.degraded"))
                    .hasSize(12)
                    .allSatisfy(question -> assertThat(question).contains("2026-02-22T12:00"));
        }
    }

    @Test
    void whatTakesLongIsAskedSeldom() {
        assertThat(Hosts.pause(Duration.ofMillis(20))).hasSeconds(3);
        assertThat(Hosts.pause(Duration.ofMillis(1_500))).hasSeconds(15);
        assertThat(Hosts.pause(Duration.ofMinutes(1))).hasSeconds(30);
    }
}
