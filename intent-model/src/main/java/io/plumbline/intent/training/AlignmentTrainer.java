package io.plumbline.intent.training;

import io.plumbline.intent.features.Alignment;
import io.plumbline.intent.text.Encoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Learns an {@link Alignment} by contrast: of the acts of a batch, each of another family, a task has to be most similar to its own, and
 * an act to its own task. One thread, a fixed seed.
 */
final class AlignmentTrainer {
    private static final int RANK = Alignment.RANK;
    private static final int WIDTH = Encoder.WIDTH;
    private static final long SEED = 20_261_129;
    private static final float TEMPERATURE = 0.07f;
    /** Pulls towards moving nothing. */
    private static final float DECAY = 3e-3f;

    private static final float RATE = 2e-3f;

    private final int steps;
    private final int batch;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Side tasks = new Side(random);
    private final Side acts = new Side(random);

    /** A task and an act that serves it. */
    record Pair(String family, float[] task, float[] act) {}

    /** One side's matrices, row by row of their rank, and their gradients. */
    private static final class Side {
        private final Adam down = new Adam(new float[RANK * WIDTH]);
        private final Adam up = new Adam(new float[RANK * WIDTH]);

        Side(SplittableRandom random) {
            for (int i = 0; i < down.weights.length; i++) {
                down.weights[i] = (float) ((random.nextDouble() - 0.5) * 2 / Math.sqrt(WIDTH));
            }
        }

        Alignment.Map map() {
            Alignment.Map map = new Alignment.Map();
            for (int r = 0; r < RANK; r++) {
                for (int j = 0; j < WIDTH; j++) {
                    map.down[j * RANK + r] = down.weights[r * WIDTH + j];
                    map.up[j * RANK + r] = up.weights[r * WIDTH + j];
                }
            }
            return map;
        }
    }

    private static final class Adam {
        private final float[] weights;
        private final float[] gradient;
        private final float[] momentum;
        private final float[] squares;
        private int steps;

        Adam(float[] weights) {
            this.weights = weights;
            gradient = new float[weights.length];
            momentum = new float[weights.length];
            squares = new float[weights.length];
        }

        void step(float rate) {
            steps++;
            float first = (float) (1 - StrictMath.pow(0.9, steps));
            float second = (float) (1 - StrictMath.pow(0.999, steps));
            for (int i = 0; i < weights.length; i++) {
                momentum[i] = 0.9f * momentum[i] + 0.1f * gradient[i];
                squares[i] = 0.999f * squares[i] + 0.001f * gradient[i] * gradient[i];
                weights[i] -= rate
                        * (momentum[i] / first / ((float) Math.sqrt(squares[i] / second) + 1e-8f)
                                + DECAY * weights[i] * 10);
                gradient[i] = 0;
            }
        }
    }

    private AlignmentTrainer(int steps, int batch) {
        this.steps = steps;
        this.batch = batch;
    }

    static Alignment train(List<Pair> pairs, int steps, int batch) {
        return new AlignmentTrainer(steps, batch).train(pairs);
    }

