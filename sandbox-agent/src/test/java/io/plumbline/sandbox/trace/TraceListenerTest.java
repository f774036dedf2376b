package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.posix.SeqpacketConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceListenerTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> blind = new CopyOnWriteArrayList<>();
    private volatile CountDownLatch held = new CountDownLatch(0);

    private final SessionOutbox outbox = (channel, time, payload) -> {
        try {
            held.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Event event = payload.setChannel(channel).setEventTimeNs(time).build();
        events.add(event);
        return event;
    };

    @TempDir
    private Path directory = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private TraceListener listener;

    @BeforeEach
    void open() throws IOException {
        listener = TraceListener.open(directory.resolve("t.sock"), "test", outbox, blind::add);
    }

    @AfterEach
    void close() {
        listener.close();
    }

    private SeqpacketConnection sentry() throws Exception {
        SeqpacketConnection sentry = SeqpacketConnection.connect(directory.resolve("t.sock"));
        sentry.send(new byte[] {0x08, 0x01});
        assertThat(sentry.receive(LIMIT).orElseThrow()).containsExactly(0x08, 0x01);
        assertThat(listener.awaitHandshake(LIMIT)).isTrue();
        return sentry;
    }

    private static byte[] open(String path, long dropped) {
        return TraceDatagrams.inContext()
                .exit(3, 0)
                .number(4, -100)
                .text(6, path)
                .datagram(7, dropped);
    }

    @Test
    void publishesInOrder() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            for (int i = 0; i < 100; i++) {
                sentry.send(open("/f" + i, 0));
            }
            assertThat(listener.awaitDrained(LIMIT)).isTrue();
            assertThat(events).hasSize(100);
            assertThat(events.getLast().getFileOpened().getPath()).isEqualTo("/f99");
            assertThat(events.getLast().getEventTimeNs()).isEqualTo(1000);
        }
    }

    @Test
    void drainsOnlyWhenEverythingThatWasQueuedIsPublished() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            held = new CountDownLatch(1);
            sentry.send(open("/a", 0));
            assertThat(listener.awaitDrained(Duration.ofMillis(50))).isFalse();
            held.countDown();
            assertThat(listener.awaitDrained(LIMIT)).isTrue();
            assertThat(events).hasSize(1);
        }
    }

    @Test
    void showsThatItsPublisherHasWorkAndDoesNotGetOn() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            held = new CountDownLatch(1);
            sentry.send(open("/a", 0));
            await().atMost(LIMIT).until(() -> listener.work().publishing());
            TraceListener.Work hanging = listener.work();
            await().atMost(LIMIT).until(() -> listener.work().read() > hanging.read() + 1);
            assertThat(listener.work().reading()).isTrue();
            assertThat(listener.work().publishing()).isTrue();
            assertThat(listener.work().published()).isEqualTo(hanging.published());

            held.countDown();
            assertThat(listener.awaitDrained(LIMIT)).isTrue();
            assertThat(listener.work().published()).isGreaterThan(hanging.published());
        }
        assertThat(listener.awaitEnd(LIMIT)).isTrue();
        assertThat(listener.work().reading()).isFalse();
        assertThat(listener.work().publishing()).isFalse();
    }

    @Test
    void reportsWhatTheRuntimeDropped() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            sentry.send(open("/a", 0));
            sentry.send(open("/b", 3));
            sentry.send(open("/c", 3));
            sentry.send(open("/d", 5));
            assertThat(listener.awaitDrained(LIMIT)).isTrue();
            assertThat(events.stream().filter(Event::hasTraceLoss).map(e -> e.getTraceLoss()
                            .getDropped()))
                    .containsExactly(3L, 2L);
            listener.runtimeDropped(6);
            listener.runtimeDropped(6);
            assertThat(events.getLast().getTraceLoss().getDroppedTotal()).isEqualTo(6);
            assertThat(events.getLast().getTraceLoss().getCause()).isEqualTo("dropped_by_runtime");
            assertThat(listener.lostTotal()).isEqualTo(6);
        }
    }

    @Test
    void reportsWhatItCannotDecodeAndGoesOn() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            sentry.send(new byte[] {1, 2, 3});
            sentry.send(open("/a", 0));
            assertThat(listener.awaitDrained(LIMIT)).isTrue();
            assertThat(events).hasSize(2);
            assertThat(events.getFirst().getTraceLoss().getCause()).isEqualTo("undecodable");
            assertThat(blind).isEmpty();
        }
    }

    @Test
    void isBlindWhenTheStreamEndsBeforeTheSession() throws Exception {
        sentry().close();
        await().atMost(LIMIT).until(() -> !blind.isEmpty());
        await().atMost(LIMIT).until(() -> !events.isEmpty());
        assertThat(events.getLast().getTraceLoss().getCause()).isEqualTo("listener_lost");
    }

    @Test
    void isNotBlindWhenTheFirstProcessHasEnded() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            sentry.send(TraceDatagrams.message()
                    .nested(1, TraceDatagrams.message().number(2, 1).number(4, 1))
                    .datagram(5, 0));
        }
        assertThat(listener.awaitEnd(LIMIT)).isTrue();
        assertThat(blind).isEmpty();
        assertThat(events).hasSize(1);
    }

    @Test
    void isBlindWhenThePeerDoesNotShakeHands() throws Exception {
        try (SeqpacketConnection sentry = SeqpacketConnection.connect(directory.resolve("t.sock"))) {
            sentry.send(new byte[] {0x10, 0x01});
            await().atMost(LIMIT).until(() -> !blind.isEmpty());
        }
    }

    @Test
    void isBlindWhenAnEventCannotBeKept() throws Exception {
        TraceListener full = TraceListener.open(
                directory.resolve("f.sock"),
                "full",
                (channel, time, payload) -> {
                    throw new SpoolException("full", new IOException("no space"));
                },
                blind::add);
        try (SeqpacketConnection sentry = SeqpacketConnection.connect(directory.resolve("f.sock"))) {
            sentry.send(new byte[] {0x08, 0x01});
            sentry.send(open("/a", 0));
            await().atMost(LIMIT).until(() -> !blind.isEmpty());
            assertThat(full.awaitDrained(Duration.ofMillis(200))).isFalse();
        } finally {
            full.close();
        }
    }

    @Test
    void refusesASocketPathThatDoesNotFit() {
        Path tooLong = directory.resolve("x".repeat(120));
        assertThatThrownBy(() -> TraceListener.open(tooLong, "x", outbox, blind::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("107");
    }
}
