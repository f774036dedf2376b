package io.plumbline.rules.workbench;

import io.plumbline.rules.sigma.LogSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The log sources that Plumbline feeds, and their fields: what {@code AgentEvents} makes. A rule for another log source is none of
 * this table's business.
 */
public final class Taxonomy {
    /** Fields of every event. */
    private static final String COMMON = "SessionId Tenant Computer Channel Truncated* Announced Role PolicyVerdict";

    /** Fields of what a process does. */
    private static final String ACTOR =
            " ProcessId ProcessName CurrentDirectory UserId User CallId Plan* Succeeded ErrorNumber";

    /** The program that acts, and those that started it. */
    private static final String PROGRAM = " Image CommandLine ParentCommandLine ParentImage AncestorCommandLines*";

    private static final String ACT = ACTOR + PROGRAM;

    private static final String FILES = ACT + " TargetFilename SourceFilename Operation";
    private static final String EGRESS =
            " DestinationHostname DestinationIp DestinationPort Url Method Verdict BytesOut Upload Unknown"
                    + " CallId Plan*" + PROGRAM;
    private static final String TOOL = " CallId ToolName ToolServer ServerTool Source";

    private static final Map<String, String> TABLE = new LinkedHashMap<>();

    static {
        TABLE.put("linux/process_creation", ACT + " Arguments* Sha256 Hashes EnvironmentNames*");
        for (String category : List.of("file_event", "file_access", "file_rename", "file_delete", "file_change")) {
            TABLE.put("linux/" + category, FILES);
        }
        TABLE.put("linux/network_connection", ACT + EGRESS + " Initiated Protocol SourceIp SourcePort");
        TABLE.put("linux/network_listen", ACT + " SourceIp SourcePort TargetFilename");
        TABLE.put("linux/unix_socket", ACT + " TargetFilename Initiated");
        TABLE.put("linux/dns_query", EGRESS + " Initiated Protocol QueryName");
        TABLE.put("linux/syscall", ACT + " Syscall TargetFilename Arguments DestinationIp DestinationPort");
        TABLE.put("agent/egress", EGRESS + " Initiated Protocol Reason Detail BytesIn Closed QueryName");
        TABLE.put(
                "agent/tool_call",
                TOOL
                        + " Arguments CommandLine TargetFilename* Reason CurrentDirectory Contradicts Gated Escalation Plan*");
        TABLE.put("agent/tool_result", TOOL + " Outcome Output ExitCode DurationMs");
        TABLE.put("agent/plan", " Intent* CallId");
        TABLE.put("agent/prompt", " Text");
        TABLE.put("agent/message", " Text Author");
        TABLE.put("agent/approval", " Mode Decision Approver Reason CallId ToolName SubjectSha256");
        TABLE.put("agent/task", " Task AgentName User Repository CommandLine PolicyName");
        TABLE.put(
                "agent/session",
                " Action AgentName AgentVersion Model DeclaredSandbox CurrentDirectory Reason Runtime Degraded Moment"
                        + " ConfigurationFile* UnpinnedFile* ToolServer* ServerCommandLine* Dropped Limit Complete");
        TABLE.put("agent/deviation", " Kind Severity Clause Title Claim Evidence CallId");
    }

    /** The only values that a field can have, where these are few. */
    private static final Map<String, List<String>> VALUES = Map.ofEntries(
            Map.entry("Channel", List.of("claims", "evidence", "control", "verdicts")),
            Map.entry("Announced", List.of("true", "false")),
            Map.entry("Succeeded", List.of("true", "false")),
            Map.entry("Initiated", List.of("true", "false")),
            Map.entry("Upload", List.of("true", "false")),
            Map.entry("Unknown", List.of("true", "false")),
            Map.entry("Closed", List.of("true", "false")),
            Map.entry("Gated", List.of("true", "false")),
            Map.entry("Escalation", List.of("true", "false")),
            Map.entry("Verdict", List.of("requested", "service", "allowed", "denied")),
            Map.entry("Mode", List.of("agent", "person")),
            Map.entry("Author", List.of("assistant", "user", "system", "reasoning")));

    private Taxonomy() {}

    /**
     * The fields of the log source that a rule names; those of all that it covers when it names a product only.
     *
     * @return empty when the log source is not one of Plumbline's
     */
    public static Optional<Set<String>> fields(LogSource source) {
        Set<String> fields = new LinkedHashSet<>();
        TABLE.forEach((name, list) -> {
            if (source.accepts(parse(name))) {
                for (String field : (COMMON + list).split(" ")) {
                    fields.add(field.replace("*", ""));
                }
            }
        });
        return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
    }

    /** True when the field can have several values at once in events of the log source, or nothing is known about them. */
    static boolean several(LogSource source, String field) {
        boolean known = false;
        for (Map.Entry<String, String> entry : TABLE.entrySet()) {
            if (source.accepts(parse(entry.getKey()))) {
                List<String> fields = List.of((COMMON + entry.getValue()).split(" "));
                known |= fields.contains(field);
                if (fields.contains(field + "*")) {
                    return true;
                }
            }
        }
        return !known;
    }

    /** The values that a field of Plumbline's events can have; empty when they are many. */
    static List<String> values(String field) {
        return VALUES.getOrDefault(field, List.of());
    }

    /** The log sources as {@code product/category}. */
    static Set<String> names() {
        return java.util.Collections.unmodifiableSet(TABLE.keySet());
    }

    private static LogSource parse(String name) {
        int slash = name.indexOf('/');
        return new LogSource(name.substring(slash + 1), name.substring(0, slash), "");
    }
}
