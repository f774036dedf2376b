package io.plumbline.rules.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Correlations of every type against {@link WindowWalker}: random windows and groups, matches of one time, late ones, events of two rules, and
 * correlations upon correlations. {@code -Dplumbline.correlationPairs=N} compares as many correlations with events as one likes.
 */
class CorrelationDifferentialTest {
    private static final List<String> KINDS = List.of("a", "b", "c");
    private static final List<String> TYPES = List.of(
            "event_count",
            "value_count",
            "temporal",
            "temporal_ordered",
            "value_sum",
            "value_avg",
            "value_percentile",
            "value_median");
    private static final int EVENTS = 60;
    private static final int CORRELATIONS = 8;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final LogSource SOURCE = new LogSource("test", "", "");

    /** A correlation, its walker and what it is built on. */
    private record Walked(String id, List<String> rules, List<String> groupBy, WindowWalker walker) {}

    @Test
    void bothSayTheSameOfEveryWindow() throws IOException {
        long most = Long.getLong("plumbline.correlationPairs", 50_000);
        long pairs = 0;
        long matches = 0;
        List<String> differences = new ArrayList<>();
        for (long seed = 0; pairs < most && differences.isEmpty(); seed++) {
            Random random = new Random(seed);
            List<RuleSource> sources = new ArrayList<>();
            KINDS.forEach(kind -> sources.add(new RuleSource(
                    kind,
                    "title: t\nid: " + kind + "\nlogsource: {category: test}\ndetection: {s: {Kind: " + kind
                            + "}, condition: s}\n")));
            List<Walked> walked = new ArrayList<>();
            for (int i = 0; i < CORRELATIONS; i++) {
                walked.add(correlation(random, "c" + i, i < CORRELATIONS - 2 ? List.of() : walked, sources));
            }
            RuleSet set = RuleSet.load(sources, Placeholders.NONE);
            var engine = set.engine();
            var wanted = set.fields(List.of(SOURCE));
            CorrelationState state = new CorrelationState();
            long newest = 1_000;
            for (int order = 0; order < EVENTS; order++) {
                // As late as is waited for, whatever else has expired meanwhile.
                long second = random.nextInt(4) == 0 ? newest - random.nextInt(11) : newest + random.nextInt(6);
                newest = Math.max(newest, second);
                Map<String, Object> fields = fields(random);
                TreeSet<String> said = new TreeSet<>();
                engine.evaluate(
                                JsonEvents.read(JSON.writeValueAsString(fields), wanted)
                                        .id("e" + order)
                                        .timeNs(second * 1_000_000_000L)
                                        .logSource(SOURCE)
                                        .build(),
                                state)
                        .forEach(match -> said.add(match.rule() + "@" + match.timeNs() / 1_000_000_000L));
                TreeSet<String> expected = walk(walked, fields, second, order);
                pairs += CORRELATIONS;
                matches += expected.stream()
                        .filter(match -> !KINDS.contains(match.substring(0, match.indexOf('@'))))
                        .count();
                if (!said.equals(expected)) {
                    differences.add("seed " + seed + " event " + order + " at " + second + " " + fields + ": engine "
                            + said + ", walker " + expected + "\n" + sources);
                    break;
                }
                if (order == EVENTS / 2) {
                    // What is stored is read back as it was.
                    state = CorrelationState.fromBytes(state.toBytes());
                }
            }
        }
        assertThat(differences).isEmpty();
        assertThat(matches).isGreaterThan(pairs / 50);
        System.out.println(pairs + " pairs of correlations and events, " + matches + " matches, 0 differences");
    }

    private static Map<String, Object> fields(Random random) {
        Map<String, Object> fields = new LinkedHashMap<>();
        int kinds = random.nextInt(5);
        fields.put(
                "Kind",
                kinds < 3
                        ? KINDS.get(kinds)
                        : kinds == 3 ? List.of("a", "b") : List.of(KINDS.get(random.nextInt(3)), "c"));
        if (random.nextInt(10) > 0) {
            fields.put("User", List.of("x", "y", "\u0000*", "X").get(random.nextInt(4)));
        }
        if (random.nextInt(8) > 0) {
            fields.put("Other", List.of("x", "y").get(random.nextInt(2)));
        }
        if (random.nextInt(8) > 0) {
            fields.put("Size", random.nextInt(5) == 0 ? (Object) (random.nextInt(20) / 4.0) : random.nextInt(12) - 3);
        }
        if (random.nextInt(6) > 0) {
            fields.put("Host", List.of("h", "H", "", "i", "j\u0000k").get(random.nextInt(5)));
        }
        return fields;
    }

