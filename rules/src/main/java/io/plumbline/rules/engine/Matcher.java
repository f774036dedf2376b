package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.ValueTest;
import io.plumbline.rules.sigma.ValueTest.Affix;
import java.math.BigDecimal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Runs a program over events, one at a time. Holds the scratch memory of one thread. */
public final class Matcher implements AtomSink {
    private static final int BUFFER = 1024;

    private final Program program;
    private final ValueMemory memory = new ValueMemory();
    private final Expressions expressions = new Expressions();
    private final long[] truth;
    private final long[] known;
    private final long[] candidate;
    private final int[] touched;
    private final int[] asked;
    private final int[] candidates;
    private final @Nullable Object[] values;
    private final int[] present;
    private int[] matched = new int[16];
    private int touchedCount;
    private int askedCount;
    private int candidateCount;
    private int presentCount;
    private boolean evaluating;
    private char[] text = new char[BUFFER];
    private char[] lazyText = new char[BUFFER];
    private @Nullable SigmaEvent event;

    Matcher(Program program) {
        this.program = program;
        truth = new long[(program.atoms + 63) / 64];
        known = new long[truth.length];
        touched = new int[program.atoms];
        asked = new int[program.atoms];
        candidate = new long[(program.rules() + 63) / 64];
        candidates = new int[program.rules()];
        values = new Object[program.fieldNames.size()];
        present = new int[values.length];
    }

    /**
     * Matches an event against all rules.
     *
     * @return how many rules match; {@link #matched} tells them until the next call
     */
    public int match(SigmaEvent next) {
        event = next;
        boolean keywords = program.keywords >= 0;
        for (int i = 0; i < next.size(); i++) {
            int field = program.fieldNames.number(next.name(i));
            if (field >= 0) {
                values[field] = next.value(i);
                present[presentCount++] = field;
                int atom = program.presentAtom[field];
                if (atom >= 0) {
                    set(atom);
                }
            }
            if (field >= 0 || keywords) {
                scan(field, next.value(i));
            }
        }
        evaluating = true;
        int count = 0;
        for (int rule : program.unwitnessed) {
            count = evaluate(rule, count);
        }
        for (int i = 0; i < candidateCount; i++) {
            count = evaluate(candidates[i], count);
        }
        Arrays.sort(matched, 0, count);
        reset();
        return count;
    }

    /** Values whose atoms were remembered. */
    public long valuesRemembered() {
        return memory.remembered();
    }

    /** Values that were read through, though they could have been remembered. */
    public long valuesRead() {
        return memory.read();
    }

    /** Index of a rule that matched, ascending. */
    public int matched(int index) {
        return matched[index];
    }

    private int evaluate(int rule, int count) {
        if (!program.conditions[rule].holds(this)) {
            return count;
        }
        if (count == matched.length) {
            matched = Arrays.copyOf(matched, count * 2);
        }
        matched[count] = rule;
        return count + 1;
    }

    private void reset() {
        for (int i = 0; i < touchedCount; i++) {
            truth[touched[i] >>> 6] = 0;
        }
        for (int i = 0; i < askedCount; i++) {
            known[asked[i] >>> 6] = 0;
        }
        for (int i = 0; i < candidateCount; i++) {
            candidate[candidates[i] >>> 6] = 0;
        }
        for (int i = 0; i < presentCount; i++) {
            values[present[i]] = null;
        }
        touchedCount = 0;
        askedCount = 0;
        candidateCount = 0;
        presentCount = 0;
        evaluating = false;
        event = null;
    }

    private void scan(int field, Object value) {
        if (value instanceof String single) {
            scanText(field, single);
        } else if (value instanceof Object[] list) {
            for (Object member : list) {
                if (member instanceof String single) {
                    scanText(field, single);
                }
            }
        }
    }

    private void scanText(int field, String value) {
        int hash = program.scans(field) ? ValueMemory.hash(field, value) : -1;
        if (hash < 0) {
            scanText(field, value, this);
            return;
        }
        int[] atoms = memory.atoms(hash, field, value);
        if (atoms != null) {
            set(atoms);
        } else if (memory.comesAgain(hash)) {
            scanText(field, value, memory);
            set(memory.remember(hash, field, value));
        } else {
            scanText(field, value, this);
        }
    }

    private void scanText(int field, String value, AtomSink sink) {
        TextIndex folded = field < 0 ? null : program.folded[field];
        TextIndex cased = field < 0 ? null : program.cased[field];
        boolean keywords = program.keywords >= 0 && (field < 0 || !program.keywordsEverywhere);
        TextIndex foldedKeywords = keywords ? program.folded[program.keywords] : null;
        TextIndex casedKeywords = keywords ? program.cased[program.keywords] : null;
        int length = value.length();
        if (length > text.length) {
            text = new char[Integer.highestOneBit(length) << 1];
        }
        if (cased != null || casedKeywords != null) {
            value.getChars(0, length, text, 0);
            if (cased != null) {
                cased.scan(text, length, sink);
            }
            if (casedKeywords != null) {
                casedKeywords.scan(text, length, sink);
            }
        }
        if (folded != null || foldedKeywords != null) {
            Folding.fold(value, text);
            if (folded != null) {
                folded.scan(text, length, sink);
            }
            if (foldedKeywords != null) {
                foldedKeywords.scan(text, length, sink);
            }
        }
    }

