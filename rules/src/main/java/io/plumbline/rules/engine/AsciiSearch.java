package io.plumbline.rules.engine;

import com.google.re2j.Pattern;
import io.plumbline.rules.sigma.RegexTree;
import io.plumbline.rules.sigma.RegexTree.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * Looks for a regular expression in ASCII with an automaton that is made deterministic state by state, as inputs come there: one
 * look-up a character, where RE2/J goes on with all its threads. It gives RE2/J's answers, which is asked itself what each class of
 * characters holds; what it does not know, RE2/J has to be asked. For one thread.
 */
final class AsciiSearch {
    /** Characters of the largest expression that has an automaton, its repetitions written out. */
    private static final int MAX_EXPRESSION = 2_000;

    /** Transitions of the largest automaton that is kept: a quarter of a MiB. */
    private static final int MAX_TRANSITIONS = 20_000;

    /** States of the expression in all states that were made, before it begins anew: about half a MiB. */
    static final int MAX_HELD = 10_000;

    /** Beginnings after which it is no use. */
    private static final int MAX_BEGINNINGS = 8;

    private static final int FOUND = -1;

    private static final int UNKNOWN = -2;

    private static final int ASCII = 128;

    /** What stands before the first character and behind the last one. */
    private static final int START = ASCII;

    private static final int END = ASCII + 1;

    /** What is known of an input. */
    enum Answer {
        FOUND,
        NOT_FOUND,
        UNDECIDED
    }

