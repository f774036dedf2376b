package io.plumbline.rules.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Accepted;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalByAgent;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Bound;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.ConfigurationFile;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.LimitReached;
import io.plumbline.events.v1.McpServer;
import io.plumbline.events.v1.Message;
import io.plumbline.events.v1.NamedSyscall;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.Reasoning;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.SessionEnded;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.rules.RuleEngine;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of log sources and fields in docs/sigma.md, row by row. */
class AgentEventsTest {
    private static final Actor ACTOR = Actor.newBuilder()
            .setProcess(ProcessRef.newBuilder().setThreadGroup(35).setStartTimeNs(7))
            .setName("cat")
            .setCwd("/workspace")
            .setUid(1000)
            .build();
    private static final ActContext CONTEXT = new ActContext(
            true,
            "call",
            "toolu_1",
            "/bin/cat",
            "cat x",
            List.of("/bin/bash -c x", "node agent.js"),
            "/usr/bin/bash",
            List.of("Read the file"),
            "allowed");

    private static Event.Builder event() {
        return Event.newBuilder()
                .setId("0123456789abcdef0123456789abcdef")
                .setTenant("acme")
                .setHost("h1")
                .setSession("s1")
                .setChannel(Channel.EVIDENCE)
                .setEventTimeNs(5)
                .addTruncated("argv");
    }

    /**
     * One row.
     *
     * @param fields beside those that every event has
     */
    record Row(Event event, List<String> sources, List<String> fields) {
        @Override
        public String toString() {
            return event.getPayloadCase() + " " + sources;
        }
    }

    private static Row row(Event.Builder event, String sources, String fields) {
        return new Row(event.build(), List.of(sources.split(" ")), List.of(fields.split(" ")));
    }

    private static final String PROGRAM =
            "Image CommandLine ParentImage ParentCommandLine AncestorCommandLines CallId Plan ";

    private static final String ACTED = "ProcessId ProcessName CurrentDirectory UserId User " + PROGRAM;

