package io.plumbline.rules.workbench;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Which part of a rule no case protects: the rule is changed at one place at a time, and its cases should notice. A change that no case
 * notices could be somebody's mistake tomorrow.
 */
public final class Mutations {
    /** Changes of one source; what is beyond is counted. */
    public static final int MAX_MUTANTS = 400;

    private static final Map<String, String> OPPOSITES = Map.of("and", "or", "or", "and");

    private final List<Mutant> mutants = new ArrayList<>();
    private int beyond;

    private record Mutant(Position position, String change, List<YamlNode> documents) {}

    /** A change that no case noticed. */
    public record Survivor(String rule, Position position, String change) {}

    /**
     * How the changes of a source went.
     *
     * @param noticed by a case that went the other way
     * @param left changes over the limit, which were not tried
     */
    public record Outcome(int noticed, List<Survivor> survivors, int left) {
        public Outcome {
            survivors = List.copyOf(survivors);
        }
    }

    private Mutations() {}

    /**
     * Tries the changes of a source. Changes after which the rule cannot be loaded do not count.
     *
     * @throws RuleException if the rule or the cases cannot be read, or a case fails without any change
     */
    public static Outcome run(RuleSource rules, RuleSource cases, Placeholders placeholders) {
        List<YamlNode> documents = YamlReader.read(rules.name(), rules.text());
        RuleSet set = RuleSet.of(documents, placeholders);
        Map<RuleCases.Case, SigmaDocument> read = RuleCases.targets(set, RuleCases.read(cases));
        for (RuleCases.Result result : RuleCases.run(set, read)) {
            if (!result.passed()) {
                throw new RuleException(
                        RuleException.Code.DOCUMENT,
                        result.position(),
                        "a failing case (expected: cases that pass, to be tried on changes)");
            }
        }
        Mutations mutations = new Mutations();
        for (int i = 0; i < documents.size(); i++) {
            int index = i;
            if (documents.get(i) instanceof YamlNode.Mapping document) {
                mutations.document(document, mutations.in(documents, index));
            }
        }
        int noticed = 0;
        List<Survivor> survivors = new ArrayList<>();
        for (Mutant mutant : mutations.mutants) {
            Optional<Boolean> survives = survives(mutant, read, placeholders);
            if (survives.isPresent() && survives.get()) {
                survivors.add(new Survivor(ruleAt(set, mutant.position()), mutant.position(), mutant.change()));
            }
            noticed += survives.isPresent() && !survives.get() ? 1 : 0;
        }
        return new Outcome(noticed, survivors, mutations.beyond);
    }

    /** The id of the document that a place of the source is in. */
    private static String ruleAt(RuleSet set, Position place) {
        return set.documents().stream()
                .map(SigmaDocument::metadata)
                .filter(metadata -> metadata.position().line() <= place.line())
                .reduce((before, behind) -> behind)
                .map(Metadata::id)
                .orElse("");
    }

    private static Optional<Boolean> survives(
            Mutant mutant, Map<RuleCases.Case, SigmaDocument> cases, Placeholders placeholders) {
        RuleSet changed;
        try {
            changed = RuleSet.of(mutant.documents(), placeholders);
        } catch (RuleException e) {
            // No rule any more: nobody could make this mistake unnoticed.
            return Optional.empty();
        }
        // By their places: a document without an id has another one when it is changed.
        Map<Position, SigmaDocument> documents = new HashMap<>();
        changed.documents()
                .forEach(document -> documents.put(document.metadata().position(), document));
        Map<RuleCases.Case, SigmaDocument> again = new LinkedHashMap<>();
        for (Map.Entry<RuleCases.Case, SigmaDocument> one : cases.entrySet()) {
            SigmaDocument target = documents.get(one.getValue().metadata().position());
            if (target == null) {
                return Optional.empty();
            }
            again.put(one.getKey(), target);
        }
        return Optional.of(RuleCases.run(changed, again).stream().allMatch(RuleCases.Result::passed));
    }

    /** Takes one change of a part: where it is, and what the part becomes. */
    private interface Change {
        void make(Position position, String words, YamlNode changed);
    }

