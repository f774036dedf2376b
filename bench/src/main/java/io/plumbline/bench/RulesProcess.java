package io.plumbline.bench;

import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** A process of its own that loads rules, matches events, and prints what it took as one JSON object. */
final class RulesProcess {
    static final int EVENTS = 100_000;

    private RulesProcess() {}

    public static void main(String[] arguments) {
        long start = System.nanoTime();
        RuleSet set = RuleSet.loadUsable(
                        RulesBench.sources(arguments.length == 0 ? null : Path.of(arguments[0])), Placeholders.NONE)
                .set();
        Program all = Program.compile(
                set.detections().stream().map(Detection::expression).toList());
        double load = (System.nanoTime() - start) / 1e6;
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        if (all.rules() != set.detections().size()) {
            throw new IllegalStateException(
                    all.rules() + " rules (expected: " + set.detections().size() + ")");
        }
        GeneratedActs acts = new GeneratedActs(1);
        List<String> lane = acts.sysmon(EVENTS / 10);
        RuleEngine engine = set.engine();
        Predicate<String> wanted = set.fields(List.of(GeneratedActs.WINDOWS));
        CorrelationState state = new CorrelationState();
        int matches = 0;
        for (int i = 0; i < EVENTS; i++) {
            matches += engine.evaluate(
                            RulesBench.parsed(lane.get(i % lane.size()), GeneratedActs.WINDOWS, wanted), state)
                    .size();
        }
        long process = System.currentTimeMillis()
                - ManagementFactory.getRuntimeMXBean().getStartTime();
        System.out.println("{\"load_ms\": " + load + ", \"heap_bytes\": " + heap + ", \"events\": " + EVENTS
                + ", \"matches\": " + matches + ", \"process_ms\": " + process + "}");
    }
}
