package io.plumbline.events.policy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What one policy allows more or less than another. Where the text of two globs does not show that one covers the other, the change
 * counts as wider: a comparison errs on the side that somebody looks at.
 */
public final class PolicyComparison {
    /** What a change does to a task's room. */
    public enum Direction {
        TIGHTER,
        WIDER,
        /** Neither: names, waiting times that end in a refusal, what is kept as evidence. */
        OTHER
    }

    /**
     * One change.
     *
     * @param key of the document, such as {@code limits.memory} or {@code files.write}
     * @param before empty: there was none
     * @param after empty: there is none
     */
    public record Change(String key, Direction direction, String before, String after) {
        /** Whether {@code may-widen: [section]} speaks of it. */
        boolean isOf(String section) {
            return key.equals(section) || key.startsWith(section + ".");
        }

        @Override
        public String toString() {
            return direction.name().toLowerCase(java.util.Locale.ROOT) + "  " + key + ": "
                    + (before.isEmpty() ? "-" : before) + " -> " + (after.isEmpty() ? "-" : after);
        }
    }

    private static final long NO_LIMIT = Long.MAX_VALUE;

    /** How a number is shown. */
    private enum Unit {
        NONE(""),
        SECONDS(" s"),
        THOUSANDTHS(" thousandths"),
        BYTES(" B");

        private final String sign;

        Unit(String sign) {
            this.sign = sign;
        }

        String shown(long number) {
            if (number == NO_LIMIT) {
                return "no limit";
            }
            if (this == BYTES && number > 0) {
                int power = Math.min(Long.numberOfTrailingZeros(number) / 10, 3);
                return (number >> 10 * power) + " "
                        + List.of("B", "KiB", "MiB", "GiB").get(power);
            }
            return number + sign;
        }
    }

    private interface Term {
        List<Change> compare(TaskPolicy before, TaskPolicy after);
    }

    /** By field of {@link TaskPolicy}: every field is here. */
    private static final Map<String, Term> TERMS = terms();

    private PolicyComparison() {}

    /** The changes from one policy to the other, in the order of the contract's fields; revisions do not count. */
    public static List<Change> between(TaskPolicy before, TaskPolicy after) {
        List<Change> changes = new ArrayList<>();
        for (FieldDescriptor field : TaskPolicy.getDescriptor().getFields()) {
            Term term = TERMS.get(field.getName());
            if (term == null) {
                throw new IllegalStateException(
                        "policy field " + field.getName() + " (expected: one that is compared)");
            }
            changes.addAll(term.compare(before, after));
        }
        return changes;
    }

    static Set<String> fields() {
        return TERMS.keySet();
    }

