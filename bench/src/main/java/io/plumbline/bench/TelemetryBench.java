package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What it costs a workload to be watched. */
@Command(
        name = "telemetry",
        mixinStandardHelpOptions = true,
        description = {
            "Ten workloads in sandboxes whose kernel tells all that judges need, against the same sandboxes telling",
            "nothing, in turns. What is told is read, decoded and translated here, and goes no further."
        })
final class TelemetryBench implements Callable<Integer> {
    private static final double MEDIAN_TARGET = 1.05;
    private static final double WORST_TARGET = 1.25;

    @Mixin
    private ComparisonOptions options = new ComparisonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.check(spec);
        AtomicLong events = new AtomicLong();
        List<Ground> grounds = List.of(
                options.gvisor("off", List.of(), false, new AtomicLong()),
                options.gvisor("on", List.of(), true, events));
        Comparison comparison = options.measure(Workload.TELEMETRY, grounds, spec);
        double[] ratios = comparison.ratios(1, 0);
        double median = Comparison.median(ratios);
        double worst = Arrays.stream(ratios).max().orElseThrow();
        PrintWriter out = spec.commandLine().getOut();
        for (int w = 0; w < ratios.length; w++) {
            String name = comparison.workloads().get(w).name();
            double[] row = comparison.millis()[w];
            ObjectNode json = new ObjectMapper()
                    .createObjectNode()
                    .put("figure", "telemetry")
                    .put("workload", name)
                    .put("off_ms", row[0])
                    .put("on_ms", row[1])
                    .put("ratio", ratios[w]);
            out.println(
                    options.json()
                            ? json.toString()
                            : String.format(
                                    Locale.ROOT,
                                    "%-32s off %8.0f ms   on %8.0f ms   ratio %5.2f",
                                    name,
                                    row[0],
                                    row[1],
                                    ratios[w]));
        }
        boolean met = median <= MEDIAN_TARGET && worst <= WORST_TARGET;
        ObjectNode json = new ObjectMapper()
                .createObjectNode()
                .put("figure", "telemetry.ratio")
                .put("median", median)
                .put("worst", worst)
                .put("rounds", options.rounds())
                .put("events", events.get())
                .put("met", met)
                .put("method", "medians of alternating runs, by the workload's own clock");
        out.println(
                options.json()
                        ? json.toString()
                        : String.format(
                                Locale.ROOT,
                                "telemetry: median ratio %.2f (<= %.2f), worst %.2f (<= %.2f): %s; %d events",
                                median,
                                MEDIAN_TARGET,
                                worst,
                                WORST_TARGET,
                                met ? "met" : "NOT MET",
                                events.get()));
        out.flush();
        return met ? ExitCodes.OK : ExitCodes.FAILED;
    }
}
