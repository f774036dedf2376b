package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.engine.Matcher;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Comparison;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.sigma.SigmaDocument.Limit;
import io.plumbline.rules.sigma.ValueTest;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Why a rule matches an event or does not: its expression with what each part says. Each part is asked of the same engine that
 * matches, as a rule of its own.
 *
 * @param text the part as words
 * @param holds what it says about the event
 */
public record Explanation(String text, boolean holds, List<Explanation> parts) {
    /** Between what a part asks for and what it saw. */
    public static final String SEEN = "; the event has ";

    private static final int MAX_VALUES = 5;

    public Explanation {
        parts = List.copyOf(parts);
    }

    /** The explanation of an expression for an event. */
    public static Explanation of(Expression expression, SigmaEvent event) {
        List<Explanation> parts =
                switch (expression) {
                    case Expression.And and -> all(and.parts(), event);
                    case Expression.Or or -> all(or.parts(), event);
                    case Expression.Not not -> all(List.of(not.part()), event);
                    case Expression.Test ignored -> List.of();
                };
        Matcher matcher = Program.compile(List.of(expression)).matcher();
        return new Explanation(words(expression, event), matcher.match(event) > 0, parts);
    }

    /**
     * The explanation of a correlation: its window, its group, and of each rule that it names how many of the events it matches, with
     * what it says of the newest of these, else of the last event.
     *
     * @param events in their order; for a match, the one that completed it is enough
     * @param match what came of them; empty: nothing
     */
    public static Explanation of(
            Correlation correlation, RuleSet set, List<SigmaEvent> events, Optional<RuleMatch> match) {
        List<Explanation> parts = new ArrayList<>();
        match.ifPresent(known -> known.group()
                .forEach((field, value) ->
                        parts.add(new Explanation("group-by " + field + SEEN + shortened(value), true, List.of()))));
        for (String reference : correlation.rules()) {
            set.named(reference).ifPresent(rule -> parts.add(step(rule, correlation, events, match.isPresent())));
        }
        int together = match.map(known -> known.events().size()).orElse(0);
        return new Explanation(
                words(correlation) + (together > 1 ? SEEN + (together - 1) + " before it" : ""),
                match.isPresent(),
                parts);
    }

    private static Explanation step(
            SigmaDocument rule, Correlation correlation, List<SigmaEvent> events, boolean matched) {
        boolean each = matched
                && correlation.type().temporal()
                && correlation
                        .limits()
                        .equals(List.of(
                                new Limit(Comparison.GTE, correlation.rules().size())));
        String title = "'" + rule.metadata().title() + "'";
        if (!(rule instanceof Detection detection)) {
            return new Explanation("correlation " + title, each, List.of());
        }
        Optional<Explanation> newest = Optional.empty();
        int count = 0;
        for (SigmaEvent event : events) {
            if (event.logSources().isEmpty() || event.logSources().stream().anyMatch(detection.logSource()::accepts)) {
                Explanation one = of(detection.expression(), event);
                count += one.holds() ? 1 : 0;
                newest = one.holds() || count == 0 ? Optional.of(one) : newest;
            }
        }
        String share = count + " of " + events.size() + (events.size() == 1 ? " event" : " events");
        return count == 0 && each
                ? new Explanation("rule " + title + " matched an earlier event", true, List.of())
                : new Explanation(
                        "rule " + title + " matches " + share,
                        count > 0,
                        newest.stream().toList());
    }

    private static String words(Correlation correlation) {
        List<String> words = new ArrayList<>();
        words.add(correlation.type().word()
                + (correlation.fields().isEmpty() ? "" : " of " + String.join(", ", correlation.fields())));
        if (!correlation.groupBy().isEmpty()) {
            words.add("by " + String.join(", ", correlation.groupBy()));
        }
        words.add("within " + correlation.timespan().toSeconds() + " s");
        correlation
                .limits()
                .forEach(limit -> words.add(lower(limit.comparison().name()) + " "
                        + BigDecimal.valueOf(limit.number())
                                .stripTrailingZeros()
                                .toPlainString()));
        return String.join(" ", words);
    }

    private static List<Explanation> all(List<Expression> parts, SigmaEvent event) {
        return parts.stream().map(part -> of(part, event)).toList();
    }

    private static String words(Expression expression, SigmaEvent event) {
        return switch (expression) {
            case Expression.And ignored -> "all of";
            case Expression.Or ignored -> "any of";
            case Expression.Not ignored -> "not";
            case Expression.Test test -> test(test, event);
        };
    }

    private static String test(Expression.Test test, SigmaEvent event) {
        if (test.field().equals(Expression.Test.KEYWORDS)) {
            return words(test);
        }
        List<String> texts = event.texts(test.field());
        String actual = texts.isEmpty() ? "no text" : String.join(", ", texts);
        return words(test) + SEEN + shortened(actual);
    }

    private static String shortened(String value) {
        return value.length() <= 120 ? value : value.substring(0, 120) + "...";
    }

    /** What a test asks for, in words. */
    static String words(Expression.Test test) {
        List<String> values = new ArrayList<>();
        test.anyOf().stream().limit(MAX_VALUES).forEach(value -> values.add(words(value)));
        if (test.anyOf().size() > MAX_VALUES) {
            values.add((test.anyOf().size() - MAX_VALUES) + " more");
        }
        String field = test.field().equals(Expression.Test.KEYWORDS) ? "any field" : test.field();
        return field + " " + String.join(" or ", values);
    }

    private static String words(ValueTest value) {
        return switch (value) {
            case ValueTest.Text text -> "is '" + text.pattern() + "'" + (text.cased() ? " with case" : "");
            case ValueTest.Regex regex -> "has /" + regex.expression() + "/";
            case ValueTest.Cidr cidr -> "is in " + cidr.network();
            case ValueTest.Compare compare -> lower(compare.comparison().name()) + " " + compare.limit();
            case ValueTest.DatePart part ->
                lower(part.part().name()) + " " + lower(part.comparison().name()) + " " + part.limit();
            case ValueTest.FieldReference reference -> "is as field " + reference.field();
            case ValueTest.Null ignored -> "is null";
            case ValueTest.Present ignored -> "is there";
        };
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** Lines for people: a part inside another is indented by two. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines("", lines);
        return lines;
    }

    private void lines(String indent, List<String> lines) {
        lines.add(indent + (holds ? "yes " : "no  ") + text);
        parts.forEach(part -> part.lines(indent + "  ", lines));
    }
}
