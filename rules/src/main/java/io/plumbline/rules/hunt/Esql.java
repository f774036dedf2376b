package io.plumbline.rules.hunt;

import io.plumbline.rules.sigma.Comparison;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Queries as conditions of ES|QL, every comparison made two-valued. */
final class Esql {
    private final Predicate<String> several;

    private Esql(Predicate<String> several) {
        this.several = several;
    }

    static String render(Query query, Predicate<String> several) {
        return new Esql(several).condition(query);
    }

    private String condition(Query query) {
        return switch (query) {
            case Query.All all -> joined(all.parts(), " AND ", "true");
            case Query.Any any -> joined(any.parts(), " OR ", "false");
            case Query.Not not -> "NOT " + condition(not.part());
            case Query.Exists exists -> "(" + name(exists.field()) + " IS NOT NULL)";
            case Query.Equal equal ->
                twoValued(name(equal.field()) + " == "
                        + (equal.value() instanceof String text ? text(text) : equal.value()));
            case Query.Like like ->
                twoValued(
                        like.cased()
                                ? name(like.field()) + " LIKE " + text(like.pattern())
                                : "TO_LOWER(" + name(like.field()) + ") LIKE "
                                        + text(like.pattern().toLowerCase(Locale.ROOT)));
            case Query.Expression expression ->
                twoValued(name(expression.field()) + " RLIKE " + text(expression.expression()));
            case Query.Compare compare ->
                twoValued(name(compare.field()) + " " + sign(compare.comparison()) + " "
                        + compare.limit().toPlainString());
        };
    }

    private String joined(List<Query> parts, String by, String none) {
        return parts.isEmpty() ? none : parts.stream().map(this::condition).collect(Collectors.joining(by, "(", ")"));
    }

    private static String twoValued(String comparison) {
        return "COALESCE(" + comparison + ", false)";
    }

    private String name(String field) {
        if (several.test(field)) {
            throw new ConversionException(
                    field + " (expected: a field with one value; ES|QL compares no several values)");
        }
        return field;
    }

    private static String sign(Comparison comparison) {
        return switch (comparison) {
            case LT -> "<";
            case LTE -> "<=";
            case GT -> ">";
            case GTE -> ">=";
            case EQ -> "==";
            case NEQ -> "!=";
        };
    }

    private static String text(String text) {
        return '"'
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\r", "\\r")
                        .replace("\t", "\\t")
                + '"';
    }
}
