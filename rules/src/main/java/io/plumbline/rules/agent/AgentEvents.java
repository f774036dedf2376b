package io.plumbline.rules.agent;

import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.engine.SigmaEvent.Builder;
import io.plumbline.rules.sigma.LogSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Events of the contract as Sigma events. Acts that the kernel saw are {@code product: linux} with SigmaHQ's field names, so
 * public rules run as they are; what the agent says and what the platform does is {@code product: agent}. The table of all
 * fields is in {@code docs/sigma.md}.
 */
public final class AgentEvents {
    /** For each kind of event its log sources, in the order in which it names them. */
    public static final List<List<LogSource>> LOG_SOURCES = List.of(
            List.of(linux("process_creation")),
            List.of(linux("file_event")),
            List.of(linux("file_access")),
            List.of(linux("file_event"), linux("file_access")),
            List.of(linux("file_event"), linux("file_rename")),
            List.of(linux("file_delete")),
            List.of(linux("file_change")),
            List.of(linux("network_connection")),
            List.of(linux("unix_socket")),
            List.of(linux("network_listen")),
            List.of(linux("syscall")),
            List.of(linux("network_connection"), agent("egress")),
            List.of(linux("network_connection"), agent("egress"), linux("dns_query")),
            List.of(agent("egress")),
            List.of(agent("tool_call")),
            List.of(agent("tool_result")),
            List.of(agent("plan")),
            List.of(agent("prompt")),
            List.of(agent("message")),
            List.of(agent("approval")),
            List.of(agent("task")),
            List.of(agent("session")),
            List.of(agent("deviation")));

    private static final Map<Channel, String> CHANNELS = Stream.of(Channel.values())
            .collect(Collectors.toUnmodifiableMap(
                    Function.identity(), channel -> channel.name().toLowerCase(Locale.ROOT)));

    private AgentEvents() {}

    private static LogSource agent(String category) {
        return new LogSource(category, "agent", "");
    }

    private static LogSource linux(String category) {
        return new LogSource(category, "linux", "");
    }

    /** What an agent says about the time would move the windows over the evidence; the host has seen when it said it. */
    private static long timeNs(Event event) {
        return event.getChannel() == Channel.CLAIMS && event.getObservedTimeNs() != 0
                ? event.getObservedTimeNs()
                : event.getEventTimeNs();
    }

    /**
     * The event as rules see it; empty for those that no rule can be about: heartbeats, probes, and verdicts other than alerts.
     */
    public static Optional<SigmaEvent> of(Event event, ActContext context) {
        Builder fields = SigmaEvent.builder()
                .id(event.getId())
                .timeNs(timeNs(event))
                .putPresent("SessionId", event.getSession())
                .putPresent("Tenant", event.getTenant())
                .putPresent("Computer", event.getHost())
                .put("Channel", CHANNELS.getOrDefault(event.getChannel(), ""));
        if (event.getTruncatedCount() > 0) {
            fields.put("Truncated", event.getTruncatedList());
        }
        if (!context.role().isEmpty()) {
            fields.put("Announced", context.announced()).put("Role", context.role());
        }
        fields.putPresent("PolicyVerdict", context.verdict());
        return payload(event, context, fields) ? Optional.of(fields.build()) : Optional.empty();
    }

