package io.plumbline.rules.hunt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.rules.hunt.StoredFields.Stored;
import io.plumbline.rules.sigma.Comparison;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A rule over single events as a query over the stored ones: the documents that it finds are those of the events that the engine
 * matches. Texts that the index does not keep as a whole (over 1,024 characters, 4,096 for command lines, paths and addresses of pages) are
 * not found; correlations are not converted.
 */
public final class Hunt {
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

    private final StoredFields stored;
    private final Query query;

    private Hunt(StoredFields stored, Expression expression) {
        this.stored = stored;
        this.query = Query.all(stored.source(), query(expression));
    }

    /**
     * The hunt for a rule, its filters included.
     *
     * @throws ConversionException for what the store cannot be asked for
     */
    public static Hunt of(Detection rule) {
        StoredFields stored = StoredFields.of(rule.logSource())
                .orElseThrow(() -> new ConversionException("log source " + rule.logSource()
                        + " (expected: a product and category whose events the index has as keywords)"));
        return new Hunt(stored, rule.expression());
    }

    /** The {@code query} part of a search request. */
    public ObjectNode queryDsl() {
        return QueryDsl.render(query);
    }

    /**
     * An ES|QL statement; fields with several values cannot be asked for there.
     *
     * @param index name or pattern
     * @throws ConversionException for what ES|QL cannot be asked for
     */
    public String esql(String index) {
        return "FROM " + index + " METADATA _id\n| WHERE " + Esql.render(query, this::several)
                + "\n| KEEP _id, @timestamp\n";
    }

    private boolean several(String field) {
        return List.of("process.args", "plumbline.call.paths", "plumbline.truncated")
                .contains(field);
    }

    private Query query(Expression expression) {
        return switch (expression) {
            case Expression.And and ->
                Query.all(and.parts().stream().map(this::query).toList());
            case Expression.Or or ->
                Query.any(or.parts().stream().map(this::query).toList());
            case Expression.Not not -> new Query.Not(query(not.part()));
            case Expression.Test test -> test(test);
        };
    }

    private Query test(Expression.Test test) {
        if (test.field().equals(Expression.Test.KEYWORDS)) {
            throw new ConversionException("keywords (expected: a field; the index does not have all texts as a whole)");
        }
        Stored field = stored.field(test.field()).orElseThrow(() -> unasked(test.field()));
        return Query.any(test.anyOf().stream()
                .map(value -> value(test.field(), field, value))
                .toList());
    }

    private Query value(String name, Stored field, ValueTest value) {
        if (value instanceof ValueTest.Present) {
            return present(name, field);
        }
        if (value instanceof ValueTest.Null) {
            return new Query.Not(present(name, field));
        }
        return switch (field) {
            case Stored.Text text -> text(name, text.field(), value);
            case Stored.NewPath ignored ->
                Query.any(
                        text(name, "plumbline.new_path", value),
                        Query.all(
                                new Query.Not(new Query.Exists("plumbline.new_path")), text(name, "file.path", value)));
            case Stored.Operation ignored -> operation(name, value);
            case Stored.Guarded guarded -> Query.all(guarded.guard(), text(name, guarded.field(), value));
            case Stored.User user -> user(name, user, value);
            case Stored.Number number -> number(name, number, value);
            case Stored.Address address -> address(name, address, value);
            case Stored.Enumerated enumerated -> enumerated(name, enumerated, value);
            case Stored.OneOf several ->
                Query.any(several.parts().stream()
                        .map(part -> value(name, part, value))
                        .toList());
            case Stored.Unasked ignored -> throw unasked(name);
        };
    }

    private static ConversionException unasked(String name) {
        return new ConversionException("field " + name + " (expected: one that the index has as a keyword or number)");
    }

