package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.runtime.RunscRuntime;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What it costs a workload to run in a sandbox, and what gVisor's options do about it. */
@Command(
        name = "sandbox",
        mixinStandardHelpOptions = true,
        description = {
            "Five workloads on the bare host, in bubblewrap, in the product's sandbox, and in sandboxes with one option",
            "of gVisor changed, in turns; a table of milliseconds."
        })
final class SandboxBench implements Callable<Integer> {
    private static final Path BUBBLEWRAP = Path.of("/usr/bin/bwrap");

    @Mixin
    private ComparisonOptions options = new ComparisonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.check(spec);
        List<Ground> grounds = new ArrayList<>();
        grounds.add(new Ground.Native("native"));
        if (Files.isExecutable(BUBBLEWRAP)) {
            grounds.add(new Ground.Bubblewrap("bubblewrap", BUBBLEWRAP));
        } else {
            spec.commandLine().getErr().println("bubblewrap is not installed: left out");
        }
        grounds.add(options.gvisor("product", List.of(), true, new AtomicLong()));
        grounds.add(options.gvisor("no telemetry", List.of(), false, new AtomicLong()));
        grounds.add(new Ground.Gvisor(
                "ptrace",
                options.runsc(),
                options.guest(),
                RunscRuntime.Platform.PTRACE,
                List.of(),
                true,
                new AtomicLong()));
        grounds.add(options.gvisor("no directfs", List.of("--directfs=false"), true, new AtomicLong()));
        grounds.add(
                options.gvisor("exclusive files", List.of("--file-access-mounts=exclusive"), true, new AtomicLong()));
        grounds.add(options.gvisor("no root overlay", List.of("--overlay2=none"), true, new AtomicLong()));
        Comparison comparison = options.measure(Workload.SANDBOX, grounds, spec);
        PrintWriter out = spec.commandLine().getOut();
        if (!options.json()) {
            out.println("| workload | "
                    + String.join(" | ", grounds.stream().map(Ground::name).toList()) + " |");
            out.println("|---" + "|---".repeat(grounds.size()) + "|");
        }
        for (int w = 0; w < comparison.workloads().size(); w++) {
            double[] row = comparison.millis()[w];
            ObjectNode json = new ObjectMapper()
                    .createObjectNode()
                    .put("figure", "sandbox")
                    .put("workload", comparison.workloads().get(w).name());
            StringBuilder line =
                    new StringBuilder("| ").append(comparison.workloads().get(w).name());
            for (int g = 0; g < grounds.size(); g++) {
                json.put(grounds.get(g).name() + "_ms", row[g]);
                line.append(String.format(Locale.ROOT, " | %.0f", row[g]));
            }
            out.println(options.json() ? json.toString() : line + " |");
        }
        out.flush();
        return ExitCodes.OK;
    }
}
