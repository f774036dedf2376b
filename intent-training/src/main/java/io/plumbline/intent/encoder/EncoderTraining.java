package io.plumbline.intent.encoder;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.corpus.Grammar;
import io.plumbline.intent.encoder.Lessons.Pair;
import io.plumbline.intent.encoder.Network.Batch;
import io.plumbline.intent.encoder.Network.Similarities;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Encoder.Role;
import io.plumbline.intent.text.WordPiece;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Trains an encoder by contrast: of the acts of a lesson, a task has to be nearest to its own, and the other way round. Nearness is
 * that of the texts' vectors and that of their pieces (each piece's best counterpart, averaged: late interaction). Every fifth
 * lesson is of tasks in two wordings, so that vectors of what is said can be compared with each other, too.
 */
public final class EncoderTraining {
    private static final float WHOLE = 12;
    private static final float PIECES = 8;
    /** Nearness of vectors alone, which banks, plans and prose go by. */
    private static final float ALONE = 20;

    private static final float ALONE_SHARE = 0.3f;
    /** Share of numbers and of pieces that are left out while it learns. */
    private static final float DROPPED = 0.1f;

    private static final int WORDINGS_EVERY = 5;
    private static final double WARM_UP = 0.1;
    private static final double LAST_RATE = 0.02;
    private static final int CHUNK = 64;
    private static final int SAID_EVERY = 20;
    private final Settings settings;
    private final Consumer<String> progress;

    /**
     * @param layers of the base model that the encoder begins with
     * @param steps lessons
     * @param size pairs of a lesson, at least 2
     * @param rate the highest of a step
     */
    public record Settings(List<Integer> layers, int steps, int size, double rate, long seed) {
        /** What the shipped encoder was trained with. */
        public static final Settings SHIPPED = new Settings(List.of(0, 1, 2, 3, 4, 5), 400, 64, 2e-4, 7);

        public Settings {
            layers = List.copyOf(layers);
            if (layers.isEmpty() || steps < 1 || size < 2) {
                throw new IllegalArgumentException(
                        "layers " + layers + ", " + steps + " steps of " + size + " (expected: at least 1, 1 and 2)");
            }
        }
    }

