package io.plumbline.rules.sigma;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Limit;
import io.plumbline.rules.sigma.SigmaDocument.Type;
import io.plumbline.rules.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a correlation and refuses those that could not mean what they say. */
final class CorrelationReader {
    /** Rules of one correlation. */
    static final int MAX_RULES = 64;

    /** Largest count that can be asked for: so many events of one group are kept. */
    static final int MAX_COUNT = 1000;

    /** Fields that one correlation groups by, or counts the values of together. */
    static final int MAX_FIELDS = 16;

    /** Longest window. */
    static final Duration MAX_TIMESPAN = Duration.ofDays(90);

    private static final Pattern TIMESPAN = Pattern.compile("([1-9][0-9]{0,8})([smhd])");
    private static final List<String> KEYS =
            List.of("type", "rules", "group-by", "aliases", "timespan", "condition", "generate");
    private static final List<String> COMPARISONS = List.of("gt", "gte", "lt", "lte", "eq", "neq");

    private CorrelationReader() {}

    static Correlation read(YamlNode.Mapping document, Metadata metadata) {
        YamlNode.Mapping body = Shape.mapping(
                Shape.required(document, "correlation", "a document", document.position()), "correlation");
        Shape.onlyKeys(body, "correlation", KEYS);
        YamlNode typeNode = Shape.required(body, "type", "a correlation", body.position());
        String word = Shape.text(typeNode, "type");
        Type type = Type.of(word)
                .orElseThrow(() -> wrong(
                        typeNode,
                        "type '" + word + "' (expected: one of "
                                + String.join(
                                        ", ",
                                        java.util.Arrays.stream(Type.values())
                                                .map(Type::word)
                                                .toList()) + ")"));
        YamlNode rulesNode = Shape.required(body, "rules", "a correlation", body.position());
        List<String> rules = Shape.distinct(body, "rules");
        if (rules.isEmpty() || rules.size() > MAX_RULES) {
            throw wrong(rulesNode, "rules: " + rules.size() + " (expected: 1 to " + MAX_RULES + ")");
        }
        if (type.temporal() && rules.size() < 2) {
            throw wrong(rulesNode, "one rule for " + word + " (expected: at least two)");
        }
        List<String> groupBy = fields(body, "group-by");
        Map<String, Map<String, String>> aliases = aliases(body, rules, groupBy);
        Duration timespan = timespan(Shape.required(body, "timespan", "a correlation", body.position()));
        Condition condition = condition(body, type, rules.size(), aliases);
        return new Correlation(
                metadata,
                type,
                rules,
                groupBy,
                aliases,
                timespan,
                condition.fields(),
                condition.percentile(),
                condition.limits(),
                generate(body));
    }

    private static List<String> fields(YamlNode.Mapping mapping, String key) {
        List<String> fields = Shape.distinct(mapping, key);
        if (fields.size() > MAX_FIELDS) {
            throw wrong(mapping, key + ": " + fields.size() + " fields (expected: <= " + MAX_FIELDS + ")");
        }
        return fields;
    }

    private static RuleException wrong(YamlNode node, String problem) {
        return new RuleException(Code.CORRELATION, node.position(), problem);
    }

    private static boolean generate(YamlNode.Mapping body) {
        YamlNode node = body.find("generate");
        if (node == null) {
            return false;
        }
        if (node instanceof YamlNode.Scalar scalar && Literal.of(scalar) instanceof Literal.Bool bool) {
            return bool.value();
        }
        throw wrong(node, "generate: " + node.kind() + " (expected: true or false)");
    }

    private static Duration timespan(YamlNode node) {
        String text = Shape.text(node, "timespan");
        Matcher matcher = TIMESPAN.matcher(text);
        if (!matcher.matches()) {
            throw wrong(node, "timespan '" + text + "' (expected: a number and one of s, m, h, d, such as 90m)");
        }
        long number = Long.parseLong(matcher.group(1));
        Duration timespan =
                switch (matcher.group(2)) {
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    default -> Duration.ofDays(number);
                };
        if (timespan.compareTo(MAX_TIMESPAN) > 0) {
            throw wrong(node, "timespan " + text + " (expected: <= " + MAX_TIMESPAN.toDays() + "d)");
        }
        return timespan;
    }

    private static Map<String, Map<String, String>> aliases(
            YamlNode.Mapping body, List<String> rules, List<String> groupBy) {
        YamlNode node = body.find("aliases");
        Map<String, Map<String, String>> aliases = new LinkedHashMap<>();
        if (node == null) {
            return aliases;
        }
        for (YamlNode.Entry alias : Shape.mapping(node, "aliases").entries()) {
            Map<String, String> fields = new LinkedHashMap<>();
            for (YamlNode.Entry field : Shape.mapping(alias.value(), "alias").entries()) {
                if (!rules.contains(field.key().text())) {
                    throw wrong(
                            field.key(),
                            "alias " + alias.key().text() + " of " + field.key().kind()
                                    + " (expected: a rule as it stands in rules)");
                }
                fields.put(field.key().text(), Shape.text(field.value(), "a field"));
            }
            for (String rule : rules) {
                if (!fields.containsKey(rule)) {
                    throw wrong(
                            alias.value(),
                            "alias " + alias.key().text() + " without rule " + rule
                                    + " (expected: a field for each rule)");
                }
            }
            if (!groupBy.contains(alias.key().text())) {
                throw wrong(alias.key(), "alias " + alias.key().text() + " (expected: an alias that group-by uses)");
            }
            aliases.put(alias.key().text(), fields);
        }
        return aliases;
    }

