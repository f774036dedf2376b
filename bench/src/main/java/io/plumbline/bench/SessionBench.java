package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StartTimes;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a session takes to begin, and what idle ones cost. */
@Command(
        name = "session",
        mixinStandardHelpOptions = true,
        description = {
            "From the request for a session to the first output of its command, one at a time and several at once;",
            "then what many take of this machine, and how long another one waits beside them."
        })
final class SessionBench implements Callable<Integer> {
    private static final double PARALLEL_TARGET_MILLIS = 2000;
    private static final int WARM_TARGET_MILLIS = 150;
    private static final int COLD_TARGET_MILLIS = 600;

    /** {@code sandboxes.warm} of a host that is told nothing of it. */
    private static final int WAITING = 4;

    /** In which a host has booted those. */
    private static final Duration REFILL = Duration.ofSeconds(10);

    private static final int WARM_UP = 2;
    private static final String POLICY = """
            name: bench-session
            limits: {wall-clock: 30m}
            """;
    private static final String READY = "ready";
    private static final String SCRIPT = "echo " + READY + "; exec sleep 3600";
    private static final String BUSY_SCRIPT =
            "echo " + READY + "; while :; do echo text > file; cat file > copy; rm copy; done";

    /** Over which processor time is weighed. */
    private static final Duration WEIGHING = Duration.ofSeconds(20);

    @Option(
            names = "--rounds",
            defaultValue = "20",
            description = "Sessions to start one at a time (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--parallel",
            defaultValue = "10",
            description = "Sessions to start at once (default: ${DEFAULT-VALUE}).")
    private int parallel;

    @Option(
            names = "--sessions",
            defaultValue = "0",
            description = "Sessions to weigh; 0: none (default: ${DEFAULT-VALUE}).")
    private int sessions;

