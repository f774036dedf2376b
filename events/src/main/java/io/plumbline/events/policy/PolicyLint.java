package io.plumbline.events.policy;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What a policy says that its author hardly meant, or should know. A policy with findings is still a policy. */
public final class PolicyLint {
    private static final int NEVER = 100;
    private static final long LONG_PATIENCE_SECONDS = 60;
    private static final long LONG_TASK_SECONDS = 24L * 3_600;
    private static final int HTTPS = 443;
    private static final Set<Integer> OTHER_PEOPLES_PORTS = Set.of(22, 25);

    /** Hosts that hand out the host's own credentials, and addresses of the host itself. */
    private static final Pattern METADATA =
            Pattern.compile("169\\.254\\..*|metadata(\\..*)?|instance-data(\\..*)?|fd00:ec2:.*|100\\.100\\.100\\.200");

    /** Grants as wide as these make the rules beside them pointless. */
    private static final Set<String> WHOLE = Set.of("/**", "/*/**", "/etc/**", "/usr/**", "/root/**", "/home/**");

    /** How much a finding matters. */
    public enum Level {
        /** Does not hold, or gives away what it protects. */
        ERROR,
        WARNING,
        NOTE
    }

    /**
     * @param rule stable name of the check
     * @param key of the document, such as {@code egress[2]}
     */
    public record Finding(Level level, String rule, String key, String message) {}

    private final TaskPolicy policy;
    private final List<Finding> findings = new ArrayList<>();

    private PolicyLint(TaskPolicy policy) {
        this.policy = policy;
    }

    /** The findings of a policy that has been parsed, the gravest first, else in the order of the document. */
    public static List<Finding> of(TaskPolicy policy) {
        PolicyLint lint = new PolicyLint(policy);
        lint.files();
        lint.egress();
        lint.tools();
        lint.rest();
        return lint.findings.stream()
                .sorted(java.util.Comparator.comparing(Finding::level))
                .toList();
    }

    private void add(Level level, String rule, String key, String message) {
        findings.add(new Finding(level, rule, key, message));
    }

    private void files() {
        Set<PathRule> defaults = new HashSet<>(PolicyDefaults.policy().getFilesList());
        Set<PathRule> seen = new HashSet<>();
        for (PathRule rule : policy.getFilesList()) {
            boolean first = seen.add(rule);
            if (defaults.contains(rule) && first) {
                continue;
            }
            String key = "files." + rule.getAccess() + " " + rule.getGlob();
            boolean writes = rule.getAccess().equals("write");
            boolean grant = writes || rule.getAccess().equals("read");
            if (!first || policy.getFilesList().stream().anyMatch(other -> makesSuperfluous(other, rule))) {
                add(Level.NOTE, "superfluous-rule", key, "another rule says it already");
            }
            if (grant && covered(rule.getGlob(), "deny")) {
                add(Level.ERROR, "unreachable-grant", key, "files.deny beats it: it never takes effect");
            } else if (writes && covered(rule.getGlob(), "protect")) {
                add(Level.ERROR, "unreachable-grant", key, "files.protect beats it: it never takes effect");
            }
            if (grant && WHOLE.contains(rule.getGlob())) {
                add(
                        Level.WARNING,
                        "wide-grant",
                        key,
                        "it grants a whole system (expected: the folders that the task needs)");
            }
            if (writes
                    && rule.getGlob().startsWith("${workspace}")
                    && policy.getWorkspaceMode().equals("read-only")) {
                add(
                        Level.ERROR,
                        "read-only-workspace",
                        key,
                        "workspace: read-only beats it: nothing there can be written");
            }
        }
    }

    private static boolean makesSuperfluous(PathRule other, PathRule rule) {
        return !other.equals(rule)
                && other.getAccess().equals(rule.getAccess())
                && FileRules.covers(other.getGlob(), rule.getGlob());
    }

    private boolean covered(String glob, String access) {
        return policy.getFilesList().stream()
                .anyMatch(rule -> rule.getAccess().equals(access) && FileRules.covers(rule.getGlob(), glob));
    }

