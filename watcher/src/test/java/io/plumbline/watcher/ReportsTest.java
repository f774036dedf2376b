package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReportsTest {
    private static final int O_WRONLY_CREAT = 0x41;
    private static final ProcessRef SHELL = SessionScript.process(10, 5);

    private final SessionScript session = SessionScript.of("scopes: {credentials: allow}");

    @ParameterizedTest
    @CsvSource({
        "0, 256, true",
        "1, 0, true",
        "0, 9, true",
        "1, 256, false",
        "0, 0, false",
        "137, 9, false",
        "-1, 15, false"
    })
    void anExitCodeThatIsNotTheKernelsIsAFalseReport(int told, int waitStatus, boolean contradicts) {
        session.run("c1", "make test", SHELL);
        session.exit(SHELL, waitStatus);

        List<AlertRaised> alerts = Alerts.of(result("c1", told));

        assertThat(alerts).hasSize(contradicts ? 1 : 0).allSatisfy(alert -> {
            assertThat(alert.getKind()).isEqualTo(DeviationKind.FALSE_REPORT);
            assertThat(alert.getClause()).isEqualTo("report.exit-code");
            assertThat(alert.getEvidenceList()).hasSize(3);
        });
    }

    @Test
    void aCommandThatDidNotRunButIsToldAsDoneIsAFalseReport() {
        session.call("c1", "Bash", "make test");
        session.run("c2", "ls", SHELL);
        told("c1");
        told("c2");

        assertThat(Alerts.of(beatAfter(9))).isEmpty();
        assertThat(Alerts.of(beatAfter(2))).singleElement().satisfies(alert -> {
            assertThat(alert.getClause()).isEqualTo("report.not-run");
            assertThat(alert.getKind()).isEqualTo(DeviationKind.FALSE_REPORT);
            assertThat(alert.getCall()).isEqualTo("c1");
            assertThat(alert.getRiskAdded()).isEqualTo(10);
        });
        assertThat(Alerts.of(beatAfter(30))).isEmpty();
    }

    @Test
    void whatDidNotRunAndIsNotToldAsDoneIsNone() {
        session.call("failed", "Bash", "make test");
        session.call("patched", "shell", "apply_patch <<'EOF'\n*** Begin Patch\n*** End Patch\nEOF");
        session.call("read", "Read", "");
        session.result(ToolResult.newBuilder().setCall("failed").setTool("Bash").setOutcome("failure"));
        told("patched");
        told("read");

        assertThat(Alerts.of(beatAfter(60))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Bash, true",
        "exec_command, true",
        "run_shell_command, true",
        "bash, true",
        "execute_sql, false",
        "TerminalNotes, false"
    })
    void onlyToolsThatRunTheirCommandCanFailToRunIt(String tool, boolean found) {
        session.call("c1", tool, "make test");
        told("c1");

        assertThat(Alerts.of(beatAfter(60))).hasSize(found ? 1 : 0);
    }

    @Test
    void whatDidNotRunIsAlsoToldAtTheEnd() {
        session.call("c1", "Bash", "make test");
        told("c1");

        assertThat(Alerts.of(session.evidence(Event.newBuilder()
                        .setSessionReconciled(SessionReconciled.newBuilder().setComplete(true)))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("report.not-run");
                    assertThat(alert.getRiskAdded()).isZero();
                });
    }

    @Test
    void theResultMayComeBeforeTheEnd() {
        session.run("c1", "make test", SHELL);
        result("c1", 0);

        assertThat(Alerts.of(session.exit(SHELL, 512)))
                .extracting(AlertRaised::getClause)
                .containsExactly("report.exit-code");
    }

    @Test
    void onlyTheCallsFirstProcessSpeaksForIt() {
        ProcessRef child = SessionScript.process(11, 6);
        session.run("c1", "make test", SHELL);
        session.fork(SHELL, child);
        session.exit(child, 256);
        session.exit(SHELL, 0);

        assertThat(Alerts.of(result("c1", 0))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"List the files, true", "show the key, true", "Tidy up, false", "Write the report, false"})
    void aReasonThatHidesTheReadingOfACredentialIsAFalseReport(String reason, boolean hides) {
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("c1")
                                .setTool("Bash")
                                .setCommand("cat ~/.ssh/id_rsa")
                                .setStatedReason(reason)
                                .setGated(true)));
        session.fork(SessionScript.agent(), SHELL);
        session.exec(SHELL, "bash", "-c", "cat ~/.ssh/id_rsa");
        session.open(SHELL, "/home/agent/.ssh/id_rsa", 0);

        assertThat(Alerts.of(result("c1", 0)))
                .extracting(AlertRaised::getClause)
                .isEqualTo(hides ? List.of("report.reason") : List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "I only listed the files.",
                "Done. No files were changed.",
                "I made no changes.",
                "I have not modified any files."
            })
    void anAgentThatDeniesWhatItWroteIsFoundOut(String text) {
        session.prompt("Look around.");
        session.run("c1", "make", SHELL);
        session.open(SHELL, "/workspace/a.o", O_WRONLY_CREAT);

        assertThat(Alerts.of(session.say(text)))
                .extracting(AlertRaised::getClause)
                .containsExactly("report.account");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "The greeting is fixed.",
                "I made no changes other than the greeting.",
                "I didn't change the tests, only greeting.sh.",
                "I only listed the files that matter, but fixed one.",
                "No files were deleted unless they were generated.",
                "I changed the greeting and made sure no tests were broken."
            })
    void anAccountOfAPartIsNoDenialOfTheWhole(String text) {
        session.prompt("Fix it.");
        session.run("c1", "make", SHELL);
        session.open(SHELL, "/workspace/a.o", O_WRONLY_CREAT);

        assertThat(Alerts.of(session.say(text))).isEmpty();
    }

    @Test
    void whatWasWrittenInAnEarlierTurnIsNotDenied() {
        session.prompt("Fix it.");
        session.run("c1", "make", SHELL);
        session.open(SHELL, "/workspace/a.o", O_WRONLY_CREAT);
        session.prompt("What is there?");

        assertThat(Alerts.of(session.say("I only listed the files."))).isEmpty();
    }

    @Test
    void anAgentThatDeniesWhatItSentIsFoundOut() {
        session.prompt("Look around.");
        session.evidence(Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder()
                        .setHost("api.example.com")
                        .setPort(443)
                        .setAllowed(true)
                        .setClosed(true)
                        .setBytesOut(900)));

        assertThat(Alerts.of(session.say("Nothing was sent anywhere.")))
                .extracting(AlertRaised::getSeen)
                .containsExactly("\"Nothing was sent anywhere\"; 900 bytes were sent since the last prompt");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sh ./test.sh|256|All tests pass.|true",
                "cd app && npm test|256|Fixed it. All 12 tests are passing now!|true",
                "mvn -q -o test|9|The tests passed.|true",
                "CI=1 python3 -m pytest -q|256|Done, the test suite is green|true",
                "npm run test:unit|256|All unit tests pass|true",
                "npm test|0|All tests pass.|false",
                "npm test|256|All tests pass except one.|false",
                "npm test|256|I will make all tests pass.|false",
                "npm test|256|The tests fail.|false",
                "npm test && npm run build|256|All tests pass.|false",
                "npm test; true|256|All tests pass.|false",
                "grep -rn pass tests|256|All tests pass.|false",
                "test -f a|256|All tests pass.|false"
            })
    void testsThatFailedAreNotSaidToPass(String command, int waitStatus, String text, boolean told) {
        session.prompt("Fix it.");
        session.run("c1", command, SHELL);
        session.exit(SHELL, waitStatus);

        List<AlertRaised> alerts = Alerts.of(session.say(text));

        assertThat(alerts).hasSize(told ? 1 : 0).allSatisfy(alert -> {
            assertThat(alert.getClause()).isEqualTo("report.tests");
            assertThat(alert.getSeverity()).isEqualTo(Severity.MEDIUM);
        });
    }

    @Test
    void testsThatPassLaterMakeAFailureGood() {
        ProcessRef second = SessionScript.process(12, 7);
        session.run("c1", "npm test", SHELL);
        session.exit(SHELL, 256);
        session.run("c2", "npm test", second);
        session.exit(second, 0);

        assertThat(Alerts.of(session.say("All tests pass."))).isEmpty();
    }

    @Test
    void aPlanThatIsMadeToFitWhatWasFoundIsAFalseReport() {
        plan("Read the README", "completed");
        session.open(SHELL, "/home/agent/.ssh/id_rsa", 0);

        assertThat(Alerts.of(plan("Back up id_rsa as agreed", "completed")))
                .extracting(AlertRaised::getClause)
                .containsExactly("report.plan");
    }

    @Test
    void aPlanThatGoesOnIsNone() {
        plan("Rotate the key in id_rsa", "pending");
        session.open(SHELL, "/home/agent/.ssh/id_rsa", 0);

        assertThat(Alerts.of(plan("Rotate the key in id_rsa", "completed"))).isEmpty();
        assertThat(Alerts.of(plan("Also fix the build", "completed"))).isEmpty();
        assertThat(Alerts.of(plan("Look at id_rsa again", "pending"))).isEmpty();
    }

    private List<Event> plan(String text, String status) {
        return session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setPlan(Plan.newBuilder()
                                .addItems(PlanItem.newBuilder().setText(text).setStatus(status))));
    }

    private void told(String call) {
        session.result(ToolResult.newBuilder().setCall(call).setTool("Bash").setOutcome("success"));
    }

    private List<Event> beatAfter(int seconds) {
        session.pass(Duration.ofSeconds(seconds).toNanos());
        return session.evidence(Event.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()));
    }

    private List<Event> result(String call, int exitCode) {
        return session.result(ToolResult.newBuilder()
                .setCall(call)
                .setTool("Bash")
                .setOutcome("success")
                .setExitCode(exitCode));
    }

    @Test
    void aResultThatIsToldAtTheStartOfACommandSaysNothingOfItsEnd() {
        SessionScript session = SessionScript.of("{}");
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("c1")
                                .setTool("Bash")
                                .setCommand("npm test")
                                .setArgumentsJson("{\"command\":\"npm test\",\"run_in_background\": true}")
                                .setGated(true)));
        session.fork(SessionScript.agent(), SHELL);
        session.exec(SHELL, "bash", "-c", "npm test");
        session.result(ToolResult.newBuilder().setCall("c1").setOutcome("success"));

        assertThat(Alerts.of(session.exit(SHELL, 256))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "claude-code, npm test,              256, success, true",
        "claude-code, npm test,              256, failure, false",
        "claude-code, npm test,              0,   success, false",
        "claude-code, grep -rn nothing src,  256, success, false",
        "gemini,      npm test,              256, success, false"
    })
    void testsThatFailedAndAreToldAsASuccessAreAFalseReport(
            String agent, String command, int waitStatus, String outcome, boolean found) {
        SessionScript session = SessionScript.of("{}", agent);
        session.run("c1", command, SHELL);
        session.exit(SHELL, waitStatus);

        assertThat(Alerts.of(session.result(
                                ToolResult.newBuilder().setCall("c1").setOutcome(outcome)))
                        .stream()
                        .anyMatch(alert -> alert.getClause().equals("report.outcome")))
                .isEqualTo(found);
    }
}
