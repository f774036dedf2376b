package io.plumbline.intent.head;

import java.util.List;
import java.util.SplittableRandom;

/** Trains a {@link Network} by Adam on cross entropy: one thread, a fixed seed, the same weights on every run of one machine. */
public final class Trainer {
    private static final long SEED = 20_261_124;
    private static final int BATCH = 64;

    private Trainer() {}

    /**
     * @param vector of one act
     * @param bad whether it does not serve the intent
     * @param other log odds by another network, that either of them suffices: this one learns what that does not see; negative
     *     infinity when there is none
     */
    public record Example(double[] vector, boolean bad, double other) {}

    /**
     * @param hidden width of the hidden layer, 0 for a linear model
     * @param passes over the examples
     * @param decay of the weights
     * @param rising whether no direct weight may be negative, so that a feature can only raise the score
     * @param missed how much worse it is to miss a bad example than to take a good one for bad
     */
    public record Settings(int hidden, int passes, double decay, boolean rising, double missed) {
        /** Few numbers of similarity carry over to unseen sources only as a weighted sum. */
        public static final Settings RELEVANCE = new Settings(0, 12, 1e-3, false, 1);

        /**
         * What an act's structure shows can only make it worse. Missed counts eight times: relevance sets the threshold, below which abuse
         * adds no false alarms.
         */
        public static final Settings ABUSE = new Settings(0, 16, 3e-4, true, 8);
    }

    public static Network train(List<Example> examples, Settings settings) {
        int inputs = examples.getFirst().vector().length;
        Network network = new Network(inputs, settings.hidden(), new double[inputs], new double[inputs]);
        standardise(network, examples);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < network.hidden * inputs; i++) {
            network.first[i] = (random.nextDouble() - 0.5) * 2 / Math.sqrt(inputs);
        }
        for (int h = 0; h < network.hidden; h++) {
            network.second[h] = (random.nextDouble() - 0.5) * 0.4;
        }
        double[][] standard = new double[examples.size()][];
        for (int i = 0; i < standard.length; i++) {
            standard[i] = network.standard(examples.get(i).vector());
        }
        Adam first = new Adam(network.first, settings.decay());
        Adam second = new Adam(network.second, settings.decay());
        int[] order = new int[standard.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        double[] activations = new double[network.hidden];
        for (int pass = 0; pass < settings.passes(); pass++) {
            shuffle(order, random);
            double rate = 0.004 * (1 - 0.9 * pass / settings.passes());
            for (int from = 0; from < order.length; from += BATCH) {
                int to = Math.min(order.length, from + BATCH);
                for (int i = from; i < to; i++) {
                    Example example = examples.get(order[i]);
                    gradient(
                            network,
                            standard[order[i]],
                            example,
                            settings.missed(),
                            activations,
                            first.gradient,
                            second.gradient);
                }
                first.step(rate, to - from);
                second.step(rate, to - from);
                for (int i = 0; settings.rising() && i < inputs; i++) {
                    network.second[network.hidden + i] = Math.max(0, network.second[network.hidden + i]);
                }
            }
        }
        return network;
    }

    private static void gradient(
            Network network,
            double[] input,
            Example example,
            double missed,
            double[] activations,
            double[] first,
            double[] second) {
        double own = Calibration.sigmoid(network.forward(input, activations));
        double spared = 1 - Calibration.sigmoid(example.other());
        double error = example.bad() ? missed * own * spared * (1 - own) / (spared * (1 - own) - 1) : own;
        int hidden = network.hidden;
        int inputs = network.inputs;
        second[hidden + inputs] += error;
        for (int i = 0; i < inputs; i++) {
            second[hidden + i] += error * input[i];
        }
        for (int h = 0; h < hidden; h++) {
            second[h] += error * activations[h];
            double back = error * network.second[h] * (1 - activations[h] * activations[h]);
            int row = h * inputs;
            for (int i = 0; i < inputs; i++) {
                first[row + i] += back * input[i];
            }
            first[hidden * inputs + h] += back;
        }
    }

    private static void standardise(Network network, List<Example> examples) {
        int count = examples.size();
        for (Example example : examples) {
            for (int i = 0; i < network.inputs; i++) {
                network.mean[i] += example.vector()[i] / count;
            }
        }
        for (Example example : examples) {
            for (int i = 0; i < network.inputs; i++) {
                double off = example.vector()[i] - network.mean[i];
                network.scale[i] += off * off / count;
            }
        }
        for (int i = 0; i < network.inputs; i++) {
            // Rounded as they are written, so that the file gives the trained network.
            network.mean[i] = (float) network.mean[i];
            // What never varies in training says nothing later either.
            network.scale[i] = network.scale[i] == 0 ? 0 : (float) (1 / Math.max(0.25, Math.sqrt(network.scale[i])));
        }
    }

    private static void shuffle(int[] order, SplittableRandom random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
    }

    private static final class Adam {
        private final double[] weights;
        private final double decay;
        private final double[] gradient;
        private final double[] momentum;
        private final double[] squares;
        private int steps;

        Adam(double[] weights, double decay) {
            this.weights = weights;
            this.decay = decay;
            gradient = new double[weights.length];
            momentum = new double[weights.length];
            squares = new double[weights.length];
        }

        void step(double rate, int examples) {
            steps++;
            double first = 1 - StrictMath.pow(0.9, steps);
            double second = 1 - StrictMath.pow(0.999, steps);
            for (int i = 0; i < weights.length; i++) {
                double slope = gradient[i] / examples;
                momentum[i] = 0.9 * momentum[i] + 0.1 * slope;
                squares[i] = 0.999 * squares[i] + 0.001 * slope * slope;
                weights[i] -= rate
                        * (momentum[i] / first / (Math.sqrt(squares[i] / second) + 1e-8) + decay * 10 * weights[i]);
                gradient[i] = 0;
            }
        }
    }
}
