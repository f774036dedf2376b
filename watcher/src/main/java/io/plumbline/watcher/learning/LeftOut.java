package io.plumbline.watcher.learning;

/**
 * Something that was seen and is not proposed.
 *
 * @param what the workload's own text; empty: several that there was no room for
 * @param why one clause
 */
public record LeftOut(String what, String why, Evidence evidence) {
    /** Shown; more are counted together. */
    static final int MAX = 500;

    record Key(String what, String why) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byReason = why.compareTo(other.why);
            return byReason != 0 ? byReason : what.compareTo(other.what);
        }
    }
}
