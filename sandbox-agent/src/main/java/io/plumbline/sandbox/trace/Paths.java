package io.plumbline.sandbox.trace;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;

/**
 * Path names of the sandbox as text: joined and normalised without touching any file system. Links are not followed; {@code ..} behind
 * one of {@code /proc} that every process has stays, since what it is the parent of is not in the name.
 */
final class Paths {
    private static final Pattern LINK_OF_PROC =
            Pattern.compile("/proc/[^/]{1,20}(?:/task/[^/]{1,20})?/(?:root|cwd|fd/[0-9]{1,9})");

    /** Names that such a link has at most. */
    private static final int MAX_LINK_NAMES = 6;

    private Paths() {}

    /** {@code path} if it is absolute, else below {@code base}; "." and ".." and doubled slashes are resolved. */
    static String resolve(String base, String path) {
        if (path.startsWith("/")) {
            return normalise(path);
        }
        if (!base.startsWith("/")) {
            return path;
        }
        return normalise(path.isEmpty() ? base : base + "/" + path);
    }

    private static String normalise(String path) {
        if (!path.contains("//") && !path.contains("/.") && (path.length() == 1 || !path.endsWith("/"))) {
            return path;
        }
        Deque<String> names = new ArrayDeque<>();
        int at = 0;
        while (at < path.length()) {
            int slash = path.indexOf('/', at);
            int end = slash < 0 ? path.length() : slash;
            String name = path.substring(at, end);
            if (name.equals("..")) {
                if (isBehindLinkOfProc(names)) {
                    names.addLast(name);
                } else {
                    names.pollLast();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
            at = end + 1;
        }
        return "/" + String.join("/", names);
    }

    private static boolean isBehindLinkOfProc(Deque<String> names) {
        return "..".equals(names.peekLast())
                || "proc".equals(names.peekFirst())
                        && names.size() <= MAX_LINK_NAMES
                        && LINK_OF_PROC.matcher("/" + String.join("/", names)).matches();
    }
}
