package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.RequiredTexts;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Turns expressions into a {@link Program}. Used once. */
final class Compiler {
    /** How likely it is that a field is there, against texts in it. */
    private static final double PRESENCE = 4;

    /** Atoms of one witness; an expression with more of them is asked for with every event. */
    private static final int MAX_WITNESS = 4096;

    /** Texts in all fields' indices together that are there because they are keywords: so that one pass over a value finds both. */
    private static final int MAX_KEYWORD_COPIES = 4096;

    /** Texts of a pattern that are looked for before it is tried. */
    private static final int MAX_GATES = 3;

    private static final int NONE = -1;
    private static final int[] UNGATED = {};

    private final Map<String, Integer> fields = new LinkedHashMap<>();
    private final List<TextIndex.Builder> folded = new ArrayList<>();
    private final List<TextIndex.Builder> cased = new ArrayList<>();
    private final List<Integer> presentAtoms = new ArrayList<>();
    private final Map<Expression.Test, Integer> tests = new HashMap<>();
    private final Map<Expression, Witness> witnesses = new IdentityHashMap<>();
    private final Map<Expression, Condition> conditions = new IdentityHashMap<>();
    private final Map<String, Integer> gates = new HashMap<>();
    private final List<Atom> atoms = new ArrayList<>();

    private static final class Atom {
        private final int field;
        private final List<LazyTest> lazy = new ArrayList<>();
        private final List<Integer> rules = new ArrayList<>();

        /** Whether some value makes it true only when one of {@link #needs} is. */
        private boolean witnessed = true;

        private final Set<Integer> needs = new TreeSet<>();
        private double likelihood;
        private int uses;

        Atom(int field) {
            this.field = field;
        }
    }

    /**
     * Atoms of which at least one is true whenever an expression is.
     *
     * @param cost how often that is, roughly
     */
    private record Witness(Set<Integer> atoms, double cost) {
        static final Witness NONE = new Witness(Set.of(), Double.POSITIVE_INFINITY);

        boolean exists() {
            return !atoms.isEmpty();
        }
    }

    Program compile(List<Expression> rules) {
        for (Expression rule : rules) {
            register(rule, new IdentityHashMap<>());
        }
        Condition[] compiled = new Condition[rules.size()];
        List<Integer> unwitnessed = new ArrayList<>();
        for (int i = 0; i < compiled.length; i++) {
            compiled[i] = condition(rules.get(i));
            Witness witness = witness(rules.get(i));
            if (witness.exists()) {
                for (int atom : witness.atoms()) {
                    atoms.get(atom).rules.add(i);
                }
            } else {
                unwitnessed.add(i);
            }
        }
        int count = atoms.size();
        LazyTest[][] lazy = new LazyTest[count][];
        int[] atomField = new int[count];
        int[][] witnessed = new int[count][];
        for (int i = 0; i < count; i++) {
            Atom atom = atoms.get(i);
            atomField[i] = atom.field;
            if (!atom.lazy.isEmpty()) {
                lazy[i] = atom.lazy.toArray(new LazyTest[0]);
            }
            if (!atom.rules.isEmpty()) {
                witnessed[i] = atom.rules.stream().mapToInt(Integer::intValue).toArray();
            }
        }
        int keywords = fields.getOrDefault(Expression.Test.KEYWORDS, NONE);
        boolean everywhere = keywords != NONE
                && folded.get(keywords).size() + cased.get(keywords).size() <= MAX_KEYWORD_COPIES / fields.size();
        if (everywhere) {
            addToOthers(folded, keywords);
            addToOthers(cased, keywords);
        }
        return new Program(
                new NameTable(List.copyOf(fields.keySet())),
                folded.stream().map(Compiler::index).toArray(TextIndex[]::new),
                cased.stream().map(Compiler::index).toArray(TextIndex[]::new),
                presentAtoms.stream().mapToInt(Integer::intValue).toArray(),
                keywords,
                everywhere,
                count,
                lazy,
                atomField,
                witnessed,
                unwitnessed.stream().mapToInt(Integer::intValue).toArray(),
                compiled);
    }

    private static void addToOthers(List<TextIndex.Builder> fields, int keywords) {
        for (int field = 0; field < fields.size(); field++) {
            if (field != keywords) {
                fields.get(field).addAll(fields.get(keywords));
            }
        }
    }

    private static @Nullable TextIndex index(TextIndex.Builder builder) {
        return builder.isEmpty() ? null : builder.build();
    }

