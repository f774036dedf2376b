package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.ConfigurationFile;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.McpServer;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentConfigurationTest {
    private static final String SETTINGS = "/workspace/.claude/settings.json";
    private static final ProcessRef CHILD = SessionScript.process(10, 1);
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0x40;

    private final SessionScript session = SessionScript.of("workspace: read-write");

    @Test
    void aConfigurationFileThatIsOpenedForWritingIsADeviation() {
        report("start", "2.1.330", "a");

        assertThat(alerts(session.open(SessionScript.agent(), SETTINGS, 0))).isEmpty();
        assertThat(alerts(session.open(SessionScript.agent(), SETTINGS, O_WRONLY)))
                .anySatisfy(alert -> assertThat(alert.getClause()).isEqualTo("agent-configuration"));
    }

    @Test
    void aRenameOntoAConfigurationFileIsADeviation() {
        report("start", "2.1.330", "a");

        assertThat(alerts(session.evidence(Event.newBuilder()
                        .setFileChanged(FileChanged.newBuilder()
                                .setActor(SessionScript.actor(SessionScript.agent()))
                                .setOperation("rename")
                                .setPath("/workspace/x")
                                .setNewPath(SETTINGS)))))
                .anySatisfy(alert -> assertThat(alert.getClause()).isEqualTo("agent-configuration"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/workspace/.claude/settings.local.json",
                "/workspace/.claude/agents/fresh.md",
                "/workspace/CLAUDE.md",
                "/workspace/.mcp.json",
                "/workspace/opencode.json",
                "/home/agent/.codex/hooks.json"
            })
    void aConfigurationFileThatIsMadeDuringTheSessionIsADeviationAtOnce(String path) {
        report("start", "2.1.330", "a");

        assertThat(alerts(session.open(SessionScript.agent(), path, O_WRONLY | O_CREAT)))
                .anySatisfy(alert -> {
                    assertThat(alert.getClause()).isEqualTo("agent-configuration");
                    assertThat(alert.getSeen()).endsWith("opened " + path + " for writing");
                });
    }

    @ParameterizedTest
    @CsvSource({
        "rename, /workspace/CLAUDE.md",
        "rename, /workspace/.claude",
        "symlink, /workspace/.codex",
        "link, /home/agent/.gemini/settings.json",
        "symlink, /home/agent/.claude"
    })
    void aConfigurationThatIsMovedOrLinkedIntoPlaceIsADeviationAtOnce(String operation, String path) {
        report("start", "2.1.330", "a");

        assertThat(alerts(change(operation, "/workspace/x", path)))
                .anySatisfy(alert -> assertThat(alert.getClause()).isEqualTo("agent-configuration"));
    }

    @Test
    void whatOnlyLooksLikeAConfigurationIsNone() {
        report("start", "2.1.330", "a");

        for (String path : List.of(
                "/workspace/src/CLAUDE.md",
                "/workspace/.claudette/settings.json",
                "/home/agent/.claude/history.jsonl",
                "/workspace2/CLAUDE.md")) {
            assertThat(alerts(session.open(SessionScript.agent(), path, O_WRONLY | O_CREAT)))
                    .noneMatch(alert -> alert.getClause().equals("agent-configuration"));
        }
        assertThat(alerts(change("mkdir", "/workspace/.claude", "")))
                .noneMatch(alert -> alert.getClause().equals("agent-configuration"));
    }

    private List<Event> change(String operation, String path, String newPath) {
        return session.evidence(Event.newBuilder()
                .setFileChanged(FileChanged.newBuilder()
                        .setActor(SessionScript.actor(SessionScript.agent()))
                        .setOperation(operation)
                        .setPath(path)
                        .setNewPath(newPath)));
    }

    @Test
    void aFileThatIsNotAtTheEndWhatItWasAtTheStartIsADeviation() {
        report("start", "2.1.330", "a");

        assertThat(alerts(report("end", "2.1.330", "b"))).singleElement().satisfies(alert -> assertThat(alert.getSeen())
                .isEqualTo(SETTINGS + " is not what it was at the start"));
    }

    @Test
    void anUnchangedConfigurationIsNone() {
        report("start", "2.1.330", "a");

        assertThat(alerts(report("end", "2.1.330", "a"))).isEmpty();
    }

    @Test
    void aServerOfToolsThatTheConfigurationNamesIsKnownAndNamed() {
        report("start", "2.1.330", "a");
        session.fork(SessionScript.agent(), CHILD);

        assertThat(alerts(session.exec(CHILD, "node", "/srv/files.js", "--root", "/workspace")))
                .isEmpty();
        assertThat(alerts(session.open(CHILD, "/etc/cron.d/x", O_WRONLY)))
                .anySatisfy(alert -> assertThat(alert.getSeen()).contains("of the MCP server files"));
    }

    @Test
    void anotherCommandLineIsNoServerOfTools() {
        report("start", "2.1.330", "a");
        session.fork(SessionScript.agent(), CHILD);

        assertThat(alerts(session.exec(CHILD, "node", "/srv/files.js", "--root", "/")))
                .extracting(AlertRaised::getKind)
                .containsExactly(DeviationKind.UNANNOUNCED);
    }

    @Test
    void aVersionWithoutAProfileIsNoted() {
        assertThat(alerts(report("start", "2.2.0", "a"))).singleElement().satisfies(alert -> {
            assertThat(alert.getSeen()).isEqualTo("profile of 2.1.330 used for 2.2.0");
            assertThat(alert.getSeverity()).isEqualTo(Severity.INFORMATIONAL);
            assertThat(alert.getRiskAdded()).isZero();
        });
    }

    @Test
    void claimsThatContradictEachOtherAreADeviation() {
        session.call("c1", "Bash", "ls");

        assertThat(alerts(session.send(
                        Channel.CLAIMS,
                        Event.newBuilder()
                                .setToolCall(ToolCall.newBuilder()
                                        .setCall("c1")
                                        .setTool("Bash")
                                        .setCommand("cat /etc/shadow")
                                        .setSource("transcript")
                                        .setContradicts("hook")))))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getKind()).isEqualTo(DeviationKind.FALSE_REPORT);
                    assertThat(alert.getSeen())
                            .isEqualTo("call c1: hook told Bash ls, transcript tells cat /etc/shadow");
                });
    }

    private List<Event> report(String moment, String version, String sha256) {
        return session.evidence(Event.newBuilder()
                .setAgentConfiguration(AgentConfiguration.newBuilder()
                        .setAgent("claude-code")
                        .setAgentVersion(version)
                        .setMoment(moment)
                        .addFiles(
                                ConfigurationFile.newBuilder().setPath(SETTINGS).setSha256(sha256))
                        .addMcpServers(McpServer.newBuilder()
                                .setName("files")
                                .addAllArgv(List.of("node", "/srv/files.js", "--root", "/workspace")))));
    }

    private static List<AlertRaised> alerts(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .toList();
    }
}
