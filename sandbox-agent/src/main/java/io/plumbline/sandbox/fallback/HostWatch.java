package io.plumbline.sandbox.fallback;

import io.plumbline.sandbox.runtime.SandboxException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The guest program's {@code watch}: a process of its own, which tells the trace listener what the session does, in the protocol of
 * gVisor's kernel. It ends the session when this daemon dies. Safe for use by several threads.
 */
final class HostWatch implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final Duration END_LIMIT = Duration.ofSeconds(5);
    private static final int MAX_PROBLEM = 300;

    private final Process process;
    private final Writer orders;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    private HostWatch(Process process) {
        this.process = process;
        this.orders = process.outputWriter();
        // Never a virtual thread: it would keep its carrier for as long as it reads a pipe.
        Thread.ofPlatform().daemon().name("host-watch-" + process.pid()).start(() -> read(process.inputReader()));
    }

    /**
     * Returns once everything is being watched and the trace listener knows it.
     *
     * @param problems file for what it says when it cannot
     * @throws SandboxException when it does not watch; the session must not start
     */
    static HostWatch begin(List<String> command, Path problems) throws SandboxException {
        HostWatch watch;
        try {
            watch = new HostWatch(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(problems.toFile()))
                    .start());
        } catch (IOException e) {
            throw new SandboxException("watch: " + e.getMessage(), e);
        }
        try {
            String answer = watch.answers.poll(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (!"watching".equals(answer)) {
                throw new SandboxException("the host's kernel does not tell what the session does: " + said(problems));
            }
            return watch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            watch.process.destroyForcibly();
            throw new SandboxException("watch: interrupted", e);
        } catch (SandboxException e) {
            watch.process.destroyForcibly();
            throw e;
        }
    }

    /** What it could not tell so far, events; empty when it does not answer. */
    synchronized OptionalLong dropped(Duration limit) {
        try {
            // An answer that came too late belongs to an earlier question.
            answers.clear();
            orders.write("count\n");
            orders.flush();
            String answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            return answer != null && answer.matches("dropped \\d{1,10}")
                    ? OptionalLong.of(Long.parseLong(answer.substring("dropped ".length())))
                    : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalLong.empty();
        }
    }

    /** The session has ended: the watch goes without ending anything. */
    @Override
    public synchronized void close() {
        try {
            orders.write("release\n");
            orders.flush();
            process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            // It has gone already.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }

    private void read(BufferedReader reader) {
        try (reader) {
            String line = reader.readLine();
            while (line != null) {
                answers.add(line);
                line = reader.readLine();
            }
            // Whoever waits for the first word learns at once that none will come.
            answers.add("");
        } catch (IOException e) {
            answers.add("");
        }
    }

    private static String said(Path problems) {
        try {
            String text = Files.readString(problems).trim();
            return text.isEmpty()
                    ? "it does not say why"
                    : text.substring(Math.max(0, text.length() - MAX_PROBLEM)).replace('\n', ' ');
        } catch (IOException e) {
            return "it does not say why";
        }
    }
}
