package io.plumbline.watcher.judge;

import io.plumbline.intent.head.ScoreDistribution;
import java.util.OptionalDouble;

/**
 * How far the newest scores are from those at training. Its reference is honest work, so a wave of bad acts moves it as much as work that
 * the model does not know: it says that somebody should look, not why. Not safe for use by several threads.
 */
final class ScoreDrift {
    /** Newest scores that are compared. */
    static final int WINDOW = 1_000;

    /** Scores below which nothing is said. */
    static final int LEAST = 100;

    private final ScoreDistribution trained;
    private final ScoreDistribution seen = new ScoreDistribution();
    private final byte[] newest = new byte[WINDOW];
    private int next;

    ScoreDrift(ScoreDistribution trained) {
        this.trained = trained;
    }

    void add(double risk) {
        int bin = ScoreDistribution.bin(risk);
        if (seen.total() == WINDOW) {
            seen.remove(newest[next]);
        }
        newest[next] = (byte) bin;
        next = (next + 1) % WINDOW;
        seen.add(bin);
    }

    /** Population stability index; empty before {@value #LEAST} scores. */
    OptionalDouble index() {
        return seen.total() < LEAST ? OptionalDouble.empty() : OptionalDouble.of(seen.stabilityIndex(trained));
    }
}
