package io.plumbline.rules.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The compiled engine against the tree walker, on generated rules and events. {@link #main} compares as many as one likes. */
class DifferentialTest {
    private static final int RULES = 20;
    private static final int EVENTS = 100;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void bothSayTheSameOnSixtyThousandPairs() throws IOException {
        Comparison comparison = new Comparison();
        for (long seed = 0; seed < 30; seed++) {
            comparison.compare(seed);
        }
        assertThat(comparison.differences).isEmpty();
        assertThat(comparison.pairs).isEqualTo(30L * RULES * EVENTS);
        assertThat(comparison.matches).isBetween(comparison.pairs / 10, comparison.pairs * 9 / 10);
    }

    /** Compares {@code -Dplumbline.pairs=N} pairs, a million unless it is set, from seed {@code -Dplumbline.seed=S}, 1000 unless set. */
    public static void main(String[] arguments) throws IOException {
        long pairs = Long.getLong("plumbline.pairs", 1_000_000);
        long seed = Long.getLong("plumbline.seed", 1000);
        Comparison comparison = new Comparison();
        while (comparison.pairs < pairs && comparison.differences.size() < 10) {
            comparison.compare(seed++);
        }
        comparison.differences.forEach(System.out::println);
        System.out.println(comparison.pairs + " pairs, " + comparison.matches + " matches, "
                + comparison.differences.size() + " differences");
        System.exit(comparison.differences.isEmpty() ? 0 : 1);
    }

    private static final class Comparison {
        private final List<String> differences = new ArrayList<>();
        private long pairs;
        private long matches;

        void compare(long seed) throws IOException {
            Generated generated = new Generated(seed);
            List<Map<String, Object>> rules = new ArrayList<>();
            List<RuleSource> sources = new ArrayList<>();
            for (int i = 0; i < RULES; i++) {
                Map<String, Object> rule = generated.rule(i);
                rules.add(rule);
                sources.add(new RuleSource("rule-" + i, yaml(rule)));
            }
            RuleSet set = RuleSet.load(sources, new Placeholders(Generated.PLACEHOLDERS));
            List<TreeWalker> walkers = rules.stream()
                    .map(rule -> new TreeWalker(rule, Generated.PLACEHOLDERS))
                    .toList();
            var engine = set.engine();
            for (int i = 0; i < EVENTS; i++) {
                Map<String, @Nullable Object> fields = generated.event();
                SigmaEvent event = JsonEvents.read(JSON.writeValueAsString(fields))
                        .logSource(new LogSource("test", "", ""))
                        .build();
                Set<String> compiled = engine.evaluate(event, new CorrelationState()).stream()
                        .map(match -> match.rule())
                        .collect(Collectors.toSet());
                for (int rule = 0; rule < RULES; rule++) {
                    boolean walked = walkers.get(rule).matches(fields);
                    pairs++;
                    matches += walked ? 1 : 0;
                    if (walked != compiled.contains("rule-" + rule)) {
                        differences.add("seed " + seed + ": walker " + walked + ", engine " + !walked + "\n  "
                                + sources.get(rule).text() + "\n  " + JSON.writeValueAsString(fields));
                    }
                }
            }
        }

        /** JSON is YAML. */
        private static String yaml(Map<String, Object> rule) throws JsonProcessingException {
            return JSON.writeValueAsString(rule);
        }
    }
}
