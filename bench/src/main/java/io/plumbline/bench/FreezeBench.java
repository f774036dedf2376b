package io.plumbline.bench;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.session.FreezeStages;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a workload goes on after it has read a decoy. */
@Command(
        name = "freeze",
        mixinStandardHelpOptions = true,
        description = {
            "From the kernel event of a read decoy to the stopped workload, through the whole platform.",
            "One real sandbox after the other; each is killed through the console once it is frozen."
        })
final class FreezeBench implements Callable<Integer> {
    private static final double TARGET_MILLIS = 50;
    private static final double MEDIAN_TARGET_MILLIS = 10;
    private static final double LOCAL_TARGET_MILLIS = 5;
    private static final double LOCAL_MEDIAN_TARGET_MILLIS = 1;
    private static final String POLICY = """
            name: bench-freeze
            decoys: ["~/.ssh/id_rsa"]
            honeytokens: {freeze: %s}
            limits: {wall-clock: 2m}
            """;

    private static final int MAX_SPINNERS = 64;

    /** Opens a file every few milliseconds, some seconds before and then after the decoy; starts no process meanwhile. */
    private static final String SCRIPT = """
            for ((i = 0; i < %d; i++)); do (while :; do :; done) & done
            mkfifo /tmp/pace; exec 9<>/tmp/pace
            busy() { read -r -t 0.005 -u 9; read -r line < /workspace/README.md; }
            for i in {1..400}; do busy; done
            read -r line < ~/.ssh/id_rsa
            while :; do busy; done
            """;

    @Option(
            names = "--sessions",
            defaultValue = "30",
            description = "Sessions to measure, besides the first (default: ${DEFAULT-VALUE}).")
    private int sessions;

    @Option(
            names = "--spinners",
            defaultValue = "0",
            description = "Processes of each session that want a processor all the time (default: ${DEFAULT-VALUE}).")
    private int spinners;

    @Option(
            names = "--local",
            description = "Let the host's own tripwire freeze, without the platform (honeytokens: {freeze: local}).")
    private boolean local;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private record Sample(double millis, FreezeStages stages, long opensAfter) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (sessions < 1) {
            throw new ParameterException(spec.commandLine(), "--sessions: " + sessions + " (expected: at least 1)");
        }
        if (spinners < 0 || spinners > MAX_SPINNERS) {
            throw new ParameterException(
                    spec.commandLine(), "--spinners: " + spinners + " (expected: 0 to " + MAX_SPINNERS + ")");
        }
        PrintWriter err = spec.commandLine().getErr();
        List<Sample> samples = new ArrayList<>();
        Sample first;
        try (Platform platform = Platform.open(err)) {
            first = sample(platform);
            for (int i = 1; i <= sessions; i++) {
                Sample sample = sample(platform);
                samples.add(sample);
                err.println(String.format(
                        Locale.ROOT, "  %d/%d  %.1f ms: %s", i, sessions, sample.millis, sample.stages.describe()));
                err.flush();
            }
        }
        return print(first, samples);
    }

    private Sample sample(Platform platform) throws IOException, InterruptedException {
        try (BenchSession session = BenchSession.start(
                platform, "freeze", "none", POLICY.formatted(local ? "local" : "brain"), SCRIPT.formatted(spinners))) {
            RuntimeState frozen = session.awaitEvent(
                            event -> event.hasRuntimeState()
                                    && event.getRuntimeState().getState() == RuntimeState.State.FROZEN,
                            "freeze")
                    .getRuntimeState();
            session.kill();
            session.awaitEvent(Event::hasSessionEnded, "end of the record");
            StageTimes times = frozen.getStages();
            if (times.getKernelNs() == 0 || times.getDoneNs() == 0) {
                throw new CommandException("session " + session.id() + " was frozen for another reason than its decoy: "
                        + frozen.getReason());
            }
            long opens = session.events().stream()
                    .filter(event -> event.hasFileOpened() && event.getEventTimeNs() > times.getKernelNs())
                    .count();
            return new Sample((times.getDoneNs() - times.getKernelNs()) / 1e6, FreezeStages.of(times), opens);
        }
    }

    private int print(Sample first, List<Sample> samples) {
        PrintWriter out = spec.commandLine().getOut();
        String name = local ? "freeze.local" : "freeze";
        String way = local
                ? "the host's tripwire in the reader of the trace, control socket"
                : "trace, ingest, Kafka, Flink, Kafka, ingest, control socket";
        String session = "real gVisor session that opens a file every 5 ms and then a decoy; " + way
                + "; one session at a time" + (spinners == 0 ? "" : ", each with " + spinners + " busy processes");
        Figure total = Figure.of(
                        name,
                        "ms",
                        samples.stream().map(Sample::millis).toList(),
                        OptionalDouble.of(local ? LOCAL_TARGET_MILLIS : TARGET_MILLIS),
                        "kernel event of the decoy's open to the confirmed pause; " + session + "; warm-up excluded: 1")
                .medianAtMost(local ? LOCAL_MEDIAN_TARGET_MILLIS : MEDIAN_TARGET_MILLIS);
        List<Figure> figures = new ArrayList<>(List.of(total));
        figures.add(Figure.of(
                name + ".first",
                "ms",
                List.of(first.millis),
                OptionalDouble.empty(),
                "the same, first session of this run"));
        Map<String, List<Double>> stages = new LinkedHashMap<>();
        samples.forEach(sample -> sample.stages.millis().forEach((stage, millis) -> stages.computeIfAbsent(
                        stage, unseen -> new ArrayList<>())
                .add(millis)));
        double sum = samples.stream().mapToDouble(Sample::millis).sum();
        stages.forEach((stage, values) -> figures.add(Figure.of(
                name + "." + stage,
                "ms",
                values,
                OptionalDouble.empty(),
                String.format(
                        Locale.ROOT,
                        "stage %s of the same freezes; %.0f %% of the whole",
                        stage,
                        100 * values.stream().mapToDouble(Double::doubleValue).sum() / sum))));
        figures.add(Figure.of(
                name + ".opens-after",
                "opens",
                samples.stream().map(sample -> (double) sample.opensAfter).toList(),
                OptionalDouble.empty(),
                "files that the workload still opened after the decoy, of those it opens every 5 ms"));
        for (Figure figure : figures) {
            out.println(json ? figure.json().toString() : figure.describe() + share(figure));
        }
        out.flush();
        return total.met() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private static String share(Figure figure) {
        int percent = figure.method().indexOf("; ");
        return figure.method().startsWith("stage ") ? "   " + figure.method().substring(percent + 2) : "";
    }
}
