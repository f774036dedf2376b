package io.plumbline.intent.text;

import java.util.Arrays;

/**
 * One window of a text as the encoder sees it.
 *
 * @param vector of the whole, {@link Encoder#WIDTH} numbers, length 1
 * @param pieces one vector a piece, {@link Encoder#PIECE_WIDTH} signed bytes of 1/127 each, length 1; the frame's pieces too
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody, and made once for each text.
public record Encoded(float[] vector, byte[] pieces) {
    private static final double UNIT = 127.0 * 127.0;

    public Encoded {
        if (vector.length != Encoder.WIDTH || pieces.length == 0 || pieces.length % Encoder.PIECE_WIDTH != 0) {
            throw new IllegalArgumentException("encoded: " + vector.length + " numbers, " + pieces.length
                    + " bytes (expected: " + Encoder.WIDTH + ", a multiple of " + Encoder.PIECE_WIDTH + ")");
        }
    }

    /**
     * How the pieces of one text are found in another, as cosines.
     *
     * @param mean of each piece's best
     * @param low mean of the quarter that is found worst
     */
    public record Match(double mean, double low) {}

    public int count() {
        return pieces.length / Encoder.PIECE_WIDTH;
    }

    /**
     * @param here how the pieces of this text are found in the other
     * @param there how the other's are found in this one
     */
    public record Alignment(Match here, Match there) {}

    /** How well each piece of each text is found in the other, wherever it stands there. */
    public Alignment alignedWith(Encoded other) {
        int[] here = new int[count()];
        int[] there = new int[other.count()];
        Arrays.fill(here, -(int) UNIT);
        Arrays.fill(there, -(int) UNIT);
        for (int i = 0; i < here.length; i++) {
            for (int j = 0; j < there.length; j++) {
                int product = dot(i * Encoder.PIECE_WIDTH, other.pieces, j * Encoder.PIECE_WIDTH);
                here[i] = Math.max(here[i], product);
                there[j] = Math.max(there[j], product);
            }
        }
        return new Alignment(match(here), match(there));
    }

    private static Match match(int[] best) {
        double sum = 0;
        for (int product : best) {
            sum += product / UNIT;
        }
        Arrays.sort(best);
        int quarter = Math.max(1, best.length / 4);
        double low = 0;
        for (int i = 0; i < quarter; i++) {
            low += best[i] / UNIT;
        }
        return new Match(sum / best.length, low / quarter);
    }

    private int dot(int from, byte[] others, int at) {
        int sum = 0;
        for (int k = 0; k < Encoder.PIECE_WIDTH; k++) {
            sum += pieces[from + k] * others[at + k];
        }
        return sum;
    }
}
