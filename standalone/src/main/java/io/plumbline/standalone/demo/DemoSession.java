package io.plumbline.standalone.demo;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.model.Scenario;
import io.plumbline.standalone.model.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** A session of the demo that was started: followed through the log, and judged by what is in it. */
public final class DemoSession implements AutoCloseable {
    private static final int MAX_OUTPUT = 256 * 1024;
    private static final Duration SETTLE = Duration.ofSeconds(10);

    private final DemoScenario scenario;
    private final Path workspace;
    private final ScriptedModel model;
    private final EventFeed feed;
    private final CompletableFuture<String> id = new CompletableFuture<>();
    private final CompletableFuture<RunClient.Exit> exit = new CompletableFuture<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread thread;

    private DemoSession(
            DemoScenario scenario,
            Path workspace,
            ScriptedModel model,
            EventFeed feed,
            Path runSocket,
            DemoAgent agent) {
        this.scenario = scenario;
        this.workspace = workspace;
        this.model = model;
        this.feed = feed;
        Scenario script = scenario.script();
        RunClient.Request request = new RunClient.Request(
                scenario.policy(model), script.prompt(), agent.name(), workspace, agent.command(script));
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("demo-" + scenario.word())
                .unstarted(() -> run(new RunClient(runSocket), request));
    }

    static DemoSession start(DemoScenario scenario, Path workspaces, EventFeed feed, Path runSocket, DemoAgent agent)
            throws IOException {
        ScriptedModel model = ScriptedModel.start(scenario.script());
        DemoSession session = new DemoSession(scenario, scenario.workspace(workspaces), model, feed, runSocket, agent);
        session.thread.start();
        return session;
    }

    private void run(RunClient client, RunClient.Request request) {
        try {
            exit.complete(client.run(request, new RunClient.Follower() {
                @Override
                public void session(String session) {
                    id.complete(session);
                }

                @Override
                public void stdout(byte[] bytes) {
                    keep(bytes);
                }

                @Override
                public void stderr(byte[] bytes) {
                    keep(bytes);
                }

                @Override
                public void state(String state, String reason) {}
            }));
        } catch (IOException e) {
            id.completeExceptionally(e);
            exit.completeExceptionally(e);
        }
    }

    private synchronized void keep(byte[] bytes) {
        if (output.size() + bytes.length <= MAX_OUTPUT) {
            output.writeBytes(bytes);
        }
    }

    /** What the agent printed; its end is what explains a failure. */
    public synchronized String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    public DemoScenario scenario() {
        return scenario;
    }

    public Path workspace() {
        return workspace;
    }

    public String id(Duration limit) throws InterruptedException {
        return await(id, limit, scenario.word() + " did not start");
    }

    /** How the agent's process ended. */
    public RunClient.Exit exit(Duration limit) throws InterruptedException {
        return await(exit, limit, scenario.word() + " did not end");
    }

    /** Whether the session has ended. */
    public boolean ended() {
        return exit.isDone();
    }

    private static <T> T await(CompletableFuture<T> future, Duration limit, String failure)
            throws InterruptedException {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new CommandException(failure + ": " + e.getMessage());
        } catch (TimeoutException e) {
            throw new CommandException(failure + " in " + limit.toSeconds() + " s");
        }
    }

    /** The first event of this session that fits; waits for it. */
    public Event awaitEvent(Predicate<Event> wanted, Duration limit, String what) throws InterruptedException {
        String session = id(limit);
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < deadline) {
            Optional<Event> found = feed.of(session).stream().filter(wanted).findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            if (ended() && System.nanoTime() < deadline - SETTLE.toNanos()) {
                // Nothing more will happen; what is under way may still arrive.
                deadline = System.nanoTime() + SETTLE.toNanos();
            }
            Thread.sleep(Duration.ofMillis(50));
        }
        throw new CommandException("no " + what + " in session " + session
                + (ended() ? ", which has ended" : " within " + limit.toSeconds() + " s"));
    }

    /** The events of this session so far. */
    public List<Event> events() throws InterruptedException {
        return feed.of(id(Duration.ofSeconds(1)));
    }

    static boolean isFrozen(Event event) {
        return event.hasRuntimeState() && event.getRuntimeState().getState() == RuntimeState.State.FROZEN;
    }

    static boolean isEnded(Event event) {
        return event.hasRuntimeState()
                && switch (event.getRuntimeState().getState()) {
                    case KILLED, EXITED, FAILED -> true;
                    case FROZEN, RUNNING, CREATED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
                };
    }

    /** Milliseconds from the kernel event that caused a freeze to the stopped workload; empty without measurement. */
    static Optional<Double> freezeMillis(Event frozen) {
        StageTimes stages = frozen.getRuntimeState().getStages();
        return stages.getKernelNs() == 0 || stages.getDoneNs() == 0
                ? Optional.empty()
                : Optional.of((stages.getDoneNs() - stages.getKernelNs()) / 1e6);
    }

    /** What speaks against an honest session; empty when nothing does. */
    Optional<String> faultOfBenign(RunClient.Exit ended) throws InterruptedException, IOException {
        List<Event> seen = events();
        Optional<Event> alert = seen.stream()
                .filter(event ->
                        event.hasAlertRaised() && event.getAlertRaised().getSeverityValue() > Severity.LOW_VALUE)
                .findFirst();
        if (alert.isPresent()) {
            return Optional.of(
                    "alert above low: " + alert.get().getAlertRaised().getTitle() + ": "
                            + alert.get().getAlertRaised().getSeen());
        }
        if (seen.stream().anyMatch(event -> event.hasFreezeOrdered() || isFrozen(event))) {
            return Optional.of("it was frozen");
        }
        if (ended.code() != 0) {
            return Optional.of("the agent ended with " + ended.code() + " (expected: 0): " + ended.reason());
        }
        String greeting = Files.readString(workspace.resolve("greeting.sh"));
        return greeting.contains("Hello") ? Optional.empty() : Optional.of("the result is not in the workspace");
    }

    /** What speaks against a session that was to be stopped; empty when nothing does. */
    Optional<String> faultOfExfiltration() throws InterruptedException {
        List<Event> seen = events();
        if (seen.stream().noneMatch(DemoSession::isFrozen)) {
            return Optional.of("it was not frozen");
        }
        return seen.stream()
                .filter(Event::hasEgressDecided)
                .map(Event::getEgressDecided)
                .filter(egress -> egress.getAllowed() && egress.getPort() != model.port())
                .findFirst()
                .map(egress -> egress.getBytesOut() + " bytes went to " + egress.getHost());
    }

    @Override
    public void close() {
        thread.interrupt();
        model.close();
    }
}
