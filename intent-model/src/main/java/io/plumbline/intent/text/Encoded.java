package io.plumbline.intent.text;

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

    /** How well each piece of this is found in another text, wherever it stands there. */
    public Match foundIn(Encoded other) {
        int count = count();
        double[] best = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            int greatest = -(int) UNIT;
            for (int j = 0; j < other.count(); j++) {
                greatest = Math.max(greatest, dot(i * Encoder.PIECE_WIDTH, other.pieces, j * Encoder.PIECE_WIDTH));
            }
            best[i] = greatest / UNIT;
            sum += best[i];
        }
        java.util.Arrays.sort(best);
        int quarter = Math.max(1, count / 4);
        double low = 0;
        for (int i = 0; i < quarter; i++) {
            low += best[i];
        }
        return new Match(sum / count, low / quarter);
    }

    private int dot(int from, byte[] others, int at) {
        int sum = 0;
        for (int k = 0; k < Encoder.PIECE_WIDTH; k++) {
            sum += pieces[from + k] * others[at + k];
        }
        return sum;
    }
}
