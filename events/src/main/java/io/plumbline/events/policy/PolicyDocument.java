package io.plumbline.events.policy;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.GateRule;
import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.ScopeRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * A policy in force as a document that {@link PolicyParser} reads as the same policy. Grants stand there whole; restrictions that every
 * policy has are left out, and those of the levels above are repeated, which changes nothing below these levels.
 */
public final class PolicyDocument {
    private static final int WIDEST_LINE = 10_000;

    private PolicyDocument() {}

    /** The document, YAML; without the revision, which is the order's. */
    public static String yaml(TaskPolicy policy) {
        Map<String, Object> document = new LinkedHashMap<>();
        put(document, "name", policy.getName());
        document.put("files", files(policy));
        document.put(
                "egress",
                policy.getEgressList().stream().map(PolicyDocument::destination).toList());
        put(document, "egress-unknown", policy.getEgressUnknown());
        put(document, "not-scored", policy.getNotScored());
        Map<String, Object> tools = new LinkedHashMap<>();
        put(tools, "ask", policy.getToolsAskList());
        put(tools, "deny", policy.getToolsDenyList());
        put(document, "tools", tools);
        Map<String, Object> scopes = new LinkedHashMap<>();
        for (ScopeRule rule : policy.getScopesList()) {
            scopes.put(rule.getScope(), rule.getAnswer());
        }
        put(document, "scopes", scopes);
        put(
                document,
                "gate",
                policy.getGateList().stream().map(PolicyDocument::rule).toList());
        Map<String, Object> approvals = new LinkedHashMap<>();
        put(approvals, "four-eyes", policy.getFourEyes());
        approvals.put(
                "session", policy.getSessionApprovalSeconds() == 0 ? "none" : policy.getSessionApprovalSeconds() + "s");
        document.put("approvals", approvals);
        Map<String, Object> ladder =
                mapping("alert", policy.getAlertAt(), "ask", policy.getAskAt(), "freeze", policy.getFreezeAt());
        if (policy.getKillAt() > 0) {
            ladder.put("kill", policy.getKillAt());
        }
        document.put("ladder", ladder);
        put(document, "unannounced", policy.getUnannounced());
        put(document, "limits", limits(policy));
        put(document, "workspace", policy.getWorkspaceMode());
        seconds(document, "patience", policy.getPatienceSeconds());
        if (policy.getGateDeadlineMs() > 0) {
            document.put("gate-deadline", policy.getGateDeadlineMs() + "ms");
        }
        seconds(document, "approval-deadline", policy.getApprovalDeadlineSeconds());
        put(document, "decoys", decoys(policy));
        section(document, "honeytokens", "freeze", policy.getHoneytokenFreeze());
        section(document, "metadata", "freeze", policy.getMetadataFreeze());
        section(
                document,
                "evidence",
                "checkpoint",
                policy.getCheckpointBytes() == 0 ? "" : size(policy.getCheckpointBytes()));
        section(document, "runtime", "degraded", policy.getDegraded());
        put(document, "may-widen", policy.getMayWidenList());
        return new Dump(DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .setWidth(WIDEST_LINE)
                        .build())
                .dumpToString(document);
    }

    /** The policy without any way out of the sandbox: no destination, and nobody is asked for one. */
    public static TaskPolicy isolated(TaskPolicy policy) {
        return policy.toBuilder().clearEgress().setEgressUnknown("deny").build();
    }

    private static Map<String, Object> files(TaskPolicy policy) {
        List<PathRule> everywhere = PolicyDefaults.policy().getFilesList();
        Map<String, Object> files = new LinkedHashMap<>();
        for (String access : List.of("deny", "protect")) {
            put(
                    files,
                    access,
                    policy.getFilesList().stream()
                            .filter(rule -> rule.getAccess().equals(access) && !everywhere.contains(rule))
                            .map(PathRule::getGlob)
                            .distinct()
                            .toList());
        }
        for (String access : List.of("read", "write")) {
            files.put(
                    access,
                    policy.getFilesList().stream()
                            .filter(rule -> rule.getAccess().equals(access))
                            .map(PathRule::getGlob)
                            .distinct()
                            .toList());
        }
        return files;
    }

