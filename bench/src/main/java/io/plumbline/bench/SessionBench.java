package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
            "then memory and threads of many idle ones."
        })
final class SessionBench implements Callable<Integer> {
    private static final double PARALLEL_TARGET_MILLIS = 2000;
    private static final int WARM_TARGET_MILLIS = 150;
    private static final int COLD_TARGET_MILLIS = 600;

    /** In which a host has booted the next sandbox. */
    private static final Duration REFILL = Duration.ofSeconds(3);

    private static final int WARM_UP = 3;
    private static final String POLICY = """
            name: bench-session
            limits: {wall-clock: 30m}
            """;
    private static final String READY = "ready";
    private static final String SCRIPT = "echo " + READY + "; exec sleep 3600";

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
            description = "Idle sessions to weigh; 0: none (default: ${DEFAULT-VALUE}).")
    private int sessions;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1 || parallel < 1 || sessions < 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--rounds, --parallel, --sessions: " + rounds + ", " + parallel + ", " + sessions
                            + " (expected: at least 1, 1 and 0)");
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

    /** What {@code sessions} idle sessions take of this machine. */
    private String weigh(Platform platform) throws IOException, InterruptedException {
        List<BenchSession> idle = new ArrayList<>();
        try {
            long daemonBefore = bytes(platform.hostPid());
            for (int i = 0; i < sessions; i++) {
                idle.add(BenchSession.start(platform, "session", "none", POLICY, SCRIPT));
                idle.getLast().awaitOutput(READY);
            }
            long memory = 0;
            long threads = 0;
            for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
                if (of(platform, process)) {
                    memory += bytes(process.pid());
                    threads += threads(process.pid());
                }
            }
            long daemon = bytes(platform.hostPid());
            long daemonThreads = threads(platform.hostPid());
            if (json) {
                return new ObjectMapper()
                        .createObjectNode()
                        .put("figure", "session.idle")
                        .put("sessions", sessions)
                        .put("sandbox_memory_bytes", memory)
                        .put("sandbox_threads", threads)
                        .put("daemon_memory_bytes", daemon)
                        .put("daemon_memory_bytes_before", daemonBefore)
                        .put("daemon_threads", daemonThreads)
                        .put("method", "proportional set size and threads of all processes of runsc, and of the daemon")
                        .toString();
            }
            return sessions + " idle sessions: sandboxes " + (memory >> 20) + " MiB, " + threads + " threads; daemon "
                    + (daemonBefore >> 20) + " MiB before, " + (daemon >> 20) + " MiB and " + daemonThreads
                    + " threads with them";
        } finally {
            end(idle);
        }
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

    private static long bytes(long pid) {
        return figure(pid, "smaps_rollup", "Pss:") * 1024;
    }

    private static long threads(long pid) {
        return figure(pid, "status", "Threads:");
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