    @Override
    public void set(int[] atoms) {
        for (int atom : atoms) {
            set(atom);
        }
    }

    private void set(int atom) {
        long bit = 1L << (atom & 63);
        if ((truth[atom >>> 6] & bit) != 0) {
            return;
        }
        truth[atom >>> 6] |= bit;
        touched[touchedCount++] = atom;
        if (evaluating) {
            return;
        }
        int[] rules = program.witnessed[atom];
        if (rules != null) {
            for (int rule : rules) {
                long ruleBit = 1L << (rule & 63);
                if ((candidate[rule >>> 6] & ruleBit) == 0) {
                    candidate[rule >>> 6] |= ruleBit;
                    candidates[candidateCount++] = rule;
                }
            }
        }
    }

    /** Whether an atom holds for the event; tests that were not made so far are made now. */
    boolean atom(int atom) {
        long bit = 1L << (atom & 63);
        int word = atom >>> 6;
        if ((truth[word] & bit) != 0) {
            return true;
        }
        LazyTest[] tests = program.lazy[atom];
        if (tests == null || (known[word] & bit) != 0) {
            return false;
        }
        known[word] |= bit;
        asked[askedCount++] = atom;
        int field = program.atomField[atom];
        for (LazyTest test : tests) {
            if (open(test.gates()) && holds(test, field)) {
                set(atom);
                return true;
            }
        }
        return false;
    }

    private boolean open(int[] gates) {
        for (int gate : gates) {
            if ((truth[gate >>> 6] & (1L << (gate & 63))) == 0) {
                return false;
            }
        }
        return true;
    }

    private boolean holds(LazyTest test, int field) {
        if (field == program.keywords) {
            SigmaEvent current = event;
            for (int i = 0; current != null && i < current.size(); i++) {
                if (anyValue(test, current.value(i))) {
                    return true;
                }
            }
            return false;
        }
        Object value = values[field];
        if (test.test() instanceof ValueTest.Null) {
            return value == null || anyNull(value);
        }
        return value != null && (test.test() instanceof ValueTest.Present || anyValue(test, value));
    }

    private static boolean anyNull(Object value) {
        if (value instanceof Object[] list) {
            for (Object member : list) {
                if (member == SigmaEvent.Marker.NULL) {
                    return true;
                }
            }
            return false;
        }
        return value == SigmaEvent.Marker.NULL;
    }

    private boolean anyValue(LazyTest test, Object value) {
        if (value instanceof String single) {
            return one(test, single);
        }
        if (value instanceof Object[] list) {
            for (Object member : list) {
                if (member instanceof String single && one(test, single)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean one(LazyTest test, String value) {
        return switch (test.test()) {
            case ValueTest.Text ignored -> glob(test.glob().orElseThrow(), value);
            case ValueTest.Regex regex -> expressions.finds(regex, value);
            case ValueTest.Cidr cidr -> cidr.network().contains(value);
            case ValueTest.Compare compare -> {
                BigDecimal number = Numbers.parse(value);
                yield number != null && compare.comparison().holds(number.compareTo(compare.limit()));
            }
            case ValueTest.DatePart part -> {
                int found = part.part().of(value);
                yield found >= 0 && part.comparison().holds(Integer.compare(found, part.limit()));
            }
            case ValueTest.FieldReference reference -> refers(reference, value, values[test.otherField()]);
            case ValueTest.Null ignored -> false;
            case ValueTest.Present ignored -> true;
        };
    }

    private boolean glob(Glob glob, String value) {
        int length = value.length();
        if (length > lazyText.length) {
            lazyText = new char[Integer.highestOneBit(length) << 1];
        }
        if (glob.cased()) {
            value.getChars(0, length, lazyText, 0);
        } else {
            Folding.fold(value, lazyText);
        }
        return glob.matches(lazyText, length);
    }

    private static boolean refers(ValueTest.FieldReference reference, String value, @Nullable Object other) {
        if (other instanceof String single) {
            return fits(reference, value, single);
        }
        if (other instanceof Object[] list) {
            for (Object member : list) {
                if (member instanceof String single && fits(reference, value, single)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean fits(ValueTest.FieldReference reference, String value, String other) {
        String left = reference.cased() ? value : Folding.fold(value);
        String right = reference.cased() ? other : Folding.fold(other);
        Affix affix = reference.affix();
        return switch (affix) {
            case WHOLE -> left.equals(right);
            case START -> left.startsWith(right);
            case END -> left.endsWith(right);
            case ANYWHERE -> left.contains(right);
        };
    }
}
