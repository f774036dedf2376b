package io.plumbline.intent.features;

import io.plumbline.intent.text.Encoder;
import java.util.List;

/**
 * Fixed vectors of unrelated texts. How similar something is to all of them says how much a similarity to it is worth: a task that
 * covers everything is similar to everything.
 */
public final class Bank {
    private final float[][] vectors;

    public Bank(List<float[]> vectors) {
        this.vectors = vectors.toArray(float[][]::new);
    }

    public List<float[]> vectors() {
        return List.of(vectors);
    }

    /** Mean and deviation of a vector's similarity to the bank. */
    public Spread spread(float[] vector) {
        double sum = 0;
        double squares = 0;
        for (float[] other : vectors) {
            double cosine = Encoder.cosine(vector, other);
            sum += cosine;
            squares += cosine * cosine;
        }
        double mean = sum / vectors.length;
        return new Spread(mean, Math.sqrt(Math.max(1e-6, squares / vectors.length - mean * mean)));
    }

    /**
     * @param mean of the similarities, -1 to 1
     * @param deviation of the similarities
     */
    public record Spread(double mean, double deviation) {
        double normal(double cosine) {
            return (cosine - mean) / deviation;
        }
    }
}
