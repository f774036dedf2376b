package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

    /** In which a host has booted the next sandbox. */
    private static final Duration REFILL = Duration.ofSeconds(6);

    private static final int WARM_UP = 3;
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
            List<Double> warm = new ArrayList<>();
            List<Double> cold = new ArrayList<>();
            for (int i = 0; i < WARM_UP + rounds; i++) {
                double[] pair = oneAfterTheOther(platform);
                if (i >= WARM_UP) {
                    warm.add(pair[0]);
                    cold.add(pair[1]);
                }
            }
            String method =
                    "request on the host's socket to the first line of the command's output there, policy confirmed"
                            + " before it ran; warm-up excluded: " + WARM_UP + "; ";
            Figure warmly = Figure.of(
                    "session.warm",
                    "ms",
                    warm,
                    OptionalDouble.empty(),
                    method + "a booted sandbox was waiting; aim: p50 <= " + WARM_TARGET_MILLIS);
            Figure coldly = Figure.of(
                    "session.cold",
                    "ms",
                    cold,
                    OptionalDouble.empty(),
                    method + "none was waiting, another session runs idle; aim: p50 <= " + COLD_TARGET_MILLIS);
            met = warmly.p50() <= WARM_TARGET_MILLIS && coldly.p50() <= COLD_TARGET_MILLIS;
            Thread.sleep(REFILL);
            List<Figure> figures = List.of(
                    warmly,
                    coldly,
                    Figure.of(
                            "session.parallel",
                            "ms",
                            together(platform, parallel),
                            OptionalDouble.of(PARALLEL_TARGET_MILLIS),
                            method + parallel + " requests at once; target for the slowest"));
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
     * Milliseconds until one session that finds a sandbox waiting is ready, and until another one is that comes before the host
     * has booted the next.
     */
    private static double[] oneAfterTheOther(Platform platform) throws IOException, InterruptedException {
        Thread.sleep(REFILL);
        List<BenchSession> started = new ArrayList<>();
        try {
            double[] millis = new double[2];
            for (int i = 0; i < 2; i++) {
                BenchSession session = BenchSession.start(platform, "session", "none", POLICY, SCRIPT);
                started.add(session);
                session.awaitOutput(READY);
                millis[i] = session.firstOutputMillis();
            }
            return millis;
        } finally {
            end(started);
        }
    }

    /** Milliseconds until each of {@code count} sessions, asked for at once, has said that it is ready. */
    private static List<Double> together(Platform platform, int count) throws IOException, InterruptedException {
        List<BenchSession> started = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                started.add(BenchSession.start(platform, "session", "none", POLICY, SCRIPT));
            }
            List<Double> millis = new ArrayList<>();
            for (BenchSession session : started) {
                session.awaitOutput(READY);
                millis.add(session.firstOutputMillis());
            }
            return millis;
        } finally {
            end(started);
        }
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
