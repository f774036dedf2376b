package io.plumbline.console.search;

import java.util.ArrayList;
import java.util.List;

/**
 * Where in time the n-th event of a session is, so that a list of any length can be read from its middle. Made once of counts by time;
 * what comes later does not move what is before it.
 *
 * <p>Pure. A piece of time that holds more than {@link #MAX_IN_PIECE} events is counted as that many, and {@link #isCut} says so: the
 * store pages no deeper.
 */
public final class EventOffsets {
    /** Under the store's window of 10,000 with room for a page. */
    public static final int MAX_IN_PIECE = 9_000;

    public static final EventOffsets EMPTY = new EventOffsets(List.of());

    private final long[] starts;
    private final long[] before;
    private final boolean[] tooDense;
    private final long total;
    private final boolean cut;

    /** @param fromMs milliseconds since the epoch */
    public record Piece(long fromMs, long count) {}

    /** The event is the one after {@code skip} others at or after {@code fromMs}. */
    public record Place(long fromMs, int skip) {}

    private EventOffsets(List<Piece> pieces) {
        starts = new long[pieces.size()];
        before = new long[pieces.size()];
        tooDense = new boolean[pieces.size()];
        long sum = 0;
        boolean tooMany = false;
        for (int i = 0; i < starts.length; i++) {
            Piece piece = pieces.get(i);
            starts[i] = piece.fromMs();
            before[i] = sum;
            sum += Math.min(piece.count(), MAX_IN_PIECE);
            tooDense[i] = piece.count() > MAX_IN_PIECE;
            tooMany |= tooDense[i];
        }
        total = sum;
        cut = tooMany;
    }

    /** @param pieces in the order of time, without overlap; empty ones are left out */
    public static EventOffsets of(List<Piece> pieces) {
        List<Piece> filled = new ArrayList<>(pieces);
        filled.removeIf(piece -> piece.count() <= 0);
        for (int i = 1; i < filled.size(); i++) {
            if (filled.get(i).fromMs() <= filled.get(i - 1).fromMs()) {
                throw new IllegalArgumentException(
                        "piece " + i + ": " + filled.get(i).fromMs() + " (expected: later than "
                                + filled.get(i - 1).fromMs() + ")");
            }
        }
        return new EventOffsets(filled);
    }

    public long total() {
        return total;
    }

    /** Whether some events cannot be reached. */
    public boolean isCut() {
        return cut;
    }

    /** @throws IndexOutOfBoundsException when there is no such event */
    public Place place(long offset) {
        int piece = piece(offset);
        return new Place(starts[piece], (int) (offset - before[piece]));
    }

    private int piece(long offset) {
        if (offset < 0 || offset >= total) {
            throw new IndexOutOfBoundsException("offset: " + offset + " (expected: 0 to " + (total - 1) + ")");
        }
        int low = 0;
        int high = starts.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (before[middle] <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** How many events from this offset on can be read with one question. */
    public int readable(long offset) {
        int first = piece(offset);
        long end = total;
        for (int i = first; i < starts.length; i++) {
            // What follows the counted events of a piece that is too dense has no offset.
            if (tooDense[i]) {
                end = before[i] + MAX_IN_PIECE;
                break;
            }
        }
        return (int) Math.min(end - offset, MAX_IN_PIECE + 1_000L - (offset - before[first]));
    }
}
