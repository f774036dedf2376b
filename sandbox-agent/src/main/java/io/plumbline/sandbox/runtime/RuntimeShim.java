package io.plumbline.sandbox.runtime;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that waits for commands of the runtime, such as in a sandbox's place on the host (its control groups, its priority): what takes
 * time about beginning a process there has been done when a session comes. Ends with this daemon.
 */
final class RuntimeShim implements AutoCloseable {
    /** Longest request, bytes; the guest program's own constant. */
    private static final int MAX_REQUEST = 256 * 1024;

    private static final String EXIT = "exit ";

    private final Process process;
    private final Path log;
    private final OutputStream requests;
    private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

    private RuntimeShim(Process process, Path log) {
        this.process = process;
        this.log = log;
        this.requests = process.getOutputStream();
    }

    /**
     * @param place options of the guest program that say where it runs; none: as this daemon
     * @param log where it says what went wrong
     * @param environment variables for its commands, beside this daemon's
     */
    static RuntimeShim begin(Path guest, List<String> place, Path log, Map<String, String> environment)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(guest.toString(), "shim"));
        command.addAll(place);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        RuntimeShim shim = new RuntimeShim(process, log);
        // Never a virtual thread: it would keep its carrier for as long as it reads a pipe.
        Thread.ofPlatform()
                .daemon()
                .name("shim-" + process.pid())
                .start(() -> shim.read(process.inputReader(StandardCharsets.US_ASCII)));
        return shim;
    }

    private void read(BufferedReader reader) {
        try (reader) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                answers.add(Optional.of(line));
            }
        } catch (IOException e) {
            // As if it had ended.
        }
        answers.add(Optional.empty());
    }

    /**
     * Runs a command to its end.
     *
     * @param streams the command's own; the other end of a named pipe must be open
     * @param place what the host's kernel makes of its mounts: words of the guest program, up to the command
     * @return its exit status
     * @throws TimeoutException when it was killed because it took longer than {@code limit}; the shim is of no use then
     * @throws IOException when the shim has ended
     */
    synchronized int run(SandboxRuntime.Streams.Files streams, List<String> place, List<String> command, Duration limit)
            throws IOException, TimeoutException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(
                streams.stdin().toString(),
                streams.stdout().toString(),
                streams.stderr().toString()));
        words.addAll(place);
        words.add("--");
        words.addAll(command);
        byte[] request = encoded(words);
        if (request.length > MAX_REQUEST) {
            throw new IOException(request.length + " bytes of arguments (expected: <= " + MAX_REQUEST + ")");
        }
        try {
            requests.write(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(request.length)
                    .array());
            requests.write(request);
            requests.flush();
        } catch (IOException e) {
            throw ended();
        }
        boolean answered = false;
        try {
            Optional<String> answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (answer == null) {
                throw new TimeoutException(command.getFirst() + " took longer than " + limit.toMillis() + " ms");
            }
            String line = answer.orElseThrow(this::ended);
            if (!line.startsWith(EXIT)) {
                throw new IOException("the sandbox's shim said " + line);
            }
            int status = Integer.parseInt(line.substring(EXIT.length()));
            answered = true;
            return status;
        } catch (NumberFormatException e) {
            throw new IOException("the sandbox's shim: " + e.getMessage(), e);
        } finally {
            if (!answered) {
                end();
            }
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    private IOException ended() {
        return new IOException("the sandbox's shim has ended: " + Command.tail(log));
    }

    private static byte[] encoded(List<String> words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String word : words) {
            out.writeBytes(word.getBytes(StandardCharsets.UTF_8));
            out.write(0);
        }
        return out.toByteArray();
    }

    private void end() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Idempotent; the control groups that it is in can be removed afterwards. */
    @Override
    public void close() {
        end();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
