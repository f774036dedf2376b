package io.plumbline.standalone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Starts the parts in order, each in a process of its own, restarts what dies, and stops them in reverse. Survives being
 * killed: the next start ends what is left and continues on the same data.
 */
public final class Supervisor {
    private static final int MAX_RESTARTS = 5;
    private static final Duration RESTART_DELAY = Duration.ofSeconds(1);

    private final Layout layout;
    private final Topology topology;
    private final Map<String, String> endpoints = new LinkedHashMap<>();
    private final Map<String, Integer> restarts = new LinkedHashMap<>();
    private final Deque<ComponentProcess> running = new ArrayDeque<>();
    private String state = "starting";
    private boolean stopping;

    private Supervisor(Layout layout, Topology topology) {
        this.layout = layout;
        this.topology = topology;
    }

    /** Usage: {@code Supervisor CONSOLE_PORT INGEST_PORT}; 0 takes a free port. Prints {@code READY CONSOLE_URL}. */
    public static void main(String[] arguments) throws Exception {
        Layout layout = Layout.current();
        layout.create();
        try {
            Topology topology = new Topology(layout, Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
            new Supervisor(layout, topology).run();
        } catch (CommandException e) {
            System.err.println("plumbline: " + e.line());
            System.exit(e.exitCode());
        }
    }

    private void run() throws IOException, InterruptedException {
        Path lockFile = layout.runState().resolveSibling("lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                @Nullable FileLock lock = channel.tryLock()) {
            if (lock == null) {
                throw new CommandException(
                        "another plumbline runs on " + layout.home() + " (expected: ./plumbline down first)");
            }
            endLeftovers();
            CountDownLatch stopped = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                stopAll();
                stopped.countDown();
            }));
            try {
                startAll();
            } catch (CommandException e) {
                stopAll();
                throw e;
            }
            System.out.println("READY " + endpoints.get(Topology.CONSOLE));
            stopped.await();
        }
    }

    /** Ends what a killed supervisor left behind; a pid counts only while its command line names this home. */
    private void endLeftovers() {
        Optional<RunState> before = RunState.read(layout.runState());
        // Last started, first stopped: a part whose broker is gone first takes its whole limit to end.
        List<List<String>> stopOrder = Topology.START_ORDER.reversed();
        before.ifPresent(last -> stopOrder.stream()
                .flatMap(List::stream)
                .map(name -> last.children().get(name))
                .filter(Objects::nonNull)
                .forEach(pid -> ProcessHandle.of(pid)
                        .filter(handle -> handle.info()
                                .commandLine()
                                .filter(line -> line.contains("-Dplumbline.home=" + layout.home()))
                                .isPresent())
                        .ifPresent(ComponentProcess::stop)));
    }

    private void startAll() throws IOException, InterruptedException {
        for (List<String> step : Topology.START_ORDER) {
            Map<String, ComponentProcess> started = new LinkedHashMap<>();
            for (String name : step) {
                started.put(name, launch(name));
            }
            for (Map.Entry<String, ComponentProcess> entry : started.entrySet()) {
                ready(entry.getKey(), entry.getValue());
            }
        }
        synchronized (this) {
            state = "ready";
            save();
        }
    }

    private ComponentProcess launch(String name) throws IOException {
        Component component;
        synchronized (this) {
            component = topology.component(name, endpoints);
        }
        System.out.println("starting " + name);
        synchronized (this) {
            if (stopping) {
                throw new CommandException(name + " is not started: everything stops");
            }
            ComponentProcess process = ComponentProcess.start(layout, component);
            running.push(process);
            save();
            return process;
        }
    }

    private void ready(String name, ComponentProcess process) throws IOException, InterruptedException {
        String endpoint = process.awaitReady(layout);
        synchronized (this) {
            endpoints.put(name, topology.endpoint(name, endpoint));
            save();
        }
        System.out.println("ready    " + name + " " + endpoint);
        process.process().onExit().thenAccept(ended -> restart(process));
    }

    private void restart(ComponentProcess dead) {
        String name = dead.name();
        synchronized (this) {
            running.remove(dead);
            if (stopping) {
                return;
            }
            int times = restarts.merge(name, 1, Integer::sum);
            state = "degraded";
            trySave();
            if (times > MAX_RESTARTS) {
                System.err.println(
                        "plumbline: " + name + " died " + times + " times, given up (log: " + layout.log(name) + ")");
                return;
            }
        }
        System.err.println(
                "plumbline: " + name + " ended with " + dead.process().exitValue() + ", starting it again");
        ComponentProcess next = null;
        try {
            Thread.sleep(RESTART_DELAY);
            next = launch(name);
            ready(name, next);
            synchronized (this) {
                state = "ready";
                save();
            }
        } catch (IOException | CommandException e) {
            System.err.println("plumbline: " + name + " did not come back: " + e.getMessage());
            if (next != null) {
                // It may have met a part that was restarting itself: the next try counts like any other death.
                next.stop();
                restart(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopAll() {
        Deque<ComponentProcess> toStop;
        synchronized (this) {
            stopping = true;
            state = "stopping";
            trySave();
            toStop = new ArrayDeque<>(running);
        }
        for (ComponentProcess process : toStop) {
            process.stop();
        }
        try {
            java.nio.file.Files.deleteIfExists(layout.runState());
        } catch (IOException e) {
            System.err.println("plumbline: " + layout.runState() + " cannot be removed: " + e.getMessage());
        }
    }

    private void trySave() {
        try {
            save();
        } catch (IOException e) {
            System.err.println("plumbline: run state cannot be written: " + e.getMessage());
        }
    }

    private synchronized void save() throws IOException {
        Map<String, Long> children = new LinkedHashMap<>();
        running.forEach(process -> children.put(process.name(), process.pid()));
        new RunState(ProcessHandle.current().pid(), state, endpoints, children, restarts).write(layout.runState());
    }
}
