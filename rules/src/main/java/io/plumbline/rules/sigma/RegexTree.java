package io.plumbline.rules.sigma;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The structure of a regular expression: enough to tell which texts have to be in whatever it matches, how large it gets with its
 * repetitions, and how to run it. What stands for one character keeps its source.
 */
public final class RegexTree {
    private static final int MAX_DEPTH = 60;

    /** Members of a class of characters that are told; more say nothing. */
    private static final int MAX_MEMBERS = 4;

    /** Of a repetition without an end. */
    public static final int NO_LIMIT = -1;

    /** A part of an expression. */
    public sealed interface Node {
        /** ASCII characters that stand for themselves. */
        record Text(String text) implements Node {}

        /** Nothing that takes a character: a place between characters, or flags, as they are written. */
        record Place(String source) implements Node {}

        /**
         * One character.
         *
         * @param source the class, escape or character as it is written
         * @param few the characters when they are few, ASCII in lower case; empty: not known
         */
        record OneOf(String source, Set<String> few) implements Node {}

        record Concatenation(List<Node> parts) implements Node {}

        record Alternation(List<Node> parts) implements Node {}

        /** @param most times; {@link #NO_LIMIT}: any number */
        record Repetition(Node part, int least, int most) implements Node {}
    }

    private static final class NotUnderstood extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotUnderstood() {
            super("", null, false, false);
        }
    }

    private final String text;
    private int at;

    private RegexTree(String text) {
        this.text = text;
    }

    /** Empty when the expression is not understood. */
    public static Optional<Node> parse(String expression) {
        RegexTree tree = new RegexTree(expression);
        try {
            Node node = tree.alternation(0);
            return tree.at == expression.length() ? Optional.of(node) : Optional.empty();
        } catch (NotUnderstood e) {
            return Optional.empty();
        }
    }

    /** About how many instructions the expression becomes; the product of all repetitions where it is not understood. */
    static long sizeOf(String expression) {
        return parse(expression).map(RegexTree::size).orElseGet(() -> pessimisticSize(expression));
    }

    /** Groups inside each other; too many rather than too few where parentheses stand in a class of characters. */
    static int depthOf(String expression) {
        int depth = 0;
        int deepest = 0;
        for (int i = 0; i < expression.length(); i++) {
            switch (expression.charAt(i)) {
                case '\\' -> i++;
                case '(' -> deepest = Math.max(deepest, ++depth);
                case ')' -> depth = Math.max(0, depth - 1);
                default -> {}
            }
        }
        return deepest;
    }

    private static long pessimisticSize(String expression) {
        long size = expression.length();
        java.util.regex.Matcher counts = java.util.regex.Pattern.compile("\\{(\\d{1,6})(?:,(\\d{0,6}))?\\}")
                .matcher(expression);
        while (counts.find() && size < Integer.MAX_VALUE) {
            String most = counts.group(2);
            int times = Integer.parseInt(most == null || most.isEmpty() ? counts.group(1) : most);
            size *= Math.max(1, times);
        }
        return size;
    }

    /** About how many characters and choices a part has, its repetitions written out. */
    public static long size(Node node) {
        return switch (node) {
            case Node.Text part -> part.text().length();
            case Node.Place ignored -> 0;
            case Node.OneOf ignored -> 1;
            case Node.Concatenation part ->
                part.parts().stream().mapToLong(RegexTree::size).sum() + 1;
            case Node.Alternation part ->
                part.parts().stream().mapToLong(RegexTree::size).sum() + 1;
            case Node.Repetition part ->
                Math.min(Integer.MAX_VALUE, size(part.part()) * Math.max(1, Math.max(part.least(), part.most())) + 1);
        };
    }

    private Node alternation(int depth) {
        if (depth > MAX_DEPTH) {
            throw new NotUnderstood();
        }
        List<Node> parts = new ArrayList<>(List.of(concatenation(depth)));
        while (at < text.length() && text.charAt(at) == '|') {
            at++;
            parts.add(concatenation(depth));
        }
        return parts.size() == 1 ? parts.getFirst() : new Node.Alternation(parts);
    }

    private Node concatenation(int depth) {
        List<Node> parts = new ArrayList<>();
        StringBuilder run = new StringBuilder();
        while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            Node atom = atom(depth);
            Node repeated = repetition(atom);
            if (repeated instanceof Node.Text literal) {
                run.append(literal.text());
            } else {
                flush(run, parts);
                parts.add(repeated);
            }
        }
        flush(run, parts);
        return parts.size() == 1 ? parts.getFirst() : new Node.Concatenation(parts);
    }

    private static void flush(StringBuilder run, List<Node> parts) {
        if (!run.isEmpty()) {
            parts.add(new Node.Text(run.toString()));
            run.setLength(0);
        }
    }

    private Node repetition(Node atom) {
        Node node = atom;
        while (at < text.length()) {
            char c = text.charAt(at);
            int least;
            int most;
            if (c == '*' || c == '?' || c == '+') {
                least = c == '+' ? 1 : 0;
                most = c == '?' ? 1 : NO_LIMIT;
                at++;
            } else if (c == '{') {
                int close = text.indexOf('}', at);
                String[] counts = close < 0
                        ? new String[0]
                        : text.substring(at + 1, close).split(",", -1);
                if (counts.length == 0
                        || counts.length > 2
                        || !number(counts[0])
                        || !(counts.length == 1 || counts[1].isEmpty() || number(counts[1]))) {
                    // Braces that are no count stand for themselves, which is the atom after this one.
                    return node;
                }
                least = Integer.parseInt(counts[0]);
                most = counts.length == 1 ? least : counts[1].isEmpty() ? NO_LIMIT : Integer.parseInt(counts[1]);
                at = close + 1;
            } else {
                return node;
            }
            if (at < text.length() && text.charAt(at) == '?') {
                at++;
            }
            node = new Node.Repetition(node, least, most);
        }
        return node;
    }

    private static boolean number(String digits) {
        // With a zero in front it is no count for RE2/J, but text.
        boolean led = digits.length() > 1 && digits.charAt(0) == '0';
        return !led
                && !digits.isEmpty()
                && digits.length() <= 4
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private Node atom(int depth) {
        int start = at;
        char c = text.charAt(at++);
        return switch (c) {
            case '.' -> character(start);
            case '^', '$' -> new Node.Place(String.valueOf(c));
            case '[' -> characterClass();
            case '(' -> group(depth);
            case '\\' -> escape();
            case '*', '+', '?' -> throw new NotUnderstood();
            default -> c > 127 ? character(start) : new Node.Text(String.valueOf(c));
        };
    }

    /** What was read since, which stands for one character. */
    private Node character(int start) {
        return new Node.OneOf(text.substring(start, at), Set.of());
    }

    private Node characterClass() {
        int start = at - 1;
        int first = at;
        boolean negated = at < text.length() && text.charAt(at) == '^';
        if (negated) {
            at++;
            first++;
        }
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ']' && at > first) {
                Set<String> few = negated ? Set.of() : few(text.substring(first, at));
                at++;
                return new Node.OneOf(text.substring(start, at), few);
            }
            if (c == '[' && at + 1 < text.length() && text.charAt(at + 1) == ':') {
                int end = text.indexOf(":]", at + 2);
                if (end < 0) {
                    throw new NotUnderstood();
                }
                at = end + 2;
            } else {
                at += c == '\\' ? 2 : 1;
            }
        }
        throw new NotUnderstood();
    }

    private static Set<String> few(String members) {
        Set<String> letters = new HashSet<>();
        for (char member : members.toCharArray()) {
            if (member > 127 || "-\\[^&".indexOf(member) >= 0) {
                return Set.of();
            }
            letters.add(String.valueOf(Character.toLowerCase(member)));
        }
        return letters.size() <= MAX_MEMBERS ? letters : Set.of();
    }

    private Node group(int depth) {
        int start = at - 1;
        Node flags = null;
        if (at < text.length() && text.charAt(at) == '?') {
            int colon = at + 1;
            while (colon < text.length() && "imsU-".indexOf(text.charAt(colon)) >= 0) {
                colon++;
            }
            if (colon < text.length() && text.charAt(colon) == ')') {
                at = colon + 1;
                // RE2/J repeats what is before the flags.
                if (at < text.length() && "*+?{".indexOf(text.charAt(at)) >= 0) {
                    throw new NotUnderstood();
                }
                return new Node.Place(text.substring(start, at));
            }
            if (colon < text.length() && text.charAt(colon) == ':') {
                if (colon > at + 1) {
                    flags = new Node.Place(text.substring(start, colon));
                }
                at = colon + 1;
            } else {
                int close = text.indexOf('>', at);
                if (close < 0 || !(text.startsWith("?P<", at) || text.startsWith("?<", at))) {
                    throw new NotUnderstood();
                }
                at = close + 1;
            }
        }
        Node inner = alternation(depth + 1);
        if (at >= text.length() || text.charAt(at) != ')') {
            throw new NotUnderstood();
        }
        at++;
        if (flags != null) {
            return new Node.Concatenation(List.of(flags, inner));
        }
        // A group ends the run of literal characters around it: its own texts count, and it may be repeated as a whole.
        return inner instanceof Node.Text ? new Node.Concatenation(List.of(inner)) : inner;
    }

    private Node escape() {
        if (at >= text.length()) {
            throw new NotUnderstood();
        }
        int start = at - 1;
        char c = text.charAt(at++);
        if (Character.isLetterOrDigit(c) || c > 127) {
            switch (c) {
                case 'd', 'D', 's', 'S', 'w', 'W', 'v', 'a' -> {
                    return character(start);
                }
                case 'b', 'B', 'A', 'z' -> {
                    return new Node.Place(text.substring(start, at));
                }
                case 'n', 't', 'r', 'f' -> {
                    return new Node.Text(String.valueOf("\n\t\r\f".charAt("ntrf".indexOf(c))));
                }
                case 'x' -> {
                    if (at < text.length() && text.charAt(at) == '{') {
                        at = text.indexOf('}', at) + 1;
                        if (at == 0) {
                            throw new NotUnderstood();
                        }
                    } else {
                        at += 2;
                    }
                    if (at > text.length()) {
                        throw new NotUnderstood();
                    }
                    return character(start);
                }
                default -> throw new NotUnderstood();
            }
        }
        return new Node.Text(String.valueOf(c));
    }
}
