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
import java.util.List;

/**
 * The cases that lie beside a rule: a map with {@code match} and {@code none}, each a list of events, or of lists of events that
 * follow each other. An event is a map of fields; {@code _source} is {@code category/product}, the rule's own without it, and
 * {@code _at} its time in seconds.
 */
public final class RuleCases {
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

    /** A case as it is written: its place, whether the rule should match, its events. */
    record Case(Position position, boolean expected, YamlNode events) {}

    /**
     * Runs the cases of a source's rule: its correlation that no other names, else its first rule.
     *
     * @throws RuleException if the rule or the cases cannot be read, or one of {@code match} and {@code none} is empty
     */
    public static List<Result> run(RuleSource rules, RuleSource cases, Placeholders placeholders) {
        RuleSet set = RuleSet.load(List.of(rules), placeholders);
        return run(set, target(set), read(cases));
    }

    static List<Result> run(RuleSet set, SigmaDocument target, List<Case> cases) {
        return cases.stream()
                .map(one -> new Result(
                        target.metadata().id(), one.position(), one.expected(), matches(set, target, one.events())))
                .toList();
    }

    static List<Case> read(RuleSource cases) {
        List<YamlNode> documents = YamlReader.read(cases.name(), cases.text());
        if (documents.size() != 1 || !(documents.getFirst() instanceof YamlNode.Mapping body)) {
            throw new RuleException(
                    Code.DOCUMENT, new Position(cases.name(), 1, 1), "cases (expected: one map with match and none)");
        }
        List<Case> read = new ArrayList<>();
        for (YamlNode.Entry entry : body.entries()) {
            String key = entry.key().text();
            if (!(key.equals("match") || key.equals("none")) || !(entry.value() instanceof YamlNode.Sequence list)) {
                throw new RuleException(
                        Code.DOCUMENT, entry.key().position(), "'" + key + "' (expected: match or none, each a list)");
            }
            list.items().forEach(item -> read.add(new Case(item.position(), key.equals("match"), item)));
        }
        for (boolean expected : new boolean[] {true, false}) {
            if (read.stream().noneMatch(one -> one.expected() == expected)) {
                throw new RuleException(
                        Code.DOCUMENT,
                        body.position(),
                        "no case under " + (expected ? "match" : "none") + " (expected: at least one)");
            }
        }
        return read;
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
