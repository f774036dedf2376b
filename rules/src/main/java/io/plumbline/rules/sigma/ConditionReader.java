package io.plumbline.rules.sigma;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.yaml.YamlNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Conditions over search identifiers: {@code or}, {@code and}, {@code not}, {@code 1 of} and {@code all of} a pattern or
 * {@code them}, parentheses; from least to most binding.
 */
final class ConditionReader {
    /** Characters of a condition; the longest public one has 400. */
    static final int MAX_LENGTH = 8192;

    /** Parentheses and negations inside each other. */
    static final int MAX_DEPTH = 40;

    private static final Set<String> WORDS = Set.of("or", "and", "not", "of", "them");

    private final YamlNode.Scalar scalar;
    private final String text;
    private final Map<String, Expression> identifiers;
    private final Set<String> used = new HashSet<>();
    private final Map<Selected, Expression> quantified = new HashMap<>();
    private int at;
    private int start;
    private String token = "";

    /** What {@code 1 of} or {@code all of} stands before; what has been said before is the same expression again. */
    private record Selected(boolean all, List<String> names) {}

    private ConditionReader(YamlNode.Scalar scalar, Map<String, Expression> identifiers) {
        this.scalar = scalar;
        this.text = scalar.text();
        this.identifiers = identifiers;
    }

    /**
     * What a condition says.
     *
     * @param used the identifiers that it refers to
     */
    record Read(Expression expression, Set<String> used) {}

    static Read read(YamlNode.Scalar scalar, Map<String, Expression> identifiers) {
        if (scalar.text().length() > MAX_LENGTH) {
            throw new RuleException(
                    Code.LIMIT,
                    scalar.position(),
                    "condition of " + scalar.text().length() + " characters (expected: <= " + MAX_LENGTH + ")");
        }
        ConditionReader reader = new ConditionReader(scalar, identifiers);
        reader.advance();
        Expression expression = reader.or(0);
        if (!reader.token.isEmpty()) {
            throw reader.unexpected("and, or, or the end");
        }
        return new Read(expression, reader.used);
    }

    private void advance() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        start = at;
        if (at < text.length() && wordCharacter(text.charAt(at))) {
            while (at < text.length() && wordCharacter(text.charAt(at))) {
                at++;
            }
        } else if (at < text.length()) {
            at++;
        }
        token = text.substring(start, at);
    }

    private static boolean wordCharacter(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    }

    private RuleException unexpected(String expected) {
        String hint =
                switch (token) {
                    case "|" -> "; aggregations are correlation rules since Sigma 2.0";
                    case "AND", "OR", "NOT", "OF", "THEM", "ALL" -> "; operators are in lower case";
                    case "?" -> "; patterns have * only";
                    default -> "";
                };
        return new RuleException(
                token.equals("|") ? Code.UNSUPPORTED : Code.CONDITION,
                Shape.within(scalar, start),
                (token.isEmpty() ? "end of the condition" : "'" + token + "'") + " (expected: " + expected + hint
                        + ")");
    }

    private Expression or(int depth) {
        List<Expression> parts = new ArrayList<>(List.of(and(depth)));
        while (token.equals("or")) {
            advance();
            parts.add(and(depth));
        }
        return Expression.or(parts);
    }

    private Expression and(int depth) {
        List<Expression> parts = new ArrayList<>(List.of(not(depth)));
        while (token.equals("and")) {
            advance();
            parts.add(not(depth));
        }
        return Expression.and(parts);
    }

    private Expression not(int depth) {
        if (depth > MAX_DEPTH) {
            throw new RuleException(
                    Code.LIMIT,
                    Shape.within(scalar, start),
                    "condition of depth " + depth + " (expected: <= " + MAX_DEPTH + ")");
        }
        if (token.equals("not")) {
            advance();
            return new Expression.Not(not(depth + 1));
        }
        if (token.equals("(")) {
            advance();
            Expression inner = or(depth + 1);
            if (!token.equals(")")) {
                throw unexpected("and, or, or )");
            }
            advance();
            return inner;
        }
        return selection();
    }

    private Expression selection() {
        if (token.isEmpty() || !wordCharacter(token.charAt(0)) || WORDS.contains(token)) {
            throw unexpected("a search identifier, not, 1 of, all of, or (");
        }
        String word = token;
        int wordStart = start;
        advance();
        if (token.equals("of")) {
            if (!word.equals("1") && !word.equals("all")) {
                token = word;
                start = wordStart;
                throw unexpected("1 or all before 'of'");
            }
            advance();
            return quantified(word.equals("all"));
        }
        Expression expression = identifiers.get(word);
        if (expression == null) {
            token = word;
            start = wordStart;
            throw unexpected("one of the search identifiers " + String.join(", ", identifiers.keySet()));
        }
        used.add(word);
        return expression;
    }

    private Expression quantified(boolean all) {
        if (token.isEmpty() || !wordCharacter(token.charAt(0)) || (WORDS.contains(token) && !token.equals("them"))) {
            throw unexpected("them, or a pattern of search identifiers");
        }
        String pattern = token;
        List<String> names = identifiers.keySet().stream()
                .filter(name -> pattern.equals("them") ? !name.startsWith("_") : fits(pattern, name))
                .toList();
        if (names.isEmpty()) {
            throw unexpected("a pattern that fits one of " + String.join(", ", identifiers.keySet()));
        }
        used.addAll(names);
        advance();
        return quantified.computeIfAbsent(new Selected(all, names), ignored -> {
            List<Expression> parts = names.stream()
                    .map(name -> Objects.requireNonNull(identifiers.get(name)))
                    .toList();
            return all ? Expression.and(parts) : Expression.or(parts);
        });
    }

    private static boolean fits(String pattern, String name) {
        int star = -1;
        int resume = 0;
        int p = 0;
        int n = 0;
        while (n < name.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = n;
            } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
