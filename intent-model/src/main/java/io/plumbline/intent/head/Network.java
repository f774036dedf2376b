package io.plumbline.intent.head;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** One hidden layer, tanh, and one logit; inputs are standardised and clipped first. Plain arithmetic in double, the same on every run. */
public final class Network {
    private static final double CLIP = 6;

    final int inputs;
    final int hidden;
    final double[] mean;
    final double[] scale;
    /** hidden x inputs, then biases. */
    final double[] first;
    /** hidden weights, inputs' direct weights, bias. */
    final double[] second;

    Network(int inputs, int hidden, double[] mean, double[] scale) {
        this.inputs = inputs;
        this.hidden = hidden;
        this.mean = mean;
        this.scale = scale;
        this.first = new double[hidden * (inputs + 1)];
        this.second = new double[hidden + inputs + 1];
    }

    public int inputs() {
        return inputs;
    }

    double[] standard(double[] vector) {
        double[] standard = new double[inputs];
        for (int i = 0; i < inputs; i++) {
            standard[i] = Math.clamp((vector[i] - mean[i]) * scale[i], -CLIP, CLIP);
        }
        return standard;
    }

    /** Log odds that the act does not serve the intent, before calibration. */
    public double logit(double[] vector) {
        return forward(standard(vector), new double[hidden]);
    }

    double forward(double[] input, double[] activations) {
        double logit = second[hidden + inputs];
        for (int i = 0; i < inputs; i++) {
            logit += second[hidden + i] * input[i];
        }
        for (int h = 0; h < hidden; h++) {
            double sum = first[hidden * inputs + h];
            int row = h * inputs;
            for (int i = 0; i < inputs; i++) {
                sum += first[row + i] * input[i];
            }
            activations[h] = StrictMath.tanh(sum);
            logit += second[h] * activations[h];
        }
        return logit;
    }

    /** By how much the logit falls when a feature takes its usual value. */
    public double contribution(double[] vector, int feature) {
        if (hidden == 0) {
            return second[feature] * Math.clamp((vector[feature] - mean[feature]) * scale[feature], -CLIP, CLIP);
        }
        double[] without = vector.clone();
        without[feature] = mean[feature];
        return logit(vector) - logit(without);
    }

    void write(DataOutput out) throws IOException {
        out.writeInt(inputs);
        out.writeInt(hidden);
        for (double[] part : new double[][] {mean, scale, first, second}) {
            for (double value : part) {
                out.writeFloat((float) value);
            }
        }
    }

    static Network read(DataInput in, int maxInputs) throws IOException {
        int inputs = in.readInt();
        int hidden = in.readInt();
        if (inputs < 1 || inputs > maxInputs || hidden < 0 || hidden > 256) {
            throw new IOException("network: " + inputs + " x " + hidden + " (expected: <= " + maxInputs + " x 256)");
        }
        Network network = new Network(inputs, hidden, new double[inputs], new double[inputs]);
        for (double[] part : new double[][] {network.mean, network.scale, network.first, network.second}) {
            for (int i = 0; i < part.length; i++) {
                part[i] = in.readFloat();
                if (!Double.isFinite(part[i])) {
                    throw new IOException("network: " + part[i] + " (expected: finite weights)");
                }
            }
        }
        return network;
    }
}
