package io.plumbline.intent.features;

import io.plumbline.intent.features.Bank.Spread;
import io.plumbline.intent.text.Encoded;
import java.util.BitSet;
import java.util.Set;

/**
 * A task, or the agent's prose, made ready once for many acts.
 *
 * @param encoded its first window
 * @param spread of its similarity to unrelated acts
 * @param wording how it is worded
 * @param asked signals that its words ask for
 */
public record Side(
        String text,
        Encoded encoded,
        Spread spread,
        Set<String> stems,
        Set<String> literals,
        Wording wording,
        BitSet asked) {
    public float[] vector() {
        return encoded.vector();
    }
}
