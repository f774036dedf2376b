package io.plumbline.watcher.learning;

import io.plumbline.events.policy.FileRules;
import io.plumbline.watcher.deviation.ScopedPaths;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes few patterns of many paths: a folder stands for what is in it when several of its files were used, it lies deep enough, and nothing
 * in it may be a named scope's or raised an alert.
 */
final class PathPatterns {
    /** Files of a folder that make it stand for all of them. */
    static final int FILES = 3;

    /** Folders that programs need as a whole. */
    private static final List<String> SYSTEM = List.of(
            "/usr/**",
            "/bin/**",
            "/lib/**",
            "/lib64/**",
            "/sbin/**",
            "/opt/**",
            "/etc/**",
            "/proc/**",
            "/sys/**",
            "/dev/**",
            "/tmp/**",
            "/var/tmp/**",
            "/proc/self/**");

    private final boolean write;
    private final List<String> above;
    private final boolean mayWiden;
    private final Set<String> suspects;
    private final ScopedPaths scopes = new ScopedPaths("/home/agent", "/workspace");

    /**
     * @param above patterns that the policy above grants
     * @param mayWiden whether it lets others be granted
     * @param suspects paths that no pattern may take in
     */
    PathPatterns(boolean write, List<String> above, boolean mayWiden, Set<String> suspects) {
        this.write = write;
        this.above = above;
        this.mayWiden = mayWiden;
        this.suspects = suspects;
    }

    /**
     * @param paths as policies write them, without wildcards
     * @param refused gets what the policy above does not grant
     */
    Map<String, Tally> of(Map<String, Tally> paths, Consumer<String> refused) {
        Folder root = new Folder("");
        Map<String, Tally> patterns = new TreeMap<>();
        paths.forEach((path, tally) -> {
            String system = SYSTEM.stream()
                    .filter(glob -> above.contains(glob) && FileRules.matches(glob, path) && !takesInSuspect(glob))
                    .findFirst()
                    .orElse("");
            if (!system.isEmpty()) {
                patterns.computeIfAbsent(system, any -> new Tally()).add(tally);
            } else if (isGranted(path)) {
                root.add(path, tally);
            } else {
                refused.accept(path);
            }
        });
        root.children.forEach((name, folder) -> collect(folder, 0, least(name), patterns));
        return patterns;
    }

    /** How deep below the first part of a path a folder must lie to stand for its files. */
    private static int least(String first) {
        return first.equals("${workspace}") ? 1 : 2;
    }

    private void collect(Folder folder, int depth, int least, Map<String, Tally> patterns) {
        String pattern = folder.path + "/**";
        if (depth >= least && folder.files >= FILES && isGranted(pattern) && isHarmless(folder.path, pattern)) {
            patterns.computeIfAbsent(pattern, any -> new Tally()).add(folder.all());
            return;
        }
        if (folder.own != null) {
            patterns.computeIfAbsent(folder.path, any -> new Tally()).add(folder.own);
        }
        folder.children.values().forEach(child -> collect(child, depth + 1, least, patterns));
    }

    private boolean isHarmless(String folder, String pattern) {
        return !scopes.mayHold(ObservedSession.absolute(folder), write) && !takesInSuspect(pattern);
    }

    private boolean takesInSuspect(String pattern) {
        return suspects.stream().anyMatch(suspect -> FileRules.matches(pattern, suspect));
    }

    private boolean isGranted(String pattern) {
        return mayWiden
                || above.stream()
                        .anyMatch(glob ->
                                FileRules.covers(ObservedSession.absolute(glob), ObservedSession.absolute(pattern)));
    }

    private static final class Folder {
        private final String path;
        private final Map<String, Folder> children = new LinkedHashMap<>();
        private @Nullable Tally own;
        private int files;

        Folder(String path) {
            this.path = path;
        }

        void add(String below, Tally tally) {
            Folder at = this;
            int from = below.startsWith("/") ? 1 : 0;
            String prefix = from == 1 ? "/" : "";
            while (true) {
                int slash = below.indexOf('/', from);
                String name = below.substring(from, slash < 0 ? below.length() : slash);
                String whole = prefix + name;
                at = at.children.computeIfAbsent(name, any -> new Folder(whole));
                at.files++;
                if (slash < 0) {
                    at.own = tally;
                    return;
                }
                prefix = whole + "/";
                from = slash + 1;
            }
        }

        Tally all() {
            Tally all = new Tally();
            if (own != null) {
                all.add(own);
            }
            children.values().forEach(child -> all.add(child.all()));
            return all;
        }
    }
}