    private Alignment train(List<Pair> pairs) {
        TreeMap<String, List<Pair>> byFamily = new TreeMap<>();
        pairs.forEach(pair -> byFamily.computeIfAbsent(pair.family(), ignored -> new ArrayList<>())
                .add(pair));
        List<List<Pair>> families = new ArrayList<>(byFamily.values());
        int size = Math.min(batch, families.size());
        for (int step = 0; step < steps; step++) {
            List<Pair> drawn = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                int other = i + random.nextInt(families.size() - i);
                List<Pair> chosen = families.get(other);
                families.set(other, families.get(i));
                families.set(i, chosen);
                drawn.add(chosen.get(random.nextInt(chosen.size())));
            }
            step(drawn, RATE * (1 - 0.9f * step / steps));
        }
        return new Alignment(tasks.map(), acts.map()).rounded();
    }

    /** What a vector becomes, with what is needed on the way back. */
    private record Forward(float[] in, float[] inner, float[] out, float norm) {
        static Forward of(Side side, float[] in) {
            float[] inner = new float[RANK];
            float[] out = in.clone();
            for (int r = 0; r < RANK; r++) {
                inner[r] = dot(side.down.weights, r * WIDTH, in);
                add(out, 0, side.up.weights, r * WIDTH, inner[r], WIDTH);
            }
            float length = (float) Math.sqrt(Math.max(dot(out, 0, out), 1e-12));
            for (int j = 0; j < WIDTH; j++) {
                out[j] /= length;
            }
            return new Forward(in, inner, out, length);
        }

        void back(Side side, float[] gradient) {
            float along = dot(gradient, 0, out);
            float[] moved = new float[WIDTH];
            for (int j = 0; j < WIDTH; j++) {
                moved[j] = (gradient[j] - along * out[j]) / norm;
            }
            for (int r = 0; r < RANK; r++) {
                add(side.up.gradient, r * WIDTH, moved, 0, inner[r], WIDTH);
                add(side.down.gradient, r * WIDTH, in, 0, dot(side.up.weights, r * WIDTH, moved), WIDTH);
            }
        }
    }

    private void step(List<Pair> drawn, float rate) {
        int size = drawn.size();
        Forward[] left = new Forward[size];
        Forward[] right = new Forward[size];
        for (int i = 0; i < size; i++) {
            left[i] = Forward.of(tasks, drawn.get(i).task());
            right[i] = Forward.of(acts, drawn.get(i).act());
        }
        float[][] logits = logits(left, right);
        float[][] slopes = new float[size][size];
        for (int i = 0; i < size; i++) {
            soften(logits, slopes, i, true);
            soften(logits, slopes, i, false);
        }
        for (int i = 0; i < size; i++) {
            float[] toLeft = new float[WIDTH];
            float[] toRight = new float[WIDTH];
            for (int j = 0; j < size; j++) {
                float slope = slopes[i][j] / TEMPERATURE / size / 2;
                float back = slopes[j][i] / TEMPERATURE / size / 2;
                add(toLeft, 0, right[j].out(), 0, slope, WIDTH);
                add(toRight, 0, left[j].out(), 0, back, WIDTH);
            }
            left[i].back(tasks, toLeft);
            right[i].back(acts, toRight);
        }
        for (Side side : List.of(tasks, acts)) {
            side.down.step(rate);
            side.up.step(rate);
        }
    }

    /** Adds so many values times a factor to others; a loop of its own, because a processor does such a one in parallel. */
    private static void add(float[] sums, int at, float[] values, int from, float factor, int count) {
        for (int i = 0; i < count; i++) {
            sums[at + i] += factor * values[from + i];
        }
    }

    /** The product of a row and a vector, in four sums that do not wait for each other. */
    private static float dot(float[] rows, int from, float[] vector) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        for (int i = 0; i < WIDTH; i += 4) {
            a += rows[from + i] * vector[i];
            b += rows[from + i + 1] * vector[i + 1];
            c += rows[from + i + 2] * vector[i + 2];
            d += rows[from + i + 3] * vector[i + 3];
        }
        return a + b + (c + d);
    }

    /** Cosines of all pairs by the temperature; summed over the width in the outer loop, which a processor does in parallel. */
    private static float[][] logits(Forward[] left, Forward[] right) {
        int size = left.length;
        float[][] columns = new float[WIDTH][size];
        for (int j = 0; j < size; j++) {
            for (int k = 0; k < WIDTH; k++) {
                columns[k][j] = right[j].out()[k] / TEMPERATURE;
            }
        }
        float[][] logits = new float[size][size];
        for (int i = 0; i < size; i++) {
            float[] row = logits[i];
            for (int k = 0; k < WIDTH; k++) {
                add(row, 0, columns[k], 0, left[i].out()[k], size);
            }
        }
        return logits;
    }

    /** Adds the slope of the cross entropy of one row or column, whose right answer is the diagonal. */
    private static void soften(float[][] logits, float[][] slopes, int at, boolean row) {
        int size = logits.length;
        double greatest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < size; j++) {
            greatest = Math.max(greatest, row ? logits[at][j] : logits[j][at]);
        }
        double sum = 0;
        for (int j = 0; j < size; j++) {
            sum += StrictMath.exp((row ? logits[at][j] : logits[j][at]) - greatest);
        }
        for (int j = 0; j < size; j++) {
            float share = (float) (StrictMath.exp((row ? logits[at][j] : logits[j][at]) - greatest) / sum);
            float slope = share - (j == at ? 1 : 0);
            if (row) {
                slopes[at][j] += slope;
            } else {
                slopes[j][at] += slope;
            }
        }
    }
}