    private record Condition(List<String> fields, double percentile, List<Limit> limits) {}

    private static Condition condition(
            YamlNode.Mapping body, Type type, int rules, Map<String, Map<String, String>> aliases) {
        YamlNode node = body.find("condition");
        if (node == null) {
            if (type.temporal()) {
                return new Condition(List.of(), 0, List.of(new Limit(Comparison.GTE, rules)));
            }
            throw new RuleException(
                    Code.CORRELATION, body.position(), type.word() + " without condition (expected: a comparison)");
        }
        if (!(node instanceof YamlNode.Mapping mapping)) {
            throw wrong(node, "condition: " + node.kind() + " (expected: a map such as gte: 10)");
        }
        List<String> known = new ArrayList<>(COMPARISONS);
        boolean wantsField = !type.temporal() && type != Type.EVENT_COUNT;
        if (wantsField) {
            known.add("field");
        }
        if (type == Type.VALUE_PERCENTILE) {
            known.add("percentile");
        }
        Shape.onlyKeys(mapping, type.word() + " condition", known);
        List<Limit> limits = new ArrayList<>();
        for (YamlNode.Entry entry : mapping.entries()) {
            if (COMPARISONS.contains(entry.key().text())) {
                Comparison comparison = Comparison.valueOf(entry.key().text().toUpperCase(Locale.ROOT));
                limits.add(
                        new Limit(comparison, number(entry.value(), entry.key().text())));
            }
        }
        check(mapping, type, rules, limits);
        List<String> fields = wantsField ? fields(mapping, "field") : List.of();
        if (wantsField && (fields.isEmpty() || (fields.size() > 1 && type != Type.VALUE_COUNT))) {
            throw wrong(
                    mapping,
                    type.word() + ": field of " + fields.size() + " names (expected: "
                            + (type == Type.VALUE_COUNT ? "at least one" : "exactly one") + ")");
        }
        for (String field : fields) {
            if (aliases.containsKey(field)) {
                throw wrong(mapping, "field " + field + " is an alias (expected: a field of the events)");
            }
        }
        return new Condition(fields, percentile(mapping, type), limits);
    }

    private static double percentile(YamlNode.Mapping mapping, Type type) {
        if (type != Type.VALUE_PERCENTILE) {
            return type == Type.VALUE_MEDIAN ? 50 : 0;
        }
        YamlNode node = mapping.find("percentile");
        if (node == null) {
            throw wrong(mapping, "value_percentile without percentile (expected: percentile: 0 to 100)");
        }
        double percentile = number(node, "percentile");
        if (percentile < 0 || percentile > 100) {
            throw wrong(node, "percentile " + percentile + " (expected: 0 to 100)");
        }
        return percentile;
    }

    private static double number(YamlNode node, String what) {
        if (node instanceof YamlNode.Scalar scalar && Literal.of(scalar) instanceof Literal.Number(BigDecimal value)) {
            return value.doubleValue();
        }
        throw wrong(node, what + ": " + node.kind() + " (expected: a number without quotes)");
    }

    private static void check(YamlNode.Mapping mapping, Type type, int rules, List<Limit> limits) {
        if (limits.isEmpty() || limits.size() > 2) {
            throw wrong(mapping, limits.size() + " comparisons (expected: one, or two for a range)");
        }
        if (limits.size() == 2) {
            boolean low = limits.stream()
                    .anyMatch(limit -> limit.comparison() == Comparison.GT || limit.comparison() == Comparison.GTE);
            boolean high = limits.stream()
                    .anyMatch(limit -> limit.comparison() == Comparison.LT || limit.comparison() == Comparison.LTE);
            if (!low || !high) {
                throw wrong(mapping, "two comparisons that are no range (expected: one of gt, gte and one of lt, lte)");
            }
        }
        if (type.numeric()) {
            return;
        }
        for (Limit limit : limits) {
            double number = limit.number();
            if (number != Math.rint(number) || number < 0 || number > MAX_COUNT) {
                throw wrong(mapping, "count " + number + " (expected: a whole number from 0 to " + MAX_COUNT + ")");
            }
        }
        if (type == Type.TEMPORAL_ORDERED
                && !(limits.size() == 1
                        && limits.getFirst().number() == rules
                        && (limits.getFirst().comparison() == Comparison.GTE
                                || limits.getFirst().comparison() == Comparison.EQ))) {
            throw wrong(
                    mapping,
                    "a part of the rules in temporal_ordered (expected: no condition, or gte: " + rules
                            + "; which part has to be in order is not defined)");
        }
        int most = type == Type.TEMPORAL ? rules : MAX_COUNT;
        boolean possible = false;
        for (int count = 1; count <= most && !possible; count++) {
            int figure = count;
            possible =
                    limits.stream().allMatch(limit -> limit.comparison().holds(Double.compare(figure, limit.number())));
        }
        if (!possible) {
            throw wrong(
                    mapping,
                    "a condition that no count from 1 to " + most
                            + " meets (expected: one that an event can meet; the absence of events raises nothing)");
        }
    }
}
