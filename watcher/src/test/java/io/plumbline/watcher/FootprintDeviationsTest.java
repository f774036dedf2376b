package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FootprintDeviationsTest {
    private static final int O_WRONLY_CREAT = 0x41;
    private static final ProcessRef SHELL = SessionScript.process(10, 5);
    private static final ProcessRef CHILD = SessionScript.process(11, 6);

    private final SessionScript session =
            SessionScript.of("egress: [{host: api.example.com}, {host: model.example.com, service: model}]");

    @Test
    void aProgramThatTheCommandCannotNeedIsAFindingWithWhatWasExpected() {
        session.run("c1", "ls -la", SHELL);
        session.fork(SHELL, CHILD);

        List<Event> verdicts = session.exec(CHILD, "curl", "http://example.net");

        assertThat(Alerts.of(verdicts)).singleElement().satisfies(alert -> {
            assertThat(alert.getKind()).isEqualTo(DeviationKind.UNANNOUNCED);
            assertThat(alert.getClause()).isEqualTo("footprint.program");
            assertThat(alert.getSeverity()).isEqualTo(Severity.LOW);
            assertThat(alert.getCall()).isEqualTo("c1");
            assertThat(alert.getExpected()).contains(", ls,", "writes: none", "hosts: none");
            assertThat(alert.getEvidenceList())
                    .as("the execution and the announcement")
                    .hasSize(2);
            assertThat(alert.getDeviation()).matches("[0-9a-f]{32}");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "ls -la¦id",
                "ls -la¦locale",
                "make test¦curl",
                "npm install¦node",
                "git pull¦ssh",
                "curl -s https://api.example.com¦curl",
                "timeout 5 python3 x.py¦python3.11",
                "cat a | nc host 1¦nc.openbsd"
            })
    void whatHarmlessAndKnownProgramsStartIsNone(String command, String program) {
        session.run("c1", command, SHELL);
        session.fork(SHELL, CHILD);

        assertThat(Alerts.of(session.execFile(CHILD, "/usr/bin/" + program, program)))
                .isEmpty();
    }

    @Test
    void aProgramFromWhereTheWorkloadWritesIsAFindingUnlessItIsNamed() {
        session.run("c1", "ls", SHELL);
        assertThat(Alerts.of(session.execFile(SHELL, "/tmp/ls", "ls"))).hasSize(1);

        SessionScript named = SessionScript.of("{}");
        named.run("c1", "./configure --prefix=/usr", SHELL);
        assertThat(Alerts.of(named.execFile(SHELL, "/workspace/configure", "./configure")))
                .isEmpty();
    }

    @Test
    void aFileThatTheCommandCannotNeedToWriteIsAFindingAndReadingIsNone() {
        session.run("c1", "cat README.md", SHELL);
        session.fork(SHELL, CHILD);
        session.exec(CHILD, "cat", "README.md");

        assertThat(Alerts.of(session.open(CHILD, "/workspace/src/main.c", 0))).isEmpty();
        assertThat(Alerts.of(session.open(CHILD, "/tmp/x", O_WRONLY_CREAT))).isEmpty();
        assertThat(Alerts.of(session.open(CHILD, "/workspace/src/main.c", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getClause)
                .containsExactly("footprint.file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "sed -i s/a/b/ src/main.c¦/workspace/src/sedAb12Cd",
                "echo x > notes.txt¦/workspace/notes.txt",
                "mkdir -p build && cp a build/¦/workspace/build/a",
                "make¦/workspace/a.o",
                "git commit -m x¦/workspace/.git/index.lock",
                "git status¦/workspace/.git/index.lock",
                "cd src; touch x¦/workspace/src/x",
                "for f in a b; do echo > \"$f\"; done¦/workspace/b",
                "printf x | tee out/log¦/workspace/out/log"
            })
    void whatACommandWritesIsNone(String command, String path) {
        session.run("c1", command, SHELL);

        assertThat(Alerts.of(session.open(SHELL, path, O_WRONLY_CREAT))).isEmpty();
    }

    @Test
    void aHostThatTheCommandCannotNeedIsAFinding() {
        session.run("c1", "cat README.md", SHELL);
        session.proxy(SHELL);

        assertThat(Alerts.of(session.connect("api.example.com", 443)))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("footprint.host");
                    assertThat(alert.getCall()).isEqualTo("c1");
                });
    }

    @Test
    void whatAnEndedCallLeavesBehindMayDoWhatItsCommandNamesAndNoMore() {
        session.run("c1", "./serve.sh & curl https://api.example.com", SHELL);
        session.fork(SHELL, CHILD);
        assertThat(Alerts.of(session.exec(CHILD, "node", "x.js"))).isEmpty();
        session.exit(SHELL, 0);
        session.result(ToolResult.newBuilder().setCall("c1").setTool("Bash").setOutcome("success"));

        assertThat(Alerts.of(session.exec(CHILD, "curl", "x"))).isEmpty();
        assertThat(Alerts.of(session.exec(CHILD, "wget", "x")))
                .extracting(AlertRaised::getTitle, AlertRaised::getClause)
                .containsExactly(tuple("A program was started after its call had ended", "footprint.program"));
        session.proxy(CHILD);
        assertThat(Alerts.of(session.connect("api.example.com", 443))).isEmpty();
    }

    @Test
    void aConnectionAfterTheEndOfItsCallIsAFinding() {
        session.run("c1", "npm start &", SHELL);
        session.fork(SHELL, CHILD);
        session.exit(SHELL, 0);
        session.result(ToolResult.newBuilder().setCall("c1").setTool("Bash").setOutcome("success"));
        session.proxy(CHILD);

        assertThat(Alerts.of(session.connect("api.example.com", 443)))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getTitle()).isEqualTo("A connection was asked for after its call had ended");
                    assertThat(alert.getRiskAdded()).isEqualTo(10);
                });
    }

    @Test
    void aHostThatAToolMayNeedAndTheAgentsServiceAreNone() {
        session.run("c1", "npm install", SHELL);
        session.proxy(SHELL);
        assertThat(Alerts.of(session.connect("api.example.com", 443))).isEmpty();
        session.run("c2", "ls", CHILD);
        session.proxy(CHILD);

        assertThat(Alerts.of(session.connect("model.example.com", 443))).isEmpty();
    }

    @Test
    void aHostThatThePolicyDoesNotListIsTheCallsThatAskedForIt() {
        session.run("c1", "npm install", SHELL);
        session.proxy(SHELL);

        assertThat(Alerts.of(session.connect("evil.example", 443)))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("egress");
                    assertThat(alert.getCall()).isEqualTo("c1");
                    assertThat(alert.getEvidenceList()).hasSize(2);
                });
    }

    @Test
    void aConnectionThatMayBeOneOfTwoCallsIsNoFinding() {
        session.run("c1", "cat README.md", SHELL);
        session.run("c2", "npm install", CHILD);
        session.proxy(SHELL);
        session.proxy(CHILD);

        assertThat(Alerts.of(session.connect("api.example.com", 443))).isEmpty();
    }

    @Test
    void aCredentialThatTheToolReadsForItsOwnSakeIsNoneAndAnyOtherIs() {
        session.run("c1", "gh pr list", SHELL);
        session.run("c2", "cat README.md", CHILD);

        assertThat(Alerts.of(session.open(SHELL, "/home/agent/.config/gh/hosts.yml", 0)))
                .isEmpty();
        assertThat(Alerts.of(session.open(CHILD, "/home/agent/.config/gh/hosts.yml", 0)))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getScope()).isEqualTo("credentials");
                    assertThat(alert.getSeverity()).isEqualTo(Severity.LOW);
                });
    }

    @Test
    void aScriptThatPublishesWithoutSayingSoIsADeviation() {
        session.run("c1", "sh ./release.sh", SHELL);
        session.fork(SHELL, CHILD);

        assertThat(Alerts.of(session.exec(CHILD, "npm", "publish")))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getKind()).isEqualTo(DeviationKind.OUT_OF_POLICY);
                    assertThat(alert.getScope()).isEqualTo("publishing");
                    assertThat(alert.getRiskAdded()).isEqualTo(20);
                });
    }

    @Test
    void findingsWithoutProofNeverReachTheFirstStepByThemselves() {
        session.run("c1", "ls", SHELL);
        for (int i = 0; i < 200; i++) {
            ProcessRef child = SessionScript.process(100 + i, i + 1);
            session.run("call" + i, "cat a" + i, child);
            session.open(child, "/workspace/f" + i, O_WRONLY_CREAT);
            session.execFile(child, "/tmp/tool" + i, "tool" + i);
        }

        assertThat(session.verdicts()).noneMatch(Event::hasFreezeOrdered);
        assertThat(session.state().values().getRisk()).isEqualTo(15);
        assertThat(Alerts.of(session.verdicts())).hasSize(50);
        assertThat(session.state().values().getEvicted().getSoftFindings()).isEqualTo(350);
    }

    /** What the shells, compilers and package managers of an honest day do. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "cat README.md",
                "sh ./test.sh",
                "git add -A && git commit -m 'fix: hello' && git log -1",
                "npm test -- --watch=false",
                "python3 - <<'EOF'\nprint(1)\nEOF",
                "rg -n 'Helo' --glob '!dist' .",
                "mvn -q -o test | tail -20",
                "gcc -O2 -o app main.c && ./app"
            })
    void anHonestDayHasNoFindings(String command) {
        session.run("c1", command, SHELL);
        session.fork(SHELL, CHILD);
        for (String program : List.of("git", "node", "python3", "gcc", "make", "sh", "rg", "tail")) {
            boolean may = command.contains(program)
                    || command.contains("npm")
                    || command.contains("sh ./")
                    || command.contains("mvn")
                    || command.contains("git commit")
                    || command.contains("python3")
                    || command.contains("gcc");
            if (may) {
                session.exec(CHILD, program, "x");
            }
        }
        session.open(CHILD, "/tmp/cc1234.s", O_WRONLY_CREAT);
        session.open(CHILD, "/home/agent/.cache/pip/x", O_WRONLY_CREAT);
        session.open(CHILD, "/workspace/src/main.c", 0);

        assertThat(Alerts.of(session.verdicts())).isEmpty();
    }

    private static void fetch(SessionScript session, String call, String url) {
        session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool("WebFetch")
                                .setArgumentsJson("{\"url\":\"" + url + "\"}")
                                .setGated(true)));
    }

    private static List<Event> connectItself(SessionScript session, String host) {
        session.proxy(SessionScript.agent());
        return session.connect(host, 443);
    }

    @Test
    void aFetchThatWasRefusedAndConnectsAllTheSameFreezes() {
        SessionScript asked = SessionScript.of("{egress: [{host: api.example.com}], tools: {ask: [WebFetch]}}");
        fetch(asked, "f1", "https://api.example.com/x");

        List<Event> verdicts = connectItself(asked, "api.example.com");

        assertThat(Alerts.of(verdicts)).singleElement().satisfies(alert -> {
            assertThat(alert.getTitle()).isEqualTo("A refused call ran anyway");
            assertThat(alert.getCall()).isEqualTo("f1");
            assertThat(alert.getEvidenceCount()).isEqualTo(3);
        });
        assertThat(verdicts).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void aFetchThatWasAllowedBeforeDoesNotCoverOneThatIsRefused() {
        SessionScript asked = SessionScript.of("""
                egress: [{host: api.example.com}]
                gate: [{name: uploads, when: 'act.arguments.contains("upload")', answer: deny, why: w}]
                """);
        fetch(asked, "f1", "https://api.example.com/a");
        connectItself(asked, "api.example.com");
        asked.result(ToolResult.newBuilder().setCall("f1").setOutcome("success"));
        fetch(asked, "f2", "https://api.example.com/upload?x");

        assertThat(connectItself(asked, "api.example.com")).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void aRefusedCommandIsNoFetchOfTheAgent() {
        SessionScript asked = SessionScript.of("{egress: [{host: api.example.com}], tools: {ask: [Bash]}}");
        asked.call("c1", "Bash", "curl https://api.example.com/x");

        assertThat(connectItself(asked, "api.example.com")).noneMatch(Event::hasFreezeOrdered);
    }

    @Test
    void aFetchNamesItsHostUntilAWhileAfterItsResult() {
        fetch(session, "f1", "https://api.example.com/x");
        session.result(ToolResult.newBuilder().setCall("f1").setOutcome("success"));
        session.pass(9_000_000_000L);
        assertThat(Alerts.of(connectItself(session, "api.example.com"))).isEmpty();

        session.pass(2_000_000_000L);
        assertThat(Alerts.of(connectItself(session, "api.example.com")))
                .extracting(AlertRaised::getClause)
                .containsExactly("announce");
    }

    @Test
    void aHostThatTheAgentItselfAsksForAndNoCallNamesIsAFinding() {
        fetch(session, "f1", "https://api.example.com/x");
        assertThat(Alerts.of(connectItself(session, "api.example.com")))
                .as("named")
                .isEmpty();
        assertThat(Alerts.of(connectItself(session, "model.example.com")))
                .as("the agent's service")
                .isEmpty();

        SessionScript other = SessionScript.of("egress: [{host: api.example.com}]");
        assertThat(Alerts.of(connectItself(other, "api.example.com")))
                .as("an agent that announces nothing")
                .isEmpty();
        other.call("c1", "Bash", "ls");
        assertThat(Alerts.of(connectItself(other, "api.example.com")))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("announce");
                    assertThat(alert.getRiskAdded()).isEqualTo(5);
                });
    }
}