    private Change in(List<YamlNode> documents, int index) {
        return (position, words, changed) -> {
            if (mutants.size() == MAX_MUTANTS) {
                beyond++;
                return;
            }
            List<YamlNode> copy = new ArrayList<>(documents);
            copy.set(index, changed);
            mutants.add(new Mutant(position, words, copy));
        };
    }

    private static void entries(YamlNode.Mapping mapping, BiConsumer<YamlNode.Entry, Integer> each) {
        for (int i = 0; i < mapping.entries().size(); i++) {
            each.accept(mapping.entries().get(i), i);
        }
    }

    private static Change at(YamlNode.Mapping mapping, int index, Change outer) {
        return (position, words, changed) -> {
            List<YamlNode.Entry> copy = new ArrayList<>(mapping.entries());
            copy.set(index, new YamlNode.Entry(copy.get(index).key(), changed));
            outer.make(position, words, new YamlNode.Mapping(copy, mapping.position()));
        };
    }

    private static Change at(YamlNode.Sequence list, int index, Change outer) {
        return (position, words, changed) -> {
            List<YamlNode> copy = new ArrayList<>(list.items());
            copy.set(index, changed);
            outer.make(position, words, new YamlNode.Sequence(copy, list.position()));
        };
    }

    private static void without(YamlNode.Mapping mapping, int index, Change outer) {
        if (mapping.entries().size() > 1) {
            List<YamlNode.Entry> copy = new ArrayList<>(mapping.entries());
            YamlNode.Entry removed = copy.remove(index);
            outer.make(
                    removed.key().position(),
                    "without " + removed.key().kind(),
                    new YamlNode.Mapping(copy, mapping.position()));
        }
    }

    private static void without(YamlNode.Sequence list, Change outer) {
        for (int i = 0; list.items().size() > 1 && i < list.items().size(); i++) {
            List<YamlNode> copy = new ArrayList<>(list.items());
            YamlNode removed = copy.remove(i);
            outer.make(
                    removed.position(),
                    "without " + (removed instanceof YamlNode.Scalar ? removed.kind() : "one of the maps"),
                    new YamlNode.Sequence(copy, list.position()));
        }
    }

    private void document(YamlNode.Mapping document, Change outer) {
        entries(document, (entry, index) -> {
            if (!(entry.value() instanceof YamlNode.Mapping body)) {
                return;
            }
            switch (entry.key().text()) {
                case "detection", "filter" -> detection(body, at(document, index, outer));
                case "correlation" -> correlation(body, at(document, index, outer));
                default -> {}
            }
        });
    }

    private void detection(YamlNode.Mapping body, Change outer) {
        entries(body, (entry, index) -> {
            switch (entry.key().text()) {
                case "rules" -> {}
                case "condition" -> {
                    switch (entry.value()) {
                        case YamlNode.Scalar condition -> condition(condition, at(body, index, outer));
                        case YamlNode.Sequence list -> without(list, at(body, index, outer));
                        case YamlNode.Mapping ignored -> {}
                    }
                }
                default -> {
                    without(body, index, outer);
                    identifier(entry.value(), at(body, index, outer));
                }
            }
        });
    }

    private void identifier(YamlNode node, Change outer) {
        switch (node) {
            case YamlNode.Scalar ignored -> {}
            case YamlNode.Sequence list -> {
                without(list, outer);
                for (int i = 0; i < list.items().size(); i++) {
                    if (list.items().get(i) instanceof YamlNode.Mapping mapping) {
                        identifier(mapping, at(list, i, outer));
                    }
                }
            }
            case YamlNode.Mapping mapping ->
                entries(mapping, (entry, index) -> {
                    without(mapping, index, outer);
                    modifiers(mapping, index, outer);
                    if (entry.value() instanceof YamlNode.Sequence list) {
                        without(list, at(withoutAll(mapping, index, list), index, outer));
                    }
                });
        }
    }

    /** The item without each of its modifiers. */
    private static void modifiers(YamlNode.Mapping mapping, int index, Change outer) {
        YamlNode.Entry entry = mapping.entries().get(index);
        List<String> words = List.of(entry.key().text().split("\\|", -1));
        for (int i = 1; i < words.size(); i++) {
            List<String> fewer = new ArrayList<>(words);
            String removed = fewer.remove(i);
            outer.make(
                    entry.key().position(),
                    "without '|" + removed + "' of " + entry.key().kind(),
                    renamed(mapping, index, String.join("|", fewer)));
        }
    }

