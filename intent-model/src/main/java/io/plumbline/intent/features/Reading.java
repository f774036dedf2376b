package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.features.Bank.Spread;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * An act made ready once for many intents.
 *
 * @param text bounded and folded
 * @param vectors one a window
 * @param spreads of the windows' similarity to unrelated tasks
 * @param glosses what each invocation is for, empty where not known
 * @param programs vectors of the glosses' programs, as far as they are known
 * @param cut not all of the act was encoded or read
 */
public record Reading(
        Act.Kind kind,
        String text,
        List<float[]> vectors,
        List<Spread> spreads,
        Outline outline,
        BitSet signals,
        Set<String> stems,
        Set<String> literals,
        List<Set<String>> glosses,
        List<float[]> programs,
        int disguised,
        boolean cut) {}