    private static boolean payload(Event event, ActContext context, Builder fields) {
        switch (event.getPayloadCase()) {
            case PROCESS_STARTED -> processStarted(event.getProcessStarted(), context, fields);
            case FILE_OPENED -> fileOpened(event.getFileOpened(), context, fields);
            case FILE_CHANGED -> fileChanged(event.getFileChanged(), context, fields);
            case CONNECTED -> {
                actor(event.getConnected().getActor(), context, fields);
                endpoint(event.getConnected().getPeer(), "Destination", fields);
                fields.put("Initiated", true);
                outcome(event.getConnected().getError(), fields);
            }
            case ACCEPTED -> {
                actor(event.getAccepted().getActor(), context, fields);
                endpoint(event.getAccepted().getPeer(), "Source", fields);
                fields.put("Initiated", false);
                outcome(event.getAccepted().getError(), fields);
            }
            case BOUND -> {
                actor(event.getBound().getActor(), context, fields);
                address(event.getBound().getLocal(), "Source", fields);
                fields.logSource(linux("network_listen"));
                outcome(event.getBound().getError(), fields);
            }
            case EGRESS_REQUESTED -> egressRequested(event.getEgressRequested(), context, fields);
            case EGRESS_DECIDED -> egressDecided(event.getEgressDecided(), context, fields);
            case NAMED_SYSCALL -> {
                var named = event.getNamedSyscall();
                actor(named.getActor(), context, fields);
                fields.logSource(linux("syscall"))
                        .put("Syscall", named.getName())
                        .putPresent("TargetFilename", named.getPath())
                        .putPresent("Arguments", named.getText());
                if (named.hasPeer()) {
                    address(named.getPeer(), "Destination", fields);
                }
                outcome(named.getError(), fields);
            }
            case TOOL_CALL -> toolCall(event.getToolCall(), context, fields);
            case TOOL_RESULT -> toolResult(event.getToolResult(), fields);
            case PLAN -> {
                fields.logSource(agent("plan"))
                        .put(
                                "Intent",
                                event.getPlan().getItemsList().stream()
                                        .map(PlanItem::getText)
                                        .toList())
                        .putPresent("CallId", event.getPlan().getCall());
            }
            case PROMPT ->
                fields.logSource(agent("prompt")).put("Text", event.getPrompt().getText());
            case MESSAGE ->
                fields.logSource(agent("message"))
                        .put("Text", event.getMessage().getText())
                        .putPresent("Author", event.getMessage().getRole());
            case REASONING ->
                fields.logSource(agent("message"))
                        .put("Text", event.getReasoning().getText())
                        .put("Author", "reasoning");
            case APPROVAL_BY_AGENT -> {
                var approval = event.getApprovalByAgent();
                fields.logSource(agent("approval"))
                        .put("Mode", "agent")
                        .putPresent("CallId", approval.getCall())
                        .putPresent("ToolName", approval.getTool())
                        .putPresent("Decision", approval.getDecision())
                        .putPresent("Approver", approval.getDecidedBy());
            }
            case APPROVAL_DECIDED -> {
                var decided = event.getApprovalDecided();
                fields.logSource(agent("approval"))
                        .put("Mode", "person")
                        .put("Decision", decided.getApproved() ? "approved" : "denied")
                        .putPresent("Approver", decided.getDecidedBy())
                        .putPresent("Reason", decided.getReason())
                        .putPresent("SubjectSha256", decided.getSubjectSha256());
            }
            case APPROVAL_REQUESTED -> {
                var requested = event.getApprovalRequested();
                fields.logSource(agent("approval"))
                        .put("Decision", "requested")
                        .putPresent("CallId", requested.getCall())
                        .putPresent("ToolName", requested.getTool())
                        .putPresent("SubjectSha256", requested.getSubjectSha256());
            }
            case TASK_ASSIGNED -> {
                var task = event.getTaskAssigned();
                fields.logSource(agent("task"))
                        .put("Task", task.getTask())
                        .putPresent("AgentName", task.getAgent())
                        .putPresent("User", task.getAssignedBy())
                        .putPresent("Repository", task.getWorkspace())
                        .put("CommandLine", String.join(" ", task.getCommandList()))
                        .putPresent("PolicyName", task.getPolicy().getName());
            }
            case SESSION_DECLARED -> {
                var declared = event.getSessionDeclared();
                fields.logSource(agent("session"))
                        .put("Action", "start")
                        .putPresent("AgentName", declared.getAgent())
                        .putPresent("AgentVersion", declared.getAgentVersion())
                        .putPresent("Model", declared.getModel())
                        .putPresent("DeclaredSandbox", declared.getDeclaredSandbox())
                        .putPresent("CurrentDirectory", declared.getCwd());
            }
            case SESSION_ENDED ->
                fields.logSource(agent("session"))
                        .put("Action", "end")
                        .putPresent("Reason", event.getSessionEnded().getReason());
            case RUNTIME_STATE -> {
                var state = event.getRuntimeState();
                fields.logSource(agent("session"))
                        .put("Action", state.getState().name().toLowerCase(Locale.ROOT))
                        .putPresent("Reason", state.getReason())
                        .putPresent("Runtime", state.getRuntime())
                        .put("Degraded", state.getDegraded());
            }
            case AGENT_CONFIGURATION -> configuration(event.getAgentConfiguration(), fields);
            case TRACE_LOSS ->
                fields.logSource(agent("session"))
                        .put("Action", "trace_loss")
                        .put("Reason", event.getTraceLoss().getCause())
                        .put("Dropped", event.getTraceLoss().getDropped());
            case LIMIT_REACHED ->
                fields.logSource(agent("session"))
                        .put("Action", "limit_reached")
                        .put("Limit", event.getLimitReached().getLimit())
                        .put("Reason", event.getLimitReached().getAction());
            case SESSION_RECONCILED ->
                fields.logSource(agent("session"))
                        .put("Action", "reconciled")
                        .put("Complete", event.getSessionReconciled().getComplete())
                        .putPresent("Reason", event.getSessionReconciled().getReason());
            case ALERT_RAISED -> {
                var alert = event.getAlertRaised();
                fields.logSource(agent("deviation"))
                        .put("Kind", alert.getKind().name().toLowerCase(Locale.ROOT))
                        .put("Severity", alert.getSeverity().name().toLowerCase(Locale.ROOT))
                        .putPresent("Clause", alert.getClause())
                        .putPresent("Title", alert.getTitle())
                        .putPresent("Claim", alert.getSaid())
                        .putPresent("Evidence", alert.getSeen())
                        .putPresent("CallId", alert.getCall());
            }
            case PROCESS_FORKED,
                    PROCESS_EXITED,
                    RAW_CLAIM,
                    RAW_SYSCALL,
                    HEARTBEAT,
                    EVIDENCE_COLLECTED,
                    PATH_PROBED,
                    CANARY_REPORTED,
                    WORKSPACE_IDENTIFIED,
                    CHANGES_FOUND,
                    FILE_EDITED,
                    POLICY_CONFIRMED,
                    THAW_ORDERED,
                    KILL_ORDERED,
                    FREEZE_ORDERED,
                    RULE_SET_ACTIVATED,
                    MODEL_ACTIVATED,
                    TRIAGE_NOTED,
                    POLICY_REVISED,
                    POLICY_REFUSED,
                    REVIEW_DECIDED,
                    SIGN_IN_RECORDED,
                    UNMASKING_RECORDED,
                    EXPORT_RECORDED,
                    ACCESS_CHANGED,
                    SUPPRESSION_ORDERED,
                    SUPPRESSION_ENDED,
                    GATE_ANSWERED,
                    EGRESS_ANSWERED,
                    APPROVAL_SETTLED,
                    SESSION_RISK,
                    JUDGED,
                    SCORES_COUNTED,
                    PROBE_ANSWERED,
                    TICK,
                    PAYLOAD_NOT_SET -> {
                return false;
            }
        }
        return true;
    }

