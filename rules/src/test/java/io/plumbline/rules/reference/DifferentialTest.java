package io.plumbline.rules.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The compiled engine against the tree walker, on generated rules, filters and events; {@code -Dplumbline.pairs=N} compares more. */
class DifferentialTest {
    private static final int RULES = 20;
    private static final int EVENTS = 100;

    /** Rules that have a filter, the first ones. */
    private static final int FILTERS = 5;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final LogSource SOURCE = new LogSource("test", "", "");

    @Test
    void bothSayTheSameOfEveryPair() throws IOException {
        long pairs = Long.getLong("plumbline.pairs", 60_000);
        Comparison comparison = new Comparison();
        for (long seed = Long.getLong("plumbline.seed", 0);
                comparison.pairs < pairs && comparison.differences.size() < 10;
                seed++) {
            comparison.compare(seed);
        }
        assertThat(comparison.differences).isEmpty();
        assertThat(comparison.matches).isBetween(comparison.pairs / 10, comparison.pairs * 9 / 10);
        System.out.println(comparison.pairs + " pairs of rules and events, " + comparison.matches + " matches, "
                + comparison.filtered + " kept by a filter, 0 differences");
    }

    private static final class Comparison {
        private final List<String> differences = new ArrayList<>();
        private long pairs;
        private long matches;
        private long filtered;

        void compare(long seed) throws IOException {
            Generated generated = new Generated(seed);
            List<Map<String, Object>> rules = new ArrayList<>();
            List<RuleSource> sources = new ArrayList<>();
            for (int i = 0; i < RULES; i++) {
                Map<String, Object> rule = generated.rule(i);
                rules.add(rule);
                sources.add(new RuleSource("rule-" + i, yaml(rule)));
            }
            Map<Integer, TreeWalker> filters = new HashMap<>();
            for (int i = 0; i < FILTERS; i++) {
                Map<String, Object> detection = generated.filter();
                Map<String, Object> filter = new LinkedHashMap<>(detection);
                filter.put("rules", List.of("rule-" + i));
                sources.add(new RuleSource(
                        "filter-" + i,
                        yaml(Map.of(
                                "title",
                                "generated filter",
                                "id",
                                "filter-" + i,
                                "logsource",
                                Map.of("category", "test"),
                                "filter",
                                filter))));
                filters.put(i, new TreeWalker(Map.of("detection", detection), Generated.PLACEHOLDERS));
            }
            RuleSet set = RuleSet.load(sources, new Placeholders(Generated.PLACEHOLDERS));
            List<TreeWalker> walkers = rules.stream()
                    .map(rule -> new TreeWalker(rule, Generated.PLACEHOLDERS))
                    .toList();
            var engine = set.engine();
            var wanted = set.fields(List.of(SOURCE));
            for (int i = 0; i < EVENTS; i++) {
                Map<String, @Nullable Object> fields = generated.event();
                String json = JSON.writeValueAsString(fields);
                SigmaEvent event = JsonEvents.read(json).logSource(SOURCE).build();
                Set<String> compiled = evaluated(engine, event);
                SigmaEvent asked =
                        JsonEvents.read(json, wanted).logSource(SOURCE).build();
                // Now its values are remembered.
                assertThat(List.of(evaluated(engine, event), evaluated(engine, asked), evaluated(engine, event)))
                        .containsOnly(compiled);
                for (int rule = 0; rule < RULES; rule++) {
                    boolean found = walkers.get(rule).matches(fields);
                    TreeWalker filter = filters.get(rule);
                    boolean walked = found && (filter == null || filter.matches(fields));
                    filtered += found && filter != null ? 1 : 0;
                    pairs++;
                    matches += walked ? 1 : 0;
                    if (walked != compiled.contains("rule-" + rule)) {
                        differences.add("seed " + seed + ": walker " + walked + ", engine " + !walked + "\n  "
                                + sources.get(rule).text() + "\n  " + JSON.writeValueAsString(fields));
                    }
                }
            }
        }

        private static Set<String> evaluated(RuleEngine engine, SigmaEvent event) {
            return engine.evaluate(event, new CorrelationState()).stream()
                    .map(match -> match.rule())
                    .collect(Collectors.toSet());
        }

        /** JSON is YAML. */
        private static String yaml(Map<String, Object> rule) throws JsonProcessingException {
            return JSON.writeValueAsString(rule);
        }
    }
}