    private void egress() {
        boolean leaves = false;
        Set<String> destinations = new HashSet<>();
        for (int i = 0; i < policy.getEgressCount(); i++) {
            EgressRule rule = policy.getEgress(i);
            String key = "egress[" + i + "] " + rule.getHost() + ":" + rule.getPort();
            leaves |= rule.getService().isEmpty();
            if (METADATA.matcher(rule.getHost()).matches()) {
                add(
                        Level.ERROR,
                        "metadata-destination",
                        key,
                        "it hands out the credentials of the host (expected: never listed)");
            }
            if (rule.getHost().startsWith("*.") && rule.getHost().indexOf('.', 2) < 0) {
                add(
                        Level.WARNING,
                        "wide-destination",
                        key,
                        "everybody can have a name there (expected: a suffix of one owner)");
            }
            if (!destinations.add(PolicyComparison.shown(rule))) {
                add(Level.NOTE, "superfluous-rule", key, "another rule says it already");
            }
            boolean requests = rule.getMethodsCount() + rule.getPathsCount() > 0;
            if (requests && rule.getPort() == HTTPS && !rule.getTerminate()) {
                add(
                        Level.ERROR,
                        "unreadable-requests",
                        key,
                        "methods and paths inside TLS cannot be seen: tunnels are refused (expected: terminate: true)");
            }
            if (rule.hasCredential() && !requests) {
                add(
                        Level.NOTE,
                        "broad-credential",
                        key,
                        "its credential goes with every request there (expected: methods or paths)");
            }
            if (rule.getPlain()) {
                add(Level.WARNING, "plain-tunnel", key, "what goes through it cannot be held against a server's name");
            }
            if (rule.getAllowPrivate()) {
                add(Level.NOTE, "private-destination", key, "its name may lead into the host's own networks");
            }
            if (OTHER_PEOPLES_PORTS.contains(rule.getPort())) {
                add(Level.WARNING, "remote-login-or-mail", key, "a port by which data leaves unread");
            }
        }
        if (leaves && policy.getEgressBytes() == 0) {
            add(Level.NOTE, "no-egress-budget", "limits.egress", "no limit to what the session sends");
        }
        if (policy.getEgressUnknown().equals("ask") && policy.getEgressCount() == 0) {
            add(
                    Level.NOTE,
                    "everything-asked",
                    "egress-unknown",
                    "every destination is asked for: people stop reading");
        }
    }

    private void tools() {
        for (String tool : policy.getToolsAskList()) {
            if (policy.getToolsDenyList().contains(tool)) {
                add(Level.WARNING, "asked-and-denied", "tools.ask " + tool, "tools.deny beats it: nobody is asked");
            }
        }
    }

    private void rest() {
        if (policy.getFreezeAt() >= NEVER) {
            add(
                    Level.WARNING,
                    "never-frozen",
                    "ladder.freeze",
                    "no sum of findings below " + NEVER + " freezes the session");
        }
        if (policy.getMetadataFreeze().equals("off")) {
            add(
                    Level.WARNING,
                    "metadata-not-frozen",
                    "metadata.freeze",
                    "a call to the metadata service is a finding only");
        }
        if (policy.getDegraded().equals("allow")) {
            add(
                    Level.WARNING,
                    "degraded",
                    "runtime.degraded",
                    "the task may run where the kernel's own evidence is missing");
        }
        if (policy.getNotScored().equals("allow")) {
            add(
                    Level.WARNING,
                    "unscored-allowed",
                    "not-scored",
                    "an act that the intent model could not score is allowed like one that it found fitting");
        }
        if (policy.getDecoysCount() == 0) {
            add(Level.NOTE, "no-decoys", "decoys", "nothing is there that only a thief would open");
        } else if (!policy.getHoneytokenFreeze().equals("local")) {
            add(
                    Level.NOTE,
                    "slow-honeytoken",
                    "honeytokens.freeze",
                    "the host waits for the watcher before it freezes");
        }
        if (policy.getWallClockSeconds() == 0 || policy.getWallClockSeconds() > LONG_TASK_SECONDS) {
            add(Level.WARNING, "long-task", "limits.wall-clock", "longer than a day");
        }
        if (policy.getPatienceSeconds() > LONG_PATIENCE_SECONDS) {
            add(
                    Level.WARNING,
                    "long-patience",
                    "patience",
                    policy.getPatienceSeconds() + " s unwatched when the platform is out of reach (expected: <= "
                            + LONG_PATIENCE_SECONDS + " s)");
        }
    }
}
