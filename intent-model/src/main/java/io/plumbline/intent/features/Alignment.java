package io.plumbline.intent.features;

import io.plumbline.intent.text.Encoder;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Moves vectors of tasks and of acts towards each other where one serves the other: {@code x + up (down x)}, made one long again. The
 * encoder was trained on sentences; what a command line and a sentence about it have in common is learned here.
 */
public final class Alignment {
    /** Rank of what is added. */
    public static final int RANK = 32;

    /** Moves nothing. */
    public static final Alignment NONE = new Alignment(new Map(), new Map());

    private final Map tasks;
    private final Map acts;

    /** One side's matrices, both width by rank, row by row. */
    public static final class Map {
        public final float[] down = new float[Encoder.WIDTH * RANK];
        public final float[] up = new float[Encoder.WIDTH * RANK];

        /** The vector where it is moved to, of length 1. */
        public float[] moved(float[] vector) {
            float[] inner = inner(vector);
            float[] moved = vector.clone();
            for (int j = 0; j < Encoder.WIDTH; j++) {
                float sum = 0;
                for (int r = 0; r < RANK; r++) {
                    sum += up[j * RANK + r] * inner[r];
                }
                moved[j] += sum;
            }
            return Encoder.normalised(moved);
        }

        /** {@code down} of a vector. */
        public float[] inner(float[] vector) {
            float[] inner = new float[RANK];
            for (int j = 0; j < Encoder.WIDTH; j++) {
                float value = vector[j];
                for (int r = 0; r < RANK; r++) {
                    inner[r] += down[j * RANK + r] * value;
                }
            }
            return inner;
        }
    }

    public Alignment(Map tasks, Map acts) {
        this.tasks = tasks;
        this.acts = acts;
    }

    public float[] task(float[] vector) {
        return tasks.moved(vector);
    }

    public float[] act(float[] vector) {
        return acts.moved(vector);
    }

    /** As it is after a trip through its file. */
    public Alignment rounded() {
        return new Alignment(rounded(tasks), rounded(acts));
    }

    private static Map rounded(Map map) {
        Map rounded = new Map();
        round(map.down, rounded.down);
        round(map.up, rounded.up);
        return rounded;
    }

    private static void round(float[] from, float[] to) {
        float step = step(from);
        for (int i = 0; i < from.length; i++) {
            to[i] = step * Math.round(from[i] / step);
        }
    }

    private static float step(float[] values) {
        float greatest = 1e-6f;
        for (float value : values) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        return greatest / 127;
    }

    /** Each matrix as the step of its values and signed bytes. */
    public void write(DataOutput out) throws IOException {
        for (Map map : new Map[] {tasks, acts}) {
            for (float[] matrix : new float[][] {map.down, map.up}) {
                float step = step(matrix);
                out.writeFloat(step);
                for (float value : matrix) {
                    out.writeByte(Math.round(value / step));
                }
            }
        }
    }

    public static Alignment read(DataInput in) throws IOException {
        Map[] maps = {new Map(), new Map()};
        for (Map map : maps) {
            for (float[] matrix : new float[][] {map.down, map.up}) {
                float step = in.readFloat();
                if (!(step > 0 && step < 1)) {
                    throw new IOException("alignment: step " + step + " (expected: above 0, below 1)");
                }
                for (int i = 0; i < matrix.length; i++) {
                    matrix[i] = step * in.readByte();
                }
            }
        }
        return new Alignment(maps[0], maps[1]);
    }
}
