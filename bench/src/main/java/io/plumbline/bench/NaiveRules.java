package io.plumbline.bench;

import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What one would write first: each rule in turn, each test of it by itself. Strict: only the rules whose log source the event
 * declares. Patterns are prepared once, and values in lower case are made once per event and not measured, which is kind to it.
 */
final class NaiveRules {
    private final List<Rule> rules;

    private record Rule(LogSource source, Predicate<Fields> holds) {}

    NaiveRules(List<Detection> detections) {
        rules = detections.stream()
                .map(detection -> new Rule(detection.logSource(), predicate(detection.expression())))
                .toList();
    }

    /** Values of an event by field, as they are and in lower case. */
    record Fields(SigmaEvent event, Map<String, List<String>> texts, Map<String, List<String>> lower) {
        static Fields of(SigmaEvent event) {
            Map<String, List<String>> texts = new HashMap<>();
            Map<String, List<String>> lower = new HashMap<>();
            for (String name : event.names()) {
                List<String> values = event.texts(name);
                texts.put(name, values);
                lower.put(
                        name,
                        values.stream()
                                .map(value -> value.toLowerCase(Locale.ROOT))
                                .toList());
            }
            return new Fields(event, texts, lower);
        }
    }

    /** How many rules match. */
    int match(Fields fields) {
        int count = 0;
        for (Rule rule : rules) {
            if (routed(rule.source(), fields.event()) && rule.holds().test(fields)) {
                count++;
            }
        }
        return count;
    }

    private static boolean routed(LogSource wanted, SigmaEvent event) {
        for (LogSource source : event.logSources()) {
            if (wanted.accepts(source)) {
                return true;
            }
        }
        return false;
    }

    private static Predicate<Fields> predicate(Expression expression) {
        return switch (expression) {
            case Expression.And and -> {
                List<Predicate<Fields>> parts =
                        and.parts().stream().map(NaiveRules::predicate).toList();
                yield fields -> {
                    for (Predicate<Fields> part : parts) {
                        if (!part.test(fields)) {
                            return false;
                        }
                    }
                    return true;
                };
            }
            case Expression.Or or -> {
                List<Predicate<Fields>> parts =
                        or.parts().stream().map(NaiveRules::predicate).toList();
                yield fields -> {
                    for (Predicate<Fields> part : parts) {
                        if (part.test(fields)) {
                            return true;
                        }
                    }
                    return false;
                };
            }
            case Expression.Not not -> predicate(not.part()).negate();
            case Expression.Test test -> {
                List<Predicate<Fields>> values = test.anyOf().stream()
                        .map(value -> field(test.field(), value))
                        .toList();
                yield fields -> {
                    for (Predicate<Fields> value : values) {
                        if (value.test(fields)) {
                            return true;
                        }
                    }
                    return false;
                };
            }
        };
    }

    private static Predicate<Fields> field(String field, ValueTest value) {
        if (value instanceof ValueTest.Null) {
            return fields -> fields.texts().getOrDefault(field, List.of()).isEmpty();
        }
        if (value instanceof ValueTest.Present) {
            return fields -> fields.texts().containsKey(field);
        }
        if (value instanceof ValueTest.FieldReference reference) {
            return fields -> any(
                    fields.texts().get(field),
                    text -> any(fields.texts().get(reference.field()), text::equalsIgnoreCase));
        }
        boolean lower = value instanceof ValueTest.Text text && !text.cased();
        Predicate<String> one = one(value);
        if (field.equals(Expression.Test.KEYWORDS)) {
            return fields -> {
                for (List<String> texts : (lower ? fields.lower() : fields.texts()).values()) {
                    if (any(texts, one)) {
                        return true;
                    }
                }
                return false;
            };
        }
        return fields -> any((lower ? fields.lower() : fields.texts()).get(field), one);
    }

    private static boolean any(@org.jspecify.annotations.Nullable List<String> texts, Predicate<String> test) {
        if (texts != null) {
            for (String text : texts) {
                if (test.test(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Predicate<String> one(ValueTest value) {
        return switch (value) {
            case ValueTest.Text text -> text(text);
            case ValueTest.Regex regex -> text -> regex.pattern().matcher(text).find();
            case ValueTest.Cidr cidr -> text -> cidr.network().contains(text);
            case ValueTest.Compare compare ->
                text -> {
                    BigDecimal number = Numbers.parse(text);
                    return number != null && compare.comparison().holds(number.compareTo(compare.limit()));
                };
            case ValueTest.DatePart part ->
                text -> {
                    int found = part.part().of(text);
                    return found >= 0 && part.comparison().holds(Integer.compare(found, part.limit()));
                };
            case ValueTest.FieldReference ignored -> text -> false;
            case ValueTest.Null ignored -> text -> false;
            case ValueTest.Present ignored -> text -> true;
        };
    }

    private static Predicate<String> text(ValueTest.Text test) {
        String symbols = test.cased()
                ? test.pattern().symbols()
                : test.pattern().symbols().toLowerCase(Locale.ROOT);
        String any = String.valueOf(TextPattern.ANY);
        boolean front = symbols.startsWith(any);
        boolean back = symbols.endsWith(any) && symbols.length() > 1;
        String inner = symbols.substring(front ? 1 : 0, symbols.length() - (back ? 1 : 0));
        if (new TextPattern(inner).wild()) {
            StringBuilder expression = new StringBuilder(front ? "" : "^");
            for (char c : inner.toCharArray()) {
                expression.append(
                        switch (c) {
                            case TextPattern.ANY -> ".*";
                            case TextPattern.ONE -> ".";
                            default -> Pattern.quote(String.valueOf(c));
                        });
            }
            Pattern pattern = Pattern.compile(expression + (back ? "" : "$"), Pattern.DOTALL);
            return text -> pattern.matcher(text).find();
        }
        if (front && back) {
            return text -> text.contains(inner);
        }
        if (front) {
            return text -> text.endsWith(inner);
        }
        return back ? text -> text.startsWith(inner) : text -> text.equals(inner);
    }
}
