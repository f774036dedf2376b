package io.plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

final class TelemetrySessionsTest {
    private final MockProducer<String, byte[]> log =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());

    /** Sessions by what was written of them: true, their ends, and false, all else. */
    private Map<Boolean, Set<String>> written() throws IOException {
        Map<Boolean, Set<String>> sessions = Map.of(true, new HashSet<>(), false, new HashSet<>());
        for (ProducerRecord<String, byte[]> sent : log.history()) {
            Event event = Event.parseFrom(sent.value());
            boolean exited = event.getRuntimeState().getState() == RuntimeState.State.EXITED;
            assertThat(Objects.requireNonNull(sessions.get(exited)).add(event.getSession()) || !exited)
                    .as("told once")
                    .isTrue();
        }
        return sessions;
    }

    @Test
    void sessionsOfAMeasurementThatFailedHaveEnded() throws Exception {
        try (var unused = TelemetrySessions.start(session -> List.of(), log, 3, 100)) {
            await().until(() -> log.history().size() >= 3);
            assertThat(written().get(true)).isEmpty();
        }

        assertThat(written().get(true)).hasSize(3).isEqualTo(written().get(false));
    }

    @Test
    void thoseThatHadNotBegunAreNotToldOf() throws Exception {
        try (var unused = TelemetrySessions.start(session -> List.of(), log, 1_000, 1)) {
            await().until(() -> !log.history().isEmpty());
        }

        assertThat(written().get(true)).isNotEmpty().isEqualTo(written().get(false));
    }
}
