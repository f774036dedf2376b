package io.plumbline.jobs.index;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.RegExp;

/**
 * The part of ES|QL that is written, read from its text and asked of documents. Comparisons have three values there: a field that is
 * not there, or has several values, compares to null.
 */
final class EsqlReader {
    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|[A-Za-z_@][A-Za-z0-9_.]*|-?[0-9]+(?:\\.[0-9]+)?|==|!=|<=|>=|<|>|[(),])",
            Pattern.DOTALL);

    private final List<String> tokens = new ArrayList<>();
    private final Set<String> fields = new TreeSet<>();
    private final Map<String, Pattern> likes = new HashMap<>();
    private final Map<String, CharacterRunAutomaton> expressions = new HashMap<>();
    private JsonNode document = com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    private int at;

    /** @throws IllegalArgumentException for what is no statement of the written part */
    EsqlReader(String statement) {
        int where = statement.indexOf("\n| WHERE ");
        int keep = statement.lastIndexOf("\n| KEEP ");
        if (where < 0 || keep < where || statement.indexOf('|') != where + 1) {
            throw new IllegalArgumentException("no WHERE and KEEP: " + statement);
        }
        String condition = statement.substring(where + 9, keep);
        Matcher token = TOKEN.matcher(condition);
        int end = 0;
        while (end < condition.length()) {
            if (!token.find(end) || token.start() != end) {
                throw new IllegalArgumentException("at " + condition.substring(end));
            }
            tokens.add(token.group(1));
            end = token.end();
        }
    }

    boolean matches(JsonNode asked) {
        document = asked;
        at = 0;
        boolean result = or();
        if (at != tokens.size()) {
            throw new IllegalArgumentException("more behind the end: " + tokens.subList(at, tokens.size()));
        }
        return result;
    }

    /** Every field that was asked for so far. */
    Set<String> fields() {
        return fields;
    }

    private boolean takes(String token) {
        boolean here = at < tokens.size() && tokens.get(at).equals(token);
        at += here ? 1 : 0;
        return here;
    }

    private void expect(String token) {
        if (!takes(token)) {
            throw new IllegalArgumentException("expected " + token + " at " + tokens.subList(at, tokens.size()));
        }
    }

    private boolean or() {
        boolean result = and();
        while (takes("OR")) {
            result |= and();
        }
        return result;
    }

    private boolean and() {
        boolean result = not();
        while (takes("AND")) {
            result &= not();
        }
        return result;
    }

    private boolean not() {
        if (takes("NOT")) {
            return !not();
        }
        if (takes("true")) {
            return true;
        }
        if (takes("false")) {
            return false;
        }
        if (takes("COALESCE")) {
            expect("(");
            Optional<Boolean> compared = comparison();
            expect(",");
            expect("false");
            expect(")");
            return compared.orElse(false);
        }
        expect("(");
        if (tokens.get(at + 1).equals("IS")) {
            boolean present = !values(tokens.get(at)).isEmpty();
            at += 2;
            expect("NOT");
            expect("NULL");
            expect(")");
            return present;
        }
        boolean result = or();
        expect(")");
        return result;
    }

    private Optional<Boolean> comparison() {
        boolean lower = takes("TO_LOWER");
        if (lower) {
            expect("(");
        }
        List<JsonNode> values = values(tokens.get(at++));
        if (lower) {
            expect(")");
        }
        String operator = tokens.get(at++);
        String literal = tokens.get(at++);
        if (values.size() != 1) {
            return Optional.empty();
        }
        String text = lower
                ? values.getFirst().asText().toLowerCase(Locale.ROOT)
                : values.getFirst().asText();
        return Optional.of(
                switch (operator) {
                    case "LIKE" ->
                        likes.computeIfAbsent(literal, EsqlReader::like)
                                .matcher(text)
                                .matches();
                    case "RLIKE" ->
                        expressions
                                .computeIfAbsent(literal, EsqlReader::expression)
                                .run(text);
                    case "==" ->
                        literal.startsWith("\"")
                                ? text.equals(unquoted(literal))
                                : literal.matches("true|false")
                                        ? text.equals(literal)
                                        : new BigDecimal(text).compareTo(new BigDecimal(literal)) == 0;
                    default -> ordered(operator, new BigDecimal(text).compareTo(new BigDecimal(literal)));
                });
    }

    private static boolean ordered(String operator, int sign) {
        return switch (operator) {
            case "<" -> sign < 0;
            case "<=" -> sign <= 0;
            case ">" -> sign > 0;
            case ">=" -> sign >= 0;
            case "!=" -> sign != 0;
            default -> throw new IllegalArgumentException("operator " + operator);
        };
    }

    private List<JsonNode> values(String field) {
        fields.add(field);
        JsonNode node = document.at("/" + field.replace('.', '/'));
        List<JsonNode> values = new ArrayList<>();
        if (node.isArray()) {
            node.forEach(values::add);
        } else if (!node.isMissingNode() && !node.isNull()) {
            values.add(node);
        }
        return values;
    }

    private static String unquoted(String literal) {
        if (literal.length() < 2 || !literal.startsWith("\"")) {
            throw new IllegalArgumentException("no text: " + literal);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < literal.length() - 1; i++) {
            char c = literal.charAt(i);
            if (c == '\\') {
                c = switch (literal.charAt(++i)) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case '"' -> '"';
                    case '\\' -> '\\';
                    default -> throw new IllegalArgumentException("escape in " + literal);
                };
            }
            text.append(c);
        }
        return text.toString();
    }

    private static Pattern like(String literal) {
        String pattern = unquoted(literal);
        StringBuilder expression = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            expression.append(
                    switch (c) {
                        case '*' -> ".*";
                        case '?' -> ".";
                        case '\\' -> Pattern.quote(pattern.substring(++i, i + 1));
                        default -> Pattern.quote(String.valueOf(c));
                    });
        }
        return Pattern.compile(expression.toString(), Pattern.DOTALL);
    }

    /** As ES|QL reads expressions: with every optional operator of Lucene, other than query DSL as it is written. */
    @SuppressWarnings("deprecation")
    private static CharacterRunAutomaton expression(String literal) {
        return new CharacterRunAutomaton(Operations.determinize(
                new RegExp(unquoted(literal), RegExp.ALL | RegExp.DEPRECATED_COMPLEMENT).toAutomaton(), 1_000_000));
    }
}
