package io.plumbline.intent.features;

import io.plumbline.intent.features.Bank.Spread;
import java.util.BitSet;
import java.util.Set;

/**
 * A task, or the agent's prose, made ready once for many acts.
 *
 * @param vector of its text
 * @param spread of its similarity to unrelated acts
 * @param aligned the vector moved to where acts are that serve it
 * @param alignedSpread of the moved vector's similarity to unrelated acts
 * @param asked signals that its words ask for
 */
public record Side(
        String text,
        float[] vector,
        Spread spread,
        float[] aligned,
        Spread alignedSpread,
        Set<String> stems,
        Set<String> literals,
        BitSet asked) {}