    private static Map<String, Term> terms() {
        Map<String, Term> terms = new LinkedHashMap<>();
        terms.put("name", other("name", TaskPolicy::getName));
        terms.put("revision", (before, after) -> List.of());
        terms.put("files", PolicyComparison::files);
        terms.put("egress", PolicyComparison::egress);
        terms.put("tools_ask", restrictions("tools.ask", TaskPolicy::getToolsAskList));
        terms.put("tools_deny", restrictions("tools.deny", TaskPolicy::getToolsDenyList));
        terms.put("alert_at", most("ladder.alert", Unit.NONE, TaskPolicy::getAlertAt));
        terms.put("ask_at", most("ladder.ask", Unit.NONE, TaskPolicy::getAskAt));
        terms.put("freeze_at", most("ladder.freeze", Unit.NONE, TaskPolicy::getFreezeAt));
        terms.put("kill_at", limit("ladder.kill", Unit.NONE, TaskPolicy::getKillAt));
        terms.put(
                "unannounced",
                ordered("unannounced", TaskPolicy::getUnannounced, List.of("freeze", "ask", "", "alert")));
        terms.put("wall_clock_seconds", limit("limits.wall-clock", Unit.SECONDS, TaskPolicy::getWallClockSeconds));
        terms.put("memory_bytes", limit("limits.memory", Unit.BYTES, TaskPolicy::getMemoryBytes));
        terms.put("processes", limit("limits.processes", Unit.NONE, TaskPolicy::getProcesses));
        terms.put(
                "workspace_mode",
                ordered("workspace", TaskPolicy::getWorkspaceMode, List.of("read-only", "review", "read-write", "")));
        terms.put("patience_seconds", most("patience", Unit.SECONDS, TaskPolicy::getPatienceSeconds));
        terms.put("gate_deadline_ms", other("gate-deadline", policy -> policy.getGateDeadlineMs() + " ms"));
        terms.put(
                "approval_deadline_seconds",
                other("approval-deadline", policy -> policy.getApprovalDeadlineSeconds() + " s"));
        terms.put("decoys", restrictions("decoys", TaskPolicy::getDecoysList));
        terms.put(
                "honeytoken_freeze",
                ordered("honeytokens.freeze", TaskPolicy::getHoneytokenFreeze, List.of("local", "brain", "")));
        terms.put(
                "metadata_freeze",
                ordered("metadata.freeze", TaskPolicy::getMetadataFreeze, List.of("local", "brain", "", "off")));
        terms.put("decoy_kinds", other("decoys.kind", policy -> String.join(" ", policy.getDecoyKindsList())));
        terms.put(
                "egress_unknown", ordered("egress-unknown", TaskPolicy::getEgressUnknown, List.of("deny", "", "ask")));
        terms.put("egress_bytes", limit("limits.egress", Unit.BYTES, TaskPolicy::getEgressBytes));
        terms.put("ingress_bytes", limit("limits.ingress", Unit.BYTES, TaskPolicy::getIngressBytes));
        terms.put("egress_rate_bytes", limit("limits.egress-rate", Unit.BYTES, TaskPolicy::getEgressRateBytes));
        terms.put("ingress_rate_bytes", limit("limits.ingress-rate", Unit.BYTES, TaskPolicy::getIngressRateBytes));
        terms.put(
                "upload_hold_bytes",
                most(
                        "limits.upload-hold",
                        Unit.BYTES,
                        policy -> policy.hasUploadHoldBytes() ? policy.getUploadHoldBytes() : NO_LIMIT));
        terms.put("scopes", PolicyComparison::scopes);
        terms.put("gate", restrictions("gate", policy -> policy.getGateList().stream()
                .map(rule -> rule.getName() + " " + rule.getAnswer() + ": " + rule.getWhen())
                .toList()));
        terms.put(
                "four_eyes",
                ordered("approvals.four-eyes", TaskPolicy::getFourEyes, List.of("medium", "high", "none", "")));
        terms.put(
                "session_approval_seconds",
                most("approvals.session", Unit.SECONDS, TaskPolicy::getSessionApprovalSeconds));
        terms.put("cpu_millis", limit("limits.cpu", Unit.THOUSANDTHS, TaskPolicy::getCpuMillis));
        terms.put("disk_bytes", limit("limits.disk", Unit.BYTES, TaskPolicy::getDiskBytes));
        terms.put(
                "may_widen",
                (before, after) ->
                        grants("may-widen", before.getMayWidenList(), after.getMayWidenList(), String::equals));
        terms.put(
                "not_scored",
                ordered("not-scored", PolicyComparison::notScored, List.of("deny", "ask", "ask-high-risk", "allow")));
        terms.put("degraded", ordered("runtime.degraded", TaskPolicy::getDegraded, List.of("deny", "", "allow")));
        terms.put(
                "checkpoint_bytes",
                other("evidence.checkpoint", policy -> Unit.BYTES.shown(policy.getCheckpointBytes())));
        return Map.copyOf(terms);
    }

    private static String notScored(TaskPolicy policy) {
        return policy.getNotScored().isEmpty() ? "ask-high-risk" : policy.getNotScored();
    }