    private static YamlNode.Mapping renamed(YamlNode.Mapping mapping, int index, String name) {
        YamlNode.Entry entry = mapping.entries().get(index);
        List<YamlNode.Entry> copy = new ArrayList<>(mapping.entries());
        YamlNode.Scalar key =
                new YamlNode.Scalar(name, entry.key().plain(), entry.key().position());
        copy.set(index, new YamlNode.Entry(key, entry.value()));
        return new YamlNode.Mapping(copy, mapping.position());
    }

    /** The map with {@code all} taken from an item of two values, which has one after the change. */
    private static YamlNode.Mapping withoutAll(YamlNode.Mapping mapping, int index, YamlNode.Sequence list) {
        YamlNode.Entry entry = mapping.entries().get(index);
        if (list.items().size() != 2 || !entry.key().text().contains("|all")) {
            return mapping;
        }
        return renamed(mapping, index, entry.key().text().replace("|all", ""));
    }

    private static void condition(YamlNode.Scalar condition, Change outer) {
        String text = condition.text().replace("(", " ( ").replace(")", " ) ").strip();
        List<String> words = List.of(text.split("\\s+"));
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String next = i + 1 < words.size() ? words.get(i + 1) : "";
            if (OPPOSITES.containsKey(word)) {
                words(condition, words, i, 1, List.of(OPPOSITES.get(word)), outer);
                int operand = next.equals("not") ? i + 2 : i + 1;
                int length =
                        operand + 1 < words.size() && words.get(operand + 1).equals("of") ? 3 : 1;
                if (operand < words.size() && !words.get(operand).equals("(")) {
                    words(condition, words, i, operand - i + length, List.of(), outer);
                }
            } else if (word.equals("not")) {
                words(condition, words, i, 1, List.of(), outer);
            } else if (next.equals("of")) {
                words(condition, words, i, 1, List.of(word.equals("1") ? "all" : "1"), outer);
            }
        }
    }

    private static void words(
            YamlNode.Scalar condition, List<String> words, int from, int count, List<String> by, Change outer) {
        List<String> copy = new ArrayList<>(words.subList(0, from));
        copy.addAll(by);
        copy.addAll(words.subList(Math.min(words.size(), from + count), words.size()));
        String changed = String.join(" ", copy);
        outer.make(
                condition.position(),
                "condition '" + changed + "'",
                new YamlNode.Scalar(changed, condition.plain(), condition.position()));
    }

    private static void correlation(YamlNode.Mapping body, Change outer) {
        entries(body, (entry, index) -> {
            switch (entry.value()) {
                case YamlNode.Sequence list -> {
                    without(list, at(body, index, outer));
                    if (entry.key().text().equals("group-by")) {
                        without(body, index, outer);
                    }
                }
                case YamlNode.Scalar scalar -> {
                    switch (entry.key().text()) {
                        case "type" -> {
                            if (scalar.text().equals("temporal_ordered")) {
                                scalar(scalar, "temporal", at(body, index, outer));
                            }
                        }
                        case "timespan" ->
                            scalar(
                                    scalar,
                                    scalar.text().replaceFirst("(?<number>[0-9]+)", "${number}0"),
                                    at(body, index, outer));
                        default -> {}
                    }
                }
                case YamlNode.Mapping mapping -> {
                    if (entry.key().text().equals("condition")) {
                        entries(mapping, (limit, place) -> {
                            if (limit.value() instanceof YamlNode.Scalar number
                                    && number.text().matches("[0-9]{1,9}")) {
                                long count = Long.parseLong(number.text());
                                Change inner = at(mapping, place, at(body, index, outer));
                                scalar(number, Long.toString(count + 1), inner);
                                scalar(number, Long.toString(Math.max(0, count - 1)), inner);
                            }
                        });
                    }
                }
            }
        });
    }

    private static void scalar(YamlNode.Scalar scalar, String changed, Change outer) {
        outer.make(
                scalar.position(),
                changed + " in place of " + scalar.kind(),
                new YamlNode.Scalar(changed, scalar.plain(), scalar.position()));
    }
}
