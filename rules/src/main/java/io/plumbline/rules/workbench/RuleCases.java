package io.plumbline.rules.workbench;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The cases that lie beside a rule: a map with {@code match} and {@code none}, each a list of events, or of lists of events that
 * follow each other. An event is a map of fields; {@code _source} is {@code category/product}, the rule's own without it, and
 * {@code _at} its time in seconds. {@code rule} is the id or the name of what they are about; cases of other rules of the file are further
 * documents. In JSON lines each line is a case: {@code {"expect": "match" or "none", "rule": optional, "events": [...]}}.
 */
public final class RuleCases {
    /** How files of JSON lines end. */
    static final String LINES = ".cases.jsonl";

    private static final String MATCH = "match";
    private static final String NONE = "none";
    private static final String RULE = "rule";

    private static final long NANOSECONDS = 1_000_000_000L;

    private RuleCases() {}

    /**
     * How a case went.
     *
     * @param expected true: the rule should match
     * @param matched true: it did
     */
    public record Result(String rule, Position position, boolean expected, boolean matched) {
        public boolean passed() {
            return expected == matched;
        }
    }

    /**
     * A case as it is written: its place, whether the rule should match, its events.
     *
     * @param rule id or name of the rule that it is about; empty: the source's own
     */
    record Case(Position position, String rule, boolean expected, YamlNode events) {}

    /**
     * Runs the cases of a source. Without {@code rule} they are about its correlation that no other names, else its first rule.
     *
     * @throws RuleException if the rule or the cases cannot be read, or of one rule there are only cases of one kind
     */
    public static List<Result> run(RuleSource rules, RuleSource cases, Placeholders placeholders) {
        RuleSet set = RuleSet.load(List.of(rules), placeholders);
        return run(set, targets(set, read(cases)));
    }

    static List<Result> run(RuleSet set, Map<Case, SigmaDocument> cases) {
        List<Result> results = new ArrayList<>();
        cases.forEach((one, target) -> results.add(new Result(
                target.metadata().id(), one.position(), one.expected(), matches(set, target, one.events()))));
        return results;
    }

    /** The cases, of each rule some that match and some that do not. */
    static List<Case> read(RuleSource cases) {
        List<Case> read = parse(cases);
        Position start = new Position(cases.name(), 1, 1);
        for (String rule : read.isEmpty() ? Set.of("") : rules(read)) {
            for (boolean expected : new boolean[] {true, false}) {
                if (read.stream()
                        .noneMatch(
                                one -> one.expected() == expected && one.rule().equals(rule))) {
                    throw new RuleException(
                            Code.DOCUMENT,
                            start,
                            "no case under " + (expected ? MATCH : NONE) + (rule.isEmpty() ? "" : " of " + rule)
                                    + " (expected: at least one)");
                }
            }
        }
        return read;
    }