    private static Term other(String key, Function<TaskPolicy, String> value) {
        return (before, after) -> difference(key, value.apply(before), value.apply(after), Direction.OTHER);
    }

    private static List<Change> difference(String key, String before, String after, Direction direction) {
        return before.equals(after) ? List.of() : List.of(new Change(key, direction, before, after));
    }

    /** The more the wider; 0 stands for no limit at all. */
    private static Term limit(String key, Unit unit, Function<TaskPolicy, Number> value) {
        return most(key, unit, policy -> {
            long number = value.apply(policy).longValue();
            return number == 0 ? NO_LIMIT : number;
        });
    }

    /** The more the wider. */
    private static Term most(String key, Unit unit, Function<TaskPolicy, Number> value) {
        return (before, after) -> {
            long old = value.apply(before).longValue();
            long now = value.apply(after).longValue();
            return difference(key, unit.shown(old), unit.shown(now), now > old ? Direction.WIDER : Direction.TIGHTER);
        };
    }

    /** @param words the tightest first; a word that is none of them is wider than all */
    private static Term ordered(String key, Function<TaskPolicy, String> value, List<String> words) {
        return (before, after) -> {
            int old = rank(words, value.apply(before));
            int now = rank(words, value.apply(after));
            return old == now
                    ? List.of()
                    : difference(
                            key,
                            value.apply(before),
                            value.apply(after),
                            now > old ? Direction.WIDER : Direction.TIGHTER);
        };
    }

    private static int rank(List<String> words, String word) {
        int rank = words.indexOf(word);
        return rank < 0 ? words.size() : rank;
    }

    /** Each one more is tighter. */
    private static Term restrictions(String key, Function<TaskPolicy, List<String>> values) {
        return (before, after) -> restrictions(key, values.apply(before), values.apply(after), String::equals);
    }

    /** @param covers whether the first makes the second superfluous */
    private static List<Change> restrictions(
            String key, List<String> before, List<String> after, BiPredicate<String, String> covers) {
        return changes(key, before, after, covers, Direction.WIDER, Direction.TIGHTER);
    }

    private static List<Change> grants(
            String key, List<String> before, List<String> after, BiPredicate<String, String> covers) {
        return changes(key, before, after, covers, Direction.TIGHTER, Direction.WIDER);
    }

    private static List<Change> changes(
            String key,
            List<String> before,
            List<String> after,
            BiPredicate<String, String> covers,
            Direction whenGone,
            Direction whenNew) {
        List<Change> changes = new ArrayList<>();
        for (String item : before) {
            if (after.stream().noneMatch(other -> covers.test(other, item))) {
                changes.add(new Change(key, whenGone, item, ""));
            }
        }
        for (String item : after) {
            if (before.stream().noneMatch(other -> covers.test(other, item))) {
                changes.add(new Change(key, whenNew, "", item));
            }
        }
        return changes;
    }

    private static List<Change> files(TaskPolicy before, TaskPolicy after) {
        List<Change> changes = new ArrayList<>();
        changes.addAll(restrictions(
                "files.deny", globs(before, "deny"::equals), globs(after, "deny"::equals), FileRules::covers));
        // What is denied is protected too, and what may be written may be read.
        Predicate<String> kept = access -> access.equals("deny") || access.equals("protect");
        changes.addAll(
                restrictions("files.protect", globs(before, kept), globs(after, kept), FileRules::covers).stream()
                        .filter(change -> changes.stream().noneMatch(known -> sameGlob(known, change)))
                        .toList());
        List<Change> writes =
                grants("files.write", globs(before, "write"::equals), globs(after, "write"::equals), FileRules::covers);
        Predicate<String> readable = access -> access.equals("read") || access.equals("write");
        List<Change> reads =
                grants("files.read", globs(before, readable), globs(after, readable), FileRules::covers).stream()
                        .filter(change -> writes.stream().noneMatch(known -> sameGlob(known, change)))
                        .toList();
        changes.addAll(reads);
        changes.addAll(writes);
        return changes;
    }

