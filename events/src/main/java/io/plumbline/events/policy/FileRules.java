package io.plumbline.events.policy;

import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The file rules of a policy, ready to be asked. Deny beats read and write; protect beats write; write includes read; what no rule names is
 * refused. Patterns are those of {@link Glob}, with {@code ~} for the agent's home and {@code ${workspace}} for the workspace.
 */
public final class FileRules {
    /** Access that an act needs. */
    public enum Access {
        READ,
        WRITE
    }

    /** Why a path is refused: the clause, for example {@code files.deny[0] ~/.ssh/**} or {@code files.write}. */
    public record Refusal(String clause, boolean denied) {}

    private record Rule(String clause, Glob glob) {}

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
            rules.add(new Rule(clause, new Glob(absolute(rule.getGlob(), home, workspace))));
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
            if (rule.glob.matches(path) || rule.glob.start().startsWith(folder)) {
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
        Glob above = new Glob(upper);
        Glob below = new Glob(lower);
        return upper.equals(lower)
                || below.isName() && above.matches(lower)
                || above.isFolder() && below.start().startsWith(above.start());
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
            if (rule.glob.matches(path)) {
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    /** Whether the pattern matches the path; for a pattern that is asked once. */
    public static boolean matches(String pattern, String path) {
        return new Glob(pattern).matches(path);
    }
}
