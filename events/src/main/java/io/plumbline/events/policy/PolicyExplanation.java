package io.plumbline.events.policy;

import io.plumbline.events.policy.FileRules.Access;
import io.plumbline.events.policy.FileRules.Refusal;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a policy says of one act, and by which of its clauses. The watcher, the gate and the proxy say the same of the real act. */
public final class PolicyExplanation {
    private static final int HTTPS = 443;

    /** What the policy says. */
    public enum Answer {
        ALLOW,
        ASK,
        DENY
    }

    /**
     * @param clause of the document that decides, such as {@code files.deny[0] ~/.ssh/**}
     * @param conditions what else has to hold, in words; empty: nothing
     */
    public record Explanation(Answer answer, String clause, List<String> conditions) {
        public Explanation {
            conditions = List.copyOf(conditions);
        }
    }

    private PolicyExplanation() {}

    /**
     * @param home the agent's home inside, absolute
     * @param workspace the workspace inside, absolute
     * @param verb read, write, connect or tool
     * @param object a path (absolute, or starting with ~/ or ${workspace}), HOST[:PORT], or a tool's name
     * @throws PolicyException for an act of another form
     */
    public static Explanation of(TaskPolicy policy, String home, String workspace, String verb, String object)
            throws PolicyException {
        return switch (verb) {
            case "read" -> file(policy, home, workspace, object, Access.READ);
            case "write" -> file(policy, home, workspace, object, Access.WRITE);
            case "connect" -> destination(policy, object);
            case "tool" -> tool(policy, object);
            default -> throw new PolicyException("act: '" + verb + "' (expected: read, write, connect, tool or call)");
        };
    }

    private static Explanation file(TaskPolicy policy, String home, String workspace, String object, Access access)
            throws PolicyException {
        String path = FileRules.absolute(object, home, workspace);
        if (!path.startsWith("/")
                || (path + "/").contains("/../")
                || (path + "/").contains("/./")
                || path.contains("//")) {
            throw new PolicyException("act: path '" + object
                    + "' (expected: one that starts with /, ~/ or ${workspace}, without . and ..)");
        }
        FileRules rules = new FileRules(policy, home, workspace);
        Optional<Refusal> refusal = rules.refusal(path, access);
        if (refusal.isPresent()) {
            return new Explanation(
                    Answer.DENY,
                    refusal.get().denied()
                            ? refusal.get().clause()
                            : refusal.get().clause() + ": no rule names it",
                    List.of());
        }
        boolean readOnly = access == Access.WRITE
                && policy.getWorkspaceMode().equals("read-only")
                && (path.equals(workspace) || path.startsWith(workspace + "/"));
        if (readOnly) {
            return new Explanation(Answer.DENY, "workspace: read-only", List.of());
        }
        boolean review = access == Access.WRITE
                && policy.getWorkspaceMode().equals("review")
                && path.startsWith(workspace + "/");
        return new Explanation(
                Answer.ALLOW,
                rules.grant(path, access).orElse(""),
                review
                        ? List.of("reaches the workspace only when a person has accepted it (workspace: review)")
                        : List.of());
    }

    private static Explanation destination(TaskPolicy policy, String object) throws PolicyException {
        int colon = object.lastIndexOf(':');
        String host = (colon < 0 ? object : object.substring(0, colon)).toLowerCase(Locale.ROOT);
        String port = colon < 0 ? Integer.toString(HTTPS) : object.substring(colon + 1);
        if (host.isEmpty() || !port.matches("\\d{1,5}")) {
            throw new PolicyException("act: destination '" + object + "' (expected: HOST or HOST:PORT)");
        }
        for (int i = 0; i < policy.getEgressCount(); i++) {
            EgressRule rule = policy.getEgress(i);
            boolean named = rule.getHost().startsWith("*.")
                    ? host.endsWith(rule.getHost().substring(1))
                    : host.equals(rule.getHost());
            if (named && rule.getPort() == Integer.parseInt(port)) {
                return new Explanation(
                        Answer.ALLOW, "egress[" + i + "] " + PolicyComparison.shown(rule), conditions(policy, rule));
            }
        }
        return policy.getEgressUnknown().equals("ask")
                ? new Explanation(Answer.ASK, "egress-unknown: ask", List.of())
                : new Explanation(Answer.DENY, "egress: no rule names it", List.of());
    }

    private static List<String> conditions(TaskPolicy policy, EgressRule rule) {
        List<String> conditions = new ArrayList<>();
        if (rule.getMethodsCount() > 0) {
            conditions.add("the method is " + String.join(" or ", rule.getMethodsList()));
        }
        if (rule.getPathsCount() > 0) {
            conditions.add("the path is of " + String.join(" or ", rule.getPathsList()));
        }
        if (!rule.getAllowPrivate()) {
            conditions.add("its name leads to a public address");
        }
        if (rule.getService().isEmpty()) {
            conditions.add("the session has not deviated before");
        }
        if (rule.getMaxOutBytes() > 0) {
            conditions.add("at most " + rule.getMaxOutBytes() + " bytes are sent by this rule");
        }
        if (policy.getEgressBytes() > 0) {
            conditions.add("at most " + policy.getEgressBytes() + " bytes are sent in all");
        }
        return conditions;
    }

    private static Explanation tool(TaskPolicy policy, String name) {
        if (policy.getToolsDenyList().contains(name)) {
            return new Explanation(Answer.DENY, "tools.deny " + name, List.of());
        }
        if (policy.getToolsAskList().contains(name)) {
            return new Explanation(Answer.ASK, "tools.ask " + name, List.of());
        }
        return new Explanation(
                Answer.ALLOW,
                "no rule names it",
                List.of("the session's risk is below " + policy.getAskAt() + " (ladder.ask)"));
    }
}
