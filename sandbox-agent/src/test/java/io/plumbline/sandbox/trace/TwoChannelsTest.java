package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.posix.LinePipe;
import io.plumbline.sandbox.posix.SeqpacketConnection;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trace points and log lines of a peer that writes as the sentry does, as one sequence. */
class TwoChannelsTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> blind = new CopyOnWriteArrayList<>();

    @TempDir
    private Path directory = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private TraceListener listener;

    @SuppressWarnings("NullAway.Init")
    private OutputStream lines;

    @SuppressWarnings("NullAway.Init")
    private SeqpacketConnection sentry;

    @BeforeEach
    void open() throws Exception {
        LinePipe pipe = LinePipe.make(directory.resolve("boot.log"));
        listener = TraceListener.open(new TraceListener.Surroundings(
                TraceSocket.bind(directory.resolve("t.sock")),
                Optional.of(pipe),
                "test",
                (channel, time, payload) -> {
                    Event event =
                            payload.setChannel(channel).setEventTimeNs(time).build();
                    events.add(event);
                    return event;
                },
                blind::add,
                Tripwire.NONE,
                BinaryHashes.NONE));
        lines = Files.newOutputStream(directory.resolve("boot.log"));
        pipe.handedOver();
        sentry = SeqpacketConnection.connect(directory.resolve("t.sock"));
        sentry.send(new byte[] {0x08, 0x01});
        assertThat(sentry.receive(LIMIT)).isPresent();
        assertThat(listener.awaitHandshake(LIMIT)).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        lines.close();
        sentry.close();
        listener.close();
    }

    private static byte[] opened(long nanos, String path) {
        return TraceDatagrams.message()
                .nested(
                        1,
                        TraceDatagrams.message()
                                .number(1, nanos)
                                .number(2, 8)
                                .number(4, 7)
                                .number(5, 700)
                                .text(8, "/workspace"))
                .exit(3, 0)
                .number(4, -100)
                .text(6, path)
                .datagram(7, 0);
    }

    private static byte[] removed(long nanos, String path) {
        return ("{\"msg\":\"strace.go:599] [   7:   8] sh X unlink(0x1000 " + path
                        + ") = 0 (0x0) (1µs)\",\"level\":\"info\",\"time\":\"" + Instant.ofEpochSecond(0, nanos)
                        + "\"}\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void keepsTheOrderInWhichOneThreadDidThings() throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            String path = "/f" + i;
            if (i * 7919 % 13 < 6) {
                lines.write(removed(1_000 + i, path));
                expected.add("- " + path);
            } else {
                sentry.send(opened(1_000 + i, path));
                expected.add("+ " + path);
            }
        }
        assertThat(listener.awaitDrained(LIMIT)).isTrue();
        assertThat(events.stream()
                        .map(e -> e.hasFileOpened()
                                ? "+ " + e.getFileOpened().getPath()
                                : "- " + e.getFileChanged().getPath()))
                .containsExactlyElementsOf(expected);
    }

    @Test
    void aDrainedListenerHasPublishedTheLinesToo() throws Exception {
        for (int i = 0; i < 50; i++) {
            lines.write(removed(1_000 + i, "/f" + i));
            assertThat(listener.awaitDrained(LIMIT)).isTrue();
            assertThat(events).hasSize(i + 1);
        }
    }

    @Test
    void namesTheProcessThatATraceMessageIntroduced() throws Exception {
        sentry.send(opened(1_000, "x"));
        lines.write(removed(1_001, "x"));
        assertThat(listener.awaitDrained(LIMIT)).isTrue();
        assertThat(events).hasSize(2);
        assertThat(events.get(1).getFileChanged().getPath()).isEqualTo("/workspace/x");
        assertThat(events.get(1).getFileChanged().getActor().getProcess())
                .isEqualTo(events.getFirst().getFileOpened().getActor().getProcess());
    }

    @Test
    void countsLinesThatItCannotReadAndGoesOn() throws Exception {
        lines.write("not json\n".getBytes(StandardCharsets.UTF_8));
        lines.write(("{\"msg\":\"" + "x".repeat(LinePipe.MAX_LINE) + "\"}\n").getBytes(StandardCharsets.UTF_8));
        lines.write("*** Dropped 3 log messages ***\n".getBytes(StandardCharsets.UTF_8));
        lines.write(removed(1_000, "/a"));
        assertThat(listener.awaitDrained(LIMIT)).isTrue();
        await().atMost(LIMIT).until(() -> events.stream().anyMatch(Event::hasFileChanged));
        assertThat(events.stream().filter(Event::hasTraceLoss).map(e -> e.getTraceLoss()
                        .getCause()))
                .containsExactly("log_undecodable", "log_undecodable", "log_dropped");
        assertThat(listener.lostTotal()).isEqualTo(5);
        assertThat(listener.counts().linesUndecodable()).isEqualTo(2);
    }

    @Test
    void aLineBelongsToItsWriterHoweverItsEndWasWritten() throws Exception {
        byte[] first = removed(1_000, "/a");
        byte[] second = removed(1_001, "/b");
        lines.write(first, 0, first.length - 1);
        lines.write(second, 0, second.length - 1);
        lines.write('\n');
        lines.write('\n');
        byte[] last = removed(1_002, "/c");
        lines.write(last, 0, last.length - 1);
        lines.close();
        await().atMost(LIMIT)
                .until(() -> events.stream().filter(Event::hasFileChanged).count() == 3);
        assertThat(listener.counts().linesUndecodable()).isZero();
    }

    @Test
    void isBlindWhenTheLogEndsAlone() throws Exception {
        lines.close();
        await().atMost(LIMIT).until(() -> !blind.isEmpty());
        assertThat(blind.getFirst()).contains("log");
    }
}
