package io.plumbline.standalone;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The process tree of a layout from outside: started in the background, stopped in order. */
public final class ProcessTree {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final long STOP_SECONDS = 120;

    private ProcessTree() {}

    /** Starts the process tree unless it runs already. Progress goes to {@code out}. */
    public static RunState start(Layout layout, int consolePort, int ingestPort, PrintWriter out)
            throws InterruptedException {
        layout.create();
        Optional<RunState> already = RunState.read(layout.runState()).filter(RunState::alive);
        if (already.isPresent()) {
            out.println("already running (pid " + already.get().pid() + ")");
            return awaitReady(layout, ProcessHandle.of(already.get().pid()).orElseThrow(), out);
        }
        Path log = layout.log("supervisor");
        try {
            Files.deleteIfExists(log);
            ProcessBuilder builder = new ProcessBuilder(command(layout, consolePort, ingestPort))
                    .directory(layout.home().toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            // The supervisor takes its home from there, and this layout's need not be the launcher's.
            builder.environment().put(Layout.HOME_VARIABLE, layout.home().toString());
            return awaitReady(layout, builder.start().toHandle(), out);
        } catch (IOException e) {
            throw new CommandException("the supervisor cannot be started: " + e.getMessage());
        }
    }

    /** Stops the process tree in order and waits for its end; false when nothing ran. */
    public static boolean stop(Layout layout) throws InterruptedException {
        Optional<RunState> running = RunState.read(layout.runState()).filter(RunState::alive);
        if (running.isEmpty()) {
            return false;
        }
        ProcessHandle supervisor = ProcessHandle.of(running.get().pid()).orElseThrow();
        supervisor.destroy();
        try {
            supervisor.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new CommandException("the supervisor (pid " + supervisor.pid() + ") still runs after " + STOP_SECONDS
                    + " s (log: " + layout.log("supervisor") + ")");
        }
        return true;
    }

    private static List<String> command(Layout layout, int consolePort, int ingestPort) {
        return List.of(
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-D" + Layout.ROOT_PROPERTY + "=" + layout.root(),
                Supervisor.class.getName(),
                String.valueOf(consolePort),
                String.valueOf(ingestPort));
    }

    private static RunState awaitReady(Layout layout, ProcessHandle supervisor, PrintWriter out)
            throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        int shown = 0;
        while (System.nanoTime() < deadline) {
            shown = show(layout, shown, out);
            Optional<RunState> state = RunState.read(layout.runState()).filter(RunState::alive);
            if (state.isPresent() && state.get().state().equals("ready")) {
                return state.get();
            }
            if (!supervisor.isAlive()) {
                throw new CommandException(lastLine(layout));
            }
            Thread.sleep(Duration.ofMillis(100));
        }
        throw new CommandException("not ready after " + LIMIT.toSeconds() + " s (logs: " + layout.logs() + ")");
    }

    /** Shows what the supervisor has printed since. */
    private static int show(Layout layout, int shown, PrintWriter out) {
        List<String> lines = lines(layout);
        for (String line : lines.subList(Math.min(shown, lines.size()), lines.size())) {
            if (line.startsWith("starting ") || line.startsWith("ready ")) {
                out.println("  " + line);
            }
        }
        out.flush();
        return lines.size();
    }

    private static String lastLine(Layout layout) {
        List<String> lines = lines(layout);
        return lines.reversed().stream()
                .filter(line -> line.startsWith("plumbline: "))
                .findFirst()
                .map(line -> line.substring("plumbline: ".length()))
                .orElse("the supervisor ended before it was ready (log: " + layout.log("supervisor") + ")");
    }

    private static List<String> lines(Layout layout) {
        try {
            return Files.readAllLines(layout.log("supervisor"));
        } catch (IOException e) {
            return List.of();
        }
    }
}