    /** Who acts, and what program that is. */
    private static void actor(Actor actor, ActContext context, Builder fields) {
        process(actor, context, fields);
        program(context, fields);
    }

    private static void program(ActContext context, Builder fields) {
        fields.putPresent("Image", context.image()).putPresent("CommandLine", context.commandLine());
        ancestors(context, fields);
    }

    private static void ancestors(ActContext context, Builder fields) {
        fields.putPresent("ParentImage", context.parentImage());
        if (!context.parents().isEmpty()) {
            fields.put("ParentCommandLine", context.parents().getFirst())
                    .put("AncestorCommandLines", context.parents());
        }
    }

    private static void plan(ActContext context, Builder fields) {
        if (!context.plan().isEmpty()) {
            fields.put("Plan", context.plan());
        }
    }

    /** Who holds a connection of the proxy, where only one process can. */
    private static void owner(ActContext context, Builder fields) {
        fields.putPresent("CallId", context.call());
        program(context, fields);
        plan(context, fields);
    }

    private static void process(Actor actor, ActContext context, Builder fields) {
        fields.put("ProcessId", actor.getProcess().getThreadGroup())
                .putPresent("ProcessName", actor.getName())
                .putPresent("CurrentDirectory", actor.getCwd())
                .put("UserId", Integer.toUnsignedLong(actor.getUid()))
                .put("User", actor.getUid() == 0 ? "root" : Integer.toUnsignedString(actor.getUid()))
                .putPresent("CallId", context.call());
        plan(context, fields);
    }

