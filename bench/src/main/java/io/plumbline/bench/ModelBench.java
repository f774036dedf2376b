package io.plumbline.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Component;
import io.plumbline.standalone.ComponentProcess;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The intent model in a process of its own, with the watch job's options, on one core. */
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = {
            "How long the intent model takes for an act, how long to load, and how much memory it adds.",
            "A process of its own on one core (taskset), with the Java options of the watch job."
        })
final class ModelBench implements Callable<Integer> {
    private static final double TARGET_P50_MILLIS = 4;
    private static final double TARGET_P99_MILLIS = 8;
    private static final double TARGET_CACHED_MILLIS = 0.2;
    private static final double TARGET_LOAD_MILLIS = 2_000;
    private static final double TARGET_MIB = 250;
    private static final int MOST_ACTS = 20_000;
    private static final int HEAP_MEGABYTES = 512;
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @Option(
            names = "--acts",
            defaultValue = "1000",
            description = "Different acts that are timed after a warm-up of 200 (default: ${DEFAULT-VALUE}).")
    private int acts;

    @Option(
            names = "--loads",
            defaultValue = "5",
            description = "Processes that load the model, the last one goes on (default: ${DEFAULT-VALUE}).")
    private int loads;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (acts < 100 || acts > MOST_ACTS || loads < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--acts: " + acts + ", --loads: " + loads + " (expected: 100 to " + MOST_ACTS
                            + ", and at least 1)");
        }
        List<JsonNode> probes = new ArrayList<>();
        for (int left = loads; left > 0; left--) {
            probes.add(probe(left == 1 ? acts : 0));
        }
        List<Figure> figures = figures(probes);
        PrintWriter out = spec.commandLine().getOut();
        figures.forEach(figure -> out.println(json ? figure.json().toString() : figure.describe()));
        out.flush();
        return figures.stream().allMatch(Figure::met) ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /** @param probes what each process told, the last one the times of acts too */
    private static List<Figure> figures(List<JsonNode> probes) {
        JsonNode timed = probes.getLast();
        String how = "; model " + timed.path("version").asText()
                + ", one process on one core with the watch job's Java options, task cached";
        String new32 = "one new act of 32 tokens, from the question to its score" + how;
        List<Double> millis = values(timed, "act_ms");
        Figure act = Figure.of("model.act", "ms", millis, OptionalDouble.of(TARGET_P99_MILLIS), new32);
        return List.of(
                act,
                Figure.of(
                        "model.act.median",
                        "ms",
                        List.of(act.p50()),
                        OptionalDouble.of(TARGET_P50_MILLIS),
                        "median of model.act"),
                Figure.of(
                        "model.act.processor",
                        "ms",
                        values(timed, "act_processor_ms"),
                        OptionalDouble.empty(),
                        "processor time of the same: what is left when nothing else runs"),
                Figure.of(
                        "model.cached",
                        "ms",
                        values(timed, "cached_ms"),
                        OptionalDouble.of(TARGET_CACHED_MILLIS),
                        "the same act asked about again" + how),
                Figure.of(
                        "model.long",
                        "ms",
                        values(timed, "long_ms"),
                        OptionalDouble.empty(),
                        "a new act that fills all " + timed.path("long_windows").asInt() + " windows, each scored"
                                + how),
                Figure.of(
                        "model.load",
                        "ms",
                        probes.stream()
                                .map(probe -> probe.path("load_ms").asDouble())
                                .toList(),
                        OptionalDouble.of(TARGET_LOAD_MILLIS),
                        "loading the model to its first score, in a process that has done nothing before"),
                Figure.of(
                        "model.memory",
                        "MiB",
                        probes.stream()
                                .map(probe -> probe.path("memory_mib").asDouble())
                                .toList(),
                        OptionalDouble.of(TARGET_MIB),
                        "resident memory after loading and the first scores minus that before, VmRSS"));
    }

    private static List<Double> values(JsonNode timed, String name) {
        List<Double> values = new ArrayList<>();
        timed.path(name).forEach(value -> values.add(value.asDouble()));
        return values;
    }

    private static JsonNode probe(int acts) throws InterruptedException {
        Layout layout = Layout.current();
        layout.create();
        int core = Runtime.getRuntime().availableProcessors() - 1;
        ComponentProcess child = ComponentProcess.start(
                layout,
                new Component(
                        "bench-model",
                        "bench",
                        ModelProbe.class.getName(),
                        HEAP_MEGABYTES,
                        List.of("taskset", "-c", Integer.toString(core)),
                        List.of(),
                        List.of(Integer.toString(acts)),
                        LIMIT));
        try {
            return new ObjectMapper().readTree(child.awaitReady(layout));
        } catch (JsonProcessingException e) {
            throw new CommandException("bench-model: no figures (see " + layout.log("bench-model") + ")");
        } finally {
            child.stop();
        }
    }
}
