package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.Matcher;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Recordings.Recording;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** What a rule set says of recorded sessions, and what another one would have said. */
public final class Backtest {
    private Backtest() {}

    /**
     * A match in a recording.
     *
     * @param recording its name
     */
    public record Hit(String recording, RuleMatch match) {
        /** What the match is about: equal for the same rule at the same events, whatever the set. */
        public String key() {
            return match.rule() + " " + match.events().getLast() + " " + match.group();
        }
    }

    /**
     * What people said of matches.
     *
     * @param rules by rule and event id, true for a true positive
     */
    public record Verdicts(Map<String, Boolean> rules) {
        public Verdicts {
            rules = Map.copyOf(rules);
        }

        /** The key of a rule's match at an event. */
        public static String key(String rule, String event) {
            return rule + " " + event;
        }
    }

    /**
     * How one rule did.
     *
     * @param truePositives hits that people called so
     * @param falsePositives hits that people called so
     */
    public record Row(String rule, String title, int hits, int truePositives, int falsePositives) {
        /** Share of the hits with a verdict that were right, 0 to 1; negative when none has a verdict. */
        public double precision() {
            int judged = truePositives + falsePositives;
            return judged == 0 ? -1 : (double) truePositives / judged;
        }
    }

    /** All matches, recording by recording; each begins with empty windows. */
    public static List<Hit> run(RuleSet set, List<Recording> recordings) {
        List<Hit> hits = new ArrayList<>();
        var engine = set.engine();
        for (Recording recording : recordings) {
            CorrelationState state = new CorrelationState();
            for (SigmaEvent event : recording.events()) {
                engine.evaluate(event, state).forEach(match -> hits.add(new Hit(recording.name(), match)));
            }
        }
        return hits;
    }

    /** A row for each reported rule of the set, most hits first, then in the order of the set. */
    public static List<Row> rows(RuleSet set, List<Hit> hits, Verdicts verdicts) {
        Map<String, int[]> counts = new LinkedHashMap<>();
        Map<String, String> titles = new LinkedHashMap<>();
        for (SigmaDocument document : set.documents()) {
            if (set.reports(document)) {
                Metadata metadata = document.metadata();
                counts.put(metadata.id(), new int[3]);
                titles.put(metadata.id(), metadata.title());
            }
        }
        for (Hit hit : hits) {
            int[] count = counts.computeIfAbsent(hit.match().rule(), ignored -> new int[3]);
            count[0]++;
            Boolean verdict = hit.match().events().stream()
                    .map(event -> verdicts.rules().get(Verdicts.key(hit.match().rule(), event)))
                    .filter(java.util.Objects::nonNull)
                    .reduce((first, second) -> second)
                    .orElse(null);
            if (verdict != null) {
                count[verdict ? 1 : 2]++;
            }
        }
        List<Row> rows = new ArrayList<>();
        counts.forEach((rule, count) ->
                rows.add(new Row(rule, titles.getOrDefault(rule, rule), count[0], count[1], count[2])));
        rows.sort((a, b) -> Integer.compare(b.hits(), a.hits()));
        return rows;
    }

    /** The hits of one run that another one has not. */
    public static List<Hit> without(List<Hit> hits, List<Hit> other) {
        Set<String> keys = other.stream().map(Hit::key).collect(Collectors.toCollection(TreeSet::new));
        return hits.stream().filter(hit -> !keys.contains(hit.key())).toList();
    }

    /**
     * Nanoseconds that each rule alone takes for the events of its log source: what it would cost without the others, not its share
     * of the set, which tests what rules have in common once.
     *
     * @param clock in nanoseconds
     */
    public static Map<String, Long> time(RuleSet set, List<Recording> recordings, LongSupplier clock) {
        Map<String, Long> times = new LinkedHashMap<>();
        for (SigmaDocument.Detection rule : set.detections()) {
            Matcher matcher = Program.compile(List.of(rule.expression())).matcher();
            List<SigmaEvent> events = recordings.stream()
                    .flatMap(recording -> recording.events().stream())
                    .filter(event -> event.logSources().stream().anyMatch(rule.logSource()::accepts))
                    .toList();
            long start = clock.getAsLong();
            events.forEach(matcher::match);
            times.put(rule.metadata().id(), clock.getAsLong() - start);
        }
        return times;
    }
}
