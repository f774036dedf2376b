package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.rootfs.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves again and again that the kill switch still acts: a sandbox of the host's own, whose workload counts in a file, is frozen and
 * thawed by the same orders and the same code as every session; the count has to stand still and then to go on. Each proof, and each
 * failure, is told to the platform in a session of its own, whose heartbeats show when a proof is overdue.
 */
final class Canary implements AutoCloseable {
    /** The name that stands for an agent in the canary's session. */
    static final String AGENT = "canary";

    /** Folder of its sandbox, among the sessions'. */
    static final String FOLDER = "c";

    private static final Duration STATE_LIMIT = Duration.ofSeconds(10);
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration STANDSTILL = Duration.ofMillis(250);
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final String COUNT = "count";
    private static final Logger LOG = LoggerFactory.getLogger(Canary.class);

    private final HostServices services;
    private final Duration interval;
    private final Path directory;
    private final String id = Session.newId();
    private final SessionOutbox reports;
    private final Thread prover;
    private final Thread pulse;
    private volatile boolean stopping;

    /** Guarded by this. */
    private long evidenceSeq;

    // Of the prover's thread.
    private long round;
    private @Nullable Bird bird;

    private Canary(HostServices services, Duration interval) {
        this.services = services;
        this.interval = interval;
        this.directory = services.sessions().resolve(FOLDER);
        this.reports = services.link().open(services.tenant(), id, (verdict, stages) -> {});
        this.prover = Thread.ofPlatform().daemon().name("canary").unstarted(this::prove);
        this.pulse = Thread.ofPlatform().daemon().name("canary-pulse").unstarted(this::pulse);
    }

    /** @param interval from the end of one proof to the beginning of the next */
    static Canary begin(HostServices services, Duration interval) {
        Canary canary = new Canary(services, interval);
        canary.prover.start();
        canary.pulse.start();
        return canary;
    }

