package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.egress.EgressException;
import io.plumbline.sandbox.egress.EgressProxy;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.Command;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.state.SessionState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The order that the barrier promises, in a real sandbox under the real watcher: threads of several processes read a decoy
 * and send it to an allowed host in the same moment. Needs root and runsc.
 */
class EgressBarrierIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String ROUND = "/tmp/round-";
    private static final int ROUNDS = 125;
    private static final int WORKERS = 8;

    /** How a race ends; the number is of connections that were refused before the decoy was read and were tried again. */
    private static final Pattern RACE_END = Pattern.compile("exited 0 exit code 0retried (\\d{1,9})\n");

    private final RecordingLink link = new RecordingLink();
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private final Brain brain = new Brain();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @SuppressWarnings("NullAway.Init")
    private ServerSocket server;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("pleb");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Path source = base.resolve("racer.c");
        try (var racer = Objects.requireNonNull(EgressBarrierIT.class.getResourceAsStream("racer.c"))) {
            Files.copy(racer, source);
        }
        Command.Result built = Command.run(
                List.of(
                        "gcc",
                        "-O2",
                        "-pthread",
                        "-o",
                        workspace.resolve("racer").toString(),
                        source.toString()),
                Duration.ofMinutes(1));
        assertThat(built.succeeded()).as(built.output()).isTrue();
        for (Path path : List.of(workspace, workspace.resolve("racer"))) {
            Files.setAttribute(path, "unix:uid", 1000);
            Files.setAttribute(path, "unix:gid", 1000);
        }
        server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::collect);
        running = SandboxHost.open(
                GvisorFixture.settings(base, Map.of()),
                new SandboxHost.Wiring(link, EgressBarrierIT::parts, (above, yaml) -> TaskPolicy.getDefaultInstance()));
        link.brain = brain::take;
    }

    @AfterEach
    void leavesNothing() throws Exception {
        running.close();
        server.close();
        Bundle.deleteTree(base);
    }

    @Test
    void notOneByteLeavesAfterADecoyWasRead() throws Exception {
        String end = run("race", ROUNDS);

        assertThat(end).matches(RACE_END);
        long retried = Long.parseLong(RACE_END.matcher(end).replaceFirst("$1"));
        assertThat(brain.rounds).isEqualTo(ROUNDS);
        assertThat(brain.decoyReads).as("every round is a race").isGreaterThanOrEqualTo(ROUNDS);
        List<EgressDecided> decisions = link.events.stream()
                .filter(Event::hasEgressDecided)
                .map(Event::getEgressDecided)
                .toList();
        long opened =
                decisions.stream().filter(d -> d.getReason().equals("allowed")).count();
        long refused = decisions.stream().filter(d -> !d.getAllowed()).count();
        System.out.printf(
                "attempts %d, retried %d, tunnels opened before the decoy was read %d, denied %d%n",
                ROUNDS * WORKERS, retried, opened, refused);
        // Each attempt ends in a denial: of its connection, or of the first byte on a connection that was there before.
        assertThat(refused).isEqualTo((long) ROUNDS * WORKERS + retried);
        assertThat(opened)
                .as("connections that were there before, in every other round")
                .isGreaterThanOrEqualTo(3L * ((ROUNDS + 1) / 2));
        assertThat(opened).as("some connections lose it").isLessThan(refused);
        assertThat(arrived()).isEmpty();
    }

    @Test
    void theSameBytesArriveWhenNoDecoyIsRead() throws Exception {
        assertThat(run("clean", 3)).isEqualTo("exited 0 exit code 0");

        await().atMost(LIMIT).until(() -> arrived().split("PAYLOAD", -1).length - 1 == 3 * WORKERS);
    }

    private String run(String mode, int rounds) throws Exception {
        TaskPolicy policy = PolicyDefaults.policy().toBuilder()
                .setName("race")
                .setRevision(1)
                .setWorkspaceMode("read-write")
                .addDecoys("~/.ssh/id_rsa")
                // The host's own tripwire would end the race too.
                .setHoneytokenFreeze("brain")
                // Out of reach: a freeze at the first finding would end the race.
                .setAlertAt(101)
                .setAskAt(101)
                .setFreezeAt(101)
                .setUploadHoldBytes(0)
                .addEgress(EgressRule.newBuilder()
                        .setHost("127.0.0.1")
                        .setPort(server.getLocalPort())
                        .setAllowPrivate(true)
                        .setPlain(true))
                .build();
        Ending ending = new Ending();
        running.host()
                .run(
                        new SessionRequest(
                                policy,
                                "race",
                                Agent.NONE,
                                workspace,
                                List.of(
                                        "/workspace/racer",
                                        mode,
                                        Integer.toString(rounds),
                                        Integer.toString(server.getLocalPort())),
                                "tester"),
                        ending);
        await().atMost(LIMIT).until(() -> !ending.end.isEmpty());
        return ending.end + ending.output;
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

    private void collect() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        byte[] bytes = socket.getInputStream().readAllBytes();
                        synchronized (arrived) {
                            arrived.writeBytes(bytes);
                        }
                    } catch (IOException e) {
                        // The proxy cut it.
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    private String arrived() {
        synchronized (arrived) {
            return arrived.toString(StandardCharsets.ISO_8859_1);
        }
    }

    /** The real watcher; each round of the race is a session of its own to it, so that each one starts without findings. */
    private static final class Brain {
        private final Watcher watcher = new Watcher(List.of());
        private final Map<Channel, Long> seqs = new EnumMap<>(Channel.class);
        private SessionState state = SessionState.empty();
        private @Nullable Event task;
        private final List<Event> processes = new ArrayList<>();
        private int rounds;
        private int decoyReads;

        synchronized void take(Event event, VerdictListener listener) {
            if (event.hasHeartbeat()) {
                // It counts the whole session's events, not the round's.
                return;
            }
            if (event.hasTaskAssigned()) {
                task = event;
                restart();
                return;
            }
            if (event.hasProcessStarted() || event.hasProcessForked()) {
                processes.add(event);
            }
            if (event.hasFileOpened() && event.getFileOpened().getPath().startsWith(ROUND)) {
                rounds++;
                restart();
            }
            if (event.hasFileOpened()
                    && event.getFileOpened().getPath().equals("/home/agent/.ssh/id_rsa")
                    && event.getFileOpened().getError() == 0) {
                decoyReads++;
            }
            judge(event).forEach(verdict -> listener.onVerdict(verdict, StageTimes.getDefaultInstance()));
        }

        private void restart() {
            state = SessionState.empty();
            seqs.clear();
            judge(Objects.requireNonNull(task));
            // Who the workers are belongs to the session's beginning, which every round shares.
            processes.forEach(this::judge);
            // That nobody announced them does not count, as after a thaw: the decoy alone decides.
            state.values().setRisk(0).setTainted(false).clearDeviations();
        }

        private List<Event> judge(Event event) {
            // The questions are answered under the event's own id.
            Event numbered = event.toBuilder()
                    .setSeq(seqs.merge(event.getChannel(), 1L, Long::sum))
                    .build();
            return watcher.onEvent(state, numbered);
        }
    }

    private static final class Ending implements SessionObserver {
        private volatile String end = "";
        private final StringBuffer output = new StringBuffer();

        @Override
        public void output(Stream stream, byte[] bytes) {
            output.append(new String(bytes, StandardCharsets.UTF_8));
        }

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {
            end = "exited " + code + " " + reason;
        }

        @Override
        public void failed(String message) {
            end = "failed " + message;
        }
    }
}
