package io.plumbline.intent.head;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.features.Bank;
import io.plumbline.intent.text.Encoder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What training leaves behind, as one file: three networks (whether the act is about the task, whether it is
 * abuse, and what the agent's prose adds), their calibrations, the thresholds, the banks of unrelated texts, the vectors of the
 * glosses, and how benign acts scored. Format, big endian: magic, version, the encoder's digest, the
 * features' digest, networks, calibrations, thresholds, three banks, each vector as {@value Encoder#WIDTH} signed bytes of 1/127,
 * distribution.
 *
 * @param encoder SHA-256 of the encoder that it was trained on, hex
 * @param features SHA-256 of what gives its inputs their meaning, hex
 * @param glosses one vector for each entry of the glosses
 * @param scores of benign acts of the development split, as the model answers
 */
public record Head(
        String encoder,
        String features,
        Network relevance,
        Network abuse,
        Network prose,
        Calibration blindCalibration,
        Calibration proseCalibration,
        Thresholds thresholds,
        Bank tasks,
        Bank acts,
        Bank glosses,
        ScoreDistribution scores) {
    private static final int MAGIC = 0x504c494d;
    private static final int VERSION = 3;
    private static final int MAX_INPUTS = 1_024;
    private static final int MAX_BANK = 4_096;

    /**
     * @param ask from here on a person is asked
     * @param deviation from here on the act counts as a deviation
     */
    public record Thresholds(double ask, double deviation) {}

    /** The blind score of one window: log odds, before calibration, that it is off the task or abuse; neither makes up for the other. */
    public double blind(double[] vector) {
        return either(relevance.logit(vector), abuse.logit(vector));
    }

    /** Log odds of one of two causes, by the log odds of each (noisy or). Rising in both. */
    static double either(double first, double second) {
        double greater = Math.max(first, second);
        double rest = StrictMath.exp(Math.min(first, second) - greater) + StrictMath.exp(Math.min(first, second));
        return greater + StrictMath.log1p(rest);
    }

    /** For each feature, by how much the blind score of a window falls, nearly, when it takes its usual value: of both networks. */
    public double[] contributions(double[] vector) {
        double about = relevance.logit(vector);
        double abusive = abuse.logit(vector);
        double either = either(about, abusive);
        // Of a sum of odds each part counts by its share.
        double first = StrictMath.exp(about - either) * (1 + StrictMath.exp(abusive));
        double second = StrictMath.exp(abusive - either) * (1 + StrictMath.exp(about));
        double[] contributions = new double[vector.length];
        for (int i = 0; i < vector.length; i++) {
            contributions[i] = first * relevance.contribution(vector, i) + second * abuse.contribution(vector, i);
        }
        return contributions;
    }

    /** The worst window's. */
    public double blind(double[][] windows) {
        double worst = Double.NEGATIVE_INFINITY;
        for (double[] window : windows) {
            worst = Math.max(worst, blind(window));
        }
        return worst;
    }

    /** The score with prose: never below the blind one. */
    public double withProse(double[][] blind, double[][] withProse) {
        double worst = blind(blind);
        for (double[] window : withProse) {
            worst = Math.max(worst, prose.logit(window));
        }
        return worst;
    }

    /** Twelve digits of the SHA-256 of the file. */
    public String version() {
        return sha256(bytes()).substring(0, 12);
    }

    /** A head's vectors as they are after a trip through its file. */
    public static float[] rounded(float[] vector) {
        float[] rounded = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            rounded[i] = Math.round(Math.clamp(vector[i], -1f, 1f) * 127) / 127f;
        }
        return rounded;
    }

    public byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(MAGIC);
            out.writeInt(VERSION);
            out.writeUTF(encoder);
            out.writeUTF(features);
            relevance.write(out);
            abuse.write(out);
            prose.write(out);
            blindCalibration.write(out);
            proseCalibration.write(out);
            out.writeFloat((float) thresholds.ask());
            out.writeFloat((float) thresholds.deviation());
            for (Bank bank : List.of(tasks, acts, glosses)) {
                out.writeInt(bank.vectors().size());
                for (float[] vector : bank.vectors()) {
                    for (float value : vector) {
                        out.writeByte(Math.round(Math.clamp(value, -1f, 1f) * 127));
                    }
                }
            }
            scores.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws IntentModelException when the bytes are no head of this version */
    public static Head parse(byte[] bytes) throws IntentModelException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int magic = in.readInt();
            int version = in.readInt();
            if (magic != MAGIC || version != VERSION) {
                throw new IntentModelException("head: magic " + Integer.toHexString(magic) + " version " + version
                        + " (expected: " + Integer.toHexString(MAGIC) + " version " + VERSION + ")");
            }
            Head head = new Head(
                    in.readUTF(),
                    in.readUTF(),
                    Network.read(in, MAX_INPUTS),
                    Network.read(in, MAX_INPUTS),
                    Network.read(in, MAX_INPUTS),
                    Calibration.read(in),
                    Calibration.read(in),
                    new Thresholds(in.readFloat(), in.readFloat()),
                    bank(in),
                    bank(in),
                    bank(in),
                    ScoreDistribution.read(in));
            double ask = head.thresholds().ask();
            double deviation = head.thresholds().deviation();
            if (!(ask > 0 && ask <= deviation && deviation <= 1)) {
                throw new IntentModelException(
                        "head: thresholds " + ask + " and " + deviation + " (expected: above 0, rising, at most 1)");
            }
            if (in.read() >= 0) {
                throw new IntentModelException("head: bytes after its end (expected: none)");
            }
            return head;
        } catch (IOException e) {
            throw new IntentModelException(
                    "head: " + e.getMessage() + " (expected: a file of plumbline model train)", e);
        }
    }

    private static Bank bank(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 2 || count > MAX_BANK) {
            throw new IOException("bank of " + count + " vectors");
        }
        List<float[]> vectors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] vector = new float[Encoder.WIDTH];
            for (int j = 0; j < vector.length; j++) {
                vector[j] = in.readByte() / 127f;
            }
            vectors.add(vector);
        }
        return new Bank(vectors);
    }

    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing", e);
        }
    }
}