    private static void outcome(long error, Builder fields) {
        fields.put("Succeeded", error == 0);
        if (error != 0) {
            fields.put("ErrorNumber", error);
        }
    }

    private static void processStarted(ProcessStarted started, ActContext context, Builder fields) {
        process(started.getActor(), context, fields);
        fields.logSource(linux("process_creation"))
                .putPresent("Image", started.getBinary())
                .put("CommandLine", String.join(" ", started.getArgvList()))
                .put("Arguments", started.getArgvList())
                .putPresent("Sha256", started.getSha256())
                .put("EnvironmentNames", started.getEnvNamesList());
        if (!started.getSha256().isEmpty()) {
            fields.put("Hashes", "SHA256=" + started.getSha256());
        }
        ancestors(context, fields);
        fields.put("Succeeded", !started.getFailed());
    }

    private static void fileOpened(FileOpened opened, ActContext context, Builder fields) {
        actor(opened.getActor(), context, fields);
        List<String> operations = EcsDocument.openedFor(opened);
        fields.put("TargetFilename", opened.getPath());
        operations.forEach(operation -> fields.put("Operation", operation));
        boolean failed = opened.getError() != 0;
        if (!failed && operations.contains(EcsDocument.OPEN_WRITE)) {
            fields.logSource(linux("file_event"));
        }
        if (failed || operations.contains(EcsDocument.OPEN_READ)) {
            fields.logSource(linux("file_access"));
        }
        outcome(opened.getError(), fields);
    }

    private static void fileChanged(FileChanged changed, ActContext context, Builder fields) {
        actor(changed.getActor(), context, fields);
        boolean moves = !changed.getNewPath().isEmpty();
        fields.put("TargetFilename", moves ? changed.getNewPath() : changed.getPath())
                .put("Operation", changed.getOperation());
        if (moves) {
            fields.put("SourceFilename", changed.getPath());
        }
        outcome(changed.getError(), fields);
        if (changed.getError() != 0) {
            fields.logSource(linux("file_access"));
            return;
        }
        switch (changed.getOperation()) {
            case "unlink", "rmdir" -> fields.logSource(linux("file_delete"));
            case "chmod" -> fields.logSource(linux("file_change"));
            case "rename" -> fields.logSource(linux("file_event")).logSource(linux("file_rename"));
            default -> fields.logSource(linux("file_event"));
        }
    }

    private static void endpoint(Endpoint endpoint, String side, Builder fields) {
        boolean unix = endpoint.getFamily().equals("unix");
        fields.logSource(linux(unix ? "unix_socket" : "network_connection"));
        address(endpoint, side, fields);
    }

    private static void address(Endpoint endpoint, String side, Builder fields) {
        if (endpoint.getFamily().equals("unix")) {
            fields.putPresent("TargetFilename", endpoint.getAddress());
        } else {
            fields.putPresent(side + "Ip", unmapped(endpoint.getAddress())).put(side + "Port", endpoint.getPort());
        }
    }

