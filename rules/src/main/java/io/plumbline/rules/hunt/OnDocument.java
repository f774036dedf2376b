package io.plumbline.rules.hunt;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import io.plumbline.rules.sigma.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Queries asked of one document, without an index: what the store would say of it. */
final class OnDocument {
    /** Expressions are those of the table of stored fields and of rules that are converted. */
    private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();

    private final JsonNode document;

    OnDocument(JsonNode document) {
        this.document = document;
    }

    boolean holds(Query query) {
        return switch (query) {
            case Query.All all -> all.parts().stream().allMatch(this::holds);
            case Query.Any any -> any.parts().stream().anyMatch(this::holds);
            case Query.Not not -> !holds(not.part());
            case Query.Exists exists -> !texts(exists.field()).isEmpty();
            case Query.Equal equal -> texts(equal.field()).contains(String.valueOf(equal.value()));
            case Query.Like like -> texts(like.field()).stream().anyMatch(text -> like(like, text));
            case Query.Expression expression ->
                texts(expression.field()).stream()
                        .anyMatch(text -> pattern(expression.expression()).matches(text));
            case Query.Compare compare ->
                texts(compare.field()).stream()
                        .map(Numbers::parse)
                        .anyMatch(number ->
                                number != null && compare.comparison().holds(number.compareTo(compare.limit())));
        };
    }

    private static boolean like(Query.Like like, String text) {
        StringBuilder expression = new StringBuilder(like.cased() ? "(?s)" : "(?is)");
        String pattern = like.pattern();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            switch (c) {
                case '*' -> expression.append(".*");
                case '?' -> expression.append('.');
                case '\\' -> expression.append(Pattern.quote(pattern.substring(++i, i + 1)));
                default -> expression.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return pattern(expression.toString()).matches(text);
    }

    private static Pattern pattern(String expression) {
        return PATTERNS.computeIfAbsent(expression, Pattern::compile);
    }

    /** The values of a field, by the names of the objects that it is in; what is null is none. */
    List<String> texts(String field) {
        List<String> texts = new ArrayList<>();
        collect(document, field.split("\\."), 0, texts);
        return texts;
    }

    private static void collect(JsonNode node, String[] names, int at, List<String> texts) {
        if (node.isArray()) {
            node.forEach(one -> collect(one, names, at, texts));
        } else if (at < names.length) {
            collect(node.path(names[at]), names, at + 1, texts);
        } else if (node.isNumber()) {
            texts.add(Numbers.text(node.decimalValue()));
        } else if (node.isValueNode() && !node.isNull()) {
            texts.add(node.asText());
        }
    }
}
