package io.plumbline.standalone;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A running component. */
public final class ComponentProcess {
    private static final String READY = "READY";
    private static final long STOP_SECONDS = 20;

    private final Component component;
    private final Process process;
    private final CompletableFuture<String> ready = new CompletableFuture<>();

    private ComponentProcess(Component component, Process process) {
        this.component = component;
        this.process = process;
    }

    /** Starts the component; its standard error and what it prints go to its log file. */
    public static ComponentProcess start(Layout layout, Component component) {
        Path log = layout.log(component.name());
        try {
            ProcessBuilder builder = new ProcessBuilder(command(layout, component))
                    .directory(layout.home().toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
            // Not as an argument: a long command line cannot be read back, and by it a leftover is recognised.
            builder.environment().put("CLASSPATH", classPath(layout, component));
            Process process = builder.start();
            ComponentProcess started = new ComponentProcess(component, process);
            Thread.ofPlatform().daemon().name(component.name() + "-output").start(() -> started.readOutput(log));
            return started;
        } catch (IOException e) {
            throw new CommandException(component.name() + " cannot be started: " + e.getMessage());
        }
    }

    private static String classPath(Layout layout, Component component) throws IOException {
        Path target = layout.root().resolve(component.module()).resolve("target");
        Path file = target.resolve("classpath.txt");
        if (!Files.exists(file)) {
            throw new IOException(file + " is missing (expected: ./plumbline build)");
        }
        return target.resolve("classes")
                + File.pathSeparator
                + Files.readString(file).strip();
    }

    private static List<String> command(Layout layout, Component component) {
        List<String> command = new ArrayList<>(component.wrapper());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + component.heapMegabytes() + "m");
        command.add("-XX:+UseSerialGC");
        // The second compiler takes the cores that a laptop's first sessions need; it gained nothing measurable here.
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(component.jvm());
        command.add("-Dplumbline.home=" + layout.home());
        command.add("-Dlogback.configurationFile="
                + layout.root().resolve("standalone/target/classes/component-logback.xml"));
        command.add(component.mainClass());
        command.addAll(component.arguments());
        return command;
    }

    private void readOutput(Path log) {
        try (BufferedReader reader =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                var out = Files.newBufferedWriter(
                        log,
                        StandardCharsets.UTF_8,
                        java.nio.file.StandardOpenOption.CREATE,
                        java.nio.file.StandardOpenOption.APPEND)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                out.write(line);
                out.newLine();
                out.flush();
                if (line.startsWith(READY)) {
                    ready.complete(line.substring(READY.length()).strip());
                }
            }
        } catch (IOException e) {
            // The pipe broke because the process ended; what matters is its exit code.
        }
        ready.completeExceptionally(new IOException("ended before it was ready"));
    }

    /**
     * Waits until the component says that it is ready.
     *
     * @return what stands behind {@code READY}: where it can be reached
     */
    public String awaitReady(Layout layout) throws InterruptedException {
        try {
            return ready.get(component.startLimit().toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new CommandException(component.name() + " ended before it was ready: " + lastLine(layout) + " (log: "
                    + layout.log(component.name()) + ")");
        } catch (TimeoutException e) {
            throw new CommandException(component.name() + " is not ready after "
                    + component.startLimit().toSeconds() + " s (log: " + layout.log(component.name()) + ")");
        }
    }

    private String lastLine(Layout layout) {
        try {
            List<String> lines = Files.readAllLines(layout.log(component.name()));
            return lines.reversed().stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
                    .findFirst()
                    .orElse("no output");
        } catch (IOException e) {
            return "no log";
        }
    }

    String name() {
        return component.name();
    }

    long pid() {
        return process.pid();
    }

    Process process() {
        return process;
    }

    /** Asks the process to end, and ends it when it does not. */
    public void stop() {
        stop(process.toHandle());
    }

    static void stop(ProcessHandle handle) {
        handle.destroy();
        try {
            handle.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            handle.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            handle.destroyForcibly();
        }
    }
}
