package io.plumbline.standalone.session;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** A session that was started at a host's door, followed there and through the log. Closing it kills it. */
public final class FollowedSession implements AutoCloseable {
    private static final int MAX_OUTPUT = 256 * 1024;
    private static final Duration SETTLE = Duration.ofSeconds(10);

    private final String name;
    private final EventFeed feed;
    private final CompletableFuture<String> id = new CompletableFuture<>();
    private final CompletableFuture<RunClient.Exit> exit = new CompletableFuture<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread thread;

    private FollowedSession(String name, RunClient.Request request, EventFeed feed, RunClient client) {
        this.name = name;
        this.feed = feed;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> run(client, request));
    }

    /** @param name for messages */
    public static FollowedSession start(String name, RunClient.Request request, EventFeed feed, RunClient client) {
        FollowedSession session = new FollowedSession(name, request, feed, client);
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

    /** What the agent printed, its first {@value #MAX_OUTPUT} bytes. */
    public synchronized String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    public String id(Duration limit) throws InterruptedException {
        return await(id, limit, name + " did not start");
    }

    /** How the agent's process ended. */
    public RunClient.Exit exit(Duration limit) throws InterruptedException {
        return await(exit, limit, name + " did not end");
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

    /** The events of this session so far: telemetry and verdicts, each in its order. */
    public List<Event> events() throws InterruptedException {
        return feed.of(id(Duration.ofSeconds(1)));
    }

    public static boolean isFrozen(Event event) {
        return event.hasRuntimeState() && event.getRuntimeState().getState() == RuntimeState.State.FROZEN;
    }

    public static boolean isEnded(Event event) {
        return event.hasRuntimeState()
                && switch (event.getRuntimeState().getState()) {
                    case KILLED, EXITED, FAILED -> true;
                    case FROZEN, RUNNING, CREATED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
                };
    }

    /** Milliseconds from the kernel event that caused a freeze to the stopped workload; empty without measurement. */
    public static Optional<Double> freezeMillis(Event frozen) {
        StageTimes stages = frozen.getRuntimeState().getStages();
        return stages.getKernelNs() == 0 || stages.getDoneNs() == 0
                ? Optional.empty()
                : Optional.of((stages.getDoneNs() - stages.getKernelNs()) / 1e6);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
