package io.plumbline.sandbox.runtime;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a program to its end within a time limit. Its output goes to files, never to pipes: a child that outlives the program
 * may keep a pipe open for ever.
 */
public final class Command {
    /** Most of an output that is read, bytes. */
    private static final int MAX_OUTPUT = 1 << 20;

    private Command() {}

    /** @param output stdout and stderr together, their last MiB */
    public record Result(int code, String output) {
        public boolean succeeded() {
            return code == 0;
        }
    }

    /** @throws TimeoutException when it was killed because it took longer than {@code limit} */
    public static Result run(List<String> command, Duration limit)
            throws IOException, TimeoutException, InterruptedException {
        Path output = Files.createTempFile("plumbline-", ".out");
        try {
            int code = run(command, new File("/dev/null"), output.toFile(), output.toFile(), limit);
            return new Result(code, tail(output));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** Likewise, with the given files for its streams; the other end of a named pipe must be open. */
    static int run(List<String> command, File stdin, File stdout, File stderr, Duration limit)
            throws IOException, TimeoutException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(stdin)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(stdout));
        if (stdout.equals(stderr)) {
            builder.redirectErrorStream(true);
        } else {
            builder.redirectError(ProcessBuilder.Redirect.appendTo(stderr));
        }
        Process process = builder.start();
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TimeoutException(command.getFirst() + " took longer than " + limit.toMillis() + " ms");
            }
            return process.exitValue();
        } finally {
            if (process.isAlive()) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }

    /** The last MiB of a file, trimmed; empty when it cannot be read. */
    static String tail(Path file) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(0, in.length() - MAX_OUTPUT);
            byte[] bytes = new byte[(int) (in.length() - from)];
            in.seek(from);
            in.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8).trim();
        } catch (IOException e) {
            return "";
        }
    }
}