    private static Query present(String name, Stored field) {
        return switch (field) {
            case Stored.Text text -> new Query.Exists(text.field());
            case Stored.NewPath ignored -> new Query.Exists("file.path");
            case Stored.Operation ignored -> new Query.Exists(Stored.Operation.FIELD);
            case Stored.Guarded guarded -> Query.all(guarded.guard(), new Query.Exists(guarded.field()));
            case Stored.User user -> new Query.Exists(user.field());
            case Stored.Number number ->
                number.zeroLeftOut() ? number.guard() : Query.all(number.guard(), new Query.Exists(number.field()));
            case Stored.Address address ->
                address.domain()
                        ? Query.any(Query.all(address.guard(), new Query.Exists(address.field())), domain(".*"))
                        : Query.all(address.guard(), new Query.Exists(address.field()));
            case Stored.Enumerated enumerated ->
                Query.any(List.copyOf(enumerated.values().values()));
            case Stored.OneOf several ->
                Query.any(several.parts().stream()
                        .map(part -> present(name, part))
                        .toList());
            case Stored.Unasked ignored -> throw unasked(name);
        };
    }

    private static Query domain(String expression) {
        return Query.all(
                new Query.Expression("destination.domain", "[0-9.]+|.*:.*"),
                new Query.Expression("destination.domain", expression));
    }

    private static Query text(String name, String field, ValueTest value) {
        return switch (value) {
            case ValueTest.Text text -> new Query.Like(field, pattern(name, text), text.cased());
            case ValueTest.Regex regex ->
                Query.any(LuceneExpression.of(regex.expression()).stream()
                        .<Query>map(expression -> new Query.Expression(field, expression))
                        .toList());
            default -> throw refused(name, value);
        };
    }

    private static ConversionException refused(String name, ValueTest value) {
        String what =
                switch (value) {
                    case ValueTest.Cidr ignored -> "cidr";
                    case ValueTest.Compare ignored -> "a comparison of numbers";
                    case ValueTest.DatePart ignored -> "a part of a date";
                    case ValueTest.FieldReference ignored -> "fieldref";
                    case ValueTest.Regex ignored -> "re";
                    case ValueTest.Text ignored -> "a text with wildcards";
                    case ValueTest.Null ignored -> "null";
                    case ValueTest.Present ignored -> "exists";
                };
        return new ConversionException(name + ": " + what + " (expected: what the index can compare this field with)");
    }

    private static String pattern(String name, ValueTest.Text text) {
        String symbols = text.pattern().symbols();
        StringBuilder pattern = new StringBuilder();
        for (int i = 0; i < symbols.length(); i++) {
            char c = symbols.charAt(i);
            if (!text.cased() && c > 127 && c < TextPattern.ONE && Character.isLetter(c)) {
                throw new ConversionException(
                        name + ": letters outside of ASCII without case (expected: cased, or ASCII)");
            }
            switch (c) {
                case TextPattern.ANY -> pattern.append('*');
                case TextPattern.ONE -> pattern.append('?');
                case '*', '?', '\\' -> pattern.append('\\').append(c);
                default -> pattern.append(c);
            }
        }
        return pattern.toString();
    }

    private static Query operation(String name, ValueTest value) {
        Query one = Query.all(
                new Query.Not(new Query.Equal(Stored.Operation.FIELD, EcsDocument.OPEN_BOTH)),
                text(name, Stored.Operation.FIELD, value));
        return fits(value, EcsDocument.OPEN_READ) || fits(value, EcsDocument.OPEN_WRITE)
                ? Query.any(one, new Query.Equal(Stored.Operation.FIELD, EcsDocument.OPEN_BOTH))
                : one;
    }

    private static Query user(String name, Stored.User user, ValueTest value) {
        Query root = new Query.Equal(user.field(), "0");
        if (!(value instanceof ValueTest.Text text)) {
            throw refused(name, value);
        }
        Query other = Query.all(new Query.Not(root), text(name, user.field(), text));
        return fits(text, "root") ? Query.any(root, other) : other;
    }

