package io.plumbline.sandbox.trace;

import java.util.ArrayDeque;
import java.util.Deque;

/** Path names of the sandbox as text: joined and normalised without touching any file system. Links are not followed. */
final class Paths {
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
                names.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
            at = end + 1;
        }
        return "/" + String.join("/", names);
    }
}
