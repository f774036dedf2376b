package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.Expression;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rules, compiled: each distinct test is one atom, whatever number of rules ask for it. Immutable; any number of threads may run it,
 * each with a {@link Matcher} of its own.
 */
public final class Program {
    final Map<String, Integer> fieldIndex;

    /** By field; texts without and with case. */
    final @Nullable TextIndex[] folded;

    final @Nullable TextIndex[] cased;

    /** By field: the atom that holds when the field is there; -1 when nobody asks. */
    final int[] presentAtom;

    /** Index of the field that stands for all fields; -1 when there are no keywords. */
    final int keywords;

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
            Map<String, Integer> fieldIndex,
            @Nullable TextIndex[] folded,
            @Nullable TextIndex[] cased,
            int[] presentAtom,
            int keywords,
            int atoms,
            LazyTest[] @Nullable [] lazy,
            int[] atomField,
            int[] @Nullable [] witnessed,
            int[] unwitnessed,
            Condition[] conditions) {
        this.fieldIndex = fieldIndex;
        this.folded = folded;
        this.cased = cased;
        this.presentAtom = presentAtom;
        this.keywords = keywords;
        this.atoms = atoms;
        this.lazy = lazy;
        this.atomField = atomField;
        this.witnessed = witnessed;
        this.unwitnessed = unwitnessed;
        this.conditions = conditions;
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