    private static boolean fits(ValueTest.Text text, String candidate) {
        String pattern = text.pattern().symbols();
        StringBuilder regex = new StringBuilder(text.cased() ? "(?s)" : "(?is)");
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            regex.append(
                    c == TextPattern.ANY ? ".*" : c == TextPattern.ONE ? "." : java.util.regex.Pattern.quote("" + c));
        }
        return candidate.matches(regex.toString());
    }

    /** A text or an expression fits a word; other tests fit none. */
    static boolean fits(ValueTest value, String candidate) {
        return switch (value) {
            case ValueTest.Text text -> fits(text, candidate);
            case ValueTest.Regex regex -> regex.pattern().matcher(candidate).find();
            default -> false;
        };
    }

    private static Query enumerated(String name, Stored.Enumerated field, ValueTest value) {
        List<Query> fitting = new ArrayList<>();
        for (Map.Entry<String, Query> entry : field.values().entrySet()) {
            if (!(value instanceof ValueTest.Text) && !(value instanceof ValueTest.Regex)) {
                throw refused(name, value);
            }
            if (fits(value, entry.getKey())) {
                fitting.add(entry.getValue());
            }
        }
        return Query.any(fitting);
    }

    private static Query number(String name, Stored.Number field, ValueTest value) {
        BigDecimal factor = BigDecimal.valueOf(field.factor());
        Query found;
        boolean zero;
        switch (value) {
            case ValueTest.Compare compare -> {
                found = new Query.Compare(
                        field.field(), compare.comparison(), compare.limit().multiply(factor));
                zero = compare.comparison().holds(BigDecimal.ZERO.compareTo(compare.limit()));
            }
            case ValueTest.Text text -> {
                if (text.pattern().wild()) {
                    throw refused(name, value);
                }
                BigDecimal number = Numbers.parse(text.pattern().symbols());
                if (number == null) {
                    return Query.any(List.of());
                }
                found = new Query.Compare(field.field(), Comparison.EQ, number.multiply(factor));
                zero = number.signum() == 0;
            }
            default -> throw refused(name, value);
        }
        if (field.zeroLeftOut() && zero) {
            found = Query.any(found, new Query.Not(new Query.Exists(field.field())));
        }
        return Query.all(field.guard(), found);
    }

    /** The kernel's addresses, mapped ones without their clothes, and hosts of the proxy that are addresses. */
    private static Query address(String name, Stored.Address field, ValueTest value) {
        String expression =
                switch (value) {
                    case ValueTest.Cidr cidr -> network(name, cidr);
                    case ValueTest.Text text
                    when !text.pattern().wild() && text.pattern().symbols().indexOf(':') < 0 ->
                        text.pattern().symbols().replace(".", "\\.");
                    default -> throw refused(name, value);
                };
        if (!expression.matches("[0-9.\\\\()|\\[\\]?-]+")) {
            return Query.any(List.of());
        }
        Query own =
                Query.all(field.guard(), new Query.Expression(field.field(), "(::[fF][fF][fF][fF]:)?" + expression));
        return field.domain() ? Query.any(own, domain(expression)) : own;
    }

    /** The IPv4 addresses of a network as an expression. */
    private static String network(String name, ValueTest.Cidr cidr) {
        String[] parts = cidr.network().toString().split("/");
        if (parts[0].indexOf(':') >= 0) {
            throw new ConversionException(name + ": cidr of IPv6 (expected: IPv4; the index has addresses as text)");
        }
        String[] octets = parts[0].split("\\.");
        int bits = parts.length < 2 ? 32 : Integer.parseInt(parts[1]);
        List<String> expressions = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int fixed = Math.clamp(bits - 8L * i, 0, 8);
            int low = Integer.parseInt(octets[i]);
            if (fixed == 8) {
                expressions.add(Integer.toString(low));
            } else if (fixed == 0) {
                expressions.add(OCTET);
            } else {
                List<String> values = new ArrayList<>();
                for (int octet = low; octet < low + (1 << (8 - fixed)); octet++) {
                    values.add(Integer.toString(octet));
                }
                expressions.add("(" + String.join("|", values) + ")");
            }
        }
        return String.join("\\.", expressions);
    }
}
