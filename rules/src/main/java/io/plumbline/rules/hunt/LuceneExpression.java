package io.plumbline.rules.hunt;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Regular expressions of RE2, which are found anywhere, as expressions of Lucene, which have to fit a whole text and know no
 * anchors. What has no counterpart is refused by name.
 */
final class LuceneExpression {
    /** Expressions that anchors inside groups, and groups of long expressions, make of one. */
    private static final int MAX_BRANCHES = 128;

    /** Characters from which alternatives become expressions of their own: together the store may need gigabytes for them. */
    private static final int LONG = 160;

    private static final int MAX_DEPTH = 40;
    private static final String SPECIAL = ".?+*|{}[]()\"\\#@&<>~^$";

    private final String text;
    private final boolean ignoreCase;
    private final boolean dotAll;
    private int at;

    private sealed interface Item {
        record Atom(String text) implements Item {}

        record Group(List<List<Item>> alternatives, String repetition) implements Item {}

        record Anchor(boolean start) implements Item {}
    }

    private LuceneExpression(String text, boolean ignoreCase, boolean dotAll) {
        this.text = text;
        this.ignoreCase = ignoreCase;
        this.dotAll = dotAll;
    }

    /** Expressions of which at least one fits exactly the texts in which the other one is found. */
    static List<String> of(String expression) {
        String flags =
                expression.matches("(?s)^\\(\\?[ims]+\\).*") ? expression.substring(2, expression.indexOf(')')) : "";
        String body = flags.isEmpty() ? expression : expression.substring(flags.length() + 3);
        LuceneExpression reader = new LuceneExpression(body, flags.contains("i"), flags.contains("s"));
        List<List<Item>> alternatives = reader.alternatives(0);
        if (reader.at < body.length()) {
            throw refused(") without (");
        }
        if (flags.contains("m") && anchored(alternatives, true) | anchored(alternatives, false)) {
            throw refused("^ and $ at lines, modifier m");
        }
        List<String> branches = new ArrayList<>();
        for (List<Item> alternative : alternatives) {
            for (List<Item> branch : expand(alternative)) {
                distribute(branch, branches);
            }
        }
        return branches;
    }

    private static ConversionException refused(String what) {
        return new ConversionException("re: " + what + " (expected: what expressions of Lucene can say)");
    }

    private static boolean anchored(List<List<Item>> alternatives, boolean start) {
        return alternatives.stream().flatMap(List::stream).anyMatch(item -> anchored(item, start));
    }

    private static boolean anchored(Item item, boolean start) {
        return switch (item) {
            case Item.Atom ignored -> false;
            case Item.Anchor anchor -> anchor.start() == start;
            case Item.Group group -> anchored(group.alternatives(), start);
        };
    }

    /** The branch as several in which anchors stand at the ends only. */
    private static List<List<Item>> expand(List<Item> branch) {
        List<List<Item>> done = new ArrayList<>();
        List<List<Item>> open = new ArrayList<>(List.of(branch));
        while (!open.isEmpty()) {
            List<Item> next = open.removeLast();
            int place = !next.isEmpty() && opens(next.getFirst(), true)
                    ? 0
                    : !next.isEmpty() && opens(next.getLast(), false) ? next.size() - 1 : -1;
            if (place < 0) {
                done.add(next);
            } else {
                Item.Group group = (Item.Group) next.get(place);
                for (List<Item> alternative : group.alternatives()) {
                    open.add(replaced(next, place, alternative));
                }
            }
            if (open.size() + done.size() > MAX_BRANCHES) {
                throw refused("more than " + MAX_BRANCHES + " alternatives with anchors");
            }
        }
        return done;
    }

