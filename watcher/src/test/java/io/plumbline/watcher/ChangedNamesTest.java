package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.NamedSyscall;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.RawSyscall;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.state.StateLimits;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are renamed, linked and removed. */
class ChangedNamesTest {
    private static final String DECOY = "/home/agent/.ssh/id_rsa";

    private final SessionScript session =
            SessionScript.of("{decoys: ['~/.ssh/id_rsa'], ladder: {alert: 1, ask: 99, freeze: 100}}");

    private List<Event> change(String operation, String path, String newPath) {
        return change(
                FileChanged.newBuilder().setOperation(operation).setPath(path).setNewPath(newPath));
    }

    private List<Event> change(FileChanged.Builder change) {
        return session.evidence(Event.newBuilder()
                .setFileChanged(change.setActor(SessionScript.actor(SessionScript.agent()))
                        .setSource("strace")));
    }

    private List<AlertRaised> open(String path) {
        return alerts(session.open(SessionScript.agent(), path, 0));
    }

    private static List<AlertRaised> alerts(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "rename, /home/agent/.ssh, /tmp/x, /tmp/x/id_rsa",
        "symlink, /home/agent, /tmp/h, /tmp/h/.ssh/id_rsa",
        "symlink, /, /workspace/r, /workspace/r/home/agent/.ssh/id_rsa",
        "link, /home/agent/.ssh/id_rsa, /tmp/k, /tmp/k",
        "rename, /home/agent/.ssh/id_rsa, /workspace/notes.txt, /workspace/notes.txt",
    })
    void findsADecoyBehindANameThatTheWorkloadMade(String operation, String from, String to, String opened) {
        change(operation, from, to);
        List<AlertRaised> alerts = open(opened);
        assertThat(alerts).hasSize(1);
        assertThat(alerts.getFirst().getClause()).isEqualTo("honeytoken");
        assertThat(alerts.getFirst().getTitle()).isEqualTo("A decoy was read");
        assertThat(alerts.getFirst().getSeen()).contains(opened).contains(DECOY);
    }

    @Test
    void followsANameOfANameAndForgetsOneThatIsTakenAway() {
        change("symlink", "/home/agent/.ssh", "/tmp/a/keys");
        change("rename", "/tmp/a", "/tmp/b");
        change("rename", "/tmp/b/keys", "/tmp/c");
        assertThat(open("/tmp/c/id_rsa").getFirst().getClause()).isEqualTo("honeytoken");
        change("unlink", "/tmp/c", "");
        assertThat(open("/tmp/c/known_hosts")).isEmpty();
        change("rename", "/tmp/other", "/tmp/b/keys");
        assertThat(open("/tmp/b/keys/known_hosts")).isEmpty();
    }

    @Test
    void findsAForbiddenFileBehindALink() {
        change("symlink", "/home/agent/.aws", "/tmp/a");
        assertThat(open("/tmp/a/credentials").getFirst().getClause()).contains("~/.aws");
    }

    @ParameterizedTest
    @CsvSource({"rename, CRITICAL", "link, CRITICAL", "symlink, HIGH"})
    void takesANewNameForADecoyForAFinding(String operation, String severity) {
        List<AlertRaised> alerts = alerts(change(operation, DECOY, "/tmp/x"));
        assertThat(alerts.getFirst().getClause()).isEqualTo("honeytoken");
        assertThat(alerts.getFirst().getSeverity().name()).isEqualTo(severity);
    }

    @ParameterizedTest
    @CsvSource({
        "unlink, /workspace/.git/hooks/pre-commit, '', files.protect",
        "rename, /tmp/x, /workspace/.git/config, files.protect",
        "unlink, /etc/passwd, '', files.write",
        "chmod, /usr/bin/sudo, '', files.write",
        "mkdir, /srv/x, '', files.write",
        "link, /etc/shadow, /tmp/s, files.deny",
    })
    void holdsChangesAgainstThePolicy(String operation, String path, String newPath, String clause) {
        assertThat(alerts(change(operation, path, newPath))).hasSize(1).allMatch(alert -> alert.getClause()
                .startsWith(clause));
    }

    @Test
    void findsMoreThanAProtectedFileInTheAgentsOwnSettings() {
        assertThat(alerts(change("rename", "/workspace/.claude/settings.json", "/tmp/x")))
                .extracting(AlertRaised::getClause)
                .satisfiesExactly(clause -> assertThat(clause).startsWith("files.protect"), clause -> assertThat(clause)
                        .isEqualTo("agent-configuration"));
    }

    @Test
    void findsNothingInOrdinaryWorkAndInWhatFailed() {
        change("rename", "/workspace/a.tmp", "/workspace/a");
        change("unlink", "/tmp/x", "");
        change("symlink", "/usr/lib/node", "/workspace/node_modules/.bin/node");
        change("mkdir", "/home/agent/.cache", "");
        change(FileChanged.newBuilder()
                .setOperation("unlink")
                .setPath("/etc/passwd")
                .setError(13));
        change(FileChanged.newBuilder()
                .setOperation("rename")
                .setPath(DECOY)
                .setNewPath("/tmp/x")
                .setError(2));
        assertThat(alerts(session.verdicts())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "unlink, /workspace/a.txt, '', true",
        "chmod, /workspace/a.txt, '', true",
        "%d%n, /workspace/a.txt, '', true",
        "rename, /tmp/new, /workspace/a.txt, true",
        "rename, /workspace/a.txt, /tmp/old, true",
        "symlink, /etc/passwd, /workspace/link, true",
        "symlink, /workspace/a.txt, /usr/share/link, false",
        "mkdir, /workspace/src/__pycache__, '', false",
        "unlink, /usr/bin/env, '', false",
    })
    void findsWhatAReadOnlyWorkspaceRefused(String operation, String path, String newPath, boolean found) {
        List<AlertRaised> alerts = alerts(change(FileChanged.newBuilder()
                .setOperation(operation)
                .setPath(path)
                .setNewPath(newPath)
                .setError(30)));
        assertThat(alerts).hasSize(found ? 1 : 0).allMatch(alert -> alert.getClause()
                .equals("files.read-only"));
    }

    @Test
    void findsANameThatCanBeReadInTwoWays() {
        List<AlertRaised> alerts = alerts(change(FileChanged.newBuilder()
                .setOperation("rename")
                .setPath("0x1 /a, 0x2 /b, 0x3 /c")
                .setAmbiguous(true)));
        assertThat(alerts.getFirst().getClause()).isEqualTo("files.hidden");
    }

    @Test
    void saysSoWhenItCannotFollowEveryName() {
        for (int i = 0; i <= StateLimits.ALIASES; i++) {
            change("symlink", "/home/agent/.ssh", "/tmp/n" + i);
        }
        assertThat(alerts(session.verdicts()))
                .anyMatch(alert -> alert.getKind() == DeviationKind.TELEMETRY_GAP
                        && alert.getTitle().contains("More names"));
    }

    @ParameterizedTest
    @CsvSource({
        "161, 0, 0, called chroot",
        "155, 0, 0, called pivot_root",
        "165, 0x1000, 0, called mount",
        "165, 0, 0, called mount",
        "161, 0, 1, ''",
        "165, 0x1000, 1, ''",
        "165, 0x44000, 0, ''",
        "162, 0, 0, ''",
    })
    void findsWhatMakesNamesMeanOtherFilesOnceItHasSucceeded(long number, String flags, long error, String act) {
        RawSyscall.Builder call = RawSyscall.newBuilder()
                .setActor(SessionScript.actor(SessionScript.agent()))
                .setNumber(number)
                .addAllArguments(List.of(0L, 0L, 0L, Long.decode(flags), 0L, 0L))
                .setError(error);
        List<AlertRaised> alerts = alerts(session.evidence(Event.newBuilder().setRawSyscall(call)));
        assertThat(alerts)
                .hasSize(act.isEmpty() ? 0 : 1)
                .allMatch(alert -> alert.getClause().equals("files.hidden")
                        && alert.getSeen().endsWith(act)
                        && alert.getSeverity() == Severity.HIGH);
    }

    /** Tools with a sandbox of their own (Bazel, Chromium) do it in honest sessions: the policy says what becomes of it. */
    @ParameterizedTest
    @CsvSource({"allow, '', 0", "log, LOW, 0", "ask, HIGH, 50", "deny, HIGH, 50", "freeze, CRITICAL, 100"})
    void thePolicySaysWhatBecomesOfIt(String answer, String severity, int risk) {
        SessionScript told =
                SessionScript.of("{scopes: {namespaces: " + answer + "}, ladder: {alert: 0, ask: 99, freeze: 100}}");
        List<Event> verdicts = told.evidence(Event.newBuilder()
                .setRawSyscall(RawSyscall.newBuilder()
                        .setActor(SessionScript.actor(SessionScript.agent()))
                        .setNumber(161)));
        assertThat(alerts(verdicts))
                .extracting(alert -> alert.getSeverity() + " " + alert.getScope() + " " + alert.getRisk())
                .isEqualTo(severity.isEmpty() ? List.of() : List.of(severity + " namespaces " + risk));
        assertThat(verdicts.stream().anyMatch(Event::hasFreezeOrdered)).isEqualTo(risk == 100);
    }

    @ParameterizedTest
    @CsvSource({"allow, ''", "log, LOW 0", "deny, MEDIUM 10", "freeze, MEDIUM 10"})
    void namespacesAloneAreAFindingWhateverThePolicyWantsFrozen(String answer, String told) {
        SessionScript script =
                SessionScript.of("{scopes: {namespaces: " + answer + "}, ladder: {alert: 0, ask: 99, freeze: 100}}");
        List<Event> verdicts = script.evidence(Event.newBuilder()
                .setProcessForked(ProcessForked.newBuilder()
                        .setActor(SessionScript.actor(SessionScript.agent()))
                        .setChild(ProcessRef.newBuilder().setThreadGroup(900).setStartTimeNs(900))
                        .setFlags(0x30020000)));
        assertThat(alerts(verdicts))
                .extracting(alert -> alert.getSeverity() + " " + alert.getRiskAdded())
                .isEqualTo(told.isEmpty() ? List.of() : List.of(told));
        assertThat(verdicts).noneMatch(Event::hasFreezeOrdered);
    }

    @Test
    void aProcessWithMountsOrRightsOfItsOwnIsNoProof() {
        ProcessForked.Builder fork = ProcessForked.newBuilder()
                .setActor(SessionScript.actor(SessionScript.agent()))
                .setChild(ProcessRef.newBuilder().setThreadGroup(900).setStartTimeNs(900));
        assertThat(alerts(session.evidence(
                        Event.newBuilder().setProcessForked(fork.clone().setFlags(0x1200011)))))
                .isEmpty();
        assertThat(alerts(session.evidence(
                        Event.newBuilder().setProcessForked(fork.clone().setFlags(0x30020000)))))
                .singleElement()
                .matches(alert -> alert.getClause().equals("files.hidden") && alert.getSeverity() == Severity.MEDIUM);
    }

    @Test
    void findsWhatWasSentWithoutAConnection() {
        List<AlertRaised> alerts = alerts(session.evidence(Event.newBuilder()
                .setNamedSyscall(NamedSyscall.newBuilder()
                        .setActor(SessionScript.actor(SessionScript.agent()))
                        .setName("sendto")
                        .setPeer(Endpoint.newBuilder()
                                .setFamily("inet6")
                                .setAddress("fd00:ec2::254")
                                .setPort(80)))));
        assertThat(alerts.getFirst().getClause()).isEqualTo("egress.metadata");
    }

    @Test
    void raisesAGapWhenTheEndDoesNotAddUp() {
        session.evidence(Event.newBuilder()
                .setSessionReconciled(SessionReconciled.newBuilder().setComplete(true)));
        assertThat(alerts(session.verdicts())).isEmpty();
        List<AlertRaised> alerts = alerts(session.evidence(Event.newBuilder()
                .setSessionReconciled(SessionReconciled.newBuilder().setReason("3 messages dropped by the runtime"))));
        assertThat(alerts).hasSize(1);
        assertThat(alerts.getFirst().getKind()).isEqualTo(DeviationKind.TELEMETRY_GAP);
        assertThat(alerts.getFirst().getSeen()).contains("3 messages");
    }
}