    private void prove() {
        try {
            reports.publish(
                    Channel.CONTROL,
                    Clock.nowNanos(),
                    Event.newBuilder()
                            .setTaskAssigned(TaskAssigned.newBuilder()
                                    .setTask("Prove that this host can freeze and thaw a sandbox.")
                                    .setPolicy(PolicyDefaults.policy())
                                    .setAgent(AGENT)
                                    .setAssignedBy("sandbox host")));
        } catch (SpoolException e) {
            LOG.error("the canary could not be announced", e);
        }
        while (!stopping) {
            report(round());
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                break;
            }
        }
        leave();
    }

    private CanaryReported.Builder round() {
        round++;
        CanaryReported.Builder report = CanaryReported.newBuilder().setRound(round);
        try {
            Bird current = bird;
            if (current == null) {
                current = new Bird();
                bird = current;
                current.begin();
            }
            current.freezeAndThaw(report);
            return report.setProven(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return report.setProblem("interrupted");
        } catch (IOException | RuntimeException | NotProvenException e) {
            if (!stopping) {
                LOG.warn("the kill switch is not proven", e);
            }
            leave();
            return report.setProblem(String.valueOf(e.getMessage()));
        }
    }

    private void report(CanaryReported.Builder report) {
        if (!stopping) {
            long due = Clock.nowNanos()
                    + interval.multipliedBy(2).plus(START_LIMIT).toNanos();
            publish(Event.newBuilder().setCanaryReported(report.setNextDueNs(due)));
        }
    }

    /** From a thread of its own: a proof that hangs must not hide that it is overdue. */
    private void pulse() {
        try {
            while (!stopping) {
                Thread.sleep(HEARTBEAT);
                publish(Event.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()));
            }
        } catch (InterruptedException e) {
            // The host stops.
        }
    }

    private synchronized void publish(Event.Builder payload) {
        evidenceSeq++;
        if (payload.hasHeartbeat()) {
            payload.getHeartbeatBuilder().setLastEvidenceSeq(evidenceSeq);
        }
        try {
            reports.publish(Channel.EVIDENCE, Clock.nowNanos(), payload);
        } catch (SpoolException e) {
            LOG.error("a report of the canary could not be kept", e);
        }
    }

    private void leave() {
        Bird leaving = bird;
        bird = null;
        if (leaving != null) {
            leaving.end();
        }
    }

    @Override
    public void close() {
        stopping = true;
        prover.interrupt();
        pulse.interrupt();
        try {
            prover.join(START_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        services.link().end(id);
    }

    private static final class NotProvenException extends Exception {
        private static final long serialVersionUID = 1;

        NotProvenException(String message) {
            super(message);
        }
    }

    /** The sandbox: a session like any other, but for its link. */
    private final class Bird implements SessionObserver, LoopbackLink.Receiver {
        private final BlockingQueue<RuntimeState> states = new LinkedBlockingQueue<>();
        private final Path workspace = directory.resolve("workspace");
        private volatile @Nullable VerdictListener listener;
        private @Nullable Session session;

        void begin() throws IOException, InterruptedException, NotProvenException {
            Bundle.deleteTree(directory);
            Files.createDirectories(workspace);
            Session begun = new Session(
                    new SessionRequest(
                            PolicyDefaults.policy().toBuilder()
                                    .setName(AGENT)
                                    .setWallClockSeconds(0)
                                    .build(),
                            AGENT,
                            Agent.NONE,
                            workspace,
                            List.of(
                                    Agent.GUEST,
                                    "tick",
                                    Bundle.WORKSPACE + "/" + COUNT,
                                    String.valueOf(TICK.toMillis())),
                            "sandbox host"),
                    services.apart(new LoopbackLink(this), directory),
                    this);
            session = begun;
            begun.start();
            await(RuntimeState.State.RUNNING, START_LIMIT);
            awaitCountAbove(0);
        }

        void freezeAndThaw(CanaryReported.Builder report) throws IOException, InterruptedException, NotProvenException {
            states.clear();
            String order = id + "-" + round;
            long begun = System.nanoTime();
            order(Event.newBuilder()
                    .setId(order + "-freeze")
                    .setFreezeOrdered(FreezeOrdered.newBuilder().setReason("proof of the kill switch")));
            await(RuntimeState.State.FROZEN, STATE_LIMIT);
            report.setFreezeNs(System.nanoTime() - begun);
            long frozen = count();
            Thread.sleep(STANDSTILL);
            long later = count();
            if (later != frozen) {
                throw new NotProvenException("frozen, but its count went from " + frozen + " to " + later);
            }
            begun = System.nanoTime();
            order(Event.newBuilder()
                    .setId(order + "-thaw")
                    .setThawOrdered(ThawOrdered.newBuilder().setReason("proof of the kill switch")));
            await(RuntimeState.State.RUNNING, STATE_LIMIT);
            report.setThawNs(System.nanoTime() - begun);
            awaitCountAbove(later);
        }

        void end() {
            Session ending = session;
            if (ending == null) {
                return;
            }
            ending.stop("the canary's proof has ended");
            boolean interrupted = Thread.interrupted();
            try {
                if (!ending.awaitFinished(START_LIMIT)) {
                    LOG.error("the canary's sandbox did not end; its warden will end it");
                }
                Bundle.deleteTree(directory);
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (IOException e) {
                LOG.warn("the canary's folder could not be removed: {}", e.getMessage());
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private void order(Event.Builder order) throws NotProvenException {
            VerdictListener current = listener;
            if (current == null) {
                throw new NotProvenException("the sandbox takes no orders");
            }
            current.onVerdict(order.build(), StageTimes.getDefaultInstance());
        }

        private void await(RuntimeState.State wanted, Duration limit) throws InterruptedException, NotProvenException {
            long deadline = System.nanoTime() + limit.toNanos();
            while (true) {
                RuntimeState state = states.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (state == null) {
                    throw new NotProvenException("not " + wanted + " within " + limit.toSeconds() + " s");
                }
                if (state.getState() == wanted) {
                    return;
                }
                switch (state.getState()) {
                    case EXITED, FAILED, KILLED ->
                        throw new NotProvenException("the sandbox has ended: " + state.getReason());
                    default -> {}
                }
            }
        }

        private void awaitCountAbove(long before) throws InterruptedException, IOException, NotProvenException {
            long deadline = System.nanoTime() + STATE_LIMIT.toNanos();
            while (count() <= before) {
                if (System.nanoTime() > deadline) {
                    throw new NotProvenException("running, but its count stands at " + before);
                }
                Thread.sleep(TICK);
            }
        }

        private long count() throws IOException {
            Path file = workspace.resolve(COUNT);
            if (!Files.exists(file)) {
                return 0;
            }
            String text = Files.readString(file).trim();
            return text.matches("[0-9]{20}") ? Long.parseLong(text) : 0;
        }

        @Override
        public void event(Event event, VerdictListener session) {
            listener = session;
            if (event.hasRuntimeState()) {
                states.add(event.getRuntimeState());
            }
        }

        @Override
        public void output(Stream stream, byte[] bytes) {}

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {}

        @Override
        public void failed(String message) {
            states.add(RuntimeState.newBuilder()
                    .setState(RuntimeState.State.FAILED)
                    .setReason(message)
                    .build());
        }
    }
}