    private static Set<String> rules(List<Case> cases) {
        return cases.stream().map(Case::rule).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The cases as they are written, complete or not. */
    static List<Case> parse(RuleSource cases) {
        List<Case> read = new ArrayList<>();
        if (cases.name().endsWith(LINES)) {
            // An object on each line is a list in YAML's flow style.
            String list = cases.text()
                    .lines()
                    .map(line -> line.isBlank() ? "" : line + ",")
                    .collect(Collectors.joining("\n"));
            for (YamlNode items : YamlReader.read(cases.name(), "[" + list + "\n]")) {
                if (items instanceof YamlNode.Sequence lines) {
                    lines.items().forEach(line -> line(line, read));
                }
            }
            return read;
        }
        for (YamlNode document : YamlReader.read(cases.name(), cases.text())) {
            document(document, read);
        }
        return read;
    }

    private static void document(YamlNode document, List<Case> read) {
        YamlNode.Mapping body = mapping(document, "cases (expected: a map with match and none)");
        String rule = rule(body);
        for (YamlNode.Entry entry : body.entries()) {
            String key = entry.key().text();
            if (key.equals(RULE)) {
                continue;
            }
            if (!(key.equals(MATCH) || key.equals(NONE)) || !(entry.value() instanceof YamlNode.Sequence list)) {
                throw new RuleException(
                        Code.DOCUMENT,
                        entry.key().position(),
                        "'" + key + "' (expected: match or none, each a list, or rule)");
            }
            list.items().forEach(item -> read.add(new Case(item.position(), rule, key.equals(MATCH), item)));
        }
    }

    private static void line(YamlNode line, List<Case> read) {
        YamlNode.Mapping body = mapping(line, "a line (expected: an object with expect and events)");
        Optional<YamlNode> events = value(body, "events");
        Optional<Boolean> expected = value(body, "expect")
                .filter(node -> node instanceof YamlNode.Scalar word
                        && (word.text().equals(MATCH) || word.text().equals(NONE)))
                .map(node -> node instanceof YamlNode.Scalar word && word.text().equals(MATCH));
        if (expected.isEmpty()
                || !(events.orElse(null) instanceof YamlNode.Sequence list)
                || list.items().isEmpty()) {
            throw new RuleException(
                    Code.DOCUMENT, line.position(), "a line (expected: expect, match or none, and events, a list)");
        }
        read.add(new Case(line.position(), rule(body), expected.get(), list));
    }

    private static YamlNode.Mapping mapping(YamlNode node, String problem) {
        if (node instanceof YamlNode.Mapping mapping) {
            return mapping;
        }
        throw new RuleException(Code.DOCUMENT, node.position(), problem);
    }

    private static String rule(YamlNode.Mapping body) {
        return value(body, RULE)
                .map(node -> {
                    if (node instanceof YamlNode.Scalar name) {
                        return name.text();
                    }
                    throw new RuleException(Code.DOCUMENT, node.position(), "rule (expected: an id or a name)");
                })
                .orElse("");
    }

    private static Optional<YamlNode> value(YamlNode.Mapping body, String key) {
        return body.entries().stream()
                .filter(entry -> entry.key().text().equals(key))
                .map(YamlNode.Entry::value)
                .findFirst();
    }

    /** Each case with the document that it is about. */
    static Map<Case, SigmaDocument> targets(RuleSet set, List<Case> cases) {
        Map<Case, SigmaDocument> targets = new LinkedHashMap<>();
        for (Case one : cases) {
            SigmaDocument target = one.rule().isEmpty()
                    ? target(set)
                    : set.named(one.rule())
                            .orElseThrow(() -> new RuleException(
                                    Code.DOCUMENT,
                                    one.position(),
                                    "rule '" + one.rule() + "' (expected: an id or a name of the file)"));
            targets.put(one, target);
        }
        return targets;
    }

    /** The document that the cases of a source are about. */
    static SigmaDocument target(RuleSet set) {
        if (!set.correlations().isEmpty()) {
            return set.correlations().getLast().definition();
        }
        return set.detections().stream()
                .findFirst()
                .orElseThrow(() -> new RuleException(
                        Code.DOCUMENT,
                        set.documents().getFirst().metadata().position(),
                        "no rule (expected: one that cases can be about)"));
    }

    private static boolean matches(RuleSet set, SigmaDocument target, YamlNode item) {
        RuleEngine engine = set.engine();
        CorrelationState state = new CorrelationState();
        boolean matched = false;
        List<YamlNode> events = item instanceof YamlNode.Sequence sequence ? sequence.items() : List.of(item);
        for (int i = 0; i < events.size(); i++) {
            for (RuleMatch match : engine.evaluate(event(events.get(i), target, i), state)) {
                matched |= match.rule().equals(target.metadata().id());
            }
        }
        return matched;
    }

    private static SigmaEvent event(YamlNode node, SigmaDocument target, int number) {
        if (!(node instanceof YamlNode.Mapping mapping)) {
            throw new RuleException(Code.DOCUMENT, node.position(), node.kind() + " (expected: a map of fields)");
        }
        SigmaEvent.Builder event = SigmaEvent.builder().id("case-" + number);
        LogSource source =
                target instanceof SigmaDocument.Detection detection ? detection.logSource() : new LogSource("", "", "");
        for (YamlNode.Entry field : mapping.entries()) {
            String name = field.key().text();
            switch (name) {
                case "_source" -> source = source(field.value());
                case "_at" -> event.timeNs(seconds(field.value()) * NANOSECONDS);
                default -> EventFields.put(event, name, field.value());
            }
        }
        return event.logSource(source).build();
    }

    private static LogSource source(YamlNode node) {
        if (node instanceof YamlNode.Scalar scalar) {
            String[] parts = scalar.text().split("/", -1);
            if (parts.length == 2 || parts.length == 3) {
                return new LogSource(parts[0], parts[1], parts.length == 3 ? parts[2] : "");
            }
        }
        throw new RuleException(
                Code.DOCUMENT, node.position(), "_source: " + node.kind() + " (expected: category/product)");
    }

    private static long seconds(YamlNode node) {
        if (node instanceof YamlNode.Scalar scalar && scalar.text().matches("[0-9]{1,9}")) {
            return Long.parseLong(scalar.text());
        }
        throw new RuleException(Code.DOCUMENT, node.position(), "_at: " + node.kind() + " (expected: seconds)");
    }
}
