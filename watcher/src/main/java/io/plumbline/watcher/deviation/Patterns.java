package io.plumbline.watcher.deviation;

/** Patterns over paths, in which {@code *} stands for anything but a slash, and {@code **} for anything. */
final class Patterns {
    private Patterns() {}

    /** Whether some path fits both. In time proportional to the product of their lengths. */
    static boolean meet(String one, String other) {
        // reachable[j]: what is read of the one so far and the first j characters of the other can mean the same.
        boolean[] reachable = new boolean[other.length() + 1];
        reachable[0] = true;
        skip(reachable, other);
        for (int i = 0; i < one.length(); i++) {
            boolean[] next = new boolean[other.length() + 1];
            boolean star = one.charAt(i) == '*';
            boolean any =
                    star && (i > 0 && one.charAt(i - 1) == '*' || i + 1 < one.length() && one.charAt(i + 1) == '*');
            for (int j = 0; j <= other.length(); j++) {
                if (!reachable[j]) {
                    continue;
                }
                boolean starThere = j < other.length() && other.charAt(j) == '*';
                if (star) {
                    next[j] = true;
                    for (int k = j; k < other.length() && (any || other.charAt(k) != '/'); k++) {
                        next[k + 1] = true;
                    }
                } else if (starThere && (one.charAt(i) != '/' || isAny(other, j))) {
                    next[j] = true;
                } else if (j < other.length() && other.charAt(j) == one.charAt(i)) {
                    next[j + 1] = true;
                }
            }
            skip(next, other);
            reachable = next;
        }
        return reachable[other.length()];
    }

    private static boolean isAny(String pattern, int at) {
        return at > 0 && pattern.charAt(at - 1) == '*' || at + 1 < pattern.length() && pattern.charAt(at + 1) == '*';
    }

    /** A star may stand for nothing. */
    private static void skip(boolean[] reachable, String other) {
        for (int j = 0; j < other.length(); j++) {
            if (reachable[j] && other.charAt(j) == '*') {
                reachable[j + 1] = true;
            }
        }
    }
}