    private EncoderTraining(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * From the base model on the class path to an ONNX file.
     *
     * @param progress is told a line now and then
     * @throws IntentModelException when it diverges
     */
    public static byte[] train(Settings settings, Consumer<String> progress) throws IOException, IntentModelException {
        return OnnxFile.write(new EncoderTraining(settings, progress).run());
    }

    private Weights run() throws IOException, IntentModelException {
        WordPiece tokenizer = WordPiece.shipped();
        Engine.getInstance().setRandomSeed((int) settings.seed());
        try (NDManager manager = NDManager.newBaseManager()) {
            Network network = new Network(manager, Weights.ofBase(settings.layers()));
            Lessons lessons =
                    new Lessons(new Grammar(), settings.seed(), texts -> vectors(manager, network, tokenizer, texts));
            Adam adam = new Adam(network.trained());
            progress.accept(lessons.families() + " families, " + settings.steps() + " lessons of " + settings.size());
            double shown = 0;
            for (int step = 0; step < settings.steps(); step++) {
                boolean wordings = step % WORDINGS_EVERY == WORDINGS_EVERY - 1;
                List<Pair> lesson = wordings ? lessons.wordings(settings.size()) : lessons.acts(settings.size());
                Role other = wordings ? Role.SAID : Role.DONE;
                double loss = learn(manager, network, tokenizer, lesson, other);
                double slope = adam.step(rate(step));
                if (!Double.isFinite(slope)) {
                    throw new IntentModelException(
                            "training: slope " + slope + " in step " + step + " (expected: a number)");
                }
                shown = step == 0 ? loss : 0.95 * shown + 0.05 * loss;
                if (step % SAID_EVERY == SAID_EVERY - 1 || step == settings.steps() - 1) {
                    progress.accept("step %d of %d, loss %.3f".formatted(step + 1, settings.steps(), shown));
                }
            }
            return network.weights();
        }
    }

    private double rate(int step) {
        double done = (double) (step + 1) / settings.steps();
        double share = done < WARM_UP ? done / WARM_UP : (1 - done) / (1 - WARM_UP);
        return settings.rate() * Math.max(LAST_RATE, share);
    }

    private static double learn(
            NDManager manager, Network network, WordPiece tokenizer, List<Pair> lesson, Role other) {
        try (NDManager scratch = manager.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            network.computeIn(scratch);
            Batch said = network.encode(
                    scratch,
                    lesson.stream().map(pair -> ids(tokenizer, pair.said())).toList(),
                    Role.SAID,
                    DROPPED);
            Batch done = network.encode(
                    scratch,
                    lesson.stream().map(pair -> ids(tokenizer, pair.done())).toList(),
                    other,
                    DROPPED);
            Similarities near = Network.similarities(said, done);
            NDArray right = scratch.eye(lesson.size());
            NDArray together = near.whole()
                    .mul(WHOLE)
                    .add(near.asked().add(near.answered()).mul(PIECES));
            NDArray loss = contrast(together, right)
                    .add(contrast(near.whole().mul(ALONE), right).mul(ALONE_SHARE));
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    /** Cross entropy of rows and of columns whose right answers are on the diagonal. */
    private static NDArray contrast(NDArray logits, NDArray right) {
        return logits.logSoftmax(1)
                .add(logits.logSoftmax(0))
                .mul(right)
                .sum()
                .div(-right.getShape().get(0));
    }

    private static long[] ids(WordPiece tokenizer, String text) {
        int[] pieces = tokenizer.pieces(text, Encoder.WINDOW - 2);
        return tokenizer.framed(pieces, 0, pieces.length);
    }

    private static List<float[]> vectors(NDManager manager, Network network, WordPiece tokenizer, List<String> texts) {
        List<float[]> vectors = new ArrayList<>();
        for (int from = 0; from < texts.size(); from += CHUNK) {
            List<String> chunk = texts.subList(from, Math.min(texts.size(), from + CHUNK));
            try (NDManager scratch = manager.newSubManager()) {
                network.computeIn(scratch);
                Batch batch = network.encode(
                        scratch,
                        chunk.stream().map(text -> ids(tokenizer, text)).toList(),
                        Role.SAID,
                        0);
                for (NDArray vector : batch.vectors().split(chunk.size())) {
                    vectors.add(vector.toFloatArray());
                }
            }
        }
        return vectors;
    }

    /** Adam with slopes cut to length 1. */
    private static final class Adam {
        private static final float FIRST = 0.9f;
        private static final float SECOND = 0.98f;
        private static final float TINY = 1e-8f;

        private final Map<String, NDArray> parameters;
        private final List<NDArray> means = new ArrayList<>();
        private final List<NDArray> squares = new ArrayList<>();
        private int steps;

        Adam(Map<String, NDArray> parameters) {
            this.parameters = parameters;
            parameters.values().forEach(parameter -> {
                means.add(parameter.zerosLike());
                squares.add(parameter.zerosLike());
                parameter.setRequiresGradient(true);
            });
        }

        /** One step down, and the slopes back to 0. @return the length of all slopes together */
        double step(double rate) {
            steps++;
            double length = length();
            float cut = (float) Math.min(1, 1 / length);
            float first = (float) (1 - Math.pow(FIRST, steps));
            float second = (float) (1 - Math.pow(SECOND, steps));
            int at = 0;
            for (NDArray parameter : parameters.values()) {
                NDArray mean = means.get(at);
                NDArray square = squares.get(at++);
                try (NDManager scratch = parameter.getManager().newSubManager()) {
                    NDArray slopes = slopes(parameter, scratch);
                    mean.tempAttach(scratch);
                    square.tempAttach(scratch);
                    slopes.muli(cut);
                    mean.muli(FIRST).addi(slopes.mul(1 - FIRST));
                    square.muli(SECOND).addi(slopes.square().mul(1 - SECOND));
                    NDArray change = mean.div(first)
                            .div(square.div(second).sqrt().add(TINY))
                            .mul((float) rate);
                    slopes.muli(0);
                    parameter.setRequiresGradient(false);
                    parameter.subi(change);
                    parameter.setRequiresGradient(true);
                }
            }
            return length;
        }

        private double length() {
            double sum = 0;
            for (NDArray parameter : parameters.values()) {
                try (NDManager scratch = parameter.getManager().newSubManager()) {
                    sum += slopes(parameter, scratch).square().sum().getFloat();
                }
            }
            return Math.sqrt(sum);
        }

        /**
         * A parameter's slopes, for as long as a manager is open. They are never closed: in DJL 0.36 they are not a copy but the
         * parameter's own, and to free them breaks the heap.
         */
        private static NDArray slopes(NDArray parameter, NDManager scratch) {
            NDArray slopes = parameter.getGradient();
            slopes.detach();
            slopes.tempAttach(scratch);
            return slopes;
        }
    }
}