    private static boolean sameGlob(Change one, Change other) {
        return one.before().equals(other.before()) && one.after().equals(other.after());
    }

    private static List<String> globs(TaskPolicy policy, Predicate<String> access) {
        return policy.getFilesList().stream()
                .filter(rule -> access.test(rule.getAccess()))
                .map(io.plumbline.events.v1.PathRule::getGlob)
                .toList();
    }

    private static List<Change> scopes(TaskPolicy before, TaskPolicy after) {
        List<Change> changes = new ArrayList<>();
        for (Scope scope : Scope.values()) {
            Scope.Answer old = scope.answer(before);
            Scope.Answer now = scope.answer(after);
            changes.addAll(difference(
                    "scopes." + scope.word(),
                    old.word(),
                    now.word(),
                    now.compareTo(old) < 0 ? Direction.WIDER : Direction.TIGHTER));
        }
        return changes;
    }

    private static List<Change> egress(TaskPolicy before, TaskPolicy after) {
        List<Change> changes = new ArrayList<>();
        for (EgressRule rule : before.getEgressList()) {
            if (after.getEgressList().stream().noneMatch(other -> covers(other, rule))) {
                changes.add(new Change("egress", Direction.TIGHTER, shown(rule), ""));
            }
        }
        for (EgressRule rule : after.getEgressList()) {
            if (before.getEgressList().stream().noneMatch(other -> covers(other, rule))) {
                changes.add(new Change("egress", Direction.WIDER, "", shown(rule)));
            }
        }
        return changes;
    }

    /** Whether what {@code lower} allows is allowed by {@code upper} too, in the same way. */
    public static boolean covers(EgressRule upper, EgressRule lower) {
        boolean host = upper.getHost().equals(lower.getHost())
                || upper.getHost().startsWith("*.")
                        && lower.getHost().endsWith(upper.getHost().substring(1));
        boolean methods = upper.getMethodsCount() == 0
                || lower.getMethodsCount() > 0 && upper.getMethodsList().containsAll(lower.getMethodsList());
        boolean paths = upper.getPathsCount() == 0
                || lower.getPathsCount() > 0
                        && lower.getPathsList().stream().allMatch(path -> upper.getPathsList().stream()
                                .anyMatch(above -> FileRules.covers(above, path)));
        boolean bytes = upper.getMaxOutBytes() == 0
                || lower.getMaxOutBytes() > 0 && lower.getMaxOutBytes() <= upper.getMaxOutBytes();
        return host
                && upper.getPort() == lower.getPort()
                && upper.getService().equals(lower.getService())
                && methods
                && paths
                && bytes
                && (upper.getAllowPrivate() || !lower.getAllowPrivate())
                && (!upper.getTerminate() || lower.getTerminate())
                && (upper.getPlain() || !lower.getPlain())
                && (!lower.hasCredential() || lower.getCredential().equals(upper.getCredential()));
    }

    static String shown(EgressRule rule) {
        return Stream.of(
                        rule.getHost() + ":" + rule.getPort(),
                        rule.getService().isEmpty() ? "" : "service " + rule.getService(),
                        String.join(",", rule.getMethodsList()),
                        String.join(",", rule.getPathsList()),
                        rule.getTerminate() ? "terminate" : "",
                        rule.getPlain() ? "plain" : "",
                        rule.getAllowPrivate() ? "allow-private" : "",
                        rule.getMaxOutBytes() == 0 ? "" : "max-out " + Unit.BYTES.shown(rule.getMaxOutBytes()),
                        rule.hasCredential()
                                ? "credential " + rule.getCredential().getName()
                                : "")
                .filter(part -> !part.isEmpty())
                .reduce((one, next) -> one + " " + next)
                .orElse("");
    }
}
