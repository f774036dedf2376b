package io.plumbline.bench;

import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.cli.ConsoleApi;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A sandboxed session that a benchmark started; ended and its workspace removed on close. */
final class BenchSession implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration MEASUREMENT_LIMIT = Duration.ofMinutes(8);

    private final Platform platform;
    private final Path workspace;
    private final CompletableFuture<String> id = new CompletableFuture<>();
    private final CompletableFuture<RunClient.Exit> exit = new CompletableFuture<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread thread;

    // Guarded by this; nanoseconds.
    private long asked;
    private long firstOutput;

    private BenchSession(Platform platform, Path workspace, RunClient.Request request) {
        this.platform = platform;
        this.workspace = workspace;
        this.thread = Thread.ofPlatform().daemon().name("bench-session").unstarted(() -> run(request));
    }

    static BenchSession start(Platform platform, String name, String agent, String policy, String script)
            throws IOException {
        Path workspace = platform.workspace(name);
        BenchSession session = new BenchSession(
                platform,
                workspace,
                new RunClient.Request(policy, "bench " + name, agent, workspace, List.of("/bin/bash", "-c", script)));
        session.thread.start();
        return session;
    }

    private void run(RunClient.Request request) {
        synchronized (this) {
            asked = System.nanoTime();
        }
        try {
            exit.complete(platform.host().run(request, new RunClient.Follower() {
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
        if (firstOutput == 0) {
            firstOutput = System.nanoTime();
        }
        output.writeBytes(bytes);
    }

    /** What the workload printed so far, both streams. */
    synchronized String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    /** From the request to the first output, which must have come. */
    synchronized double firstOutputMillis() {
        return (firstOutput - asked) / 1e6;
    }

    /** Ends the session on its host, without asking the platform, and waits for the end. */
    void stop() throws IOException, InterruptedException {
        if (runs()) {
            platform.host().stop(id());
        }
        exit();
    }

    /** Whether it has not ended. */
    boolean runs() {
        return !exit.isDone();
    }

    String id() throws InterruptedException {
        return await(id, "start");
    }

    RunClient.Exit exit() throws InterruptedException {
        return await(exit, "end");
    }

    List<Event> events() throws InterruptedException {
        return platform.events(id());
    }

    /** The first event that fits; waits for it. */
    Event awaitEvent(Predicate<Event> wanted, String what) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            Optional<Event> found = events().stream().filter(wanted).findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            Thread.sleep(Duration.ofMillis(20));
        }
        throw new CommandException(
                "no " + what + " in session " + id() + " within " + LIMIT.toSeconds() + " s: " + output().strip());
    }

    /** Waits until the workload has printed a line; for minutes, since it may be a long measurement. */
    void awaitOutput(String line) throws InterruptedException {
        long deadline = System.nanoTime() + MEASUREMENT_LIMIT.toNanos();
        while (output().lines().noneMatch(line::equals)) {
            if (exit.isDone() || System.nanoTime() > deadline) {
                String said = output().strip();
                throw new CommandException("the workload of session " + id() + " did not come to its end: "
                        + said.substring(Math.max(0, said.length() - 500)));
            }
            Thread.sleep(Duration.ofMillis(50));
        }
    }

    /** Ends the session as a person would, and waits for the end. */
    void kill() throws InterruptedException {
        ConsoleApi.of(platform.layout()).order(id(), "kill", "bench: measured");
        exit();
    }

    private <T> T await(CompletableFuture<T> future, String what) throws InterruptedException {
        try {
            return future.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new CommandException("a session did not " + what + ": " + e.getMessage());
        } catch (TimeoutException e) {
            throw new CommandException(
                    "a session did not " + what + " in " + LIMIT.toSeconds() + " s: " + output().strip());
        }
    }

    /** A session whose client has gone is killed by its host. */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        try (Stream<Path> files = Files.walk(workspace)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