    /** An IPv4 address that came in IPv6 clothes is IPv4: networks in rules are written that way. */
    private static String unmapped(String address) {
        String lower = address.toLowerCase(Locale.ROOT);
        return lower.startsWith("::ffff:") && lower.indexOf('.') > 0 ? address.substring(7) : address;
    }

    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.matches("[0-9.]+");
    }

    private static void destination(String host, int port, Builder fields) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        if (isAddress(bare)) {
            fields.put("DestinationIp", unmapped(bare));
        } else {
            fields.putPresent("DestinationHostname", bare);
        }
        fields.put("DestinationPort", port);
    }

    private static void egressRequested(EgressRequested requested, ActContext context, Builder fields) {
        destination(requested.getHost(), requested.getPort(), fields);
        fields.logSource(linux("network_connection"))
                .logSource(agent("egress"))
                .put("Initiated", true)
                .put("Protocol", "tcp")
                .put("Verdict", context.verdict().equals(ActContext.SERVICE) ? ActContext.SERVICE : "requested")
                .putPresent("Method", requested.getMethod())
                .putPresent("Url", requested.getUrl())
                .put("BytesOut", requested.getBytesSoFar())
                .put("Upload", requested.getUpload())
                .put("Unknown", requested.getUnknown());
        owner(context, fields);
        if (!requested.getUpload() && !isAddress(requested.getHost())) {
            fields.logSource(linux("dns_query")).put("QueryName", requested.getHost());
        }
    }

    private static void egressDecided(EgressDecided decided, ActContext context, Builder fields) {
        destination(decided.getHost(), decided.getPort(), fields);
        if (!decided.getResolvedAddress().isEmpty() && !isAddress(decided.getHost())) {
            fields.put("DestinationIp", unmapped(decided.getResolvedAddress()));
        }
        fields.logSource(agent("egress"))
                .put("Verdict", decided.getAllowed() ? "allowed" : "denied")
                .putPresent("Reason", decided.getReason())
                .putPresent("Detail", decided.getDetail())
                .putPresent("Method", decided.getMethod())
                .putPresent("Url", decided.getUrl())
                .put("BytesOut", decided.getBytesOut())
                .put("BytesIn", decided.getBytesIn())
                .put("Closed", decided.getClosed());
        owner(context, fields);
    }

    private static void toolCall(ToolCall call, ActContext context, Builder fields) {
        fields.logSource(agent("tool_call"))
                .putPresent("CallId", call.getCall())
                .putPresent("ToolName", call.getTool())
                .putPresent("ToolServer", call.getMcpServer())
                .putPresent("ServerTool", call.getMcpTool())
                .putPresent("Arguments", call.getArgumentsJson())
                .putPresent("CommandLine", call.getCommand())
                .putPresent("Reason", call.getStatedReason())
                .putPresent("CurrentDirectory", call.getCwd())
                .putPresent("Source", call.getSource())
                .putPresent("Contradicts", call.getContradicts())
                .put("Gated", call.getGated())
                .put("Escalation", call.getEscalation());
        if (call.getPathsCount() > 0) {
            fields.put("TargetFilename", call.getPathsList());
        }
        plan(context, fields);
    }

    private static void toolResult(ToolResult result, Builder fields) {
        fields.logSource(agent("tool_result"))
                .putPresent("CallId", result.getCall())
                .putPresent("ToolName", result.getTool())
                .putPresent("ToolServer", result.getMcpServer())
                .putPresent("ServerTool", result.getMcpTool())
                .putPresent("Outcome", result.getOutcome())
                .putPresent("Output", result.getOutput())
                .put("DurationMs", result.getDurationMs())
                .putPresent("Source", result.getSource());
        if (result.hasExitCode()) {
            fields.put("ExitCode", result.getExitCode());
        }
    }

    private static void configuration(AgentConfiguration configuration, Builder fields) {
        fields.logSource(agent("session"))
                .put("Action", "configuration")
                .put("Moment", configuration.getMoment())
                .putPresent("AgentName", configuration.getAgent())
                .putPresent("AgentVersion", configuration.getAgentVersion())
                .list("ConfigurationFile")
                .list("UnpinnedFile")
                .list("ToolServer")
                .list("ServerCommandLine");
        configuration.getFilesList().forEach(file -> {
            fields.put("ConfigurationFile", file.getPath());
            if (!file.getPinned()) {
                fields.put("UnpinnedFile", file.getPath());
            }
        });
        configuration.getMcpServersList().forEach(server -> fields.put("ToolServer", server.getName())
                .put("ServerCommandLine", String.join(" ", server.getArgvList())));
    }
}