    private int field(String name) {
        Integer known = fields.get(name);
        if (known != null) {
            return known;
        }
        fields.put(name, fields.size());
        folded.add(new TextIndex.Builder());
        cased.add(new TextIndex.Builder());
        presentAtoms.add(NONE);
        return fields.size() - 1;
    }

    private int newAtom(int field) {
        atoms.add(new Atom(field));
        return atoms.size() - 1;
    }

    private void register(Expression expression, Map<Expression, Boolean> seen) {
        if (seen.put(expression, true) != null) {
            return;
        }
        switch (expression) {
            case Expression.And and -> and.parts().forEach(part -> register(part, seen));
            case Expression.Or or -> or.parts().forEach(part -> register(part, seen));
            case Expression.Not not -> register(not.part(), seen);
            case Expression.Test test -> atoms.get(atom(test)).uses++;
        }
    }

    private int present(int field) {
        int atom = presentAtoms.get(field);
        if (atom == NONE) {
            atom = newAtom(field);
            atoms.get(atom).likelihood = PRESENCE;
            presentAtoms.set(field, atom);
        }
        return atom;
    }

    private int atom(Expression.Test test) {
        Integer known = tests.get(test);
        if (known != null) {
            return known;
        }
        int field = field(test.field());
        if (test.anyOf().equals(List.of(new ValueTest.Present()))) {
            int atom = present(field);
            tests.put(test, atom);
            return atom;
        }
        int index = newAtom(field);
        tests.put(test, index);
        Atom atom = atoms.get(index);
        for (ValueTest value : test.anyOf()) {
            switch (value) {
                case ValueTest.Text text -> text(text, field, index, atom);
                case ValueTest.Regex regex ->
                    lazy(
                            atom,
                            field,
                            new LazyTest(
                                    gates(field, RequiredTexts.of(regex.expression())), regex, Optional.empty(), NONE));
                case ValueTest.Cidr cidr -> lazy(atom, field, new LazyTest(UNGATED, cidr, Optional.empty(), NONE));
                case ValueTest.Compare compare ->
                    lazy(atom, field, new LazyTest(UNGATED, compare, Optional.empty(), NONE));
                case ValueTest.DatePart part -> lazy(atom, field, new LazyTest(UNGATED, part, Optional.empty(), NONE));
                case ValueTest.FieldReference reference ->
                    lazy(atom, field, new LazyTest(UNGATED, reference, Optional.empty(), field(reference.field())));
                case ValueTest.Null nothing -> {
                    atom.lazy.add(new LazyTest(UNGATED, nothing, Optional.empty(), NONE));
                    atom.witnessed = false;
                }
                case ValueTest.Present present -> {
                    atom.lazy.add(new LazyTest(UNGATED, present, Optional.empty(), NONE));
                    need(atom, present(field));
                }
            }
        }
        return index;
    }

    private static void need(Atom atom, int needed) {
        atom.needs.add(needed);
    }

    /** A lazy test is worth asking for when its gates are open, or else when its field is there. */
    private void lazy(Atom atom, int field, LazyTest test) {
        atom.lazy.add(test);
        if (test.gates().length > 0) {
            need(atom, test.gates()[0]);
        } else if (fields.getOrDefault(Expression.Test.KEYWORDS, NONE) == field) {
            atom.witnessed = false;
        } else {
            need(atom, present(field));
        }
    }

    private void text(ValueTest.Text test, int field, int index, Atom atom) {
        String symbols = test.cased()
                ? test.pattern().symbols()
                : Folding.fold(test.pattern().symbols());
        TextIndex.Builder texts = (test.cased() ? cased : folded).get(field);
        boolean front = symbols.length() > 0 && symbols.charAt(0) == TextPattern.ANY;
        boolean back = symbols.length() > 0 && symbols.charAt(symbols.length() - 1) == TextPattern.ANY;
        int start = 0;
        while (start < symbols.length() && symbols.charAt(start) == TextPattern.ANY) {
            start++;
        }
        int end = symbols.length();
        while (end > start && symbols.charAt(end - 1) == TextPattern.ANY) {
            end--;
        }
        String inner = symbols.substring(start, end);
        if (new TextPattern(inner).wild()) {
            List<Set<String>> longest = new TextPattern(inner)
                    .literals().stream()
                            .sorted(Comparator.comparingInt(String::length).reversed())
                            .limit(MAX_GATES)
                            .map(literal -> Set.of(Folding.fold(literal)))
                            .toList();
            Glob glob = new Glob(test.pattern(), test.cased());
            lazy(atom, field, new LazyTest(gates(field, longest), test, Optional.of(glob), NONE));
            return;
        }
        need(atom, index);
        if (inner.isEmpty() && (front || back)) {
            texts.prefix("", index);
            atom.likelihood += PRESENCE;
            return;
        }
        atom.likelihood += likelihood(inner);
        if (front && back) {
            texts.contains(inner, index);
        } else if (front) {
            texts.suffix(inner, index);
        } else if (back) {
            texts.prefix(inner, index);
        } else {
            texts.exact(inner, index);
        }
    }

