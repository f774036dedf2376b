package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.SandboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A session at the daemon's start that nobody asked for: made, seen, frozen, thawed, ended. It shows that this host can do
 * what it promises, and everything that a first freeze would otherwise have to load first is loaded: class loading alone
 * costs some 30 ms, the pause itself under one. Nothing of it leaves the host.
 */
final class Rehearsal {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Works until its input ends, which it does after the thaw: no host is too slow to freeze it before. */
    private static final String WORKLOAD = "/usr/bin/cat";

    private Rehearsal() {}

    /** @throws SandboxException with what went wrong; the host must then not take requests */
    static void run(HostServices services) throws IOException, SandboxException, InterruptedException {
        // Below the sessions, not among them: whoever finds it later must not take it for one.
        Path directory = services.sessions().resolve("r");
        Path workspace = directory.resolve("workspace");
        Bundle.deleteTree(directory);
        Files.createDirectories(workspace);
        Brain brain = new Brain();
        Outcome outcome = new Outcome();
        try {
            Session session = new Session(
                    new SessionRequest(
                            TaskPolicy.newBuilder().setName("rehearsal").build(),
                            "rehearsal",
                            Agent.NONE,
                            workspace,
                            List.of(WORKLOAD),
                            "sandbox host",
                            new Stdio.Piped(),
                            Optional.empty(),
                            Optional.empty()),
                    services.apart(new LoopbackLink(brain), directory),
                    outcome);
            brain.whenThawed = session.input()::end;
            session.start();
            if (!session.awaitFinished(LIMIT)) {
                session.stop("the rehearsal took too long");
                throw new SandboxException("the first sandbox did not end within " + LIMIT.toSeconds() + " s");
            }
        } finally {
            Bundle.deleteTree(directory);
        }
        if (!outcome.end.equals("0")) {
            throw new SandboxException("the first sandbox failed: " + outcome.end);
        }
        if (!brain.states()
                .equals(List.of(
                        RuntimeState.State.CREATED,
                        RuntimeState.State.RUNNING,
                        RuntimeState.State.FROZEN,
                        RuntimeState.State.RUNNING,
                        RuntimeState.State.EXITED))) {
            throw new SandboxException("the first sandbox could not be frozen and thawed: " + brain.states());
        }
        if (!brain.sawTheWorkload()) {
            throw new SandboxException("the first sandbox was not seen at work");
        }
    }

    private static final class Outcome implements SessionObserver {
        private volatile String end = "no end";

        @Override
        public void output(Stream stream, byte[] bytes) {}

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {
            end = Integer.toString(code);
        }

        @Override
        public void failed(String message) {
            end = message;
        }
    }

    /**
     * Orders a freeze when the workload runs and a thaw when it is frozen, and ends the workload when it runs again; keeps nothing
     * beyond the rehearsal.
     */
    private static final class Brain implements LoopbackLink.Receiver {
        private static final String THAW = "thaw";

        private final List<Event> events = new ArrayList<>();
        private volatile Runnable whenThawed = () -> {};

        @Override
        public void event(Event event, VerdictListener listener) {
            synchronized (events) {
                events.add(event);
            }
            answer(event, listener);
        }

        private void answer(Event event, VerdictListener listener) {
            RuntimeState state = event.getRuntimeState();
            if (state.getState() == RuntimeState.State.RUNNING
                    && state.getOrder().equals(THAW)) {
                whenThawed.run();
            } else if (state.getState() == RuntimeState.State.RUNNING) {
                listener.onVerdict(
                        Event.newBuilder()
                                .setId("freeze")
                                .setFreezeOrdered(FreezeOrdered.newBuilder().setCause(event.getId()))
                                .build(),
                        StageTimes.getDefaultInstance());
            } else if (state.getState() == RuntimeState.State.FROZEN) {
                listener.onVerdict(
                        Event.newBuilder()
                                .setId(THAW)
                                .setThawOrdered(ThawOrdered.newBuilder().setCause(event.getId()))
                                .build(),
                        StageTimes.getDefaultInstance());
            }
        }

        List<RuntimeState.State> states() {
            synchronized (events) {
                return events.stream()
                        .filter(Event::hasRuntimeState)
                        .map(event -> event.getRuntimeState().getState())
                        .toList();
            }
        }

        boolean sawTheWorkload() {
            synchronized (events) {
                return events.stream()
                                .anyMatch(event -> event.hasProcessStarted()
                                        && event.getProcessStarted()
                                                .getArgvList()
                                                .contains(WORKLOAD)
                                        && !event.getProcessStarted().getFirst())
                        && events.stream().noneMatch(Event::hasTraceLoss);
            }
        }
    }
}