    private static Walked correlation(Random random, String id, List<Walked> below, List<RuleSource> sources) {
        String type = TYPES.get(random.nextInt(below.isEmpty() ? TYPES.size() : 4));
        List<String> names = new ArrayList<>(KINDS);
        below.stream().limit(CORRELATIONS - 2L).forEach(one -> names.add(one.id()));
        java.util.Collections.shuffle(names, random);
        List<String> rules =
                names.subList(0, type.startsWith("temporal") ? 2 + random.nextInt(2) : 1 + random.nextInt(2));
        List<String> groupBy = List.of(List.<String>of(), List.of("User"), List.of("User", "Other"), List.of("Other"))
                .get(random.nextInt(4));
        long span = List.of(1L, 5L, 10L, 30L, 120L).get(random.nextInt(5));
        String field = type.equals("value_count") ? "Host" : type.startsWith("value") ? "Size" : "";
        Map<String, Number> limits = limits(random, type);
        double percentile = type.equals("value_median") ? 50 : random.nextInt(101);
        Map<String, Object> correlation = new LinkedHashMap<>();
        correlation.put("type", type);
        correlation.put("rules", rules);
        if (!groupBy.isEmpty()) {
            correlation.put("group-by", groupBy);
        }
        correlation.put("timespan", span + "s");
        if (!limits.isEmpty()) {
            Map<String, Object> condition = new LinkedHashMap<>(limits);
            if (!field.isEmpty()) {
                condition.put("field", field);
            }
            if (type.equals("value_percentile")) {
                condition.put("percentile", (int) percentile);
            }
            correlation.put("condition", condition);
        }
        correlation.put("generate", true);
        try {
            sources.add(new RuleSource(
                    id, JSON.writeValueAsString(Map.of("title", "t", "id", id, "correlation", correlation))));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return new Walked(
                id, rules, groupBy, new WindowWalker(type, span, rules.size(), groupBy, field, percentile, limits));
    }

    private static Map<String, Number> limits(Random random, String type) {
        Map<String, Number> limits = new LinkedHashMap<>();
        int number = 2 + random.nextInt(3);
        switch (type) {
            case "temporal", "temporal_ordered" -> {}
            case "event_count", "value_count" -> {
                limits.put(List.of("gte", "gt", "eq").get(random.nextInt(3)), number);
                if (random.nextInt(4) == 0 && !limits.containsKey("eq")) {
                    limits.put("lte", number + 1);
                }
            }
            default -> limits.put(List.of("gte", "gt", "lt", "lte").get(random.nextInt(4)), number);
        }
        return limits;
    }

    private static TreeSet<String> walk(List<Walked> walked, Map<String, Object> fields, long second, int order) {
        Map<String, List<WindowWalker.Match>> matched = new LinkedHashMap<>();
        List<?> kinds = fields.get("Kind") instanceof List<?> list ? list : List.of(String.valueOf(fields.get("Kind")));
        TreeSet<String> said = new TreeSet<>();
        for (String kind : KINDS) {
            if (kinds.contains(kind)) {
                matched.put(kind, List.of(new WindowWalker.Match(second, order, 0, fields)));
                said.add(kind + "@" + second);
            }
        }
        for (Walked one : walked) {
            List<WindowWalker.Match> own = new ArrayList<>();
            for (int position = 0; position < one.rules().size(); position++) {
                for (WindowWalker.Match match : matched.getOrDefault(one.rules().get(position), List.of())) {
                    Optional<Long> end = one.walker()
                            .take(new WindowWalker.Match(match.second(), match.order(), position, match.fields()));
                    end.ifPresent(at -> {
                        own.add(new WindowWalker.Match(at, order, 0, match.fields()));
                        said.add(one.id() + "@" + at);
                    });
                }
            }
            matched.put(one.id(), own);
        }
        return said;
    }
}