    private static double likelihood(String text) {
        return Math.pow(0.6, Math.min(text.length(), 24));
    }

    /** By set the atom that holds when the field contains one of its texts; the first is the most telling. */
    private int[] gates(int field, List<Set<String>> sets) {
        return sets.stream().mapToInt(texts -> gate(field, texts)).toArray();
    }

    private int gate(int field, Set<String> texts) {
        String key = field + " " + String.join("\0", new TreeSet<>(texts));
        Integer known = gates.get(key);
        if (known != null) {
            return known;
        }
        int index = newAtom(field);
        for (String text : texts) {
            folded.get(field).contains(text, index);
            atoms.get(index).likelihood += likelihood(text);
        }
        gates.put(key, index);
        return index;
    }

    private Witness witness(Expression expression) {
        Witness known = witnesses.get(expression);
        if (known != null) {
            return known;
        }
        Witness witness =
                switch (expression) {
                    case Expression.Test test -> witness(atoms.get(atom(test)), atom(test));
                    case Expression.Not ignored -> Witness.NONE;
                    case Expression.And and -> {
                        Witness best = Witness.NONE;
                        for (Expression part : and.parts()) {
                            Witness candidate = witness(part);
                            if (candidate.cost() < best.cost()) {
                                best = candidate;
                            }
                        }
                        yield best;
                    }
                    case Expression.Or or -> {
                        Set<Integer> all = new TreeSet<>();
                        double cost = 0;
                        for (Expression part : or.parts()) {
                            Witness needed = witness(part);
                            if (!needed.exists()) {
                                yield Witness.NONE;
                            }
                            all.addAll(needed.atoms());
                            if (all.size() > MAX_WITNESS) {
                                yield Witness.NONE;
                            }
                            cost += needed.cost();
                        }
                        yield new Witness(all, cost);
                    }
                };
        witnesses.put(expression, witness);
        return witness;
    }

    private Witness witness(Atom atom, int index) {
        if (presentAtoms.get(atom.field) == index) {
            return new Witness(Set.of(index), PRESENCE);
        }
        if (!atom.witnessed) {
            return Witness.NONE;
        }
        double cost = 0.0005 * atom.uses;
        for (int need : atom.needs) {
            cost += atoms.get(need).likelihood;
        }
        return new Witness(atom.needs, cost);
    }

    private Condition condition(Expression expression) {
        Condition known = conditions.get(expression);
        if (known != null) {
            return known;
        }
        Condition compiled =
                switch (expression) {
                    case Expression.Test test -> new Condition.AllAtoms(new int[] {atom(test)});
                    case Expression.Not not -> new Condition.Not(condition(not.part()));
                    case Expression.And and -> parts(and.parts(), true);
                    case Expression.Or or -> parts(or.parts(), false);
                };
        conditions.put(expression, compiled);
        return compiled;
    }

    private Condition parts(List<Expression> parts, boolean all) {
        List<Integer> scanned = new ArrayList<>();
        List<Integer> lazy = new ArrayList<>();
        List<Condition> rest = new ArrayList<>();
        for (Expression part : parts) {
            if (part instanceof Expression.Test test) {
                int atom = atom(test);
                (atoms.get(atom).lazy.isEmpty() ? scanned : lazy).add(atom);
            } else {
                rest.add(condition(part));
            }
        }
        List<Condition> made = new ArrayList<>();
        leaves(scanned, all).ifPresent(made::add);
        if (!all) {
            leaves(lazy, false).ifPresent(made::add);
        }
        made.addAll(rest);
        if (all) {
            leaves(lazy, true).ifPresent(made::add);
        }
        if (made.size() == 1) {
            return made.getFirst();
        }
        Condition[] array = made.toArray(new Condition[0]);
        return all ? new Condition.All(array) : new Condition.Any(array);
    }

    private static Optional<Condition> leaves(List<Integer> atoms, boolean all) {
        if (atoms.isEmpty()) {
            return Optional.empty();
        }
        int[] array = atoms.stream().mapToInt(Integer::intValue).toArray();
        return Optional.of(all ? new Condition.AllAtoms(array) : new Condition.AnyAtom(array));
    }
}
