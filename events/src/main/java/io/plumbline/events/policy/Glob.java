package io.plumbline.events.policy;

/**
 * A pattern of paths, ready to be asked: {@code **} any depth, {@code *} within a name, {@code ?} one character; {@code /**} at the end
 * also matches the folder itself. Matching takes time in proportion to pattern times path, never more.
 */
final class Glob {
    private final String pattern;
    /** What every path that matches begins with: the pattern up to its first wildcard. */
    private final String start;

    Glob(String pattern) {
        this.pattern = pattern;
        int end = 0;
        while (end < pattern.length() && pattern.charAt(end) != '*' && pattern.charAt(end) != '?') {
            end++;
        }
        this.start = pattern.substring(0, end);
    }

    String start() {
        return start;
    }

    /** Whether the pattern is a name without wildcards. */
    boolean isName() {
        return start.length() == pattern.length();
    }

    /** Whether the pattern is all below one folder. */
    boolean isFolder() {
        return start.endsWith("/") && pattern.length() == start.length() + 2 && pattern.endsWith("**");
    }

    boolean matches(String path) {
        if (pattern.endsWith("/**")
                && path.length() == pattern.length() - 3
                && pattern.regionMatches(0, path, 0, path.length())) {
            return true;
        }
        // Most rules are told from most paths by their beginning.
        if (!path.startsWith(start)) {
            return false;
        }
        return isFolder() || (isName() ? path.length() == start.length() : matchesBehindStart(path));
    }

    /** By a table over (pattern, path) positions, so that a hostile path cannot make it backtrack. */
    private boolean matchesBehindStart(String path) {
        int at = start.length();
        boolean[] reachable = new boolean[path.length() + 1];
        reachable[at] = true;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            if (c == '*') {
                boolean deep = at + 1 < pattern.length() && pattern.charAt(at + 1) == '*';
                boolean open = false;
                for (int i = start.length(); i <= path.length(); i++) {
                    open = reachable[i] || (open && (deep || path.charAt(i - 1) != '/'));
                    reachable[i] = open;
                }
                at += deep ? 2 : 1;
            } else {
                for (int i = path.length() - 1; i >= start.length(); i--) {
                    boolean same = c == '?' ? path.charAt(i) != '/' : path.charAt(i) == c;
                    reachable[i + 1] = reachable[i] && same;
                }
                reachable[start.length()] = false;
                at++;
            }
        }
        return reachable[path.length()];
    }
}
