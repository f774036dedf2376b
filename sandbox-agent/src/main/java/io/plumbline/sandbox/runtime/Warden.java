package io.plumbline.sandbox.runtime;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process of its own that does not depend on this daemon's health: it kills a sandbox when the daemon dies, whatever the daemon
 * dies of (it holds the other end of a pipe that only ends with the daemon), and stops it when the daemon is silent for
 * {@link #SILENCE} after a first {@link #pulse}.
 */
public final class Warden implements AutoCloseable {
    /** Longest time between two {@link #pulse()}s; the guest program's own constant. */
    public static final Duration SILENCE = Duration.ofSeconds(10);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
    private static final Duration END_LIMIT = Duration.ofSeconds(5);
    private static final String STOPPED = "stopped";

    /** What a pulse found. */
    public enum Finding {
        GUARDING,
        /** The warden has stopped the sandbox since the last pulse. */
        STOPPED_IT,
        /** Nobody would end the sandbox any more if this daemon died. */
        GONE
    }

    private final Path guest;
    private final long pid;
    private final Optional<Path> freezer;
    private Watching watching;

    private Warden(Path guest, long pid, Optional<Path> freezer) throws SandboxException {
        this.guest = guest;
        this.pid = pid;
        this.freezer = freezer;
        this.watching = Watching.begin(guest, pid, freezer);
    }

    /**
     * Returns once the process is being watched.
     *
     * @param guest the guest program
     * @throws SandboxException when it is not; the sandbox must then not start
     */
    public static Warden watch(Path guest, long pid) throws SandboxException {
        return watch(guest, pid, Optional.empty());
    }

    /** Likewise; {@code freezer} as of {@link Sandbox#freezer}. */
    public static Warden watch(Path guest, long pid, Optional<Path> freezer) throws SandboxException {
        return new Warden(guest, pid, freezer);
    }

    /** Whether it is there; without a word to it. */
    public synchronized boolean guards() {
        return watching.process.isAlive();
    }

    /** Tells the warden that this daemon is well; from the first one on silence counts. */
    public synchronized Finding pulse() {
        try {
            watching.tell("pulse");
        } catch (IOException e) {
            return Finding.GONE;
        }
        if (!watching.process.isAlive()) {
            return Finding.GONE;
        }
        return watching.answers.remove(STOPPED) ? Finding.STOPPED_IT : Finding.GUARDING;
    }

    /**
     * Puts another warden in the place of one that has gone.
     *
     * @throws SandboxException when it does not watch; the session must then be frozen
     */
    public synchronized void restart() throws SandboxException {
        watching.process.destroyForcibly();
        watching = Watching.begin(guest, pid, freezer);
        pulse();
    }

    /** The sandbox has ended in order: the warden goes without killing anything. Waits some seconds at most until it has. */
    @Override
    public synchronized void close() {
        try {
            watching.tell("release");
            watching.orders.close();
        } catch (IOException e) {
            // It has gone already.
        }
        watching.process.destroyForcibly();
        try {
            watching.process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** For tests: what a dying daemon leaves of a warden's pipe. */
    synchronized void abandon() throws IOException {
        watching.orders.close();
    }

    /** Process id of the warden. */
    synchronized long processId() {
        return watching.process.pid();
    }

    private record Watching(Process process, Writer orders, BlockingQueue<String> answers) {
        static Watching begin(Path guest, long pid, Optional<Path> freezer) throws SandboxException {
            try {
                Process process = new ProcessBuilder(guest.toString(), "warden")
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                boolean watches = false;
                try {
                    Watching watching = new Watching(process, process.outputWriter(), new LinkedBlockingQueue<>());
                    // Never a virtual thread: it would keep its carrier for as long as it reads a pipe.
                    Thread.ofPlatform()
                            .daemon()
                            .name("warden-" + pid)
                            .start(() -> watching.read(process.inputReader()));
                    watching.tell(
                            "watch " + pid + freezer.map(group -> " " + group).orElse(""));
                    String answer = watching.answers.poll(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
                    watches = "watching".equals(answer);
                    if (!watches) {
                        throw new SandboxException("warden: " + answer + " (expected: watching)");
                    }
                    return watching;
                } finally {
                    if (!watches) {
                        process.destroyForcibly();
                    }
                }
            } catch (IOException e) {
                throw new SandboxException("warden: " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SandboxException("warden: interrupted", e);
            }
        }

        void tell(String order) throws IOException {
            orders.write(order + "\n");
            orders.flush();
        }

        private void read(BufferedReader reader) {
            try {
                String line = reader.readLine();
                while (line != null) {
                    answers.add(line);
                    line = reader.readLine();
                }
            } catch (IOException e) {
                // Its process has gone, which the next pulse sees.
            }
        }
    }
}