    /** Adds the branch, or one for each alternative of its longest group while it is too long. */
    private static void distribute(List<Item> branch, List<String> branches) {
        String whole = whole(branch);
        OptionalInt place = whole.length() <= LONG
                ? OptionalInt.empty()
                : IntStream.range(0, branch.size())
                        .filter(i -> branch.get(i) instanceof Item.Group group
                                && group.repetition().isEmpty())
                        .reduce((one, other) -> render(branch.get(other)).length()
                                        > render(branch.get(one)).length()
                                ? other
                                : one);
        if (place.isEmpty()) {
            branches.add(whole);
            if (branches.size() > MAX_BRANCHES) {
                throw refused("more than " + MAX_BRANCHES + " alternatives");
            }
            return;
        }
        for (List<Item> alternative : ((Item.Group) branch.get(place.getAsInt())).alternatives()) {
            distribute(replaced(branch, place.getAsInt(), alternative), branches);
        }
    }

    private static List<Item> replaced(List<Item> branch, int place, List<Item> alternative) {
        List<Item> copy = new ArrayList<>(branch.subList(0, place));
        copy.addAll(alternative);
        copy.addAll(branch.subList(place + 1, branch.size()));
        return copy;
    }

    private static boolean opens(Item item, boolean start) {
        return item instanceof Item.Group group && group.repetition().isEmpty() && (anchored(group, start));
    }

    private static String whole(List<Item> branch) {
        boolean start = !branch.isEmpty() && branch.getFirst() instanceof Item.Anchor anchor && anchor.start();
        boolean end =
                branch.size() > (start ? 1 : 0) && branch.getLast() instanceof Item.Anchor anchor && !anchor.start();
        StringBuilder whole = new StringBuilder(start ? "" : ".*");
        for (Item item : branch.subList(start ? 1 : 0, branch.size() - (end ? 1 : 0))) {
            whole.append(render(item));
        }
        return whole.append(end ? "" : ".*").toString();
    }

    private static String render(Item item) {
        return switch (item) {
            case Item.Atom atom -> atom.text();
            case Item.Anchor anchor -> throw refused((anchor.start() ? "^" : "$") + " inside of the expression");
            case Item.Group group -> {
                List<String> alternatives = new ArrayList<>();
                for (List<Item> alternative : group.alternatives()) {
                    StringBuilder rendered = new StringBuilder();
                    alternative.forEach(part -> rendered.append(render(part)));
                    // Lucene takes no empty alternative, but an empty text in quotes.
                    alternatives.add(rendered.isEmpty() ? "()" : rendered.toString());
                }
                yield "(" + String.join("|", alternatives) + ")" + group.repetition();
            }
        };
    }

    private List<List<Item>> alternatives(int depth) {
        if (depth > MAX_DEPTH) {
            throw refused("groups deeper than " + MAX_DEPTH);
        }
        List<List<Item>> alternatives = new ArrayList<>();
        List<Item> current = new ArrayList<>();
        while (at < text.length() && text.charAt(at) != ')') {
            char c = text.charAt(at);
            if (c == '|') {
                at++;
                alternatives.add(current);
                current = new ArrayList<>();
            } else {
                current.add(item(depth));
            }
        }
        alternatives.add(current);
        return alternatives;
    }

    private Item item(int depth) {
        char c = text.charAt(at++);
        switch (c) {
            case '^' -> {
                return new Item.Anchor(true);
            }
            case '$' -> {
                return new Item.Anchor(false);
            }
            case '(' -> {
                if (text.startsWith("?:", at)) {
                    at += 2;
                } else if (text.startsWith("?", at)) {
                    throw refused("a group with flags or a name");
                }
                List<List<Item>> inside = alternatives(depth + 1);
                at++;
                return new Item.Group(inside, repetition());
            }
            case '[' -> {
                return new Item.Atom(characterClass() + repetition());
            }
            case '.' -> {
                return new Item.Atom((dotAll ? "." : "[^\n]") + repetition());
            }
            case '\\' -> {
                return new Item.Atom(escape(text.charAt(at++)) + repetition());
            }
            default -> {
                int point = text.codePointAt(at - 1);
                at += Character.charCount(point) - 1;
                return new Item.Atom(literal(point) + repetition());
            }
        }
    }

