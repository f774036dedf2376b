package io.plumbline.events.shell;

import io.plumbline.events.shell.ShellNode.Assignment;
import io.plumbline.events.shell.ShellNode.Compound;
import io.plumbline.events.shell.ShellNode.Function;
import io.plumbline.events.shell.ShellNode.Item;
import io.plumbline.events.shell.ShellNode.Joint;
import io.plumbline.events.shell.ShellNode.Kind;
import io.plumbline.events.shell.ShellNode.Pipeline;
import io.plumbline.events.shell.ShellNode.Redirection;
import io.plumbline.events.shell.ShellNode.Sequence;
import io.plumbline.events.shell.ShellNode.Simple;
import io.plumbline.events.shell.ShellWord.Part;
import io.plumbline.events.shell.Uninspectable.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Parses command text of POSIX shells and bash. Takes any text and never throws for it: what it cannot parse is
 * {@link Uninspectable}, together with all that follows. At most {@value #MAX_CHARACTERS} characters, {@value #MAX_NODES} commands,
 * words and parts of words, {@value #MAX_DEPTH} levels; time in proportion to the text.
 */
public final class ShellParser {
    /** A command of a tool call is cut at 32 KiB. */
    public static final int MAX_CHARACTERS = 32 * 1024;

    /** Honest commands have some dozens, generated here-documents some thousands. */
    public static final int MAX_NODES = 20_000;

    /** Each level costs a few frames of the thread's stack. */
    public static final int MAX_DEPTH = 40;

    private static final Set<String> ENDS = Set.of("then", "elif", "else", "fi", "do", "done", "esac", "}");

    /** Longest first. */
    private static final List<String> REDIRECTIONS =
            List.of("&>>", "<<<", "<<-", "&>", "<<", "<>", "<&", ">>", ">&", ">|", "<", ">");

    private final String text;
    private final int offset;
    private final Budget budget;
    private final Deque<Heredoc> heredocs = new ArrayDeque<>();
    private int at;
    private int depth;

    /** How many nodes are left, and what was found that cannot be parsed; shared with the texts inside the text. */
    private static final class Budget {
        private int nodes = MAX_NODES;
        private final List<Uninspectable> found = new ArrayList<>();
    }

    /** A here-document whose text begins at the next line. */
    private record Heredoc(String delimiter, boolean quoted, boolean tabs, List<Part> body) {}

    /** Ends the parsing of a text; never leaves this class. */
    private static final class Unparsable extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Uninspectable why;

        Unparsable(Reason reason, int at, String detail) {
            super(reason.name(), null, false, false);
            this.why = new Uninspectable(reason, at, detail);
        }
    }

    private ShellParser(String text, int offset, int depth, Budget budget) {
        this.text = text;
        this.offset = offset;
        this.depth = depth;
        this.budget = budget;
    }

    /** The commands of a text. */
    public static ShellScript parse(String text) {
        Budget budget = new Budget();
        if (text.length() > MAX_CHARACTERS) {
            return new ShellScript(
                    new Sequence(List.of()),
                    List.of(new Uninspectable(
                            Reason.TOO_LONG, 0, text.length() + " characters (expected: <= " + MAX_CHARACTERS + ")")));
        }
        ShellNode root = new ShellParser(text, 0, 0, budget).script();
        return new ShellScript(root, budget.found);
    }

    /** All of the text; where it cannot be parsed any further, what came before. */
    private ShellNode script() {
        List<Item> items = new ArrayList<>();
        try {
            sequence(items);
            if (at < text.length()) {
                throw unexpected();
            }
        } catch (Unparsable e) {
            budget.found.add(e.why);
        }
        return new Sequence(items);
    }

    // ------------------------------------------------------------------------------------------------- commands

    /** Commands up to a word or sign that ends them. */
    private void sequence(List<Item> items) throws Unparsable {
        Joint joint = Joint.FIRST;
        while (true) {
            blanksAndLines();
            if (atEnd() || atTerminator()) {
                return;
            }
            items.add(new Item(joint, pipeline()));
            blanks();
            if (take("&&")) {
                joint = Joint.AND;
            } else if (take("||")) {
                joint = Joint.OR;
            } else if (peek() == '&') {
                at++;
                joint = Joint.AFTER_BACKGROUND;
            } else if (peek() == ';' && !text.startsWith(";;", at) && !text.startsWith(";&", at)) {
                at++;
                joint = Joint.THEN;
            } else if (peek() == '\n') {
                joint = Joint.THEN;
            } else {
                return;
            }
        }
    }

    private ShellNode nested() throws Unparsable {
        List<Item> items = new ArrayList<>();
        enter();
        try {
            sequence(items);
        } finally {
            depth--;
        }
        return new Sequence(items);
    }

    private void enter() throws Unparsable {
        if (++depth > MAX_DEPTH) {
            throw new Unparsable(Reason.TOO_DEEP, offset + at, "more than " + MAX_DEPTH + " levels");
        }
    }

    private boolean atTerminator() {
        char c = peek();
        return c == ')' || text.startsWith(";;", at) || text.startsWith(";&", at) || ENDS.contains(keyword());
    }

    private ShellNode pipeline() throws Unparsable {
        while (word("!") || word("time")) {
            blanks();
            if (word("-p")) {
                blanks();
            }
            if (atEnd() || peek() == '\n' || peek() == ';') {
                return new Simple(offset + at, List.of(), List.of(), List.of());
            }
        }
        List<ShellNode> stages = new ArrayList<>();
        stages.add(command());
        while (true) {
            blanks();
            if (text.startsWith("||", at) || peek() != '|') {
                break;
            }
            at++;
            if (peek() == '&') {
                at++;
            }
            blanksAndLines();
            stages.add(command());
        }
        return stages.size() == 1 ? stages.getFirst() : new Pipeline(stages);
    }

    private ShellNode command() throws Unparsable {
        count();
        enter();
        try {
            int start = at;
            // Else two subshells in one another.
            if (text.startsWith("((", at) && arithmeticEnd(at + 2) >= 0) {
                return arithmeticCommand(start);
            }
            if (peek() == '(') {
                at++;
                ShellNode body = nested();
                expect(")");
                return compound(start, Kind.SUBSHELL, Optional.empty(), List.of(), List.of(body));
            }
            return switch (keyword()) {
                case "{" -> {
                    at++;
                    ShellNode body = nested();
                    expectWord("}");
                    yield compound(start, Kind.GROUP, Optional.empty(), List.of(), List.of(body));
                }
                case "if" -> ifCommand(start);
                case "while" -> loop(start, "while", Kind.WHILE);
                case "until" -> loop(start, "until", Kind.UNTIL);
                case "for" -> forLoop(start, "for", Kind.FOR);
                case "select" -> forLoop(start, "select", Kind.SELECT);
                case "case" -> caseCommand(start);
                case "[[" -> test(start);
                case "function" -> {
                    word("function");
                    blanks();
                    String name = name();
                    blanks();
                    if (take("(")) {
                        blanks();
                        expect(")");
                    }
                    blanksAndLines();
                    yield new Function(offset + start, name, command());
                }
                case "then", "elif", "else", "fi", "do", "done", "esac", "}" -> throw unexpected();
                default -> simpleOrFunction(start);
            };
        } finally {
            depth--;
        }
    }

    private ShellNode ifCommand(int start) throws Unparsable {
        List<ShellNode> parts = new ArrayList<>();
        word("if");
        parts.add(nested());
        expectWord("then");
        parts.add(nested());
        while (true) {
            if (word("elif")) {
                parts.add(nested());
                expectWord("then");
                parts.add(nested());
            } else if (word("else")) {
                parts.add(nested());
            } else {
                expectWord("fi");
                return compound(start, Kind.IF, Optional.empty(), List.of(), parts);
            }
        }
    }

    private ShellNode loop(int start, String keyword, Kind kind) throws Unparsable {
        word(keyword);
        ShellNode condition = nested();
        expectWord("do");
        ShellNode body = nested();
        expectWord("done");
        return compound(start, kind, Optional.empty(), List.of(), List.of(condition, body));
    }

    private ShellNode forLoop(int start, String keyword, Kind kind) throws Unparsable {
        word(keyword);
        blanks();
        List<ShellWord> words = new ArrayList<>();
        Optional<String> variable = Optional.empty();
        if (text.startsWith("((", at) && arithmeticEnd(at + 2) >= 0) {
            at += 2;
            words.add(new ShellWord(offset + start, List.of(arithmetic())));
        } else {
            variable = Optional.of(name());
            blanksAndLines();
            if (word("in")) {
                blanks();
                while (!atEnd() && peek() != ';' && peek() != '\n') {
                    words.add(word());
                    blanks();
                }
            } else {
                // The arguments of the script itself.
                words.add(new ShellWord(offset + at, List.of(new Part.Variable("@", "", List.of(), true))));
            }
        }
        blanks();
        take(";");
        blanksAndLines();
        boolean braces = keyword().equals("{");
        expectWord(braces ? "{" : "do");
        ShellNode body = nested();
        expectWord(braces ? "}" : "done");
        return compound(start, kind, variable, words, List.of(body));
    }

    private ShellNode caseCommand(int start) throws Unparsable {
        word("case");
        blanks();
        List<ShellWord> words = new ArrayList<>();
        words.add(word());
        blanksAndLines();
        expectWord("in");
        List<ShellNode> parts = new ArrayList<>();
        while (true) {
            blanksAndLines();
            if (word("esac")) {
                return compound(start, Kind.CASE, Optional.empty(), words, parts);
            }
            take("(");
            do {
                blanks();
                words.add(word());
                blanks();
            } while (take("|"));
            expect(")");
            parts.add(nested());
            blanksAndLines();
            if (!take(";;&") && !take(";;") && !take(";&") && !keyword().equals("esac")) {
                throw unexpected();
            }
        }
    }

    private ShellNode test(int start) throws Unparsable {
        at += 2;
        List<ShellWord> words = new ArrayList<>();
        while (true) {
            blanksAndLines();
            if (atEnd()) {
                throw unexpected();
            }
            if (word("]]")) {
                return compound(start, Kind.TEST, Optional.empty(), words, List.of());
            }
            if ("()<>|&;".indexOf(peek()) >= 0) {
                at++;
            } else {
                words.add(word());
            }
        }
    }

    private ShellNode arithmeticCommand(int start) throws Unparsable {
        at += 2;
        List<ShellWord> words = List.of(new ShellWord(offset + start, List.of(arithmetic())));
        return compound(start, Kind.TEST, Optional.empty(), words, List.of());
    }

    private ShellNode compound(
            int start, Kind kind, Optional<String> variable, List<ShellWord> words, List<ShellNode> parts)
            throws Unparsable {
        List<Redirection> redirections = new ArrayList<>();
        while (true) {
            blanks();
            Optional<Redirection> redirection = redirection();
            if (redirection.isEmpty()) {
                return new Compound(offset + start, kind, variable, words, parts, redirections);
            }
            redirections.add(redirection.get());
        }
    }

    private ShellNode simpleOrFunction(int start) throws Unparsable {
        List<Assignment> assignments = new ArrayList<>();
        List<ShellWord> words = new ArrayList<>();
        List<Redirection> redirections = new ArrayList<>();
        while (true) {
            blanks();
            char c = peek();
            if (atEnd() || c == '\n' || c == ';' || c == '|' || c == ')' || c == '&' && !text.startsWith("&>", at)) {
                break;
            }
            Optional<Redirection> redirection = redirection();
            if (redirection.isPresent()) {
                redirections.add(redirection.get());
                continue;
            }
            if (c == '(') {
                if (words.size() == 1 && assignments.isEmpty() && redirections.isEmpty()) {
                    String name = words.getFirst().literal().orElse("");
                    at++;
                    blanks();
                    expect(")");
                    blanksAndLines();
                    return new Function(offset + start, name, command());
                }
                throw unexpected();
            }
            Optional<Assignment> assignment = words.isEmpty() ? assignment() : Optional.empty();
            if (assignment.isPresent()) {
                assignments.add(assignment.get());
            } else {
                words.add(word());
            }
        }
        if (words.isEmpty() && assignments.isEmpty() && redirections.isEmpty()) {
            throw unexpected();
        }
        return new Simple(offset + start, assignments, words, redirections);
    }

    private Optional<Assignment> assignment() throws Unparsable {
        int end = at;
        while (end < text.length() && isNameCharacter(text.charAt(end), end > at)) {
            end++;
        }
        if (end == at) {
            return Optional.empty();
        }
        int equals = end;
        if (equals < text.length() && text.charAt(equals) == '[') {
            int close = find(']', equals);
            if (close < 0) {
                return Optional.empty();
            }
            equals = close + 1;
        }
        if (equals < text.length() && text.charAt(equals) == '+') {
            equals++;
        }
        if (equals >= text.length() || text.charAt(equals) != '=') {
            return Optional.empty();
        }
        String name = text.substring(at, end);
        at = equals + 1;
        if (peek() == '(') {
            at++;
            List<ShellWord> elements = new ArrayList<>();
            while (true) {
                blanksAndLines();
                if (take(")")) {
                    return Optional.of(new Assignment(name, elements));
                }
                elements.add(word());
            }
        }
        boolean empty = atEnd() || isSeparator(peek());
        return Optional.of(new Assignment(name, List.of(empty ? new ShellWord(offset + at, List.of()) : word())));
    }

    private Optional<Redirection> redirection() throws Unparsable {
        int start = at;
        while (at < text.length() && isDigit(text.charAt(at))) {
            at++;
        }
        if (at == start && peek() == '{') {
            int close = find('}', at);
            boolean descriptor = close > at + 1
                    && close + 1 < text.length()
                    && (text.charAt(close + 1) == '<' || text.charAt(close + 1) == '>')
                    && text.substring(at + 1, close).chars().allMatch(c -> isNameCharacter((char) c, true));
            if (descriptor) {
                at = close + 1;
            }
        }
        // <( and >( are words.
        boolean process = at + 1 < text.length() && text.charAt(at + 1) == '(' && (peek() == '<' || peek() == '>');
        for (String operator : REDIRECTIONS) {
            if (!process && text.startsWith(operator, at)) {
                at += operator.length();
                blanks();
                if (operator.equals("<<") || operator.equals("<<-")) {
                    return Optional.of(heredoc(operator));
                }
                return Optional.of(new Redirection(operator, word()));
            }
        }
        at = start;
        return Optional.empty();
    }

    private Redirection heredoc(String operator) throws Unparsable {
        ShellWord delimiter = word();
        StringBuilder plain = new StringBuilder();
        for (Part part : delimiter.parts()) {
            if (!(part instanceof Part.Text piece)) {
                throw unexpected();
            }
            plain.append(piece.text());
        }
        List<Part> body = new ArrayList<>();
        heredocs.add(new Heredoc(plain.toString(), delimiter.isQuoted(), operator.equals("<<-"), body));
        return new Redirection(
                operator, new ShellWord(offset + at, List.of(new Part.HereText(Collections.unmodifiableList(body)))));
    }

    /** The texts of the here-documents that the line before has named; {@code at} is at the beginning of a line. */
    private void readHeredocs() throws Unparsable {
        while (!heredocs.isEmpty()) {
            Heredoc heredoc = heredocs.removeFirst();
            StringBuilder lines = new StringBuilder();
            int start = at;
            boolean closed = false;
            while (at < text.length() && !closed) {
                int end = text.indexOf('\n', at);
                String line = text.substring(at, end < 0 ? text.length() : end);
                at = end < 0 ? text.length() : end + 1;
                String bare = heredoc.tabs() ? line.replaceFirst("^\t+", "") : line;
                closed = bare.equals(heredoc.delimiter());
                if (!closed) {
                    lines.append(bare).append('\n');
                }
            }
            count();
            if (heredoc.quoted()) {
                heredoc.body().add(new Part.Text(lines.toString(), true));
            } else {
                heredoc.body().addAll(inner(lines.toString(), start).quotedParts('\0'));
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- words

    private ShellWord word() throws Unparsable {
        count();
        int start = at;
        List<Part> parts = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        while (!atEnd()) {
            char c = peek();
            boolean process = (c == '<' || c == '>') && at + 1 < text.length() && text.charAt(at + 1) == '(';
            if (isSeparator(c) && !process) {
                if (c != '(' || !isExtendedPattern(plain)) {
                    break;
                }
                plain.append(balancedPattern());
                continue;
            }
            if (c == '\\') {
                escape(parts, plain);
            } else if (c == '\'') {
                flush(plain, parts);
                parts.add(new Part.Text(singleQuoted(), true));
            } else if (c == '"') {
                at++;
                flush(plain, parts);
                parts.addAll(closed(quotedParts('"'), '"'));
            } else if (c == '$' || c == '`') {
                expansion(parts, plain, false);
            } else if (process) {
                flush(plain, parts);
                at += 2;
                ShellNode inside = nested();
                expect(")");
                parts.add(new Part.ProcessFile(inside));
            } else {
                plain.append(c);
                at++;
            }
        }
        flush(plain, parts);
        if (at == start) {
            throw unexpected();
        }
        return new ShellWord(offset + start, parts);
    }

    private void escape(List<Part> parts, StringBuilder plain) {
        at++;
        if (atEnd()) {
            plain.append('\\');
        } else if (peek() == '\n') {
            at++;
        } else {
            flush(plain, parts);
            parts.add(new Part.Text(text.substring(at, at + 1), true));
            at++;
        }
    }

    private String singleQuoted() throws Unparsable {
        int end = text.indexOf('\'', at + 1);
        if (end < 0) {
            throw unexpected();
        }
        String inside = text.substring(at + 1, end);
        at = end + 1;
        return inside;
    }

    /**
     * The parts of a text in double quotes, up to the closing sign, which is not taken.
     *
     * @param close {@code '"'}, or {@code '\0'} for all of the text
     */
    private List<Part> quotedParts(char close) throws Unparsable {
        List<Part> parts = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        while (!atEnd() && (close == '\0' || peek() != close)) {
            char c = peek();
            if (c == '\\' && at + 1 < text.length() && "$`\"\\\n".indexOf(text.charAt(at + 1)) >= 0) {
                if (text.charAt(at + 1) != '\n') {
                    plain.append(text.charAt(at + 1));
                }
                at += 2;
            } else if (c == '$' || c == '`') {
                flushQuoted(plain, parts);
                expansion(parts, plain, true);
                flushQuoted(plain, parts);
            } else {
                plain.append(c);
                at++;
            }
        }
        if (plain.length() > 0 || parts.isEmpty()) {
            parts.add(new Part.Text(plain.toString(), true));
        }
        return parts;
    }

    private List<Part> closed(List<Part> parts, char close) throws Unparsable {
        if (atEnd()) {
            throw unexpected();
        }
        expect(String.valueOf(close));
        return parts;
    }

    /** What begins with {@code $} or a backquote; a dollar sign before nothing that can be expanded is itself. */
    private void expansion(List<Part> parts, StringBuilder plain, boolean quoted) throws Unparsable {
        if (peek() == '`') {
            flush(plain, parts);
            parts.add(new Part.CommandOutput(backquoted(), quoted));
            return;
        }
        char next = at + 1 < text.length() ? text.charAt(at + 1) : '\0';
        if (next == '(') {
            flush(plain, parts);
            count();
            if (text.startsWith("((", at + 1) && arithmeticEnd(at + 3) >= 0) {
                at += 3;
                parts.add(arithmetic());
            } else {
                at += 2;
                ShellNode inside = nested();
                blanksAndLines();
                expect(")");
                parts.add(new Part.CommandOutput(inside, quoted));
            }
        } else if (next == '{') {
            flush(plain, parts);
            at += 2;
            parts.add(braced(quoted));
        } else if (next == '\'' && !quoted) {
            flush(plain, parts);
            at += 2;
            parts.add(new Part.Text(ansiQuoted(), true));
        } else if (next == '"' && !quoted) {
            flush(plain, parts);
            at += 2;
            parts.addAll(closed(quotedParts('"'), '"'));
        } else if (isNameCharacter(next, false)) {
            flush(plain, parts);
            int end = at + 1;
            while (end < text.length() && isNameCharacter(text.charAt(end), true)) {
                end++;
            }
            count();
            parts.add(new Part.Variable(text.substring(at + 1, end), "", List.of(), quoted));
            at = end;
        } else if (next != '\0' && (isDigit(next) || "@*#?-$!".indexOf(next) >= 0)) {
            flush(plain, parts);
            count();
            parts.add(new Part.Variable(String.valueOf(next), "", List.of(), quoted));
            at += 2;
        } else {
            plain.append('$');
            at++;
        }
    }

    /** A variable in braces; {@code at} is behind the opening one. */
    private Part braced(boolean quoted) throws Unparsable {
        count();
        int start = at;
        while (at < text.length() && (isNameCharacter(peek(), true) || at == start && "!#@*?-$".indexOf(peek()) >= 0)) {
            at++;
        }
        String name = text.substring(start, at);
        int operation = at;
        int open = 1;
        while (!atEnd() && open > 0) {
            char c = peek();
            if (c == '\\') {
                at++;
            } else if (c == '\'' && !quoted) {
                singleQuoted();
                continue;
            } else if (c == '{') {
                open++;
            } else if (c == '}') {
                open--;
            }
            at++;
        }
        if (open > 0) {
            throw unexpected();
        }
        String rest = text.substring(operation, Math.max(operation, at - 1));
        List<Part> argument =
                rest.isEmpty() ? List.of() : inner(rest, operation).quotedParts('\0');
        return new Part.Variable(name, rest, argument, quoted);
    }

    private ShellNode backquoted() throws Unparsable {
        int start = at + 1;
        StringBuilder inside = new StringBuilder();
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '`') {
                at = i + 1;
                count();
                return inner(inside.toString(), start).script();
            }
            if (c == '\\' && i + 1 < text.length() && "$`\\".indexOf(text.charAt(i + 1)) >= 0) {
                i++;
                c = text.charAt(i);
            }
            inside.append(c);
        }
        throw unexpected();
    }

    /** A parser of a text inside this one, a level deeper. */
    private ShellParser inner(String inside, int start) throws Unparsable {
        enter();
        depth--;
        return new ShellParser(inside, offset + start, depth + 1, budget);
    }

    /** Where {@code ))} closes an arithmetic expression that begins at {@code from}; negative: it is none. */
    private int arithmeticEnd(int from) {
        int open = 2;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '(') {
                open++;
            } else if (c == ')') {
                open--;
                if (open == 1) {
                    return i + 1 < text.length() && text.charAt(i + 1) == ')' ? i : -1;
                }
            }
        }
        return -1;
    }

    /** An arithmetic expression that is known to be closed; {@code at} is behind its opening. */
    private Part arithmetic() throws Unparsable {
        int end = arithmeticEnd(at);
        String inside = text.substring(at, end);
        List<Part> parts = inner(inside, at).quotedParts('\0');
        at = end + 2;
        return new Part.Arithmetic(parts);
    }

    private String ansiQuoted() throws Unparsable {
        StringBuilder plain = new StringBuilder();
        while (!atEnd() && peek() != '\'') {
            char c = peek();
            at++;
            if (c != '\\' || atEnd()) {
                plain.append(c);
                continue;
            }
            char escaped = peek();
            at++;
            switch (escaped) {
                case 'n' -> plain.append('\n');
                case 't' -> plain.append('\t');
                case 'r' -> plain.append('\r');
                case 'a' -> plain.append('\u0007');
                case 'b' -> plain.append('\b');
                case 'e', 'E' -> plain.append('\u001b');
                case 'f' -> plain.append('\f');
                case 'v' -> plain.append('\u000b');
                case 'x' -> number(16, 2, plain);
                case 'u' -> number(16, 4, plain);
                case 'U' -> number(16, 8, plain);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    at--;
                    number(8, 3, plain);
                }
                default -> plain.append(escaped);
            }
        }
        expect("'");
        return plain.toString();
    }

    private void number(int radix, int digits, StringBuilder plain) {
        int start = at;
        int value = 0;
        while (!atEnd() && at - start < digits && Character.digit(peek(), radix) >= 0) {
            value = value * radix + Character.digit(peek(), radix);
            at++;
        }
        if (Character.isValidCodePoint(value)) {
            plain.appendCodePoint(value);
        }
    }

    private static boolean isExtendedPattern(StringBuilder plain) {
        return plain.length() > 0 && "?*+@!".indexOf(plain.charAt(plain.length() - 1)) >= 0;
    }

    private String balancedPattern() throws Unparsable {
        int start = at;
        int open = 0;
        do {
            if (atEnd() || peek() == '\n') {
                throw unexpected();
            }
            open += peek() == '(' ? 1 : peek() == ')' ? -1 : 0;
            at++;
        } while (open > 0);
        return text.substring(start, at);
    }

    private static void flush(StringBuilder plain, List<Part> parts) {
        if (plain.length() > 0) {
            parts.add(new Part.Text(plain.toString(), false));
            plain.setLength(0);
        }
    }

    private static void flushQuoted(StringBuilder plain, List<Part> parts) {
        if (plain.length() > 0) {
            parts.add(new Part.Text(plain.toString(), true));
            plain.setLength(0);
        }
    }

    // ----------------------------------------------------------------------------------------------- characters

    private boolean atEnd() {
        return at >= text.length();
    }

    /** The character at hand; NUL at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean take(String sign) {
        if (text.startsWith(sign, at)) {
            at += sign.length();
            return true;
        }
        return false;
    }

    private void expect(String sign) throws Unparsable {
        if (!take(sign)) {
            throw unexpected();
        }
    }

    /** The unquoted word at hand when it is short enough to be a keyword; else empty. */
    private String keyword() {
        int end = at;
        while (end < text.length() && end - at <= 8 && !isSeparator(text.charAt(end))) {
            end++;
        }
        return end - at > 8 ? "" : text.substring(at, end);
    }

    /** Takes the keyword, when it is the word at hand. */
    private boolean word(String keyword) {
        if (keyword().equals(keyword)) {
            at += keyword.length();
            return true;
        }
        return false;
    }

    private void expectWord(String keyword) throws Unparsable {
        blanksAndLines();
        if (!word(keyword)) {
            throw unexpected();
        }
    }

    private String name() throws Unparsable {
        int start = at;
        while (!atEnd() && !isSeparator(peek())) {
            at++;
        }
        if (at == start) {
            throw unexpected();
        }
        return text.substring(start, at);
    }

    /** Skips blanks, continued lines and a comment. */
    private void blanks() {
        while (!atEnd()) {
            char c = peek();
            if (c == ' ' || c == '\t' || c == '\r') {
                at++;
            } else if (text.startsWith("\\\n", at)) {
                at += 2;
            } else if (c == '#') {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
                return;
            } else {
                return;
            }
        }
    }

    private void blanksAndLines() throws Unparsable {
        blanks();
        while (peek() == '\n' && !atEnd()) {
            at++;
            readHeredocs();
            blanks();
        }
    }

    private void count() throws Unparsable {
        if (--budget.nodes < 0) {
            throw new Unparsable(Reason.TOO_LARGE, offset + at, "more than " + MAX_NODES + " parts");
        }
    }

    private Unparsable unexpected() {
        String rest = text.substring(Math.min(at, text.length()), Math.min(text.length(), at + 40));
        return new Unparsable(Reason.SYNTAX, offset + at, rest.isEmpty() ? "end of text" : rest);
    }

    /** Where the sign stands within the next hundred characters; negative: nowhere. */
    private int find(char sign, int from) {
        int end = Math.min(text.length(), from + 100);
        for (int i = from; i < end; i++) {
            if (text.charAt(i) == sign) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isSeparator(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n' || ";|&()<>".indexOf(c) >= 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNameCharacter(char c, boolean inside) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || inside && isDigit(c);
    }
}
