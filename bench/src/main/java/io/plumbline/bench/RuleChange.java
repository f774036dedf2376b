package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A process of its own that changes one rule of a set, again and again, while another thread matches events with it. */
final class RuleChange {
    static final int CHANGES = 20;
    private static final int EVENTS = 20_000;
    private static final Pattern VALUE = Pattern.compile("(?m)^( {12})- '");

    private final List<String> lane;
    private final List<Double> pauses = new ArrayList<>();
    private volatile RuleEngine engine;
    private volatile boolean done;

    private RuleChange(RuleEngine engine, List<String> lane) {
        this.engine = engine;
        this.lane = lane;
    }

    /**
     * Prints one JSON object: {@code change_ms}, until each new set was compiled for the events and in force; {@code pause_ms}, the
     * longest time between two events in each 100 ms of that; {@code files}, how many the set has.
     */
    public static void main(String[] arguments) throws InterruptedException, IOException {
        List<RuleSource> all = RulesBench.sources(arguments.length == 0 ? null : Path.of(arguments[0]));
        RuleSet.Loaded loaded = RuleSet.loadUsable(all, Placeholders.NONE);
        Set<String> refused = loaded.problems().stream()
                .map(problem -> problem.position().source())
                .collect(Collectors.toSet());
        List<RuleSource> sources =
                all.stream().filter(source -> !refused.contains(source.name())).toList();
        RuleSet set = RuleSet.load(sources, Placeholders.NONE);
        RuleChange change = new RuleChange(set.engine(), new GeneratedActs(1).sysmon(EVENTS));
        change.warm();
        Thread events = Thread.ofPlatform().name("events").start(change::match);
        List<Double> millis = new ArrayList<>();
        try {
            for (int i = 0; i < CHANGES; i++) {
                List<RuleSource> changed = changed(sources, i);
                long start = System.nanoTime();
                set = set.changedTo(changed);
                change.engine = set.engine().prepared(List.of(List.of(GeneratedActs.WINDOWS)));
                millis.add((System.nanoTime() - start) / 1e6);
            }
        } finally {
            change.done = true;
            events.join();
        }
        System.out.println(new ObjectMapper()
                .writeValueAsString(Map.of("change_ms", millis, "pause_ms", change.pauses, "files", sources.size())));
    }

    /** Another value in a rule of the events' log source, from the middle of the set. */
    private static List<RuleSource> changed(List<RuleSource> sources, int number) {
        List<RuleSource> changed = new ArrayList<>(sources);
        for (int i = sources.size() / 2; i < sources.size(); i++) {
            RuleSource source = sources.get(i);
            Matcher value = VALUE.matcher(source.text());
            if (source.text().contains("category: process_creation") && value.find()) {
                changed.set(i, new RuleSource(source.name(), value.replaceFirst("$1- '/change" + number + "'\n$0")));
                return changed;
            }
        }
        throw new IllegalArgumentException("no rule of process_creation (expected: at least one)");
    }

    private void warm() {
        CorrelationState state = new CorrelationState();
        for (int pass = 0; pass < 3; pass++) {
            lane.forEach(
                    event -> engine.evaluate(RulesBench.parsed(event, GeneratedActs.WINDOWS, name -> true), state));
        }
    }

    private void match() {
        CorrelationState state = new CorrelationState();
        long last = System.nanoTime();
        long begin = last;
        long longest = 0;
        List<RuleMatch> matches = List.of();
        for (int i = 0; !done; i = (i + 1) % lane.size()) {
            matches = engine.evaluate(RulesBench.parsed(lane.get(i), GeneratedActs.WINDOWS, name -> true), state);
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
            if (now - begin > 100_000_000) {
                pauses.add(longest / 1e6);
                longest = 0;
                begin = now;
            }
        }
        if (matches.size() > lane.size() * 10_000L) {
            throw new IllegalStateException("matches: " + matches.size());
        }
    }
}
