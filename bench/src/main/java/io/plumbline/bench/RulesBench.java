package io.plumbline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.workbench.RuleFiles;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The compiled rule engine against a loop over the rules, in one run and one thread; and what it takes to load and to change a set. */
@Command(
        name = "rules",
        mixinStandardHelpOptions = true,
        description = {
            "Match generated events against rules: the compiled program, and each rule in turn; load the rules in a new process, and",
            "change one of them while events are matched.",
            "Targets are for the public collection (--rules FOLDER of a checkout's rules folder)."
        })
final class RulesBench implements Callable<Integer> {
    private static final double WINDOWS_TARGET = 85;
    private static final double LINUX_TARGET = 10;
    private static final double SESSION_TARGET = 500_000;
    private static final double EVENT_TARGET_MICROS = 100;
    private static final double LOAD_TARGET_MILLIS = 3000;
    private static final double HEAP_TARGET_MIB = 100e6 / (1 << 20);
    private static final double CHANGE_TARGET_MILLIS = 200;
    private static final double PAUSE_TARGET_MILLIS = 20;
    private static final int PROCESSES = 5;

    /** The loop is slower by orders of magnitude: it gets a part of the events, spread over all. */
    private static final int LOOP_SHARE = 100;

    private static final OptionalDouble NO_TARGET = OptionalDouble.empty();

    @Option(names = "--rules", paramLabel = "FOLDER", description = "Rules; without it those of the product.")
    private @Nullable Path rules;

    @Option(names = "--events", defaultValue = "100000", description = "Events of a pass (default: ${DEFAULT-VALUE}).")
    private int events;

    @Option(
            names = "--passes",
            defaultValue = "7",
            description = "Measured passes after three (default: ${DEFAULT-VALUE}).")
    private int passes;

