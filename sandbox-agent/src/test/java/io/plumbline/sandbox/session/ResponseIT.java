package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.egress.EgressException;
import io.plumbline.sandbox.egress.EgressProxy;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.rootfs.Bundle;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a workload that counts when its session is frozen, thawed and killed, in real sandboxes. Needs root and runsc. */
class ResponseIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration STANDSTILL = Duration.ofMillis(300);
    private static final int KILLS = 10;
    private static final int THAWS = 10;

    /** Counts in memory and shows it: a process that was started again would begin at one. */
    private static final String COUNTER = "i=0; while :; do i=$((i+1)); echo $i > count.new; mv count.new count; done";

    private final RecordingLink link = new RecordingLink();
    private final AtomicInteger orders = new AtomicInteger();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plre");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Files.setAttribute(workspace, "unix:uid", 1000);
        Files.setAttribute(workspace, "unix:gid", 1000);
        running = SandboxHost.open(
                GvisorFixture.settings(base, Map.of()),
                new SandboxHost.Wiring(link, ResponseIT::parts, (above, yaml) -> TaskPolicy.getDefaultInstance()));
        link.brain = ResponseIT::letConnect;
    }

    @AfterEach
    void leaveNothing() throws Exception {
        running.close();
        Bundle.deleteTree(base);
    }

    private static List<SessionPart> parts(SessionPart.Surroundings session) throws IOException {
        try {
            EgressProxy proxy =
                    EgressProxy.open(session.sockets(), session.policy(), session.outbox(), session.barrier());
            return List.of(new SessionPart() {
                @Override
                public void onVerdict(Event verdict, StageTimes stages) {
                    proxy.onVerdict(verdict, stages);
                }

                @Override
                public Runnable prepare(TaskPolicy revised) throws CannotHoldException {
                    throw new CannotHoldException("no revisions in this test");
                }

                @Override
                public void close() {
                    proxy.close();
                }
            });
        } catch (EgressException e) {
            throw new IOException(e);
        }
    }

    private static void letConnect(Event event, VerdictListener session) {
        if (event.hasEgressRequested()) {
            Thread.ofVirtual()
                    .start(() -> session.onVerdict(
                            Event.newBuilder()
                                    .setId("answer-" + event.getId())
                                    .setEgressAnswered(EgressAnswered.newBuilder()
                                            .setCause(event.getId())
                                            .setConnection(
                                                    event.getEgressRequested().getConnection())
                                            .setAllowed(true))
                                    .build(),
                            StageTimes.getDefaultInstance()));
        }
    }

    private String start(TaskPolicy policy, String script) {
        return running.host()
                .run(
                        new SessionRequest(
                                policy, "count", Agent.NONE, workspace, List.of("/bin/bash", "-c", script), "tester"),
                        new Silent());
    }

    private static TaskPolicy.Builder policy() {
        return PolicyDefaults.policy().toBuilder().setName("test").setRevision(1);
    }

    private RuntimeState order(String session, Event.Builder verdict) {
        String id = "order-" + orders.incrementAndGet();
        await().atMost(LIMIT).until(() -> link.listeners.containsKey(session));
        Objects.requireNonNull(link.listeners.get(session))
                .onVerdict(verdict.setId(id).setSession(session).build(), StageTimes.getDefaultInstance());
        return awaitState(id);
    }

    private RuntimeState awaitState(String order) {
        return await().atMost(LIMIT)
                .until(
                        () -> states().stream()
                                .filter(state -> state.getOrder().equals(order))
                                .findFirst()
                                .orElse(RuntimeState.getDefaultInstance()),
                        state -> state.getState() != RuntimeState.State.STATE_UNSPECIFIED);
    }

    private List<RuntimeState> states() {
        return link.events.stream()
                .filter(Event::hasRuntimeState)
                .map(Event::getRuntimeState)
                .toList();
    }

    private static Event.Builder freeze() {
        return Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder().setReason("look"));
    }

    private static Event.Builder thaw() {
        return Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder().setReason("fine"));
    }

    private static Event.Builder kill() {
        return Event.newBuilder().setKillOrdered(KillOrdered.newBuilder().setReason("bad"));
    }

    private long count() throws IOException {
        Path file = workspace.resolve("count");
        try {
            String text = Files.readString(file).trim();
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (java.nio.file.NoSuchFileException e) {
            return 0;
        }
    }

    private void assertStandsStill() throws IOException {
        long before = count();
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(count()).isEqualTo(before);
    }

    @Test
    void aFreezeThatWasOrderedBeforeTheStartHoldsFromTheFirstInstruction() throws Exception {
        link.brain = (event, session) -> {
            if (event.hasTaskAssigned()) {
                session.onVerdict(freeze().setId("early").build(), StageTimes.getDefaultInstance());
            }
        };
        String session = start(policy().build(), COUNTER);

        assertThat(awaitState("early").getState()).isEqualTo(RuntimeState.State.FROZEN);
        await().atMost(LIMIT).until(() -> heartbeats() >= 3);
        assertThat(count()).isZero();
        assertThat(states().getLast().getState())
                .as("the last word is what holds")
                .isEqualTo(RuntimeState.State.FROZEN);

        assertThat(order(session, thaw()).getState()).isEqualTo(RuntimeState.State.RUNNING);
        await().atMost(LIMIT).until(() -> count() > 0);
    }

    private long heartbeats() {
        return link.events.stream().filter(Event::hasHeartbeat).count();
    }

    @Test
    void aFreezeAtTheVeryStartHolds() throws Exception {
        for (int round = 0; round < 5; round++) {
            String early = "at-once-" + round;
            int before = states().size();
            link.brain = (event, session) -> {
                if (event.getRuntimeState().getState() == RuntimeState.State.CREATED) {
                    Thread.ofVirtual()
                            .start(() ->
                                    session.onVerdict(freeze().setId(early).build(), StageTimes.getDefaultInstance()));
                }
            };
            String session = start(policy().build(), COUNTER);
            assertThat(awaitState(early).getState()).isEqualTo(RuntimeState.State.FROZEN);
            await().atMost(LIMIT).until(() -> states().size() > before + 1);
            assertStandsStill();
            assertThat(order(session, kill()).getState()).isEqualTo(RuntimeState.State.KILLED);
            awaitEnd(session);
        }
    }

    @Test
    void aFrozenWorkloadDiesWithoutAFurtherStep() throws Exception {
        for (int round = 0; round < KILLS; round++) {
            Files.deleteIfExists(workspace.resolve("count"));
            String session = start(policy().build(), COUNTER);
            await().atMost(LIMIT).until(() -> count() > 3);
            assertThat(order(session, freeze()).getState()).isEqualTo(RuntimeState.State.FROZEN);
            long frozenAt = count();

            assertThat(order(session, kill()).getState()).isEqualTo(RuntimeState.State.KILLED);
            awaitEnd(session);

            assertThat(count()).as("round " + round).isEqualTo(frozenAt);
        }
    }

    @Test
    void aThawedProgramGoesOnCountingWhereItWas() throws Exception {
        String session = start(policy().build(), COUNTER);
        await().atMost(LIMIT).until(() -> count() > 3);
        for (int round = 0; round < THAWS; round++) {
            order(session, freeze());
            long frozenAt = count();
            assertStandsStill();
            assertThat(order(session, thaw()).getState()).isEqualTo(RuntimeState.State.RUNNING);
            await().atMost(LIMIT).until(() -> count() > frozenAt);
        }
        assertThat(link.events.stream()
                        .filter(event -> event.hasProcessStarted()
                                && event.getProcessStarted().getBinary().endsWith("/bash")))
                .as("one program all along")
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1L << 30})
    void anOpenConnectionThroughTheProxySurvivesAFreezeAndATriedCheckpoint(long checkpoint) throws Exception {
        AtomicInteger connections = new AtomicInteger();
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> echo(server, connections));
            int port = server.getLocalPort();
            String session = start(
                    policy().addEgress(EgressRule.newBuilder()
                                    .setHost("127.0.0.1")
                                    .setPort(port)
                                    .setAllowPrivate(true)
                                    .setPlain(true))
                            .setCheckpointBytes(checkpoint)
                            .build(),
                    """
                    exec 3<>/dev/tcp/127.0.0.1/3128
                    printf 'CONNECT 127.0.0.1:%1$d HTTP/1.1\\r\\nHost: 127.0.0.1:%1$d\\r\\n\\r\\n' >&3
                    while read -r line <&3; do [ "$line" = $'\\r' ] && break; done
                    i=0
                    while :; do
                      i=$((i+1)); echo "$i" >&3; read -r answer <&3 || exit 9
                      [ "$answer" = "echo $i" ] || exit 8
                      echo $i > count.new; mv count.new count
                    done""".formatted(port));
            await().atMost(LIMIT).until(() -> count() > 3);

            order(session, freeze());
            long frozenAt = count();
            // Longer than any time limit on the way that would be taken for a dead peer.
            await().pollDelay(Duration.ofSeconds(5)).atMost(LIMIT).until(() -> true);
            assertThat(count()).isEqualTo(frozenAt);
            if (checkpoint > 0) {
                // gVisor cannot write what is connected to the host; it says so, and nothing is harmed.
                assertThat(await().atMost(LIMIT)
                                .until(() -> collected("checkpoint"), Optional::isPresent)
                                .orElseThrow()
                                .path("unavailable")
                                .asBoolean())
                        .isTrue();
            } else {
                assertThat(collected("checkpoint")).isEmpty();
            }
            assertThat(count()).isEqualTo(frozenAt);
            order(session, thaw());

            await().atMost(LIMIT).until(() -> count() > frozenAt + 3);
            assertThat(connections).hasValue(1);
            assertThat(running.host().sessions()).containsExactly(session);
        }
    }

    private Optional<JsonNode> collected(String kind) throws IOException {
        return collected(kind, order -> true);
    }

    private Optional<JsonNode> collected(String kind, Predicate<String> order) throws IOException {
        for (Event event : link.events) {
            if (event.getEvidenceCollected().getKind().equals(kind)
                    && order.test(event.getEvidenceCollected().getOrder())) {
                return Optional.of(
                        new ObjectMapper().readTree(event.getEvidenceCollected().getJson()));
            }
        }
        return Optional.empty();
    }

    private JsonNode checkpointOf(RuntimeState frozen) {
        return await().atMost(LIMIT)
                .until(() -> collected("checkpoint", frozen.getOrder()::equals), Optional::isPresent)
                .orElseThrow();
    }

    private static void assertIsKept(JsonNode checkpoint) throws Exception {
        Path file = Path.of(checkpoint.path("file").asText());
        assertThat(checkpoint.path("bytes").asLong()).isPositive().isEqualTo(Files.size(file));
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))))
                .isEqualTo(checkpoint.path("sha256").asText());
    }

    @Test
    void aCheckpointIsKeptAndTheProgramGoesOnCountingWhereItWas() throws Exception {
        String session = start(policy().setCheckpointBytes(1L << 30).build(), COUNTER);
        await().atMost(LIMIT).until(() -> count() > 3);
        JsonNode checkpoint = checkpointOf(order(session, freeze()));
        long latest = System.nanoTime() + LIMIT.toNanos();
        // On a starved machine the kernel is stopped from outside, or does not answer in time: it says so, and is
        // frozen afresh here.
        while (checkpoint.path("unavailable").asBoolean() && System.nanoTime() < latest) {
            assertThat(order(session, thaw()).getState()).isEqualTo(RuntimeState.State.RUNNING);
            checkpoint = checkpointOf(order(session, freeze()));
        }
        long frozenAt = count();
        assertIsKept(checkpoint);
        assertThat(count()).isEqualTo(frozenAt);
        assertThat(order(session, thaw()).getState()).isEqualTo(RuntimeState.State.RUNNING);
        await().atMost(LIMIT).until(() -> count() > frozenAt);
    }

    private static void echo(ServerSocket server, AtomicInteger connections) {
        try {
            while (true) {
                Socket peer = server.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> {
                    try (peer;
                            BufferedReader lines = new BufferedReader(
                                    new InputStreamReader(peer.getInputStream(), StandardCharsets.UTF_8))) {
                        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                            peer.getOutputStream().write(("echo " + line + "\n").getBytes(StandardCharsets.UTF_8));
                        }
                    } catch (IOException e) {
                        // The other side has gone.
                    }
                });
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void awaitEnd(String session) {
        await().atMost(LIMIT).until(() -> !running.host().sessions().contains(session));
    }

    private static final class Silent implements SessionObserver {
        @Override
        public void output(Stream stream, byte[] bytes) {}

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {}

        @Override
        public void failed(String message) {}
    }
}
