package io.plumbline.bench;

import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.workbench.RuleFiles;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The compiled rule engine against a loop over the rules, in one run and one thread. */
@Command(
        name = "rules",
        mixinStandardHelpOptions = true,
        description = {
            "Match generated process starts against rules: the compiled program, and each rule in turn.",
            "Targets are for the public collection (--rules FOLDER of a checkout's rules folder)."
        })
final class RulesBench implements Callable<Integer> {
    private static final double WINDOWS_TARGET = 85;
    private static final double LINUX_TARGET = 10;

    @Option(names = "--rules", paramLabel = "FOLDER", description = "Rules; without it those of the product.")
    private @Nullable Path rules;

    @Option(names = "--events", defaultValue = "20000", description = "Events of a pass (default: ${DEFAULT-VALUE}).")
    private int events;

    @Option(
            names = "--passes",
            defaultValue = "7",
            description = "Measured passes after three (default: ${DEFAULT-VALUE}).")
    private int passes;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (events < 1000 || passes < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--events: " + events + ", --passes: " + passes + " (expected: at least 1000 and 1)");
        }
        RuleSet set = RuleSet.loadUsable(sources(), Placeholders.NONE).set();
        GeneratedActs acts = new GeneratedActs(1);
        List<Figure> figures = new ArrayList<>();
        lane("sysmon", acts.sysmon(events), set, WINDOWS_TARGET, figures);
        lane("linux", acts.linux(events), set, LINUX_TARGET, figures);
        PrintWriter out = spec.commandLine().getOut();
        figures.forEach(figure -> out.println(json ? figure.json().toString() : figure.describe()));
        out.flush();
        return figures.stream().allMatch(Figure::met) ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private List<RuleSource> sources() {
        try {
            return rules == null ? RulePack.sources() : RuleFiles.read(List.of(rules));
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    private void lane(String name, List<SigmaEvent> lane, RuleSet set, double target, List<Figure> figures) {
        RuleEngine engine = set.engine();
        CorrelationState state = new CorrelationState();
        NaiveRules naive = new NaiveRules(set.detections());
        // The loop is slower by orders of magnitude: it gets a part of the events, spread over all.
        List<NaiveRules.Fields> part = new ArrayList<>();
        for (int i = 0; i < lane.size(); i += 20) {
            part.add(NaiveRules.Fields.of(lane.get(i)));
        }
        String method = lane.size() + " generated events, " + set.detections().size()
                + " rules, one thread, matching without" + " parsing; " + passes + " passes after 3";
        List<Double> compiled =
                rates(lane, event -> engine.evaluate(event, state).size());
        List<Double> looped = rates(part, naive::match);
        figures.add(Figure.of("rules." + name + ".compiled", "events/s", compiled, OptionalDouble.empty(), method));
        figures.add(Figure.of(
                "rules." + name + ".loop", "events/s", looped, OptionalDouble.empty(), method + "; every 20th event"));
        double ratio = median(looped) / median(compiled) * target;
        // A figure is met when it is at most its target: the loop's share of the compiled speed, in parts of what is
        // allowed.
        figures.add(Figure.of(
                "rules." + name + ".share",
                "of 1/" + (int) target,
                List.of(ratio),
                rules == null ? OptionalDouble.empty() : OptionalDouble.of(1),
                "median of the loop over median of the compiled, times " + (int) target + ": ratio "
                        + Math.round(median(compiled) / median(looped))));
    }

    private <T> List<Double> rates(List<T> items, ToIntFunction<T> match) {
        List<Double> rates = new ArrayList<>();
        long matches = 0;
        for (int pass = -3; pass < passes; pass++) {
            long start = System.nanoTime();
            for (T item : items) {
                matches += match.applyAsInt(item);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            if (pass >= 0) {
                rates.add(items.size() / seconds);
            }
        }
        if (matches < 0) {
            throw new IllegalStateException("matches: " + matches);
        }
        return rates;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
