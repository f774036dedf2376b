package io.plumbline.sandbox.egress;

import java.util.List;
import java.util.Locale;

/** Whether the path of a request is one that a rule names. */
final class RequestPaths {
    private RequestPaths() {}

    /**
     * @param globs {@code **} any depth, {@code *} within a segment; none: every path
     * @param path without the query, as it was sent
     */
    static boolean allow(List<String> globs, String path) {
        if (globs.isEmpty()) {
            return true;
        }
        return !ambiguous(path) && globs.stream().anyMatch(glob -> matches(glob, 0, path, 0));
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

    /** Linear but for the last star of each kind, as file name matchers do it. */
    private static boolean matches(String glob, int g, String path, int p) {
        int at = p;
        int from = g;
        int starGlob = -1;
        int starPath = -1;
        boolean deep = false;
        while (at < path.length()) {
            if (from < glob.length() && glob.charAt(from) == '*') {
                boolean any = glob.startsWith("**", from);
                if (any) {
                    // What follows may match anywhere from here on: nothing before needs to be tried again.
                    int rest = from + 2;
                    for (int i = at; i <= path.length(); i++) {
                        if (matches(glob, rest, path, i)) {
                            return true;
                        }
                    }
                    return false;
                }
                deep = true;
                starGlob = ++from;
                starPath = at;
            } else if (from < glob.length() && glob.charAt(from) == path.charAt(at)) {
                from++;
                at++;
            } else if (deep && starPath < path.length() && path.charAt(starPath) != '/') {
                from = starGlob;
                at = ++starPath;
            } else {
                return false;
            }
        }
        while (from < glob.length() && glob.charAt(from) == '*') {
            from++;
        }
        return from == glob.length();
    }
}