    private static final class NoAutomaton extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoAutomaton() {
            super("", null, false, false);
        }
    }

    private final Automaton expression;

    /** By symbol: its class; symbols of a class lead from every state to the same ones. */
    private final short[] classes = new short[END + 1];

    private final int[] representatives;

    /** The states of the expression that a state here stands for, ascending, and its number. */
    private final Map<Set<Integer>, Integer> numbers = new HashMap<>();

    private final List<Set<Integer>> states = new ArrayList<>();
    private int held;
    private int beginnings;

    /** By state and class: the next state, {@link #FOUND}, or {@link #UNKNOWN} as long as nobody came there. */
    private int[][] next = new int[16][];

    private AsciiSearch(Automaton expression) {
        this.expression = expression;
        representatives = IntStream.of(expression.getStartPoints())
                .filter(symbol -> symbol <= END)
                .toArray();
        for (int i = 0; i < representatives.length; i++) {
            int end = i + 1 < representatives.length ? representatives[i + 1] : END + 1;
            Arrays.fill(classes, representatives[i], end, (short) i);
        }
    }

    /**
     * The search for an expression in RE2's dialect; empty when the expression asks for word boundaries, changes its flags on the
     * way, is large, or is not understood.
     */
    static Optional<AsciiSearch> of(String expression) {
        int body = 0;
        StringBuilder flags = new StringBuilder();
        while (expression.startsWith("(?", body)) {
            int close = expression.indexOf(')', body);
            String found = close < 0 ? "" : expression.substring(body + 2, close);
            if (found.isEmpty() || !found.chars().allMatch(c -> "ims".indexOf(c) >= 0)) {
                break;
            }
            flags.append(found);
            body = close + 1;
        }
        Optional<Node> tree = RegexTree.parse(expression.substring(body));
        if (tree.isEmpty()) {
            return Optional.empty();
        }
        try {
            Automaton found = new Builder(flags.toString(), new HashMap<>()).search(tree.get());
            return found.getNumTransitions() > MAX_TRANSITIONS ? Optional.empty() : Optional.of(new AsciiSearch(found));
        } catch (NoAutomaton e) {
            return Optional.empty();
        }
    }

    /** Whether the expression is found in an input. */
    Answer finds(String input) {
        if (held > MAX_HELD) {
            states.clear();
            numbers.clear();
            next = new int[16][];
            held = 0;
            beginnings++;
        }
        if (states.isEmpty()) {
            // An expression that nothing in ASCII fits has no state at all.
            number(expression.getNumStates() == 0 ? Set.of() : Set.of(0));
        }
        int state = step(0, START);
        for (int i = 0; i < input.length() && state != FOUND; i++) {
            char c = input.charAt(i);
            if (c >= ASCII || held > MAX_HELD) {
                return Answer.UNDECIDED;
            }
            state = step(state, c);
        }
        return state == FOUND || step(state, END) == FOUND ? Answer.FOUND : Answer.NOT_FOUND;
    }

    /** Whether inputs come that need too much of it: RE2/J is asked for them anyway. */
    boolean isNoUse() {
        return beginnings > MAX_BEGINNINGS;
    }

    /** States of the expression that are held now. */
    int held() {
        return held;
    }

    private int step(int state, int symbol) {
        int known = next[state][classes[symbol]];
        return known == UNKNOWN ? explore(state, classes[symbol]) : known;
    }

    private int explore(int state, int symbols) {
        Set<Integer> reached = new TreeSet<>();
        Transition transition = new Transition();
        boolean found = false;
        for (int from : states.get(state)) {
            int count = expression.initTransition(from, transition);
            for (int i = 0; i < count; i++) {
                expression.getNextTransition(transition);
                if (transition.min <= representatives[symbols] && representatives[symbols] <= transition.max) {
                    reached.add(transition.dest);
                    found |= expression.isAccept(transition.dest);
                }
            }
        }
        int number = found ? FOUND : number(reached);
        next[state][symbols] = number;
        return number;
    }

    private int number(Set<Integer> reached) {
        Integer known = numbers.get(reached);
        if (known != null) {
            return known;
        }
        int number = states.size();
        states.add(reached);
        held += reached.size();
        numbers.put(reached, number);
        if (number == next.length) {
            next = Arrays.copyOf(next, 2 * number);
        }
        next[number] = new int[representatives.length];
        Arrays.fill(next[number], UNKNOWN);
        return number;
    }

    /** Makes the automaton of everything in which an expression is found. */
    private record Builder(String flags, Map<String, Automaton> known) {
        Automaton search(Node node) {
            // The marks of the ends are taken once, so an expression may ask for each only once on every way.
            if (RegexTree.size(node) > MAX_EXPRESSION
                    || most(node, START) > 1
                    || most(node, END) > 1
                    || endsBeforeItStarts(node)) {
                throw new NoAutomaton();
            }
            Automaton anything = Operations.repeat(Automata.makeCharRange(0, END));
            return Operations.concatenate(List.of(anything, automaton(node)));
        }

        private static int mark(Node.Place place) {
            return switch (place.source()) {
                case "^", "\\A" -> START;
                case "$", "\\z" -> END;
                default -> throw new NoAutomaton();
            };
        }

        /** How often a way through the expression asks for a mark, at most. */
        private static int most(Node node, int mark) {
            return switch (node) {
                case Node.Place place -> mark(place) == mark ? 1 : 0;
                case Node.Text ignored -> 0;
                case Node.OneOf ignored -> 0;
                case Node.Concatenation all ->
                    all.parts().stream().mapToInt(part -> most(part, mark)).sum();
                case Node.Alternation any ->
                    any.parts().stream()
                            .mapToInt(part -> most(part, mark))
                            .max()
                            .orElse(0);
                case Node.Repetition repetition -> 2 * most(repetition.part(), mark);
            };
        }

        /** Whether an end may stand before a start: both are at the same place in an empty input. */
        private static boolean endsBeforeItStarts(Node node) {
            return switch (node) {
                case Node.Place ignored -> false;
                case Node.Text ignored -> false;
                case Node.OneOf ignored -> false;
                case Node.Concatenation all -> {
                    boolean ended = false;
                    for (Node part : all.parts()) {
                        if (ended && most(part, START) > 0 || endsBeforeItStarts(part)) {
                            yield true;
                        }
                        ended |= most(part, END) > 0;
                    }
                    yield false;
                }
                case Node.Alternation any -> any.parts().stream().anyMatch(part -> endsBeforeItStarts(part));
                case Node.Repetition repetition -> endsBeforeItStarts(repetition.part());
            };
        }

        private Automaton automaton(Node node) {
            return switch (node) {
                case Node.Place place -> place(place);
                case Node.Text text -> concatenated(text.text().chars().mapToObj(this::literal));
                case Node.OneOf one -> one(one.source());
                case Node.Concatenation all -> concatenated(all.parts().stream().map(this::automaton));
                case Node.Alternation any ->
                    Operations.union(any.parts().stream().map(this::automaton).toList());
                case Node.Repetition repetition -> {
                    Automaton once = automaton(repetition.part());
                    if (once.getNumStates() == 0) {
                        // Nothing in ASCII: none of it is the empty text, which the library leaves out.
                        yield repetition.least() == 0 ? Automata.makeEmptyString() : Automata.makeEmpty();
                    }
                    yield repetition.most() == RegexTree.NO_LIMIT
                            ? Operations.repeat(once, repetition.least())
                            : Operations.repeat(once, repetition.least(), repetition.most());
                }
            };
        }

        private static Automaton concatenated(Stream<Automaton> parts) {
            List<Automaton> all = parts.toList();
            return all.isEmpty() ? Automata.makeEmptyString() : Operations.concatenate(all);
        }

        private Automaton place(Node.Place place) {
            if (flags.indexOf('m') >= 0) {
                throw new NoAutomaton();
            }
            return Automata.makeChar(mark(place));
        }

        /** The ASCII characters that something matches which stands for one. */
        private Automaton one(String source) {
            return known.computeIfAbsent(source, this::characters);
        }

        private Automaton characters(String source) {
            Pattern pattern = Pattern.compile((flags.isEmpty() ? "" : "(?" + flags + ")") + source);
            return oneOf(c -> pattern.matches(Character.toString(c)));
        }

        private Automaton literal(int character) {
            boolean eitherCase = flags.indexOf('i') >= 0 && Character.isLetter(character);
            return oneOf(c -> c == character || (eitherCase && (c ^ 0x20) == character));
        }

        private static Automaton oneOf(IntPredicate holds) {
            int[] members = IntStream.range(0, ASCII).filter(holds).toArray();
            return members.length == 0 ? Automata.makeEmpty() : Automata.makeCharClass(members, members);
        }
    }
}