    private String literal(int point) {
        if (ignoreCase && Character.isLetter(point)) {
            return "[" + cased(point) + "]";
        }
        return point < 128 && SPECIAL.indexOf(point) >= 0 ? "\\" + (char) point : Character.toString(point);
    }

    private static String cased(int point) {
        if (point > 127) {
            throw refused("letters outside of ASCII without case");
        }
        String letter = Character.toString(point);
        String lower = letter.toLowerCase(Locale.ROOT);
        String upper = letter.toUpperCase(Locale.ROOT);
        return lower.equals(upper) ? letter : lower + upper;
    }

    private String escape(char c) {
        return switch (c) {
            case 'd' -> "[0-9]";
            case 'D' -> "[^0-9]";
            case 'w' -> "[0-9A-Za-z_]";
            case 'W' -> "[^0-9A-Za-z_]";
            case 's' -> "[\t\n\f\r ]";
            case 'S' -> "[^\t\n\f\r ]";
            case 't' -> "\t";
            case 'n' -> "\n";
            case 'r' -> "\r";
            case 'f' -> "\f";
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw refused("\\" + c);
                }
                yield literal(c);
            }
        };
    }

    private String repetition() {
        if (at >= text.length()) {
            return "";
        }
        String found;
        char c = text.charAt(at);
        if (c == '*' || c == '+' || c == '?') {
            found = String.valueOf(c);
        } else if (c == '{' && text.substring(at).matches("(?s)\\{[0-9]+(,[0-9]*)?\\}.*")) {
            found = text.substring(at, text.indexOf('}', at) + 1);
        } else {
            return "";
        }
        at += found.length();
        // Lazy or not, the same texts fit.
        if (at < text.length() && text.charAt(at) == '?') {
            at++;
        }
        return found;
    }

    private String characterClass() {
        StringBuilder made = new StringBuilder("[");
        boolean negated = text.startsWith("^", at);
        if (negated) {
            made.append('^');
            at++;
        }
        boolean first = true;
        while (at < text.length() && (first || text.charAt(at) != ']')) {
            first = false;
            if (text.startsWith("[:", at)) {
                throw refused("a named class of characters");
            }
            int low = text.codePointAt(at);
            at += Character.charCount(low);
            if (low == '\\') {
                char escaped = text.charAt(at++);
                String set = escape(escaped);
                if ("dws".indexOf(escaped) >= 0) {
                    made.append(set, 1, set.length() - 1);
                    continue;
                }
                if ("DWS".indexOf(escaped) >= 0) {
                    throw refused("\\" + escaped + " in a class of characters");
                }
                low = Character.isLetter(escaped) ? set.codePointAt(0) : escaped;
            }
            if (at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']') {
                at++;
                int high = text.codePointAt(at);
                at += Character.charCount(high);
                if (high == '\\') {
                    high = text.charAt(at++);
                }
                range(made, low, high);
            } else {
                made.append(ignoreCase && Character.isLetter(low) ? cased(low) : member(low));
            }
        }
        at++;
        return made.append(']').toString();
    }

    private void range(StringBuilder made, int low, int high) {
        made.append(member(low)).append('-').append(member(high));
        if (!ignoreCase) {
            return;
        }
        boolean lower = low >= 'a' && high <= 'z';
        boolean upper = low >= 'A' && high <= 'Z';
        if (lower || upper) {
            int shift = lower ? -32 : 32;
            made.append((char) (low + shift)).append('-').append((char) (high + shift));
        } else if (!(high < 'A' || low > 'z' || (low > 'Z' && high < 'a'))) {
            throw refused("a range of letters and others without case");
        }
    }

    private static String member(int point) {
        return point < 128 && !Character.isLetterOrDigit(point) && point > ' '
                ? "\\" + (char) point
                : Character.toString(point);
    }
}
