package io.plumbline.bench;

import io.plumbline.sandbox.runtime.RunscLocator;
import io.plumbline.sandbox.runtime.RunscRuntime;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options of benchmarks that compare, and the sandboxes that they compare. */
final class ComparisonOptions {
    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "Measurements of each workload in each place; the median counts (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    int rounds() {
        return rounds;
    }

    boolean json() {
        return json;
    }

    void check(CommandSpec spec) {
        if (rounds < 1 || rounds > 100) {
            throw new ParameterException(spec.commandLine(), "--rounds: " + rounds + " (expected: 1 to 100)");
        }
    }

    Path runsc() {
        return RunscLocator.find(Layout.current().runsc())
                .orElseThrow(() -> new CommandException(
                        "runsc: not there (expected: plumbline doctor says how to get it)", ExitCodes.UNFIT));
    }

    Path guest() {
        return Layout.current().guest();
    }

    /** A sandbox on the platform that the product tries first. */
    Ground.Gvisor gvisor(String name, List<String> flags, boolean telemetry, AtomicLong events) {
        return new Ground.Gvisor(name, runsc(), guest(), RunscRuntime.Platform.SYSTRAP, flags, telemetry, events);
    }

    Comparison measure(List<Workload> workloads, List<Ground> grounds, CommandSpec spec)
            throws IOException, InterruptedException {
        Path parent = Files.createDirectories(Layout.current().home().resolve("b"));
        return Comparison.measure(
                workloads, grounds, rounds, parent, spec.commandLine().getErr());
    }
}
