package io.plumbline.sandbox.egress;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Whether the path of a request is one that a rule names. */
final class RequestPaths {
    private static final int STAR = -1;
    private static final int DEEP = -2;

    private RequestPaths() {}

    /**
     * @param globs {@code **} any depth, {@code *} within a segment; none: every path
     * @param path without the query, as it was sent
     */
    static boolean allow(List<String> globs, String path) {
        if (globs.isEmpty()) {
            return true;
        }
        return !ambiguous(path) && globs.stream().anyMatch(glob -> matches(glob, path));
    }

    /** A destination may read it as another path than the one that is written: then no glob speaks of it. */
    static boolean ambiguous(String path) {
        String lower = path.toLowerCase(Locale.ROOT);
        if (!path.startsWith("/")
                || path.contains("//")
                || path.indexOf('\\') >= 0
                || path.indexOf(';') >= 0
                || lower.contains("%2f")
                || lower.contains("%5c")
                || lower.contains("%00")
                || lower.contains("%25")
                || lower.contains("%3b")) {
            return true;
        }
        for (String segment : lower.split("/", -1)) {
            String decoded = segment.replace("%2e", ".");
            if (decoded.equals(".") || decoded.equals("..")) {
                return true;
            }
        }
        return false;
    }

    /**
     * Every position of the glob at which the path may stand, character by character: as many steps as the glob is long for
     * each, whatever the two are.
     */
    private static boolean matches(String glob, String path) {
        int[] parts = parts(glob);
        boolean[] at = new boolean[parts.length + 1];
        at[0] = true;
        skipStars(parts, at);
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            boolean[] next = new boolean[parts.length + 1];
            for (int part = 0; part < parts.length; part++) {
                if (!at[part]) {
                    continue;
                }
                if (parts[part] == c) {
                    next[part + 1] = true;
                } else if (parts[part] == DEEP || parts[part] == STAR && c != '/') {
                    next[part] = true;
                }
            }
            skipStars(parts, next);
            at = next;
        }
        return at[parts.length];
    }

    /** A star may stand for nothing. */
    private static void skipStars(int[] parts, boolean[] at) {
        for (int part = 0; part < parts.length; part++) {
            at[part + 1] |= at[part] && parts[part] < 0;
        }
    }

    /** Characters, {@link #STAR} and {@link #DEEP}. */
    private static int[] parts(String glob) {
        int[] parts = new int[glob.length()];
        int count = 0;
        for (int i = 0; i < glob.length(); i++) {
            boolean star = glob.charAt(i) == '*';
            if (star && count > 0 && parts[count - 1] < 0) {
                parts[count - 1] = DEEP;
            } else {
                parts[count++] = star ? STAR : glob.charAt(i);
            }
        }
        return Arrays.copyOf(parts, count);
    }
}
