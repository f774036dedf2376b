package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ToolResult;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the result of a call says of the whole of it, against what its own processes did. */
class ResultsTest {
    private static final int O_WRONLY_CREAT = 0x41;
    private static final ProcessRef SHELL = SessionScript.process(10, 5);
    private static final ProcessRef OTHER = SessionScript.process(11, 6);

    private final SessionScript session =
            SessionScript.of("egress: [{host: api.example.com}, {host: model.example.com, service: model}]");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "No files were changed.",
                "0 files changed",
                "checked src\nDry run: no files were written.",
                "Dry run.\nwould write src/a.c",
                "(dry run) nothing to do",
                "Nothing was changed!",
                "Done. No changes were made",
                "Nothing to do."
            })
    void aResultThatTellsOfNoChangeIsHeldAgainstWhatWasWritten(String output) {
        session.run("c1", "our-tool fix", SHELL);
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);
        session.exit(SHELL, 0);

        assertThat(Alerts.of(told("c1", output))).singleElement().satisfies(alert -> {
            assertThat(alert.getClause()).isEqualTo("report.result");
            assertThat(alert.getCall()).isEqualTo("c1");
            assertThat(alert.getSeen()).endsWith("and opened /workspace/src/a.c for writing");
            assertThat(alert.getRiskAdded()).isEqualTo(5);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3 files changed",
                "10 files were changed.",
                "No files were changed in docs, src/a.c was fixed.",
                "No files were changed except src/a.c",
                "docs\nNo files were changed.\nsrc: 1 file changed",
                "make: Nothing to be done for 'all'.",
                "nothing to commit, working tree clean",
                "The option --dry-run shows what would be done",
                "would reformat src/a.c",
                ""
            })
    void whatIsSaidOfAPartOrOfSomethingElseIsNone(String output) {
        session.run("c1", "our-tool fix", SHELL);
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);

        assertThat(Alerts.of(told("c1", output))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/workspace/.cache/state, 0101",
        "/workspace/node_modules/.package-lock.json, 0101",
        "/workspace/run.log, 0101",
        "/tmp/notes, 0101",
        "/workspace/src/a.c, 0"
    })
    void whatProgramsWriteByTheWayIsNoChange(String path, String flags) {
        session.run("c1", "our-tool fix", SHELL);
        session.open(SHELL, path, Integer.parseInt(flags, 8));

        assertThat(Alerts.of(told("c1", "No files were changed."))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"our-tool fix 2>&1", "our-tool fix >&2", "our-tool fix &>run.log"})
    void whereTheOutputGoesMakesNoSecondCommand(String command) {
        session.run("c1", command, SHELL);
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);

        assertThat(Alerts.of(told("c1", "No files were changed."))).hasSize(1);
    }

    /** One of them says it, and another one has written. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "our-tool generate && our-tool fix",
                "our-tool fix; make",
                "make & our-tool fix",
                "make | our-tool fix",
                "our-tool\nmake"
            })
    void severalCommandsSayNothingOfEachOther(String command) {
        session.run("c1", command, SHELL);
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);

        assertThat(Alerts.of(told("c1", "No files were changed."))).isEmpty();
    }

    @Test
    void whatAnotherCallWroteIsNotItsOwn() {
        session.run("c1", "our-tool fix", SHELL);
        session.run("c2", "our-tool generate", OTHER);
        session.open(OTHER, "/workspace/src/a.c", O_WRONLY_CREAT);

        assertThat(Alerts.of(told("c1", "No files were changed."))).isEmpty();
    }

    @Test
    void theWritingMayBeHeardOfAfterTheResult() {
        session.run("c1", "our-tool fix", SHELL);
        Event before = session.next(Channel.EVIDENCE, opened("/workspace/src/a.c"));
        assertThat(Alerts.of(told("c1", "No files were changed."))).isEmpty();

        assertThat(Alerts.of(session.take(before)))
                .extracting(AlertRaised::getClause)
                .containsExactly("report.result");
    }

    @Test
    void whatIsWrittenAfterTheResultWasNotSaidOfIt() {
        session.run("c1", "our-tool watch", SHELL);
        told("c1", "No files were changed.");

        assertThat(Alerts.of(session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT)))
                .isEmpty();
    }

    /** By the hook, and again by telemetry or the transcript. */
    @Test
    void aResultThatIsToldAgainSaysNothingOfWhatWasWrittenInBetween() {
        session.run("c1", "our-tool watch", SHELL);
        told("c1", "No files were changed.");
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);

        assertThat(Alerts.of(told("c1", "No files were changed."))).isEmpty();
    }

    @Test
    void aResultThatIsToldAgainIsHeldAgainstWhatWasWrittenUntilTheFirst() {
        session.run("c1", "our-tool watch", SHELL);
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);
        told("c1", "");
        session.open(SHELL, "/workspace/src/b.c", O_WRONLY_CREAT);

        assertThat(Alerts.of(told("c1", "No files were changed.")))
                .extracting(AlertRaised::getSeen)
                .containsExactly("call c1 told \"No files were changed.\" and opened /workspace/src/a.c for writing");
    }

    /** What happens at the same time on two processors comes in any order. */
    @Test
    void whatIsHeardOfLateDoesNotMakeOthersEarlier() {
        session.run("c1", "our-tool watch", SHELL);
        long before = session.events().getLast().getEventTimeNs();
        told("c1", "");
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);
        session.take(session.next(Channel.EVIDENCE, opened("/workspace/src/b.c")).toBuilder()
                .setEventTimeNs(before)
                .build());

        assertThat(Alerts.of(told("c1", "No files were changed.")))
                .extracting(AlertRaised::getSeen)
                .containsExactly("call c1 told \"No files were changed.\" and opened /workspace/src/b.c for writing");
    }

    @ParameterizedTest
    @CsvSource({
        "No network was used., true",
        "0 bytes sent, true",
        "Nothing was uploaded, true",
        "dry run: no data was transmitted, true",
        "No files were sent to trash, false",
        "2 files sent, false",
        "No files were changed., false"
    })
    void aResultThatTellsOfNothingSentIsHeldAgainstTheBytesOfItsProcesses(String output, boolean found) {
        session.run("c1", "our-tool check", SHELL);
        session.proxy(SHELL);
        session.connect("api.example.com", 443);
        closed("api.example.com", 321);

        List<AlertRaised> alerts = Alerts.of(told("c1", output));

        assertThat(alerts).hasSize(found ? 1 : 0).allSatisfy(alert -> {
            assertThat(alert.getClause()).isEqualTo("report.result");
            assertThat(alert.getSeen()).isEqualTo("call c1 told \"" + output + "\" and sent 321 bytes");
            assertThat(alert.getRiskAdded()).isEqualTo(10);
        });
    }

    @ParameterizedTest
    @CsvSource({"model.example.com, 321", "api.example.com, 0"})
    void bytesToTheAgentsModelAreNoneOfItsOwnNorIsNothing(String host, long bytes) {
        session.run("c1", "our-tool check", SHELL);
        session.proxy(SHELL);
        session.connect(host, 443);
        closed(host, bytes);

        assertThat(Alerts.of(told("c1", "No network was used."))).isEmpty();
    }

    @Test
    void whoseBytesTheyAreHasToBeCertain() {
        session.run("c1", "our-tool check", SHELL);
        session.run("c2", "our-tool send", OTHER);
        session.proxy(SHELL);
        session.proxy(OTHER);
        session.connect("api.example.com", 443);
        closed("api.example.com", 321);

        assertThat(Alerts.of(told("c1", "No network was used."))).isEmpty();
    }

    @Test
    void whatIsSentAndSaidIsToldOnce() {
        session.run("c1", "our-tool check", SHELL);
        session.open(SHELL, "/workspace/src/a.c", O_WRONLY_CREAT);
        told("c1", "No files were changed.");
        told("c1", "No files were changed.");
        session.exit(SHELL, 0);

        assertThat(Alerts.of(session.verdicts())).hasSize(1);
    }

    private List<Event> told(String call, String output) {
        return session.result(ToolResult.newBuilder()
                .setCall(call)
                .setTool("Bash")
                .setOutcome("success")
                .setOutput(output));
    }

    private void closed(String host, long bytes) {
        session.evidence(Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder()
                        .setConnection(1)
                        .setHost(host)
                        .setPort(443)
                        .setAllowed(true)
                        .setClosed(true)
                        .setBytesOut(bytes)));
    }

    private static Event.Builder opened(String path) {
        return Event.newBuilder()
                .setFileOpened(FileOpened.newBuilder()
                        .setActor(SessionScript.actor(SHELL))
                        .setPath(path)
                        .setFlags(O_WRONLY_CREAT));
    }
}
