package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileEdited;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.SteeringVariable;
import io.plumbline.events.v1.ToolCall;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What runs is what was announced, and what a person approved: also where, with which variables, and with which content. */
class BindingTest {
    private static final String LETS = "{}";
    private static final String ASKS = "{tools: {ask: [Bash, Edit]}, approval-deadline: 1m}";
    private static final ProcessRef SHELL = SessionScript.process(7, 70);

    private static SteeringVariable variable(String name, String value) {
        return SteeringVariable.newBuilder()
                .setName(name)
                .setSha256(EventIds.sha256Hex(value))
                .build();
    }

    private static ProcessStarted.Builder execution(ProcessRef process, String folder, String... argv) {
        return ProcessStarted.newBuilder()
                .setActor(SessionScript.actor(process).toBuilder().setCwd(folder))
                .setBinary("/usr/bin/" + argv[0])
                .addAllArgv(List.of(argv));
    }

    /** A session in which the agent itself had these variables when it started. */
    private static SessionScript session(String policy, String agent, SteeringVariable... own) {
        SessionScript session = SessionScript.of(policy, agent);
        // Another agent's first process, whose start tells its environment.
        session.evidence(Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(SessionScript.actor(SessionScript.process(1, 5)))
                        .setBinary("/opt/plumbline/plumbline-guest")
                        .setFirst(true)));
        session.evidence(Event.newBuilder()
                .setProcessStarted(execution(SessionScript.process(1, 5), "/workspace", "claude")
                        .addAllSteering(List.of(own))));
        return session;
    }

    private static List<Event> announce(SessionScript session, String call, String command, String folder) {
        return announce(session, call, command, folder, "");
    }

    private static List<Event> announce(
            SessionScript session, String call, String command, String folder, String real) {
        return session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool("Bash")
                                .setCommand(command)
                                .setArgumentsJson("{\"command\":\"" + command + "\"}")
                                .setCwd(folder)
                                .setRealCwd(real)
                                .setSource("hook")
                                .setGated(true)));
    }

    private static List<Event> run(SessionScript session, ProcessRef shell, ProcessStarted.Builder execution) {
        session.fork(SessionScript.agent(), shell);
        return session.evidence(Event.newBuilder().setProcessStarted(execution));
    }

    private static void approve(SessionScript session, List<Event> verdicts) {
        ApprovalRequested question = verdicts.stream()
                .filter(Event::hasApprovalRequested)
                .findFirst()
                .orElseThrow()
                .getApprovalRequested();
        session.decide(question.getApproval(), true, question.getSubjectSha256(), 0);
    }

    private static List<AlertRaised> alerts(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .toList();
    }

    @Test
    void aCallInItsFolderIsAsAnnounced() {
        SessionScript session = SessionScript.of(LETS);
        announce(session, "c1", "ls", "/workspace/src");

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/src", "bash", "-c", "ls"))))
                .isEmpty();
    }

    @Test
    void anotherFolderThanAnnouncedIsAFinding() {
        SessionScript session = SessionScript.of(LETS);
        List<Event> announced = announce(session, "c1", "ls", "/workspace/src");
        assertThat(alerts(announced)).isEmpty();

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/other", "bash", "-c", "ls"))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getKind()).isEqualTo(DeviationKind.UNANNOUNCED);
                    assertThat(alert.getClause()).isEqualTo("announce.folder");
                    assertThat(alert.getSeverity()).isEqualTo(Severity.LOW);
                    assertThat(alert.getRiskAdded()).isEqualTo(10);
                    assertThat(alert.getSeen()).contains("/workspace/other");
                    assertThat(alert.getWhy()).contains("/workspace/src");
                    assertThat(alert.getCall()).isEqualTo("c1");
                    assertThat(alert.getEvidenceCount()).isEqualTo(2);
                });
    }

    @Test
    void anotherFolderThanApprovedIsAProof() {
        SessionScript session = SessionScript.of(ASKS);
        approve(session, announce(session, "c1", "make clean", "/workspace"));

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/home/agent", "bash", "-c", "make clean"))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getTitle()).isEqualTo("An approved call ran in another folder than announced");
                    assertThat(alert.getSeverity()).isEqualTo(Severity.HIGH);
                    assertThat(alert.getRiskAdded()).isEqualTo(40);
                });
        assertThat(session.state().values().getTainted()).isTrue();
    }

    @Test
    void aLinkThatTheHostHasFollowedExplainsTheFolder() {
        SessionScript session = SessionScript.of(ASKS);
        approve(session, announce(session, "c1", "make clean", "/workspace/current", "/workspace/v2"));

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/v2", "bash", "-c", "make clean"))))
                .isEmpty();
    }

    @Test
    void anotherFolderThanTheOneThatTheHostFoundIsAProof() {
        SessionScript session = SessionScript.of(ASKS);
        approve(session, announce(session, "c1", "make clean", "/workspace/current", "/workspace/v2"));

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/v3", "bash", "-c", "make clean"))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getRiskAdded()).isEqualTo(40);
                    assertThat(alert.getWhy())
                            .startsWith("The call was announced for /workspace/current, which was /workspace/v2.");
                });
    }

    @Test
    void aNameThatMayBeALinkToTheFolderProvesNothing() {
        SessionScript session = SessionScript.of(ASKS);
        approve(session, announce(session, "c1", "make clean", "/workspace/current"));

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/v2", "bash", "-c", "make clean"))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("announce.folder");
                    assertThat(alert.getRiskAdded()).isEqualTo(10);
                });
        assertThat(session.state().values().getTainted()).isFalse();
    }

    @Test
    void aLastSlashMakesNoOtherFolder() {
        SessionScript session = SessionScript.of(LETS);
        announce(session, "c1", "ls", "/workspace/src/");

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/src", "bash", "-c", "ls"))))
                .isEmpty();
    }

    @Test
    void whatWasApprovedForTheSessionIsBoundTheSameWay() {
        SessionScript session = SessionScript.of("{tools: {ask: [Bash]}, approvals: {session: 1h}}");
        ApprovalRequested question = announce(session, "c1", "make", "/workspace").stream()
                .filter(Event::hasApprovalRequested)
                .findFirst()
                .orElseThrow()
                .getApprovalRequested();
        session.order(Event.newBuilder()
                .setApprovalDecided(io.plumbline.events.v1.ApprovalDecided.newBuilder()
                        .setApproval(question.getApproval())
                        .setApproved(true)
                        .setDecidedBy("ada")
                        .setSubjectSha256(question.getSubjectSha256())
                        .setSessionSeconds(600)));
        run(session, SHELL, execution(SHELL, "/workspace", "bash", "-c", "make"));
        assertThat(announce(session, "c2", "make", "/workspace")).noneMatch(Event::hasApprovalRequested);
        ProcessRef second = SessionScript.process(8, 80);

        assertThat(alerts(run(session, second, execution(second, "/tmp", "bash", "-c", "make"))))
                .extracting(AlertRaised::getRiskAdded)
                .containsExactly(40);
    }

    @Test
    void equalCommandsOfSeveralFoldersAreToldApartByTheFolder() {
        SessionScript session = SessionScript.of(LETS);
        announce(session, "c1", "ls", "/workspace/a");
        announce(session, "c2", "ls", "/workspace/b");
        ProcessRef first = SessionScript.process(8, 80);

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/b", "bash", "-c", "ls"))))
                .isEmpty();
        assertThat(alerts(run(session, first, execution(first, "/workspace/a", "bash", "-c", "ls"))))
                .isEmpty();
    }

    @Test
    void codexGoesToTheFolderAfterItsFirstExecution() {
        SessionScript session = SessionScript.of(LETS, "codex");
        announce(session, "c1", "ls", "/workspace/a");

        assertThat(alerts(run(session, SHELL, codexSetup("/workspace/a")))).isEmpty();
    }

    @Test
    void codexNamesTheFolderAsItWasAnnounced() {
        SessionScript session = SessionScript.of(LETS, "codex");
        announce(session, "c1", "ls", "/workspace/current", "/workspace/v2");

        assertThat(alerts(run(session, SHELL, codexSetup("/workspace/current"))))
                .isEmpty();
    }

    @Test
    void equalCommandsAreToldApartByTheFolderThatALinkLeadsTo() {
        SessionScript session = SessionScript.of(LETS);
        announce(session, "c1", "ls", "/workspace/v1", "/workspace/v1");
        announce(session, "c2", "ls", "/workspace/current", "/workspace/v2");
        ProcessRef first = SessionScript.process(8, 80);

        assertThat(alerts(run(session, SHELL, execution(SHELL, "/workspace/v2", "bash", "-c", "ls"))))
                .isEmpty();
        assertThat(alerts(run(session, first, execution(first, "/workspace/v1", "bash", "-c", "ls"))))
                .isEmpty();
    }

    @Test
    void anApprovalForTheSessionEndsWhereTheLinkLeadsElsewhere() {
        SessionScript session = SessionScript.of("{tools: {ask: [Bash]}, approvals: {session: 1h}}");
        ApprovalRequested question = announce(session, "c1", "make", "/workspace/current", "/workspace/v2").stream()
                .filter(Event::hasApprovalRequested)
                .findFirst()
                .orElseThrow()
                .getApprovalRequested();
        assertThat(question.getSubject()).contains("/workspace/current\n").contains("\nthe folder is /workspace/v2\n");
        session.order(Event.newBuilder()
                .setApprovalDecided(io.plumbline.events.v1.ApprovalDecided.newBuilder()
                        .setApproval(question.getApproval())
                        .setApproved(true)
                        .setDecidedBy("ada")
                        .setSubjectSha256(question.getSubjectSha256())
                        .setSessionSeconds(600)));
        run(session, SHELL, execution(SHELL, "/workspace/v2", "bash", "-c", "make"));

        assertThat(announce(session, "c2", "make", "/workspace/current", "/workspace/v2"))
                .noneMatch(Event::hasApprovalRequested);
        assertThat(announce(session, "c3", "make", "/workspace/current", "/workspace/v3"))
                .anyMatch(Event::hasApprovalRequested);
    }

    @Test
    void whereTheFolderIsNotFoundOutAnApprovalIsForOneCall() {
        SessionScript session = SessionScript.of("{tools: {ask: [Bash]}, approvals: {session: 1h}}");

        assertThat(announce(session, "c1", "make #..", "/workspace/current"))
                .filteredOn(Event::hasApprovalRequested)
                .singleElement()
                .satisfies(
                        question -> assertThat(question.getApprovalRequested().getSessionSeconds())
                                .isZero());
    }

    private static ProcessStarted.Builder codexSetup(String folder) {
        return execution(
                SHELL,
                "/workspace",
                "codex",
                "--codex-run-as-process-setup",
                "1",
                "2",
                "-",
                "",
                folder,
                "/bin/bash",
                "/bin/bash",
                "-c",
                "ls");
    }

    @Test
    void theVariablesOfWhatCodexBecomesCount() {
        SessionScript session = session(LETS, "codex", variable("PATH", "/usr/bin"));
        announce(session, "c1", "ls", "/workspace");
        assertThat(alerts(run(session, SHELL, codexSetup("/workspace")))).isEmpty();

        assertThat(alerts(session.evidence(Event.newBuilder()
                        .setProcessStarted(execution(SHELL, "/workspace", "bash", "-c", "ls")
                                .addSteering(variable("PATH", "/home/agent/.codex/tmp:/usr/bin"))
                                .addSteering(variable("PAGER", "cat"))
                                .addSteering(variable("LD_PRELOAD", "/tmp/x.so"))))))
                .extracting(AlertRaised::getSeen)
                .singleElement()
                .asString()
                .contains("LD_PRELOAD");
        assertThat(alerts(session.evidence(Event.newBuilder()
                        .setProcessStarted(execution(SHELL, "/workspace", "ls").addSteering(variable("ENV", "x"))))))
                .as("what the command itself becomes")
                .isEmpty();
    }

    @Test
    void whatACallStartsMayHaveOtherFoldersAndVariables() {
        SessionScript session = session(LETS, "claude-code");
        announce(session, "c1", "make", "/workspace");
        run(session, SHELL, execution(SHELL, "/workspace", "bash", "-c", "make"));
        ProcessRef child = SessionScript.process(9, 90);
        session.fork(SHELL, child);

        assertThat(alerts(session.evidence(Event.newBuilder()
                        .setProcessStarted(
                                execution(child, "/workspace/sub", "make").addSteering(variable("MAKEFLAGS", "-j"))))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"LD_PRELOAD, /tmp/x.so", "BASH_ENV, /tmp/rc", "GIT_SSH_COMMAND, /tmp/ssh", "NODE_OPTIONS, -r /tmp/x"})
    void aVariableThatTheAgentHasNotAndTheCommandDoesNotSayIsAFinding(String name, String value) {
        SessionScript session = session(LETS, "claude-code", variable("PATH", "/usr/bin"));
        announce(session, "c1", "git status", "/workspace");

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "git status")
                                .addSteering(variable("PATH", "/usr/bin"))
                                .addSteering(variable(name, value)))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("announce.environment");
                    assertThat(alert.getSeen()).contains("another " + name);
                    assertThat(alert.getSeen()).doesNotContain(value);
                });
    }

    @Test
    void anotherSearchPathForAnApprovedCommandIsAProof() {
        SessionScript session = session(ASKS, "claude-code", variable("PATH", "/usr/bin"));
        approve(session, announce(session, "c1", "git status", "/workspace"));

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "git status")
                                .addSteering(variable("PATH", "/workspace/bin:/usr/bin")))))
                .extracting(AlertRaised::getClause, AlertRaised::getRiskAdded)
                .containsExactly(org.assertj.core.api.Assertions.tuple("announce.environment", 40));
    }

    @Test
    void theSameVariablesAndThoseOfTheAgentsProfileAreItsOwn() {
        SessionScript session = session(LETS, "claude-code", variable("PATH", "/usr/bin"));
        announce(session, "c1", "git status", "/workspace");

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "git status")
                                .addEnvNames("PATH")
                                .addEnvNames("CLAUDECODE")
                                .addSteering(variable("PATH", "/usr/bin"))
                                .addSteering(variable("GIT_EDITOR", "true")))))
                .isEmpty();
    }

    @Test
    void whatTheAgentBecomesBeforeItsFirstCallIsTheAgent() {
        SessionScript session = session(ASKS, "claude-code", variable("PATH", "/usr/bin"));
        session.evidence(Event.newBuilder()
                .setProcessStarted(execution(SessionScript.process(1, 5), "/workspace", "claude")
                        .addSteering(variable("PATH", "/usr/bin"))
                        .addSteering(variable("NODE_OPTIONS", "--max-old-space-size=4096"))));
        approve(session, announce(session, "c1", "ls", "/workspace"));

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "ls")
                                .addSteering(variable("PATH", "/usr/bin"))
                                .addSteering(variable("NODE_OPTIONS", "--max-old-space-size=4096")))))
                .isEmpty();
    }

    @Test
    void whatTheAgentBecomesAfterItsFirstCallIsNotTheAgent() {
        SessionScript session = session(LETS, "claude-code", variable("PATH", "/usr/bin"));
        announce(session, "c1", "ls", "/workspace");
        session.evidence(Event.newBuilder()
                .setProcessStarted(execution(SessionScript.process(1, 5), "/workspace", "claude")
                        .addSteering(variable("LD_PRELOAD", "/tmp/x.so"))));

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "ls")
                                .addSteering(variable("LD_PRELOAD", "/tmp/x.so")))))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce.environment");
    }

    @ParameterizedTest
    @CsvSource({"/usr/bin, /tmp", "/tmp, /usr/bin"})
    void severalValuesOfOneVariableAreNeverTheAgents(String first, String second) {
        SessionScript session = session(LETS, "claude-code", variable("PATH", "/usr/bin"));
        announce(session, "c1", "ls", "/workspace");

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "ls")
                                .addSteering(variable("PATH", first))
                                .addSteering(variable("PATH", second)))))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce.environment");
    }

    @Test
    void theHostTellsOfSeveralValues() {
        SessionScript session = session(LETS, "claude-code", variable("PATH", "/usr/bin"));
        announce(session, "c1", "ls", "/workspace");

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "ls")
                                .addSteering(
                                        variable("PATH", "/usr/bin").toBuilder().setSeveral(true)))))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce.environment");
    }

    @Test
    void variablesThatAreNotToldAreAFindingAndNoProof() {
        SessionScript session = session(ASKS, "claude-code", variable("PATH", "/usr/bin"));
        approve(session, announce(session, "c1", "ls", "/workspace"));
        session.fork(SessionScript.agent(), SHELL);

        assertThat(alerts(session.evidence(Event.newBuilder()
                        .addTruncated("steering")
                        .setProcessStarted(execution(SHELL, "/workspace", "bash", "-c", "ls")
                                .addSteering(variable("PATH", "/usr/bin"))))))
                .extracting(AlertRaised::getClause, AlertRaised::getRiskAdded)
                .containsExactly(org.assertj.core.api.Assertions.tuple("announce.environment", 10));
    }

    @Test
    void anOlderHostTellsNamesAlone() {
        SessionScript session = session(LETS, "claude-code");
        announce(session, "c1", "git status", "/workspace");

        assertThat(alerts(run(
                        session,
                        SHELL,
                        execution(SHELL, "/workspace", "bash", "-c", "git status")
                                .addEnvNames("LD_AUDIT"))))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce.environment");
    }

    private static List<Event> edit(SessionScript session) {
        return session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("e1")
                                .setTool("Edit")
                                .addPaths("/workspace/a.txt")
                                .setArgumentsJson("{\"file_path\":\"/workspace/a.txt\"}")
                                .setSource("hook")
                                .setGated(true)));
    }

    private static List<AlertRaised> edited(SessionScript session, FileEdited.Builder edited) {
        return alerts(session.evidence(Event.newBuilder()
                .setFileEdited(edited.setCall("e1").setPath("/workspace/a.txt").setAnnouncedSha256("a".repeat(64)))));
    }

    @Test
    void anotherContentThanAnnouncedIsAFindingAndThanApprovedAProof() {
        SessionScript lets = SessionScript.of(LETS);
        edit(lets);
        SessionScript asks = SessionScript.of(ASKS);
        approve(asks, edit(asks));
        FileEdited other =
                FileEdited.newBuilder().setWrittenSha256("b".repeat(64)).build();

        assertThat(edited(lets, other.toBuilder()))
                .extracting(AlertRaised::getClause, AlertRaised::getRiskAdded)
                .containsExactly(org.assertj.core.api.Assertions.tuple("announce.content", 10));
        assertThat(edited(asks, other.toBuilder())).singleElement().satisfies(alert -> {
            assertThat(alert.getTitle()).isEqualTo("An approved edit left another content than announced");
            assertThat(alert.getRiskAdded()).isEqualTo(40);
            assertThat(alert.getSeen()).contains("b".repeat(64));
        });
    }

    @Test
    void anotherContentAfterAFailureProvesNothing() {
        SessionScript session = SessionScript.of(ASKS);
        approve(session, edit(session));

        assertThat(edited(
                        session,
                        FileEdited.newBuilder().setWrittenSha256("b".repeat(64)).setFailed(true)))
                .extracting(AlertRaised::getClause, AlertRaised::getRiskAdded)
                .containsExactly(org.assertj.core.api.Assertions.tuple("announce.content", 10));
        assertThat(session.state().values().getTainted()).isFalse();
    }

    @Test
    void theAnnouncedContentOneThatDiffersInBlanksAndOneThatCouldNotBeComparedAreNone() {
        SessionScript session = SessionScript.of(ASKS);
        approve(session, edit(session));

        assertThat(edited(session, FileEdited.newBuilder().setWrittenSha256("a".repeat(64))))
                .isEmpty();
        assertThat(edited(
                        session,
                        FileEdited.newBuilder().setWrittenSha256("b".repeat(64)).setBlanksOnly(true)))
                .isEmpty();
        assertThat(edited(session, FileEdited.newBuilder().setUncompared("too-large")))
                .isEmpty();
    }
}
