package io.plumbline.bench;

import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** One event against a set, from JSON to matches, as JMH measures it: in a process of its own. */
@State(Scope.Thread)
public class RulesJmh {
    private static final int EVENTS = 10_000;
    private static final int ITERATIONS = 5;
    private static final TimeValue ITERATION = TimeValue.seconds(3);

    /** Rules; empty: those of the product. */
    @Param("")
    public String folder = "";

    @Param({"sysmon", "linux"})
    public String lane = "";

    private RuleEngine engine =
            RuleSet.loadUsable(List.of(), Placeholders.NONE).set().engine();
    private CorrelationState state = new CorrelationState();
    private List<String> events = List.of();
    private LogSource source = GeneratedActs.LINUX;
    private Predicate<String> wanted = name -> true;
    private int next;

    /** Loads the rules and makes the events. */
    @Setup
    public void load() {
        RuleSet set = RuleSet.loadUsable(
                        RulesBench.sources(folder.isEmpty() ? null : Path.of(folder)), Placeholders.NONE)
                .set();
        engine = set.engine();
        state = new CorrelationState();
        boolean sysmon = lane.equals("sysmon");
        source = sysmon ? GeneratedActs.WINDOWS : GeneratedActs.LINUX;
        wanted = set.fields(List.of(source));
        GeneratedActs acts = new GeneratedActs(1);
        events = sysmon ? acts.sysmon(EVENTS) : acts.linux(EVENTS);
    }

    /** Returns the number of matches. */
    @Benchmark
    public int event() {
        next = next + 1 == events.size() ? 0 : next + 1;
        return engine.evaluate(RulesBench.parsed(events.get(next), source, wanted), state)
                .size();
    }

    static List<Figure> run(@Nullable Path rules) throws IOException {
        try {
            List<Figure> figures = new ArrayList<>();
            for (RunResult result : new Runner(new OptionsBuilder()
                            .include("^" + RulesJmh.class.getName() + "\\.")
                            .param("folder", rules == null ? "" : rules.toString())
                            .mode(Mode.SampleTime)
                            .timeUnit(TimeUnit.MICROSECONDS)
                            .forks(1)
                            .warmupIterations(ITERATIONS)
                            .warmupTime(ITERATION)
                            .measurementIterations(ITERATIONS)
                            .measurementTime(ITERATION)
                            .verbosity(VerboseMode.SILENT)
                            .build())
                    .run()) {
                figures.add(figure(result));
            }
            return figures;
        } catch (RunnerException e) {
            throw new IOException("JMH: " + e.getMessage(), e);
        }
    }

    private static Figure figure(RunResult result) {
        Statistics times = result.getPrimaryResult().getStatistics();
        return new Figure(
                "rules." + result.getParams().getParam("lane") + ".jmh",
                "us",
                (int) Math.min(Integer.MAX_VALUE, times.getN()),
                times.getPercentile(50),
                times.getPercentile(99),
                times.getMax(),
                OptionalDouble.empty(),
                false,
                OptionalDouble.empty(),
                "JMH, sampled times of single events with parsing, one fork, " + ITERATIONS + " iterations of "
                        + ITERATION + " after as many");
    }
}
