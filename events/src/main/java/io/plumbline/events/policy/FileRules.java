package io.plumbline.events.policy;

import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The file rules of a policy, ready to be asked. Deny beats read and write; protect beats write; write includes read; what no rule names is
 * refused. Patterns: {@code **} any depth, {@code *} within a name, {@code ?} one character; {@code ~} the agent's home,
 * {@code ${workspace}} the workspace. Matching takes time in proportion to pattern times path, never more.
 */
public final class FileRules {
    /** Access that an act needs. */
    public enum Access {
        READ,
        WRITE
    }

    /** Why a path is refused: the clause, for example {@code files.deny[0] ~/.ssh/**} or {@code files.write}. */
    public record Refusal(String clause, boolean denied) {}

    private record Rule(String clause, String pattern) {}

    private final List<Rule> deny = new ArrayList<>();
    private final List<Rule> protect = new ArrayList<>();
    private final List<Rule> read = new ArrayList<>();
    private final List<Rule> write = new ArrayList<>();

    /** @param home the agent's home inside the sandbox, absolute; @param workspace the workspace inside the sandbox, absolute */
    public FileRules(TaskPolicy policy, String home, String workspace) {
        for (PathRule rule : policy.getFilesList()) {
            List<Rule> rules =
                    switch (rule.getAccess()) {
                        case "read" -> read;
                        case "write" -> write;
                        case "protect" -> protect;
                        // an access word from a newer contract can only narrow
                        default -> deny;
                    };
            String clause = "files." + rule.getAccess() + "[" + rules.size() + "] " + rule.getGlob();
            rules.add(new Rule(clause, absolute(rule.getGlob(), home, workspace)));
        }
    }

    /** Empty when the policy lets the path be accessed so. {@code path} is absolute and normalised. */
    public Optional<Refusal> refusal(String path, Access access) {
        Optional<Rule> forbidden =
                first(deny, path).or(() -> access == Access.WRITE ? first(protect, path) : Optional.empty());
        if (forbidden.isPresent()) {
            return Optional.of(new Refusal(forbidden.get().clause, true));
        }
        if (first(write, path).isPresent()
                || (access == Access.READ && first(read, path).isPresent())) {
            return Optional.empty();
        }
        return Optional.of(new Refusal(access == Access.READ ? "files.read" : "files.write", false));
    }

    /** The rule that lets the path be accessed so, where {@link #refusal} has nothing against it. */
    public Optional<String> grant(String path, Access access) {
        return first(write, path)
                .or(() -> access == Access.READ ? first(read, path) : Optional.empty())
                .map(Rule::clause);
    }

    /** Whether a deny rule names the path, or can name something below it. */
    public boolean leadsToDenied(String path) {
        String folder = path.endsWith("/") ? path : path + "/";
        for (Rule rule : deny) {
            if (matches(rule.pattern, path) || fixedStart(rule.pattern).startsWith(folder)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether everything that {@code lower} matches is matched by {@code upper}, as far as their text shows it: when they are equal,
     * when {@code lower} is a name without wildcards that matches, or when {@code upper} is a whole folder and {@code lower} lies in it.
     */
    public static boolean covers(String upper, String lower) {
        if (upper.equals(lower) || fixedStart(lower).equals(lower) && matches(upper, lower)) {
            return true;
        }
        String start = fixedStart(upper);
        return upper.equals(start + "**")
                && start.endsWith("/")
                && fixedStart(lower).startsWith(start);
    }

    private static String fixedStart(String pattern) {
        int end = 0;
        while (end < pattern.length() && pattern.charAt(end) != '*' && pattern.charAt(end) != '?') {
            end++;
        }
        return pattern.substring(0, end);
    }

    /** The absolute form of a glob or path of a policy. */
    public static String absolute(String glob, String home, String workspace) {
        if (glob.equals("~") || glob.startsWith("~/")) {
            return home + glob.substring(1);
        }
        return glob.replace("${workspace}", workspace);
    }

    private static Optional<Rule> first(List<Rule> rules, String path) {
        for (Rule rule : rules) {
            if (matches(rule.pattern, path)) {
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    /**
     * Glob match by a table over (pattern, path) positions, so that a hostile path cannot make it backtrack. {@code /**} at
     * the end also matches the folder itself.
     */
    public static boolean matches(String pattern, String path) {
        if (pattern.endsWith("/**") && path.equals(pattern.substring(0, pattern.length() - 3))) {
            return true;
        }
        int at = fixedStart(pattern).length();
        // Most rules are told from most paths by their beginning.
        if (!path.regionMatches(0, pattern, 0, at)) {
            return false;
        }
        if (at == pattern.length()) {
            return path.length() == at;
        }
        boolean[] reachable = new boolean[path.length() + 1];
        reachable[at] = true;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            boolean[] next = new boolean[path.length() + 1];
            if (c == '*') {
                boolean deep = at + 1 < pattern.length() && pattern.charAt(at + 1) == '*';
                boolean open = false;
                for (int i = 0; i <= path.length(); i++) {
                    open = reachable[i] || (open && (deep || path.charAt(i - 1) != '/'));
                    next[i] = open;
                }
                at += deep ? 2 : 1;
            } else {
                for (int i = 0; i < path.length(); i++) {
                    boolean same = c == '?' ? path.charAt(i) != '/' : path.charAt(i) == c;
                    next[i + 1] = reachable[i] && same;
                }
                at++;
            }
            reachable = next;
        }
        return reachable[path.length()];
    }
}