    private static Map<String, Object> destination(EgressRule rule) {
        Map<String, Object> destination = mapping("host", rule.getHost(), "port", rule.getPort());
        put(destination, "service", rule.getService());
        put(destination, "methods", rule.getMethodsList());
        put(destination, "paths", rule.getPathsList());
        flag(destination, "terminate", rule.getTerminate());
        flag(destination, "plain", rule.getPlain());
        flag(destination, "allow-private", rule.getAllowPrivate());
        bytes(destination, "max-out", rule.getMaxOutBytes());
        if (rule.hasCredential()) {
            destination.put(
                    "credential",
                    mapping(
                            "name", rule.getCredential().getName(),
                            "header", rule.getCredential().getHeader(),
                            "env", rule.getCredential().getEnv()));
        }
        return destination;
    }

    private static Map<String, Object> rule(GateRule rule) {
        Map<String, Object> written = mapping("name", rule.getName(), "when", rule.getWhen());
        written.put("answer", rule.getAnswer());
        written.put("why", rule.getWhy());
        return written;
    }

    private static Map<String, Object> limits(TaskPolicy policy) {
        Map<String, Object> limits = new LinkedHashMap<>();
        seconds(limits, "wall-clock", policy.getWallClockSeconds());
        bytes(limits, "memory", policy.getMemoryBytes());
        if (policy.getProcesses() > 0) {
            limits.put("processes", policy.getProcesses());
        }
        if (policy.getCpuMillis() > 0) {
            limits.put(
                    "cpu",
                    java.math.BigDecimal.valueOf(policy.getCpuMillis(), 3)
                            .stripTrailingZeros()
                            .toPlainString());
        }
        bytes(limits, "disk", policy.getDiskBytes());
        bytes(limits, "egress", policy.getEgressBytes());
        bytes(limits, "ingress", policy.getIngressBytes());
        bytes(limits, "egress-rate", policy.getEgressRateBytes());
        bytes(limits, "ingress-rate", policy.getIngressRateBytes());
        if (policy.hasUploadHoldBytes()) {
            limits.put("upload-hold", size(policy.getUploadHoldBytes()));
        }
        return limits;
    }

    private static List<Object> decoys(TaskPolicy policy) {
        List<Object> decoys = new ArrayList<>();
        for (int i = 0; i < policy.getDecoysCount(); i++) {
            String kind = i < policy.getDecoyKindsCount() ? policy.getDecoyKinds(i) : "";
            decoys.add(kind.isEmpty() ? policy.getDecoys(i) : mapping("path", policy.getDecoys(i), "kind", kind));
        }
        return decoys;
    }

    private static Map<String, Object> mapping(Object... pairs) {
        Map<String, Object> mapping = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            mapping.put((String) pairs[i], pairs[i + 1]);
        }
        return mapping;
    }

    private static void section(Map<String, Object> document, String section, String key, String value) {
        if (!value.isEmpty()) {
            document.put(section, mapping(key, value));
        }
    }

    private static void put(Map<String, Object> target, String key, String value) {
        if (!value.isEmpty()) {
            target.put(key, value);
        }
    }

    private static void put(Map<String, Object> target, String key, List<?> values) {
        if (!values.isEmpty()) {
            target.put(key, List.copyOf(values));
        }
    }

    private static void put(Map<String, Object> target, String key, Map<String, Object> values) {
        if (!values.isEmpty()) {
            target.put(key, values);
        }
    }

    private static void flag(Map<String, Object> target, String key, boolean value) {
        if (value) {
            target.put(key, true);
        }
    }

    private static void seconds(Map<String, Object> target, String key, long seconds) {
        if (seconds > 0) {
            target.put(key, seconds + "s");
        }
    }

    private static void bytes(Map<String, Object> target, String key, long bytes) {
        if (bytes > 0) {
            target.put(key, size(bytes));
        }
    }

    /** In the largest unit that says it exactly. */
    private static String size(long bytes) {
        if (bytes > 0) {
            for (Map.Entry<String, Integer> unit :
                    List.of(Map.entry("GiB", 30), Map.entry("MiB", 20), Map.entry("KiB", 10))) {
                if (bytes % (1L << unit.getValue()) == 0) {
                    return (bytes >> unit.getValue()) + unit.getKey();
                }
            }
        }
        return bytes + "B";
    }
}
