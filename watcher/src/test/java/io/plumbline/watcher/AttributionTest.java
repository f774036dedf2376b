package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.watcher.state.v1.Process;
import io.plumbline.watcher.state.v1.Role;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttributionTest {
    private static final int O_WRONLY_CREAT = 0x41;
    private static final int O_DIRECTORY = 0x10000;
    private static final long SECOND = 1_000_000_000L;
    private static final ProcessRef ONE = SessionScript.process(10, 5);
    private static final ProcessRef TWO = SessionScript.process(11, 6);
    private static final ProcessRef THREE = SessionScript.process(12, 7);
    private static final ProcessRef FOUR = SessionScript.process(13, 8);

    @Test
    void whatOutlivesItsCallStaysWithItAndSaysSo() {
        SessionScript session = SessionScript.of("{}");
        session.run("c1", "(sleep 9; cat a) &", ONE);
        session.fork(ONE, TWO);
        session.exit(ONE, 0);
        session.result(ToolResult.newBuilder().setCall("c1").setTool("Bash").setOutcome("success"));
        session.run("c2", "ls", THREE);

        List<AlertRaised> alerts = Alerts.of(session.open(TWO, "/workspace/made", O_WRONLY_CREAT));

        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.getCall()).isEqualTo("c1");
            assertThat(alert.getSeen()).endsWith(", after its call had ended");
        });
    }

    @Test
    void aDoubleForkAndSetsidStayWithTheCall() {
        SessionScript session = SessionScript.of("{}");
        session.run("c1", "nohup setsid daemon &", ONE);
        session.fork(ONE, TWO);
        session.exec(TWO, "setsid", "daemon");
        session.fork(TWO, THREE);
        session.exit(TWO, 0);
        session.exit(ONE, 0);
        session.fork(THREE, FOUR);
        session.exit(THREE, 0);

        session.exec(FOUR, "daemon");

        assertThat(Alerts.of(session.verdicts())).isEmpty();
        assertThat(process(session, FOUR).getCall()).isEqualTo("c1");
    }

    @Test
    void aNumberThatIsUsedAgainIsAnotherProcess() {
        SessionScript session = SessionScript.of("{}");
        session.run("c1", "make", ONE);
        session.exit(ONE, 0);
        ProcessRef again = SessionScript.process(ONE.getThreadGroup(), 500);
        session.fork(SessionScript.agent(), again);

        assertThat(Alerts.of(session.exec(again, "nc", "-l")))
                .extracting(AlertRaised::getKind)
                .containsExactly(DeviationKind.UNANNOUNCED);
        assertThat(process(session, ONE).getCall()).isEqualTo("c1");
    }

    @Test
    void parallelCallsThatInterleaveKeepTheirOwnProcesses() {
        SessionScript session = SessionScript.of("{}");
        session.call("c1", "Bash", "make a");
        session.call("c2", "Bash", "make b");
        session.fork(SessionScript.agent(), TWO);
        session.fork(SessionScript.agent(), ONE);
        session.exec(TWO, "bash", "-c", "make b");
        session.exec(ONE, "bash", "-c", "make a");
        session.fork(ONE, THREE);
        session.fork(TWO, FOUR);
        session.exec(FOUR, "gcc", "b.c");
        session.exec(THREE, "gcc", "a.c");

        assertThat(process(session, THREE).getCall()).isEqualTo("c1");
        assertThat(process(session, FOUR).getCall()).isEqualTo("c2");
    }

    @Test
    void twoEqualCallsThatRunAtOnceAreToldApartByTheirOrder() {
        SessionScript session = SessionScript.of("{}");
        session.call("c1", "Bash", "make");
        session.call("c2", "Bash", "make");
        session.fork(SessionScript.agent(), ONE);
        session.exec(ONE, "bash", "-c", "make");
        session.fork(SessionScript.agent(), TWO);
        session.exec(TWO, "bash", "-c", "make");

        assertThat(process(session, ONE).getCall()).isEqualTo("c1");
        assertThat(process(session, TWO).getCall()).isEqualTo("c2");
        assertThat(Alerts.of(session.verdicts())).isEmpty();
    }

    @Test
    void aShellThatLivesThroughManyCallsBelongsToTheOneThatStartedIt() {
        SessionScript session = SessionScript.of("{}");
        session.run("c1", "bash", ONE);
        session.result(ToolResult.newBuilder().setCall("c1").setTool("Bash").setOutcome("success"));
        session.call("c2", "write_stdin", "");
        session.fork(ONE, TWO);

        assertThat(Alerts.of(session.exec(TWO, "curl", "x"))).isEmpty();
        assertThat(process(session, TWO).getCall()).isEqualTo("c1");
    }

    @Test
    void anEditOfTheAgentItselfBelongsToTheCallThatNamesTheFile() {
        SessionScript session = SessionScript.of("{}");
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("e1")
                                .setTool("Edit")
                                .addPaths("/workspace/a.c")
                                .setGated(true)));

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/a.c.tmp.1.ab", O_WRONLY_CREAT)))
                .isEmpty();
        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/b.c", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce");
    }

    @Test
    void anEditIsOverAWhileAfterItsResult() {
        SessionScript session = SessionScript.of("{}");
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("e1")
                                .setTool("Edit")
                                .addPaths("/workspace/a.c")
                                .setGated(true)));
        session.result(ToolResult.newBuilder().setCall("e1").setTool("Edit").setOutcome("success"));

        session.pass(9_000_000_000L);
        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/a.c", O_WRONLY_CREAT)))
                .isEmpty();
        session.pass(2_000_000_000L);
        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/a.c", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce");
    }

    @Test
    void editsThatAreUndoneTogetherFreezeNobody() {
        SessionScript session = SessionScript.of("{}");
        for (int i = 0; i < 20; i++) {
            announce(session, "e" + i, "Edit", i + ".c");
            session.result(
                    ToolResult.newBuilder().setCall("e" + i).setTool("Edit").setOutcome("success"));
        }
        session.pass(11_000_000_000L);
        for (int i = 0; i < 20; i++) {
            session.open(SessionScript.agent(), "/workspace/" + i + ".c", O_WRONLY_CREAT);
        }

        assertThat(Alerts.of(session.verdicts()))
                .filteredOn(alert -> alert.getClause().equals("announce"))
                .hasSize(20);
        assertThat(session.verdicts()).noneMatch(Event::hasFreezeOrdered);
    }

    @Test
    void anEditThatWasRefusedAndIsWrittenAllTheSameFreezes() {
        SessionScript session = SessionScript.of("tools: {ask: [Edit]}");
        edit(session, "e1", "/workspace/a.c");

        List<Event> written = session.open(SessionScript.agent(), "/workspace/a.c.tmp.1.ab", O_WRONLY_CREAT);

        assertThat(Alerts.of(written)).singleElement().satisfies(alert -> {
            assertThat(alert.getTitle()).isEqualTo("A refused call ran anyway");
            assertThat(alert.getCall()).isEqualTo("e1");
        });
        assertThat(written).anyMatch(Event::hasFreezeOrdered);
    }

    @ParameterizedTest
    @CsvSource({
        "deny, ask, A file of a refused call was read, false",
        "deny, freeze, A refused call ran anyway, true",
        "ask, freeze, A file of a refused call was read, false"
    })
    void aFileThatTheAgentReadsAfterTheReadingWasRefusedIsFound(
            String answer, String unannounced, String title, boolean frozen) {
        SessionScript session = SessionScript.of("{unannounced: " + unannounced + ", tools: {" + answer + ": [Read]}}");
        announce(session, "r1", "Read", "a.c");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/b.c", 0)))
                .isEmpty();
        List<Event> verdicts = session.open(SessionScript.agent(), "/workspace/a.c", 0);

        assertThat(Alerts.of(verdicts)).singleElement().satisfies(alert -> {
            assertThat(alert.getClause()).isEqualTo("announce");
            assertThat(alert.getTitle()).isEqualTo(title);
            assertThat(alert.getCall()).isEqualTo("r1");
        });
        assertThat(verdicts.stream().anyMatch(Event::hasFreezeOrdered)).isEqualTo(frozen);
    }

    @Test
    void aFolderThatWasNotToBeSearchedIsOpenedForMuchElse() {
        SessionScript session = SessionScript.of("{unannounced: freeze, tools: {deny: [Grep]}}");
        announce(session, "g1", "Grep", "src");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/src", O_DIRECTORY)))
                .isEmpty();
    }

    @Test
    void aLaterCallThatNamesTheFileMayReadIt() {
        SessionScript session = SessionScript.of("{unannounced: freeze, tools: {deny: [Read]}}");
        announce(session, "r1", "Read", "a.c");
        announce(session, "e1", "Edit", "a.c");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/a.c", 0)))
                .isEmpty();
    }

    /** Agents announce several calls before they carry out the first. */
    @Test
    void anAllowedCallThatIsUnderWayReadsTheFileOfARefusedOne() {
        SessionScript session = SessionScript.of("{unannounced: freeze, tools: {deny: [Read]}}");
        announce(session, "e1", "Edit", "a.c");
        announce(session, "r1", "Read", "a.c");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/a.c", 0)))
                .isEmpty();
        session.result(ToolResult.newBuilder().setCall("e1").setTool("Edit").setOutcome("success"));
        session.pass(1_000_000_000L);
        assertThat(session.open(SessionScript.agent(), "/workspace/a.c", 0)).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void whatAnAgentWritesForItselfIsNoRefusedEdit() {
        SessionScript session = SessionScript.of("tools: {ask: [Edit]}");
        edit(session, "e1", "/home/agent/.claude.json");

        assertThat(session.open(SessionScript.agent(), "/home/agent/.claude.json", O_WRONLY_CREAT))
                .noneMatch(Event::hasFreezeOrdered);
    }

    @Test
    void aPatchThatAShellIsHandedTakesThePlaceOfARefusedOne() {
        SessionScript session = SessionScript.of("tools: {deny: [apply_patch]}");
        patch(session, "p1", "src/a.c");
        session.call(
                "p2",
                "shell",
                "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: src/a.c\n@@\n*** End Patch\nEOF");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/src/a.c", O_WRONLY_CREAT)))
                .isEmpty();
    }

    @Test
    void anEditNamesItsFileFromTheFolderItIsIn() {
        SessionScript session = SessionScript.of("{}");
        patch(session, "p1", "src/a.c");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/src/a.c", O_WRONLY_CREAT)))
                .isEmpty();
    }

    @Test
    void aPatchExplainsTheFilesThatItNamesAndNoOthers() {
        SessionScript session = SessionScript.of("{}");
        session.call(
                "p1",
                "shell",
                "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: src/a.c\n@@\n*** End Patch\nEOF");
        session.call("p2", "shell", "echo apply_patch");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/src/a.c", O_WRONLY_CREAT)))
                .isEmpty();
        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/other/b.c", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce");
    }

    @Test
    void anEditBesideOneThatWasRefusedIsItself() {
        SessionScript session = SessionScript.of("scopes: {agent-configuration: deny}");
        edit(session, "e1", "/workspace/CLAUDE.md");
        edit(session, "e2", "/workspace/a.c");

        assertThat(Alerts.of(session.open(SessionScript.agent(), "/workspace/a.c", O_WRONLY_CREAT)))
                .isEmpty();
    }

    private static void edit(SessionScript session, String call, String path) {
        announce(session, call, "Edit", path);
    }

    private static void patch(SessionScript session, String call, String path) {
        announce(session, call, "apply_patch", path);
    }

    private static void announce(SessionScript session, String call, String tool, String path) {
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool(tool)
                                .addPaths(path)
                                .setCwd("/workspace")
                                .setGated(true)));
    }

    @Test
    void aConnectionBelongsToTheProcessThatMadeIt() {
        SessionScript session = SessionScript.of("egress: [{host: api.example.com}]");
        session.run("c1", "ls", ONE);
        session.proxy(ONE);
        session.connect("api.example.com", 443);

        assertThat(session.state().values().getEgressOwnersMap().values())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getCall()).isEqualTo("c1"));
        assertThat(session.state().values().getProxyConnectionsList()).isEmpty();
    }

    @Test
    void anAgentThatOnlyTellsAfterwardsHasAWhileToDoSo() {
        SessionScript session = SessionScript.of("{}", "some-agent");
        session.fork(SessionScript.agent(), ONE);
        assertThat(Alerts.of(session.exec(ONE, "bash", "-c", "make"))).isEmpty();
        session.fork(ONE, TWO);
        session.exec(TWO, "gcc", "a.c");
        session.pass(5 * SECOND);

        told(session, "c1", "make");
        session.pass(60 * SECOND);
        session.open(TWO, "/workspace/a.c", 0);

        assertThat(Alerts.of(session.verdicts())).isEmpty();
        assertThat(process(session, ONE).getCall()).isEqualTo("c1");
        assertThat(process(session, TWO).getCall()).isEqualTo("c1");
    }

    @Test
    void whatItDoesNotTellInTimeIsUnannouncedOnTheSessionsOwnClock() {
        SessionScript session = SessionScript.of("{}", "some-agent");
        session.fork(SessionScript.agent(), ONE);
        session.exec(ONE, "bash", "-c", "make");
        session.fork(ONE, TWO);
        session.pass(11 * SECOND);

        List<Event> verdicts = session.open(SessionScript.agent(), "/workspace", 0);

        assertThat(Alerts.of(verdicts)).singleElement().satisfies(alert -> {
            assertThat(alert.getKind()).isEqualTo(DeviationKind.UNANNOUNCED);
            assertThat(alert.getSeen()).isEqualTo("bash -c make was executed");
            assertThat(alert.getEvidenceList()).hasSize(2);
        });
        assertThat(process(session, TWO).getRole()).isEqualTo(Role.UNANNOUNCED);
        told(session, "c1", "make");
        assertThat(process(session, ONE).getRole()).as("too late").isEqualTo(Role.UNANNOUNCED);
    }

    @Test
    void theEndOfTheSessionEndsTheWait() {
        SessionScript session = SessionScript.of("{}", "some-agent");
        session.fork(SessionScript.agent(), ONE);
        session.exec(ONE, "bash", "-c", "make");

        assertThat(Alerts.of(session.runtime(RuntimeState.State.EXITED))).hasSize(1);
    }

    @Test
    void onlySoManyMayWait() {
        SessionScript session = SessionScript.of("ladder: {alert: 100, ask: 100, freeze: 100}", "some-agent");
        for (int i = 0; i < 70; i++) {
            ProcessRef process = SessionScript.process(100 + i, i + 1);
            session.fork(SessionScript.agent(), process);
            session.exec(process, "tool" + i);
        }

        assertThat(Alerts.of(session.verdicts())).hasSize(6);
        assertThat(session.state().values().getEvicted().getPending()).isEqualTo(6);
    }

    private static void told(SessionScript session, String call, String command) {
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool("shell")
                                .setCommand(command)
                                .setSource("otlp")));
    }

    private static Process process(SessionScript session, ProcessRef process) {
        return Objects.requireNonNull(
                session.state().processes().get(process.getThreadGroup() + ":" + process.getStartTimeNs()));
    }
}