    static List<Row> rows() {
        Endpoint remote = Endpoint.newBuilder()
                .setFamily("inet6")
                .setAddress("::ffff:203.0.113.5")
                .setPort(443)
                .build();
        return List.of(
                row(
                        event().setProcessStarted(ProcessStarted.newBuilder()
                                .setActor(ACTOR)
                                .setBinary("/bin/cat")
                                .addArgv("cat")
                                .addArgv("x")
                                .setSha256("ab")
                                .addEnvNames("PATH")),
                        "process_creation/linux",
                        ACTED + "Arguments Sha256 EnvironmentNames Hashes Succeeded"),
                row(
                        event().setFileOpened(FileOpened.newBuilder()
                                .setActor(ACTOR)
                                .setPath("/x")
                                .setFlags(2)),
                        "file_event/linux file_access/linux",
                        ACTED + "TargetFilename Operation Succeeded"),
                row(
                        event().setFileOpened(FileOpened.newBuilder()
                                .setActor(ACTOR)
                                .setPath("/x")
                                .setFlags(0x241)),
                        "file_event/linux",
                        ACTED + "TargetFilename Operation Succeeded"),
                row(
                        event().setFileOpened(FileOpened.newBuilder()
                                .setActor(ACTOR)
                                .setPath("/x")
                                .setError(13)),
                        "file_access/linux",
                        ACTED + "TargetFilename Operation Succeeded ErrorNumber"),
                row(
                        event().setFileChanged(FileChanged.newBuilder()
                                .setActor(ACTOR)
                                .setOperation("rename")
                                .setPath("/a")
                                .setNewPath("/b")),
                        "file_event/linux file_rename/linux",
                        ACTED + "TargetFilename Operation SourceFilename Succeeded"),
                row(
                        event().setFileChanged(FileChanged.newBuilder()
                                .setActor(ACTOR)
                                .setOperation("unlink")
                                .setPath("/a")),
                        "file_delete/linux",
                        ACTED + "TargetFilename Operation Succeeded"),
                row(
                        event().setFileChanged(FileChanged.newBuilder()
                                .setActor(ACTOR)
                                .setOperation("chmod")
                                .setPath("/a")),
                        "file_change/linux",
                        ACTED + "TargetFilename Operation Succeeded"),
                row(
                        event().setConnected(
                                        Connected.newBuilder().setActor(ACTOR).setPeer(remote)),
                        "network_connection/linux",
                        ACTED + "DestinationIp DestinationPort Initiated Succeeded"),
                row(
                        event().setConnected(Connected.newBuilder()
                                .setActor(ACTOR)
                                .setPeer(Endpoint.newBuilder().setFamily("unix").setAddress("/run/x.sock"))),
                        "unix_socket/linux",
                        ACTED + "TargetFilename Initiated Succeeded"),
                row(
                        event().setBound(Bound.newBuilder().setActor(ACTOR).setLocal(remote)),
                        "network_listen/linux",
                        ACTED + "SourceIp SourcePort Succeeded"),
                row(
                        event().setNamedSyscall(NamedSyscall.newBuilder()
                                .setActor(ACTOR)
                                .setName("sendto")
                                .setPath("/x")
                                .setText("t")
                                .setPeer(remote)),
                        "syscall/linux",
                        ACTED + "Syscall TargetFilename Arguments DestinationIp DestinationPort Succeeded"),
                row(
                        event().setEgressRequested(EgressRequested.newBuilder()
                                .setHost("x.example")
                                .setPort(443)
                                .setMethod("GET")
                                .setUrl("http://x.example/")),
                        "network_connection/linux egress/agent dns_query/linux",
                        PROGRAM
                                + "DestinationHostname DestinationPort Initiated Protocol Verdict Method Url BytesOut Upload"
                                + " Unknown QueryName"),
                row(
                        event().setEgressDecided(EgressDecided.newBuilder()
                                .setHost("x.example")
                                .setPort(443)
                                .setMethod("GET")
                                .setUrl("u")
                                .setReason("r")
                                .setDetail("d")
                                .setResolvedAddress("203.0.113.5")),
                        "egress/agent",
                        PROGRAM
                                + "DestinationHostname DestinationPort DestinationIp Verdict Reason Detail Method Url BytesOut"
                                + " BytesIn Closed"),
                row(
                        event().setToolCall(ToolCall.newBuilder()
                                .setCall("c")
                                .setTool("t")
                                .setMcpServer("m")
                                .setMcpTool("n")
                                .setArgumentsJson("{}")
                                .setCommand("x")
                                .addPaths("/p")
                                .setStatedReason("r")
                                .setCwd("/")
                                .setSource("hook")
                                .setContradicts("otlp")),
                        "tool_call/agent",
                        "CallId ToolName ToolServer ServerTool Arguments CommandLine Reason CurrentDirectory Source"
                                + " Contradicts Gated Escalation TargetFilename Plan"),
                row(
                        event().setToolResult(ToolResult.newBuilder()
                                .setCall("c")
                                .setTool("t")
                                .setMcpServer("m")
                                .setMcpTool("n")
                                .setOutcome("success")
                                .setOutput("o")
                                .setExitCode(1)
                                .setSource("hook")),
                        "tool_result/agent",
                        "CallId ToolName ToolServer ServerTool Outcome Output DurationMs Source ExitCode"),
                row(
                        event().setPlan(Plan.newBuilder()
                                .addItems(PlanItem.newBuilder().setText("a"))
                                .setCall("c")),
                        "plan/agent",
                        "Intent CallId"),
                row(event().setPrompt(Prompt.newBuilder().setText("a")), "prompt/agent", "Text"),
                row(
                        event().setMessage(io.plumbline.events.v1.Message.newBuilder()
                                .setText("a")
                                .setRole("assistant")),
                        "message/agent",
                        "Text Author"),
                row(
                        event().setApprovalByAgent(ApprovalByAgent.newBuilder()
                                .setCall("c")
                                .setTool("t")
                                .setDecision("approved")
                                .setDecidedBy("config")),
                        "approval/agent",
                        "Mode CallId ToolName Decision Approver"),
                row(
                        event().setApprovalDecided(ApprovalDecided.newBuilder()
                                .setDecidedBy("ann")
                                .setReason("r")
                                .setSubjectSha256("ab")),
                        "approval/agent",
                        "Mode Decision Approver Reason SubjectSha256"),
                row(
                        event().setApprovalRequested(ApprovalRequested.newBuilder()
                                .setCall("c")
                                .setTool("t")
                                .setSubjectSha256("ab")),
                        "approval/agent",
                        "Decision CallId ToolName SubjectSha256"),
                row(
                        event().setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask("t")
                                .setAgent("codex")
                                .setAssignedBy("ann")
                                .setWorkspace("/w")
                                .setPolicy(io.plumbline.events.v1.TaskPolicy.newBuilder()
                                        .setName("p"))),
                        "task/agent",
                        "Task AgentName User Repository CommandLine PolicyName"),
                row(
                        event().setSessionDeclared(SessionDeclared.newBuilder()
                                .setAgent("codex")
                                .setAgentVersion("1")
                                .setModel("m")
                                .setDeclaredSandbox("x")
                                .setCwd("/")),
                        "session/agent",
                        "Action AgentName AgentVersion Model DeclaredSandbox CurrentDirectory"),
                row(
                        event().setAgentConfiguration(AgentConfiguration.newBuilder()
                                .setAgent("codex")
                                .setAgentVersion("1")
                                .setMoment("start")
                                .addFiles(ConfigurationFile.newBuilder().setPath("/c"))
                                .addMcpServers(
                                        McpServer.newBuilder().setName("m").addArgv("npx"))),
                        "session/agent",
                        "Action Moment AgentName AgentVersion ConfigurationFile UnpinnedFile ToolServer ServerCommandLine"),
                row(
                        event().setTraceLoss(
                                        TraceLoss.newBuilder().setCause("c").setDropped(1)),
                        "session/agent",
                        "Action Reason Dropped"),
                row(
                        event().setAlertRaised(AlertRaised.newBuilder()
                                .setKind(DeviationKind.UNANNOUNCED)
                                .setSeverity(Severity.HIGH)
                                .setClause("c")
                                .setTitle("t")
                                .setSaid("s")
                                .setSeen("e")
                                .setCall("c")),
                        "deviation/agent",
                        "Kind Severity Clause Title Claim Evidence CallId"),
                row(
                        event().setAccepted(
                                        Accepted.newBuilder().setActor(ACTOR).setPeer(remote)),
                        "network_connection/linux",
                        ACTED + "SourceIp SourcePort Initiated Succeeded"),
                row(
                        event().setAccepted(Accepted.newBuilder()
                                .setActor(ACTOR)
                                .setPeer(Endpoint.newBuilder().setFamily("unix").setAddress("/run/x.sock"))),
                        "unix_socket/linux",
                        ACTED + "TargetFilename Initiated Succeeded"),
                row(
                        event().setBound(Bound.newBuilder()
                                .setActor(ACTOR)
                                .setLocal(
                                        Endpoint.newBuilder().setFamily("unix").setAddress("/run/x.sock"))),
                        "network_listen/linux",
                        ACTED + "TargetFilename Succeeded"),
                row(event().setReasoning(Reasoning.newBuilder().setText("a")), "message/agent", "Text Author"),
                row(
                        event().setSessionEnded(SessionEnded.newBuilder().setReason("r")),
                        "session/agent",
                        "Action Reason"),
                row(
                        event().setRuntimeState(RuntimeState.newBuilder()
                                .setState(RuntimeState.State.RUNNING)
                                .setReason("r")
                                .setRuntime("runsc")),
                        "session/agent",
                        "Action Reason Runtime Degraded"),
                row(
                        event().setLimitReached(LimitReached.newBuilder()
                                .setLimit("memory")
                                .setAction("freeze")),
                        "session/agent",
                        "Action Limit Reason"),
                row(
                        event().setSessionReconciled(
                                        SessionReconciled.newBuilder().setReason("r")),
                        "session/agent",
                        "Action Complete Reason"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void hasTheFieldsOfItsRow(Row row) {
        SigmaEvent event = AgentEvents.of(row.event(), CONTEXT).orElseThrow();
        List<String> expected = new ArrayList<>(List.of(
                "SessionId", "Tenant", "Computer", "Channel", "Truncated", "Announced", "Role", "PolicyVerdict"));
        expected.addAll(row.fields());
        assertThat(event.names()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(event.logSources().stream()
                        .map(source -> source.category() + "/" + source.product())
                        .toList())
                .containsExactlyElementsOf(row.sources());
        assertThat(event.id()).isEqualTo(row.event().getId());
        assertThat(event.timeNs()).isEqualTo(5);
    }

    @Test
    void theDocumentHasEveryField() throws IOException {
        String document = Files.readString(Path.of("../docs/sigma.md"));
        for (Row row : rows()) {
            SigmaEvent event = AgentEvents.of(row.event(), CONTEXT).orElseThrow();
            assertThat(event.names()).allSatisfy(name -> assertThat(document).contains("`" + name + "`"));
            assertThat(event.logSources()).allSatisfy(source -> assertThat(document)
                    .contains("`" + source.product() + "/" + source.category() + "`"));
        }
    }

    @Test
    void mappedAddressesAreIpv4() {
        SigmaEvent event = AgentEvents.of(rows().get(7).event(), CONTEXT).orElseThrow();
        assertThat(event.texts("DestinationIp")).containsExactly("203.0.113.5");
    }

    @Test
    void claimsHaveNoRoleAndHeartbeatsAreNoEvents() {
        Event call = event().setToolCall(ToolCall.getDefaultInstance()).build();
        assertThat(AgentEvents.of(call, ActContext.NONE).orElseThrow().names()).doesNotContain("Role", "Announced");
        assertThat(AgentEvents.of(
                        event().setHeartbeat(Heartbeat.getDefaultInstance()).build(), ActContext.NONE))
                .isEmpty();
    }

    @Test
    void thePackMatchesEventsOfTheContract() {
        RuleEngine engine = RuleSet.load(RulePack.sources(), Placeholders.NONE).engine();
        CorrelationState state = new CorrelationState();
        Event read = event().setFileOpened(
                        FileOpened.newBuilder().setActor(ACTOR).setPath("/root/.ssh/id_ed25519"))
                .build();
        Event send = event().setEventTimeNs(60_000_000_000L)
                .setEgressRequested(
                        EgressRequested.newBuilder().setHost("x.example").setPort(443))
                .build();
        assertThat(engine.evaluate(AgentEvents.of(read, CONTEXT).orElseThrow(), state))
                .extracting(RuleMatch::title)
                .containsExactly("Read of an SSH Private Key");
        assertThat(engine.evaluate(AgentEvents.of(send, CONTEXT).orElseThrow(), state))
                .extracting(RuleMatch::title)
                .containsExactly("Secret Read, Then a Connection");
    }

    @Test
    void rulesWithSigmaHqsNamesRunUnchanged() {
        RuleSet set = RuleSet.load(List.of(new io.plumbline.rules.RuleSource("x.yml", """
                        title: t
                        logsource: {category: process_creation, product: linux}
                        detection:
                          s:
                            Image|endswith: '/cat'
                            ParentImage|endswith: '/bash'
                            CommandLine|contains: ' x'
                            CurrentDirectory: '/workspace'
                          condition: s
                        """)), Placeholders.NONE);
        assertThat(set.engine()
                        .evaluate(
                                AgentEvents.of(rows().getFirst().event(), CONTEXT)
                                        .orElseThrow(),
                                new CorrelationState()))
                .hasSize(1);
        assertThat(set.detections().getFirst().logSource()).isEqualTo(new LogSource("process_creation", "linux", ""));
    }

    /** A claim that is dated ahead must not end the windows over what the kernel saw. */
    @Test
    void theTimeOfAClaimIsWhenTheHostSawIt() {
        Event claim = event().setChannel(Channel.CLAIMS)
                .setEventTimeNs(59_000_000_000L)
                .setObservedTimeNs(7)
                .setMessage(Message.newBuilder().setText("hello"))
                .build();

        assertThat(AgentEvents.of(claim, ActContext.NONE).orElseThrow().timeNs())
                .isEqualTo(7);
        assertThat(AgentEvents.of(claim.toBuilder().setObservedTimeNs(0).build(), ActContext.NONE)
                        .orElseThrow()
                        .timeNs())
                .isEqualTo(59_000_000_000L);
    }
}
