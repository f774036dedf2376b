package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.container.ContainerControl;
import io.plumbline.sandbox.container.HostProcesses;
import io.plumbline.sandbox.fallback.FreezerBrake;
import io.plumbline.sandbox.posix.SeqpacketConnection;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Warden;
import io.plumbline.sandbox.trace.BinaryHashes;
import io.plumbline.sandbox.trace.TraceDatagrams;
import io.plumbline.sandbox.trace.TraceListener;
import io.plumbline.sandbox.trace.TraceSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pulse over a real listener and a real process that is stopped; its beats are the test's, one after the other. */
@Timeout(60)
class PulseTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Beats without progress that freeze nothing. */
    private static final int PATIENCE = 10;

    private static final TaskPolicy POLICY =
            TaskPolicy.newBuilder().setName("p").build();

    private final RecordingLink link = new RecordingLink();
    private final List<String> frozen = new ArrayList<>();
    private final List<String> blind = new CopyOnWriteArrayList<>();
    private final CountDownLatch arrived = new CountDownLatch(1);
    private volatile CountDownLatch reading = new CountDownLatch(0);
    private volatile CountDownLatch publishing = new CountDownLatch(0);

    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private Process workload;

    @SuppressWarnings("NullAway.Init")
    private TraceListener trace;

    @SuppressWarnings("NullAway.Init")
    private Responder orders;

    @SuppressWarnings("NullAway.Init")
    private Warden warden;

    @SuppressWarnings("NullAway.Init")
    private DiskUse disk;

    @SuppressWarnings("NullAway.Init")
    private Pulse pulse;

    @BeforeEach
    void begin() throws Exception {
        SessionJournal journal =
                new SessionJournal(link.open("acme", "s", (verdict, stages) -> {}), () -> 7, reason -> {});
        trace = TraceListener.open(new TraceListener.Surroundings(
                TraceSocket.bind(folder.resolve("t")),
                Optional.empty(),
                "s",
                (channel, time, payload) -> {
                    pass(publishing);
                    return journal.publish(channel, time, payload);
                },
                blind::add,
                message -> {
                    arrived.countDown();
                    pass(reading);
                    return Optional.empty();
                },
                BinaryHashes.NONE));
        Path guest =
                Files.writeString(folder.resolve("guest"), "#!/bin/sh\necho watching\nwhile read order; do :; done\n");
        Files.setPosixFilePermissions(guest, PosixFilePermissions.fromString("rwx------"));
        warden = Warden.watch(guest, 0);
        workload = new ProcessBuilder("sleep", "600").start();
        HostProcesses processes = HostProcesses.of(
                        new ContainerControl.Found(
                                ContainerControl.Status.RUNNING, "pulse", workload.pid(), OptionalInt.empty()),
                        true)
                .orElseThrow();
        orders = new Responder(
                "s",
                new FreezerBrake(processes),
                new EvidenceCollection("s", journal, List.of()),
                journal,
                "a process",
                (state, reason) -> {},
                (order, stages) -> {});
        disk = DiskUse.of(List.of(), List::of);
        pulse = new Pulse(
                new Pulse.Watched(
                        "s",
                        Instant.now(),
                        journal,
                        trace,
                        limit -> OptionalLong.of(0),
                        new SessionLimits.Usage(limit -> OptionalInt.of(1), limit -> OptionalLong.of(0)),
                        orders,
                        warden,
                        new SessionLimits(POLICY, ControlGroups.Group.none(), disk),
                        new PolicyInForce("acme", "s", TrustedKeys.none(), PolicyLevels.NONE, POLICY, policy -> {
                            throw new UnsupportedOperationException();
                        })),
                () -> Duration.ZERO,
                () -> {},
                frozen::add,
                blind::add);
    }

    @AfterEach
    void end() {
        reading.countDown();
        publishing.countDown();
        trace.close();
        orders.close();
        warden.close();
        disk.close();
        workload.destroyForcibly();
    }

    @Test
    void aTraceThatIsNotPublishedFreezesTheSession() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            for (int beat = 0; beat < 2 * PATIENCE; beat++) {
                sentry.send(opened());
                assertThat(trace.awaitDrained(LIMIT)).isTrue();
                pulse.beat();
            }
            assertThat(frozen).isEmpty();

            publishing = new CountDownLatch(1);
            for (int beat = 0; beat < PATIENCE; beat++) {
                beatWhileNothingIsPublished(sentry);
            }
            assertThat(frozen).isEmpty();
            beatWhileNothingIsPublished(sentry);

            assertThat(frozen).containsExactly("the trace has not been published for 10 s");
            awaitFrozen("the trace has not been published for 10 s");
            assertThat(blind).isEmpty();
            publishing.countDown();
            assertThat(trace.awaitDrained(LIMIT)).isTrue();
        }
    }

    @Test
    void aTraceThatIsNotReadFreezesTheSession() throws Exception {
        try (SeqpacketConnection sentry = sentry()) {
            reading = new CountDownLatch(1);
            sentry.send(opened());
            pass(arrived);
            // The first beat learns how far it is.
            for (int beat = 0; beat < PATIENCE + 1; beat++) {
                pulse.beat();
            }
            assertThat(frozen).isEmpty();
            pulse.beat();

            assertThat(frozen).containsExactly("the trace has not been read for 10 s");
            awaitFrozen("the trace has not been read for 10 s");
            assertThat(blind).isEmpty();
            reading.countDown();
            assertThat(trace.awaitDrained(LIMIT)).isTrue();
        }
    }

    /** Asking for the drain is a turn of the reader's: it goes on. */
    private void beatWhileNothingIsPublished(SeqpacketConnection sentry) throws Exception {
        sentry.send(opened());
        assertThat(trace.awaitDrained(Duration.ofMillis(20))).isFalse();
        pulse.beat();
    }

    private void awaitFrozen(String reason) throws Exception {
        await().atMost(LIMIT).until(() -> link.events.stream()
                .filter(event ->
                        event.hasRuntimeState() && event.getRuntimeState().getState() == RuntimeState.State.FROZEN)
                .anyMatch(event -> event.getRuntimeState().getReason().equals(reason)));
        // What proc(5) says of it, behind its name.
        assertThat(Files.readString(Path.of("/proc", Long.toString(workload.pid()), "stat")))
                .contains(") T ");
    }

    private SeqpacketConnection sentry() throws Exception {
        SeqpacketConnection sentry = SeqpacketConnection.connect(folder.resolve("t"));
        sentry.send(new byte[] {0x08, 0x01});
        assertThat(sentry.receive(LIMIT)).isPresent();
        assertThat(trace.awaitHandshake(LIMIT)).isTrue();
        return sentry;
    }

    private static byte[] opened() {
        return TraceDatagrams.inContext()
                .exit(3, 0)
                .number(4, -100)
                .text(6, "/workspace/a")
                .datagram(7, 0);
    }

    private static void pass(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
