package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleSet;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import io.plumbline.rules.yaml.YamlNode;
import java.util.ArrayList;
import java.util.List;

/** What the condition of a rule or filter comes to. */
final class LogicChecks {
    /** Parts of one conjunction or disjunction that are compared with each other. */
    private static final int MOST_PARTS = 100;

    private static final int DEEPEST = 60;

    private final Remarks remarks;

    LogicChecks(Remarks remarks) {
        this.remarks = remarks;
    }

    void check(RuleText text, SigmaDocument document, RuleSet set) {
        YamlNode place =
                text.conditions().isEmpty() ? text.mapping() : text.conditions().getFirst();
        for (String name : set.unusedIdentifiers(document)) {
            text.identifiers().stream()
                    .filter(identifier -> identifier.text().equals(name))
                    .forEach(identifier -> remarks.add(
                            Check.UNUSED_IDENTIFIER, identifier, "'" + name + "' (expected: used by the condition)"));
        }
        switch (document) {
            case SigmaDocument.Correlation ignored -> {}
            case SigmaDocument.Filter filter -> {
                if (!filter.excludes()) {
                    remarks.add(
                            Check.FILTER_POLARITY,
                            place,
                            "the named rules match only what the filter selects (expected: a condition that begins with not)");
                }
                whole(filter.expression(), filter.logSource(), place);
            }
            case SigmaDocument.Detection detection -> detection(detection, set, place);
        }
    }

    private void detection(SigmaDocument.Detection detection, RuleSet set, YamlNode place) {
        whole(detection.expression(), detection.logSource(), place);
        if (Program.compile(List.of(detection.expression())).alwaysEvaluated() > 0) {
            remarks.add(
                    Check.ALWAYS_EVALUATED,
                    place,
                    "no value has to be there for a match (expected: a positive selection)");
        }
        if (broad(detection.expression())) {
            remarks.add(
                    Check.BROAD_SELECTION,
                    place,
                    "two characters are enough for a match (expected: a longer text, or another item beside it)");
        }
        exclusions(detection.expression(), place, false, 0);
        Implication implication = implication(detection.logSource());
        set.detections().stream()
                .filter(filtered ->
                        filtered.metadata().id().equals(detection.metadata().id()))
                .filter(filtered -> !filtered.expression().equals(detection.expression()))
                .filter(filtered -> implication.impossible(filtered.expression())
                        && !implication.impossible(detection.expression()))
                .forEach(filtered -> remarks.add(
                        Check.FILTER_REMOVES_RULE,
                        place,
                        "no event is left by its filters (expected: a narrower filter)"));
    }

    private static Implication implication(LogSource source) {
        return new Implication(field -> Taxonomy.several(source, field));
    }

    private void whole(Expression expression, LogSource source, YamlNode place) {
        Implication implication = implication(source);
        if (implication.impossible(expression)) {
            remarks.add(Check.IMPOSSIBLE_CONDITION, place, "no event can fit (expected: parts that can hold at once)");
        }
        if (implication.certain(expression)) {
            remarks.add(Check.CERTAIN_CONDITION, place, "every event fits (expected: a condition that can fail)");
        }
        parts(expression, implication, place, 0);
    }

    private void parts(Expression expression, Implication implication, YamlNode place, int depth) {
        if (depth > DEEPEST) {
            return;
        }
        switch (expression) {
            case Expression.And and -> {
                conjunction(and, implication, place);
                and.parts().forEach(part -> parts(part, implication, place, depth + 1));
            }
            case Expression.Or or -> {
                alternatives(or, implication, place);
                or.parts().forEach(part -> parts(part, implication, place, depth + 1));
            }
            case Expression.Not not -> parts(not.part(), implication, place, depth + 1);
            case Expression.Test ignored -> {}
        }
    }

    private void conjunction(Expression.And and, Implication implication, YamlNode place) {
        List<Expression> parts = flat(and);
        if (parts.size() > MOST_PARTS) {
            return;
        }
        for (int i = 0; i < parts.size(); i++) {
            Expression one = parts.get(i);
            for (int j = 0; j < parts.size(); j++) {
                Expression other = parts.get(j);
                if (i == j) {
                    continue;
                }
                if (one instanceof Expression.Test
                        && other instanceof Expression.Test
                        && i < j
                        && implication.excludes(one, other)) {
                    remarks.add(
                            Check.CONTRADICTING_ITEMS,
                            place,
                            words(one) + " and " + words(other) + " (expected: items that can hold at once)");
                } else if (one instanceof Expression.Or or) {
                    or.parts().stream()
                            .filter(part -> !(other instanceof Expression.Or) && implication.excludes(part, other))
                            .filter(part -> !implication.excludes(or, other))
                            .forEach(part -> remarks.add(
                                    Check.UNREACHABLE_PART,
                                    place,
                                    words(part) + " cannot hold beside " + words(other)
                                            + " (expected: an alternative that can)"));
                }
                if (other instanceof Expression.Not not
                        && !(one instanceof Expression.Not)
                        && implication.excludes(one, not.part())) {
                    remarks.add(
                            Check.USELESS_EXCLUSION,
                            place,
                            words(not.part()) + " does not go with " + words(one)
                                    + " anyway (expected: an exclusion of something that matches)");
                } else if (implication.implies(one, other)
                        && !(i > j && implication.implies(other, one))
                        && !(other instanceof Expression.Not)
                        && !presenceOfNeq(other, and)) {
                    redundant(place, other, one);
                }
            }
        }
    }

