package io.plumbline.sandbox.runtime;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process of its own that kills a sandbox when this daemon dies, whatever the daemon dies of: it holds the other end of a
 * pipe that only ends with the daemon.
 */
public final class Warden implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    private final Process process;
    private final Writer orders;

    private Warden(Process process) {
        this.process = process;
        this.orders = process.outputWriter();
    }

    /**
     * Returns once the process is being watched.
     *
     * @param guest the guest program
     * @throws SandboxException when it is not; the sandbox must then not start
     */
    public static Warden watch(Path guest, long pid) throws SandboxException {
        try {
            Process process = new ProcessBuilder(guest.toString(), "warden")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Warden warden = new Warden(process);
            try {
                warden.orders.write("watch " + pid + "\n");
                warden.orders.flush();
                String answer = firstLine(process.inputReader());
                if (!"watching".equals(answer)) {
                    throw new SandboxException("warden: " + answer + " (expected: watching)");
                }
                return warden;
            } catch (IOException | SandboxException e) {
                process.destroyForcibly();
                throw e;
            }
        } catch (IOException e) {
            throw new SandboxException("warden: " + e.getMessage(), e);
        }
    }

    /** False when nobody would end the sandbox any more if this daemon died. */
    public boolean alive() {
        return process.isAlive();
    }

    private static String firstLine(BufferedReader reader) throws IOException, SandboxException {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
            try {
                String text = reader.readLine();
                return text == null ? "" : text;
            } catch (IOException e) {
                return "";
            }
        });
        try {
            return line.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new SandboxException("warden: no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("warden: interrupted", e);
        }
    }

    /** The sandbox has ended in order: the warden goes without killing anything. */
    @Override
    public void close() {
        try {
            orders.write("release\n");
            orders.close();
        } catch (IOException e) {
            // It has gone already.
        }
        process.destroyForcibly();
    }
}
