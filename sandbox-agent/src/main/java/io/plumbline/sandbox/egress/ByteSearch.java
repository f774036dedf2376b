package io.plumbline.sandbox.egress;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Finds a pattern in a stream that comes in pieces (Knuth, Morris, Pratt), and holds back what may be its beginning. */
final class ByteSearch {
    private final byte[] pattern;
    private final int[] borders;
    private int matched;

    /** @param pattern not empty */
    ByteSearch(byte[] pattern) {
        this.pattern = pattern.clone();
        this.borders = new int[pattern.length];
        for (int i = 1, length = 0; i < pattern.length; i++) {
            while (length > 0 && pattern[i] != pattern[length]) {
                length = borders[length - 1];
            }
            if (pattern[i] == pattern[length]) {
                length++;
            }
            borders[i] = length;
        }
    }

    /** Looks at the next piece without taking it; true once the pattern was there. */
    boolean finds(ByteBuffer piece) {
        for (int i = piece.position(); i < piece.limit() && matched < pattern.length; i++) {
            byte b = piece.get(i);
            while (matched > 0 && b != pattern[matched]) {
                matched = borders[matched - 1];
            }
            if (b == pattern[matched]) {
                matched++;
            }
        }
        return matched == pattern.length;
    }

    /**
     * The bytes that may pass: those held back before and the piece, without an end that may be the pattern's beginning.
     * Null once the pattern was there.
     */
    @Nullable
    ByteBuffer released(ByteBuffer piece) {
        int heldBefore = matched;
        if (finds(piece)) {
            return null;
        }
        ByteBuffer passing = ByteBuffer.allocate(heldBefore + piece.remaining() - matched);
        int fromHeld = Math.min(heldBefore, passing.remaining());
        passing.put(pattern, 0, fromHeld);
        passing.put(piece.slice(piece.position(), passing.remaining()));
        return passing.flip();
    }

    /** What is held back when the stream is over. */
    ByteBuffer held() {
        return ByteBuffer.wrap(pattern.clone(), 0, matched);
    }
}
