package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.Expression;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules, compiled: each distinct test is one atom, whatever number of rules ask for it. Immutable; any number of threads may run it,
 * each with a {@link Matcher} of its own.
 */
public final class Program {
    final NameTable fieldNames;

    /** By field; texts without and with case. */
    final @Nullable TextIndex[] folded;

    final @Nullable TextIndex[] cased;

    /** By field: whether its values are read through, and not only looked up. */
    private final boolean[] scanned;

    /** By field: the atom that holds when the field is there; -1 when nobody asks. */
    final int[] presentAtom;

    /** Index of the field that stands for all fields; -1 when there are no keywords. */
    final int keywords;

    /** Whether the texts of keywords are in the indices of all fields. */
    final boolean keywordsEverywhere;

    final int atoms;

    /** By atom: the tests that scanning does not decide. */
    final LazyTest[] @Nullable [] lazy;

    /** By atom: its field. */
    final int[] atomField;

    /** By atom: the rules that can only match when one of such atoms is true. */
    final int[] @Nullable [] witnessed;

    /** Rules that could match without any atom. */
    final int[] unwitnessed;

    /** By rule. */
    final Condition[] conditions;

    Program(
            NameTable fieldNames,
            @Nullable TextIndex[] folded,
            @Nullable TextIndex[] cased,
            int[] presentAtom,
            int keywords,
            boolean keywordsEverywhere,
            int atoms,
            LazyTest[] @Nullable [] lazy,
            int[] atomField,
            int[] @Nullable [] witnessed,
            int[] unwitnessed,
            Condition[] conditions) {
        this.fieldNames = fieldNames;
        this.folded = folded;
        this.cased = cased;
        this.presentAtom = presentAtom;
        this.keywords = keywords;
        this.keywordsEverywhere = keywordsEverywhere;
        this.atoms = atoms;
        this.lazy = lazy;
        this.atomField = atomField;
        this.witnessed = witnessed;
        this.unwitnessed = unwitnessed;
        this.conditions = conditions;
        scanned = new boolean[folded.length];
        for (int field = 0; field < scanned.length; field++) {
            scanned[field] = scans(folded[field]) || scans(cased[field]);
        }
    }

    private static boolean scans(@Nullable TextIndex index) {
        return index != null && !index.onlyExact();
    }

    /**
     * Whether values of a field are read through.
     *
     * @param field its number; -1: one that no rule names
     */
    boolean scans(int field) {
        return (field >= 0 && scanned[field]) || (keywords >= 0 && scanned[keywords]);
    }

    /** Whether a rule could depend on a field. */
    public boolean asksFor(String field) {
        return keywords >= 0 || fieldNames.number(field) >= 0;
    }

    /** Compiles expressions; a match names them by their index. */
    public static Program compile(List<Expression> rules) {
        return new Compiler().compile(rules);
    }

    /** Number of rules. */
    public int rules() {
        return conditions.length;
    }

    /** Number of distinct tests. */
    public int atoms() {
        return atoms;
    }

    /** Rules that are looked at for each event, since no single test has to hold for them. */
    public int alwaysEvaluated() {
        return unwitnessed.length;
    }

    /** Scratch memory to run this program with. */
    public Matcher matcher() {
        return new Matcher(this);
    }
}