    /** {@code neq} is read as "there, and not one of these": its first part is nobody's mistake. */
    private static boolean presenceOfNeq(Expression part, Expression.And and) {
        return part instanceof Expression.Test test
                && test.anyOf().equals(List.of(new ValueTest.Present()))
                && and.parts().stream()
                        .anyMatch(other -> other instanceof Expression.And inner
                                && inner.parts().contains(part));
    }

    private void alternatives(Expression.Or or, Implication implication, YamlNode place) {
        List<Expression> parts = or.parts();
        if (parts.size() > MOST_PARTS) {
            return;
        }
        for (int i = 0; i < parts.size(); i++) {
            if (implication.impossible(parts.get(i))) {
                remarks.add(
                        Check.UNREACHABLE_PART,
                        place,
                        words(parts.get(i)) + " can never hold (expected: an alternative that can)");
            }
            for (int j = 0; j < parts.size(); j++) {
                if (i != j
                        && implication.implies(parts.get(i), parts.get(j))
                        && !(i > j && implication.implies(parts.get(j), parts.get(i)))) {
                    redundant(place, parts.get(i), parts.get(j));
                    break;
                }
            }
        }
    }

    private void redundant(YamlNode place, Expression part, Expression other) {
        remarks.add(
                Check.REDUNDANT_PART,
                place,
                words(part) + " adds nothing to " + words(other) + " (expected: one of them)");
    }

    /** The parts of a conjunction, those of conjunctions inside it as its own. */
    private static List<Expression> flat(Expression.And and) {
        List<Expression> parts = new ArrayList<>();
        for (Expression part : and.parts()) {
            if (part instanceof Expression.And inner) {
                parts.addAll(flat(inner));
            } else {
                parts.add(part);
            }
        }
        return parts;
    }

    /** True when a short text anywhere in a field is all that a match needs. */
    private static boolean broad(Expression expression) {
        return switch (expression) {
            case Expression.And and ->
                and.parts().stream()
                                .filter(part -> !(part instanceof Expression.Not))
                                .allMatch(LogicChecks::broad)
                        && and.parts().stream()
                                        .filter(part -> !(part instanceof Expression.Not))
                                        .count()
                                == 1;
            case Expression.Or or -> or.parts().stream().anyMatch(LogicChecks::broad);
            case Expression.Not ignored -> false;
            case Expression.Test test -> test.anyOf().stream().anyMatch(LogicChecks::shortText);
        };
    }

    private static boolean shortText(ValueTest value) {
        return value instanceof ValueTest.Text text
                && text.pattern().symbols().length() > 2
                && text.pattern().symbols().charAt(0) == TextPattern.ANY
                && text.pattern().symbols().charAt(text.pattern().symbols().length() - 1) == TextPattern.ANY
                && text.pattern().literals().size() == 1
                && text.pattern().literals().getFirst().length() < ItemChecks.SHORT_TEXT;
    }

    private void exclusions(Expression expression, YamlNode place, boolean negated, int depth) {
        if (depth > DEEPEST) {
            return;
        }
        switch (expression) {
            case Expression.And and -> {
                if (!negated) {
                    and.parts().forEach(part -> exclusions(part, place, false, depth + 1));
                }
            }
            case Expression.Or or -> or.parts().forEach(part -> exclusions(part, place, negated, depth + 1));
            case Expression.Not not -> exclusions(not.part(), place, !negated, depth + 1);
            case Expression.Test test -> {
                if (negated && test.anyOf().stream().anyMatch(LogicChecks::shortText)) {
                    remarks.add(
                            Check.BROAD_EXCLUSION,
                            place,
                            words(test) + " leaves out much (expected: a longer text, or another item beside it)");
                }
            }
        }
    }

    static String words(Expression expression) {
        return Remarks.shortened(
                switch (expression) {
                    case Expression.And and -> words(and.parts().getFirst()) + " and more";
                    case Expression.Or or -> words(or.parts().getFirst()) + " or more";
                    case Expression.Not not -> "not " + words(not.part());
                    case Expression.Test test -> Explanation.words(test);
                });
    }
}