    @Option(names = "--jmh", description = "Measure the same with JMH as well, in processes of its own (minutes).")
    private boolean jmh;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private final List<Figure> figures = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        if (events < 1000 || passes < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--events: " + events + ", --passes: " + passes + " (expected: at least 1000 and 1)");
        }
        try {
            measure();
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.FAILED);
        }
        PrintWriter out = spec.commandLine().getOut();
        figures.forEach(figure -> out.println(json ? figure.json().toString() : figure.describe()));
        out.flush();
        return figures.stream().allMatch(Figure::met) ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void measure() throws IOException, InterruptedException {
        processes();
        List<RuleSource> sources = sources(rules);
        RuleSet set = RuleSet.loadUsable(sources, Placeholders.NONE).set();
        GeneratedActs acts = new GeneratedActs(1);
        // First: a watch job has typed events alone, and what the compilers learn of the other lanes is not what they
        // learn there.
        session(acts.session(events), sources);
        lane("sysmon", acts.sysmon(events), GeneratedActs.WINDOWS, set, OptionalDouble.of(WINDOWS_TARGET));
        lane("unrepeated", new GeneratedActs(2).unrepeatedSysmon(events), GeneratedActs.WINDOWS, set, NO_TARGET);
        lane("linux", acts.linux(events), GeneratedActs.LINUX, set, OptionalDouble.of(LINUX_TARGET));
        change("rules.change", "-XX:+UseZGC", true);
        change("rules.change.serial", "-XX:+UseSerialGC", false);
        if (jmh) {
            figures.addAll(RulesJmh.run(rules));
        }
    }

    private boolean target() {
        return rules != null;
    }

    private OptionalDouble target(double value) {
        return target() ? OptionalDouble.of(value) : NO_TARGET;
    }

    /** The rules of a folder, or those of the product. */
    static List<RuleSource> sources(@Nullable Path rules) {
        try {
            return rules == null ? RulePack.sources() : RuleFiles.read(List.of(rules));
        } catch (IOException e) {
            throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
        }
    }

    /** @param wanted fields that are kept */
    static SigmaEvent parsed(String event, LogSource source, Predicate<String> wanted) {
        try {
            return JsonEvents.read(event, wanted).logSource(source).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void lane(String name, List<String> lane, LogSource source, RuleSet set, OptionalDouble target) {
        RuleEngine engine = set.engine();
        CorrelationState state = new CorrelationState();
        NaiveRules naive = new NaiveRules(set.detections());
        List<String> part = new ArrayList<>();
        for (int i = 0; i < lane.size(); i += LOOP_SHARE) {
            part.add(lane.get(i));
        }
        Predicate<String> wanted = set.fields(List.of(source));
        ToIntFunction<String> match =
                event -> engine.evaluate(parsed(event, source, wanted), state).size();
        String method = lane.size() + " generated events as JSON, "
                + set.detections().size() + " rules, parsing included, by the processor time of its one thread; "
                + passes + " passes after 3";
        List<Double> compiled = rates(lane, () -> match);
        List<Double> looped =
                rates(part, () -> event -> naive.match(NaiveRules.Fields.of(parsed(event, source, any -> true))));
        figures.add(Figure.of(
                "rules." + name + ".compiled",
                "events/s",
                compiled,
                NO_TARGET,
                method + "; of the values that rules read through, " + Math.round(engine.remembered() * 100)
                        + " % were remembered"));
        figures.add(
                Figure.of("rules." + name + ".loop", "events/s", looped, NO_TARGET, method + "; every 100th event"));
        Figure ratio = Figure.of(
                "rules." + name + ".ratio",
                "times",
                List.of(median(compiled) / median(looped)),
                NO_TARGET,
                "median of the compiled over median of the loop");
        figures.add(target() && target.isPresent() ? ratio.atLeast(target.getAsDouble()) : ratio);
        // The loop has taught the compilers other habits: the first pass is not measured.
        micros(lane, match);
        List<Double> micros = micros(lane, match);
        figures.add(Figure.of(
                "rules." + name + ".event",
                "us",
                micros,
                target.isPresent() ? target(EVENT_TARGET_MICROS) : NO_TARGET,
                "each event of one pass after one by itself, parsing included"));
        List<Double> again = micros(lane, match);
        figures.add(
                Figure.of(
                        "rules." + name + ".event.own",
                        "us",
                        IntStream.range(0, micros.size())
                                .mapToObj(event -> Math.min(micros.get(event), again.get(event)))
                                .toList(),
                        NO_TARGET,
                        "the faster of two passes for each event: what the event costs, without what the machine takes from one of them"));
    }

    private static List<Double> micros(List<String> lane, ToIntFunction<String> match) {
        List<Double> micros = new ArrayList<>(lane.size());
        int matches = 0;
        for (String event : lane) {
            long start = System.nanoTime();
            matches += match.applyAsInt(event);
            micros.add((System.nanoTime() - start) / 1e3);
        }
        if (matches < 0) {
            throw new IllegalStateException("matches: " + matches);
        }
        return micros;
    }

    private void session(List<Event> lane, List<RuleSource> sources) throws IOException {
        List<RuleSource> all = new ArrayList<>(sources);
        if (rules != null) {
            all.addAll(RulePack.sources());
        }
        RuleSet set = RuleSet.loadUsable(all, Placeholders.NONE).set();
        RuleEngine engine = set.engine().prepared(AgentEvents.LOG_SOURCES);
        ActContext context = new ActContext(
                true,
                "call",
                "toolu_1",
                "/usr/bin/node",
                "node agent.js",
                List.of("/usr/bin/bash -c x", "node agent.js"),
                "/usr/bin/bash",
                List.of(),
                "allow");
        // Each pass begins with its time anew, and so with nothing to remember: else all of its events would come late.
        List<Double> rates = rates(lane, () -> {
            CorrelationState state = new CorrelationState();
            return event -> engine.evaluate(AgentEvents.of(event, context).orElseThrow(), state)
                    .size();
        });
        Figure figure = Figure.of(
                "rules.session",
                "events/s",
                rates,
                NO_TARGET,
                lane.size() + " generated typed events of agents' sessions, rules of the product"
                        + (target() ? " and of the folder" : "") + ", by the processor time of one thread; " + passes
                        + " passes after 3; of the values that rules read through, "
                        + Math.round(engine.remembered() * 100) + " % were remembered");
        figures.add(target() ? figure.atLeast(SESSION_TARGET) : figure);
    }

    private void processes() throws IOException, InterruptedException {
        List<Double> load = new ArrayList<>();
        List<Double> heap = new ArrayList<>();
        List<Double> whole = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            JsonNode answer = process(RulesProcess.class, "-Xmx512m", "-XX:+UseSerialGC");
            load.add(answer.path("load_ms").asDouble());
            heap.add(answer.path("heap_bytes").asDouble() / (1 << 20));
            whole.add(answer.path("events").asDouble()
                    / (answer.path("process_ms").asDouble() / 1e3));
        }
        String method = PROCESSES + " new processes, -Xmx512m -XX:+UseSerialGC";
        figures.add(Figure.of(
                "rules.load",
                "ms",
                load,
                target(LOAD_TARGET_MILLIS),
                method + "; from the first line of main: files read, all rules compiled into one program"));
        figures.add(Figure.of(
                "rules.heap", "MiB", heap, target(HEAP_TARGET_MIB), method + "; after a collection, all included"));
        figures.add(Figure.of(
                "rules.process",
                "events/s",
                whole,
                NO_TARGET,
                method + "; from the start of the process to its last of " + RulesProcess.EVENTS
                        + " Sysmon-shaped events"));
    }

    /**
     * @param collector longest pauses are those of the collector that copies what a change has made; one that works beside the events
     *     has none, and is what a set of thousands of rules should run on
     */
    private void change(String name, String collector, boolean targets) throws IOException, InterruptedException {
        JsonNode answer = process(RuleChange.class, "-Xmx1g", collector);
        String method = RuleChange.CHANGES + " changes of one of "
                + answer.path("files").asInt() + " files in a new process, " + collector
                + ", the first ones with cold code; ";
        figures.add(Figure.of(
                name,
                "ms",
                numbers(answer.path("change_ms")),
                targets ? target(CHANGE_TARGET_MILLIS) : NO_TARGET,
                method + "until the new set is compiled for the events and in force"));
        figures.add(Figure.of(
                name + ".pause",
                "ms",
                numbers(answer.path("pause_ms")),
                targets ? target(PAUSE_TARGET_MILLIS) : NO_TARGET,
                method + "longest time between two events in each 100 ms of that, in a thread beside it"));
    }

    private static List<Double> numbers(JsonNode array) {
        List<Double> numbers = new ArrayList<>();
        array.forEach(number -> numbers.add(number.asDouble()));
        return numbers;
    }

    private JsonNode process(Class<?> main, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        if (rules != null) {
            command.add(rules.toString());
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        JsonNode answer = new ObjectMapper().readTree(process.getInputStream());
        if (process.waitFor() != 0) {
            throw new IOException(
                    "a process that loads the rules: exit code " + process.exitValue() + " (expected: 0)");
        }
        return answer;
    }

    /** @param passesOf what matches the items of one pass */
    private <T> List<Double> rates(List<T> items, Supplier<ToIntFunction<T>> passesOf) {
        List<Double> rates = new ArrayList<>();
        long matches = 0;
        for (int pass = -3; pass < passes; pass++) {
            ToIntFunction<T> match = passesOf.get();
            long start = processorTime();
            for (T item : items) {
                matches += match.applyAsInt(item);
            }
            double seconds = (processorTime() - start) / 1e9;
            if (pass >= 0) {
                rates.add(items.size() / seconds);
            }
        }
        if (matches < 0) {
            throw new IllegalStateException("matches: " + matches);
        }
        return rates;
    }

    /** Of this thread, nanoseconds: what else runs on the machine does not count. */
    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
