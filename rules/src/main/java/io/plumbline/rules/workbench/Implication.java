package io.plumbline.rules.workbench;

import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What follows from an expression by its form: sound, not complete. True is certain for every event; false means not seen. Work is
 * bounded: after {@link #MAX_STEPS} steps every answer is false, and {@link #exhausted} says so.
 */
final class Implication {
    /** Comparisons of one use; a pair of ordinary rules takes a few hundred. */
    static final int MAX_STEPS = 5_000_000;

    private final Predicate<String> several;
    private int steps;

    /**
     * Over events in which only some fields can have several values.
     *
     * @param several true for the fields that can
     */
    Implication(Predicate<String> several) {
        this.several = several;
    }

    boolean exhausted() {
        return steps >= MAX_STEPS;
    }

    /** Whether every event that the one fits is one that the other fits. */
    boolean implies(Expression one, Expression other) {
        if (steps >= MAX_STEPS) {
            return false;
        }
        steps++;
        if (one == other) {
            return true;
        }
        if (one instanceof Expression.Or or) {
            return or.parts().stream().allMatch(part -> implies(part, other));
        }
        if (other instanceof Expression.And and) {
            return and.parts().stream().allMatch(part -> implies(one, part));
        }
        if (other instanceof Expression.Or or && or.parts().stream().anyMatch(part -> implies(one, part))) {
            return true;
        }
        if (one instanceof Expression.And and) {
            return and.parts().stream().anyMatch(part -> implies(part, other));
        }
        if (one instanceof Expression.Not not && other instanceof Expression.Not negated) {
            return implies(negated.part(), not.part());
        }
        if (one instanceof Expression.Test test && other instanceof Expression.Not not) {
            return excludes(test, not.part());
        }
        return one instanceof Expression.Test test
                && other instanceof Expression.Test wider
                && (test.field().equals(wider.field()) || wider.field().equals(Expression.Test.KEYWORDS))
                && test.anyOf().stream()
                        .allMatch(value -> wider.anyOf().stream().anyMatch(more -> implies(value, more)));
    }

    /** Whether no event fits both. */
    boolean excludes(Expression one, Expression other) {
        if (steps >= MAX_STEPS) {
            return false;
        }
        steps++;
        if (one instanceof Expression.Or or) {
            return or.parts().stream().allMatch(part -> excludes(part, other));
        }
        if (other instanceof Expression.Or or) {
            return or.parts().stream().allMatch(part -> excludes(one, part));
        }
        if (one instanceof Expression.Not not && implies(other, not.part())) {
            return true;
        }
        if (other instanceof Expression.Not not && implies(one, not.part())) {
            return true;
        }
        if (one instanceof Expression.And and) {
            return and.parts().stream().anyMatch(part -> excludes(part, other));
        }
        if (other instanceof Expression.And and) {
            return and.parts().stream().anyMatch(part -> excludes(one, part));
        }
        return one instanceof Expression.Test test
                && other instanceof Expression.Test second
                && test.field().equals(second.field())
                && !several.test(test.field())
                && !test.field().equals(Expression.Test.KEYWORDS)
                && test.anyOf().stream()
                        .allMatch(value -> second.anyOf().stream().allMatch(more -> disjoint(value, more)));
    }

    /** Whether no event fits the expression. */
    boolean impossible(Expression expression) {
        return switch (expression) {
            case Expression.And and -> and.parts().stream().anyMatch(this::impossible) || pair(and.parts());
            case Expression.Or or -> or.parts().stream().allMatch(this::impossible);
            case Expression.Not not -> certain(not.part());
            case Expression.Test ignored -> false;
        };
    }

    /** Whether every event fits the expression. */
    boolean certain(Expression expression) {
        return switch (expression) {
            case Expression.And and -> and.parts().stream().allMatch(this::certain);
            case Expression.Or or -> or.parts().stream().anyMatch(this::certain) || complements(or.parts());
            case Expression.Not not -> impossible(not.part());
            case Expression.Test ignored -> false;
        };
    }

    private boolean pair(List<Expression> parts) {
        for (int i = 0; i < parts.size(); i++) {
            for (int j = i + 1; j < parts.size(); j++) {
                if (excludes(parts.get(i), parts.get(j))) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean complements(List<Expression> parts) {
        for (Expression part : parts) {
            if (part instanceof Expression.Not not) {
                for (Expression other : parts) {
                    if (other != part && implies(not.part(), other)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Whether every text that the one fits is one that the other fits. */
    boolean implies(ValueTest one, ValueTest other) {
        steps++;
        if (one.equals(other)) {
            return true;
        }
        if (steps >= MAX_STEPS) {
            return false;
        }
        return switch (other) {
            case ValueTest.Present ignored -> !(one instanceof ValueTest.Null);
            case ValueTest.Text text ->
                one instanceof ValueTest.Text narrower
                        && (!text.cased() || narrower.cased())
                        && fits(narrower.pattern().symbols(), text.pattern().symbols(), text.cased());
            case ValueTest.Compare compare ->
                switch (one) {
                    case ValueTest.Compare narrower -> within(narrower, compare);
                    case ValueTest.Text text ->
                        number(text) instanceof BigDecimal value
                                && compare.comparison().holds(value.compareTo(compare.limit()));
                    default -> false;
                };
            case ValueTest.Regex regex ->
                one instanceof ValueTest.Text text
                        && text.cased()
                        && !text.pattern().wild()
                        && regex.pattern().matcher(text.pattern().symbols()).find();
            case ValueTest.Cidr ignored -> false;
            case ValueTest.DatePart ignored -> false;
            case ValueTest.FieldReference ignored -> false;
            case ValueTest.Null ignored -> false;
        };
    }

    private static @Nullable BigDecimal number(ValueTest.Text text) {
        return text.pattern().wild() ? null : Numbers.parse(text.pattern().symbols());
    }

    private static boolean within(ValueTest.Compare one, ValueTest.Compare other) {
        int sign = one.limit().compareTo(other.limit());
        return switch (other.comparison()) {
            case LT ->
                switch (one.comparison()) {
                    case LT -> sign <= 0;
                    case LTE, EQ -> sign < 0;
                    case GT, GTE, NEQ -> false;
                };
            case LTE ->
                switch (one.comparison()) {
                    case LT, LTE, EQ -> sign <= 0;
                    case GT, GTE, NEQ -> false;
                };
            case GT ->
                switch (one.comparison()) {
                    case GT -> sign >= 0;
                    case GTE, EQ -> sign > 0;
                    case LT, LTE, NEQ -> false;
                };
            case GTE ->
                switch (one.comparison()) {
                    case GT, GTE, EQ -> sign >= 0;
                    case LT, LTE, NEQ -> false;
                };
            case EQ, NEQ -> false;
        };
    }

    private boolean disjoint(ValueTest one, ValueTest other) {
        if (one instanceof ValueTest.Null || other instanceof ValueTest.Null) {
            ValueTest value = one instanceof ValueTest.Null ? other : one;
            return !(value instanceof ValueTest.Null) && !(value instanceof ValueTest.Present);
        }
        if (one instanceof ValueTest.Compare first && other instanceof ValueTest.Compare second) {
            return apart(first, second) || apart(second, first);
        }
        if (one instanceof ValueTest.Compare && other instanceof ValueTest.Text) {
            return disjoint(other, one);
        }
        if (one instanceof ValueTest.Text text && other instanceof ValueTest.Compare compare) {
            return number(text) instanceof BigDecimal value
                    && !compare.comparison().holds(value.compareTo(compare.limit()));
        }
        return one instanceof ValueTest.Text first
                && other instanceof ValueTest.Text second
                && apart(first.pattern(), second.pattern(), first.cased() && second.cased());
    }

    private static boolean apart(ValueTest.Compare low, ValueTest.Compare high) {
        int sign = low.limit().compareTo(high.limit());
        return switch (low.comparison()) {
            case LT ->
                switch (high.comparison()) {
                    case GT, GTE -> sign <= 0;
                    case LT, LTE, EQ, NEQ -> false;
                };
            case LTE ->
                switch (high.comparison()) {
                    case GT -> sign <= 0;
                    case GTE -> sign < 0;
                    case LT, LTE, EQ, NEQ -> false;
                };
            case GT, GTE, EQ, NEQ -> false;
        };
    }

    private boolean apart(TextPattern one, TextPattern other, boolean cased) {
        if (!one.wild()) {
            return !fits(one.symbols(), other.symbols(), cased);
        }
        if (!other.wild()) {
            return !fits(other.symbols(), one.symbols(), cased);
        }
        return diverge(one.symbols(), other.symbols(), cased)
                || diverge(
                        new StringBuilder(one.symbols()).reverse().toString(),
                        new StringBuilder(other.symbols()).reverse().toString(),
                        cased);
    }

    /** Whether two patterns have different characters before their first wildcards. */
    private static boolean diverge(String one, String other, boolean cased) {
        for (int i = 0; i < Math.min(one.length(), other.length()); i++) {
            char a = one.charAt(i);
            char b = other.charAt(i);
            if (wildcard(a) || wildcard(b) || Character.isSurrogate(a) || Character.isSurrogate(b)) {
                return false;
            }
            if (!same(a, b, cased)) {
                return true;
            }
        }
        return false;
    }

    private static boolean wildcard(char c) {
        return c == TextPattern.ANY || c == TextPattern.ONE;
    }

    private static boolean same(char a, char b, boolean cased) {
        return a == b || (!cased && fold(a) == fold(b));
    }

    /** A letter without case, as the engine sees it. */
    private static char fold(char c) {
        return Character.toLowerCase(Character.toUpperCase(c));
    }

    /** Whether a pattern, taken as a text in which wildcards are characters, fits another; so everything that it fits does. */
    private boolean fits(String text, String pattern, boolean cased) {
        steps += (int) Math.min(MAX_STEPS, (long) text.length() * pattern.length() >> 10);
        int star = -1;
        int resume = 0;
        int p = 0;
        int t = 0;
        while (t < text.length()) {
            char c = text.charAt(t);
            if (p < pattern.length() && pattern.charAt(p) == TextPattern.ANY) {
                star = p++;
                resume = t;
            } else if (p < pattern.length()
                    && (pattern.charAt(p) == TextPattern.ONE
                            ? c != TextPattern.ANY && !Character.isSurrogate(c)
                            : same(c, pattern.charAt(p), cased))) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == TextPattern.ANY) {
            p++;
        }
        return p == pattern.length();
    }
}
