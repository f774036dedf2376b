package io.plumbline.rules.workbench;

import io.plumbline.rules.engine.Matcher;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.ValueTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Why a rule matches an event or does not: its expression with what each part says. Each part is asked of the same engine that
 * matches, as a rule of its own.
 *
 * @param text the part as words
 * @param holds what it says about the event
 */
public record Explanation(String text, boolean holds, List<Explanation> parts) {
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
        return words(test) + "; the event has " + (actual.length() <= 120 ? actual : actual.substring(0, 120) + "...");
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