    @Option(
            names = "--busy",
            defaultValue = "0",
            description = "How many of these start programs and write files all the time (default: ${DEFAULT-VALUE}).")
    private int busy;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1 || parallel < 1 || sessions < 0 || busy < 0 || busy > sessions) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--rounds, --parallel, --sessions, --busy: " + rounds + ", " + parallel + ", " + sessions + ", "
                            + busy + " (expected: at least 1, 1 and 0, and not more busy ones than there are)");
        }
        PrintWriter out = spec.commandLine().getOut();
        boolean met = true;
        try (Platform platform = Platform.open(spec.commandLine().getErr())) {
            List<Start> warm = new ArrayList<>();
            List<Start> cold = new ArrayList<>();
            for (int i = 0; i < WARM_UP + rounds; i++) {
                List<Start> pair = oneAfterTheOther(platform);
                if (i >= WARM_UP) {
                    warm.add(pair.getFirst());
                    cold.add(pair.getLast());
                }
            }
            String method =
                    "request on the host's socket to the first line of the command's output there, policy confirmed"
                            + " before it ran; warm-up excluded: " + WARM_UP + "; ";
            List<Figure> figures = new ArrayList<>();
            figures.addAll(figures("session.warm", warm, method + "a booted sandbox was waiting", WARM_TARGET_MILLIS));
            figures.addAll(figures(
                    "session.cold",
                    cold,
                    method + "none was waiting, " + WAITING + " others run idle",
                    COLD_TARGET_MILLIS));
            Thread.sleep(REFILL);
            List<Start> together = together(platform, parallel);
            figures.add(Figure.of(
                    "session.parallel",
                    "ms",
                    together.stream().map(Start::millis).toList(),
                    OptionalDouble.of(PARALLEL_TARGET_MILLIS),
                    method + parallel + " requests at once; target for the slowest"));
            figures.addAll(stages("session.parallel", together));
            for (Figure figure : figures) {
                out.println(json ? figure.json().toString() : figure.describe());
                met &= figure.met();
            }
            if (sessions > 0) {
                out.println(weigh(platform));
            }
        }
        out.flush();
        return met ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /**
     * How long one session took to its first line, milliseconds.
     *
     * @param stages where the time went, by name, in order
     */
    private record Start(double millis, Map<String, Double> stages) {
        /** Of a session that has said that it is ready. */
        static Start of(BenchSession session) throws InterruptedException {
            double millis = session.firstOutputMillis();
            StartTimes times = session.awaitEvent(
                            event -> event.hasRuntimeState()
                                    && event.getRuntimeState().getState() == RuntimeState.State.RUNNING,
                            "start in the record")
                    .getRuntimeState()
                    .getStart();
            Map<String, Double> stages = new LinkedHashMap<>();
            stages.put("take", millis(times.getAskedNs(), times.getSandboxNs()));
            stages.put("parts", millis(times.getSandboxNs(), times.getPartsNs()));
            stages.put("bundle", millis(times.getPartsNs(), times.getBundleNs()));
            stages.put("create", millis(times.getBundleNs(), times.getCreatedNs()));
            stages.put("confirm", millis(times.getCreatedNs(), times.getConfirmedNs()));
            stages.put("start", millis(times.getConfirmedNs(), times.getStartedNs()));
            // The request's way to the host among it.
            stages.put("first-line", millis - millis(times.getAskedNs(), times.getStartedNs()));
            return new Start(millis, stages);
        }

        private static double millis(long from, long to) {
            return (to - from) / 1e6;
        }
    }

    /** The whole, and its stages. */
    private static List<Figure> figures(String name, List<Start> starts, String method, double medianTarget) {
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.of(name, "ms", starts.stream().map(Start::millis).toList(), OptionalDouble.empty(), method)
                .medianAtMost(medianTarget));
        figures.addAll(stages(name, starts));
        return figures;
    }

    private static List<Figure> stages(String name, List<Start> starts) {
        return starts.getFirst().stages().keySet().stream()
                .map(stage -> Figure.of(
                        name + "." + stage,
                        "ms",
                        starts.stream().map(start -> start.stages().get(stage)).toList(),
                        OptionalDouble.empty(),
                        "stage " + stage + " of the same starts, by the host's clock"))
                .toList();
    }

    /** One session that finds a sandbox waiting, and another one that comes when all were taken, before the host has booted the next. */
    private static List<Start> oneAfterTheOther(Platform platform) throws IOException, InterruptedException {
        Thread.sleep(REFILL);
        List<BenchSession> started = new ArrayList<>();
        try {
            start(platform, started, WAITING + 1, SCRIPT);
            return starts(List.of(started.getFirst(), started.getLast()));
        } finally {
            end(started);
        }
    }

    /** {@code count} sessions, asked for at once. */
    private static List<Start> together(Platform platform, int count) throws IOException, InterruptedException {
        List<BenchSession> started = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                started.add(BenchSession.start(platform, "session", "none", POLICY, SCRIPT));
            }
            for (BenchSession session : started) {
                session.awaitOutput(READY);
            }
            return starts(started);
        } finally {
            end(started);
        }
    }

    /** Read from the record only when all have begun: it takes the processors that a start needs. */
    private static List<Start> starts(List<BenchSession> ready) throws InterruptedException {
        List<Start> starts = new ArrayList<>();
        for (BenchSession session : ready) {
            starts.add(Start.of(session));
        }
        return starts;
    }

    private static void end(List<BenchSession> started) throws IOException, InterruptedException {
        for (BenchSession session : started) {
            try (session) {
                session.stop();
            }
        }
    }

    /** What processes take: bytes, threads, and processor time, seconds since their start. */
    private record Weight(long bytes, long threads, double seconds) {
        Weight plus(Weight other) {
            return new Weight(bytes + other.bytes, threads + other.threads, seconds + other.seconds);
        }

        static Weight of(long pid) {
            return new Weight(
                    figure(pid, "smaps_rollup", "Pss:") * 1024,
                    figure(pid, "status", "Threads:"),
                    ProcessHandle.of(pid)
                            .flatMap(process -> process.info().totalCpuDuration())
                            .map(time -> time.toMillis() / 1e3)
                            .orElse(0.0));
        }
    }

    /** What {@code sessions} take of this machine while {@code busy} of them work, and how long one more waits beside them. */
    private String weigh(Platform platform) throws IOException, InterruptedException {
        List<BenchSession> started = new ArrayList<>();
        try {
            Weight daemonBefore = Weight.of(platform.hostPid());
            start(platform, started, sessions - busy, SCRIPT);
            // Of the idle ones alone.
            double processors = processors(platform);
            start(platform, started, busy, BUSY_SCRIPT);
            Weight sandboxes = sandboxes(platform);
            Weight daemon = Weight.of(platform.hostPid());
            Thread.sleep(REFILL);
            start(platform, started, 1, SCRIPT);
            double oneMore = started.getLast().firstOutputMillis();
            long running = started.stream().filter(BenchSession::runs).count();
            if (running != started.size()) {
                throw new CommandException(running + " of " + started.size() + " sessions still run");
            }
            if (json) {
                return new ObjectMapper()
                        .createObjectNode()
                        .put("figure", "session.many")
                        .put("sessions", sessions)
                        .put("busy", busy)
                        .put("sandbox_memory_bytes", sandboxes.bytes())
                        .put("sandbox_threads", sandboxes.threads())
                        .put("idle_processors", processors)
                        .put("daemon_memory_bytes", daemon.bytes())
                        .put("daemon_memory_bytes_before", daemonBefore.bytes())
                        .put("daemon_threads", daemon.threads())
                        .put("one_more_ready_ms", oneMore)
                        .put(
                                "method",
                                "proportional set size, threads and processor time of all processes of runsc and of the daemon;"
                                        + " processors while only the idle ones are there")
                        .toString();
            }
            return String.format(
                    Locale.ROOT,
                    "%d sessions, %d busy: sandboxes %d MiB, %d threads; the idle ones and the daemon took %.2f processors;%n"
                            + "daemon %d MiB before, %d MiB and %d threads with them; one more was ready after %.0f ms",
                    sessions,
                    busy,
                    sandboxes.bytes() >> 20,
                    sandboxes.threads(),
                    processors,
                    daemonBefore.bytes() >> 20,
                    daemon.bytes() >> 20,
                    daemon.threads(),
                    oneMore);
        } finally {
            end(started);
        }
    }

    private static void start(Platform platform, List<BenchSession> started, int count, String script)
            throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            started.add(BenchSession.start(platform, "session", "none", POLICY, script));
            started.getLast().awaitOutput(READY);
        }
    }

    /** How many processors the sandboxes and the daemon keep. */
    private static double processors(Platform platform) throws InterruptedException {
        double before = sandboxes(platform).plus(Weight.of(platform.hostPid())).seconds();
        long from = System.nanoTime();
        Thread.sleep(WEIGHING);
        double after = sandboxes(platform).plus(Weight.of(platform.hostPid())).seconds();
        return (after - before) / ((System.nanoTime() - from) / 1e9);
    }

    private static Weight sandboxes(Platform platform) {
        return ProcessHandle.allProcesses()
                .filter(process -> of(platform, process))
                .map(process -> Weight.of(process.pid()))
                .reduce(new Weight(0, 0, 0), Weight::plus);
    }

    /** Whether a process belongs to a sandbox of the measured host. */
    private static boolean of(Platform platform, ProcessHandle process) {
        String state = "--root=" + platform.layout().hostData().resolve("r");
        for (Optional<ProcessHandle> up = Optional.of(process);
                up.isPresent();
                up = up.get().parent()) {
            try {
                if (Files.readString(Path.of("/proc", Long.toString(up.get().pid()), "cmdline"))
                        .contains(state)) {
                    return true;
                }
            } catch (IOException e) {
                return false;
            }
        }
        return false;
    }

    /** 0 when the process has ended. */
    private static long figure(long pid, String file, String name) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), file))) {
                if (line.startsWith(name)) {
                    return Long.parseLong(
                            line.substring(name.length()).replace("kB", "").trim());
                }
            }
            return 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
