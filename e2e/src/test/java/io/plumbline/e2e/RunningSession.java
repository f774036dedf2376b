package io.plumbline.e2e;

import io.plumbline.sandbox.session.RunClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A shell script in a sandbox, asked for at the host's door. */
final class RunningSession {
    private final Path workspace;
    private final CompletableFuture<String> id = new CompletableFuture<>();
    private final CompletableFuture<RunClient.Exit> exit = new CompletableFuture<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private RunningSession(Path workspace) {
        this.workspace = workspace;
    }

    /** Reads a decoy once, if the policy has one, and then an ordinary file over and over, until {@link #finish()}. */
    static RunningSession busy(Platform platform, String name, String policy) throws IOException {
        return start(
                platform,
                name,
                policy,
                "cat ~/letters/will.txt > /dev/null; until [ -e stop ]; do cat README.md > /dev/null; sleep 0.05; done; echo finished");
    }

    static RunningSession start(Platform platform, String name, String policy, String script) throws IOException {
        return start(platform, name, policy, "none", script);
    }

    static RunningSession start(Platform platform, String name, String policy, String agent, String script)
            throws IOException {
        RunningSession session = new RunningSession(platform.workspace(name));
        RunClient client = platform.runClient();
        RunClient.Request request = new RunClient.Request(
                policy, "Keep busy.", agent, session.workspace, List.of("/bin/bash", "-c", script));
        Thread.ofPlatform().daemon().name(name).start(() -> session.run(client, request));
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
        output.writeBytes(bytes);
    }

    synchronized String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    String id() throws InterruptedException, ExecutionException, TimeoutException {
        return id.get(60, TimeUnit.SECONDS);
    }

    void finish() throws IOException {
        Files.writeString(workspace.resolve("stop"), "");
    }

    boolean isOver() {
        return exit.isDone();
    }

    RunClient.Exit exit(Duration limit) throws InterruptedException, ExecutionException, TimeoutException {
        return exit.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
}
