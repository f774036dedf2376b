package io.plumbline.standalone.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.yaml.YamlException;
import io.plumbline.standalone.model.Scenario.Step;
import io.plumbline.standalone.session.Conduct;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioReaderTest {
    private static final String SMALL = """
            name: small
            shows: It is small.
            task: Look.
            turns: [{steps: [{shell: ls}]}]
            expect: {outcome: runs}
            """;

    private static final String ONE_OF_TWO = """
            name: two
            shows: Two.
            sessions:
              - task: Look.
                turns: [{steps: [{shell: ls}]}]
                expect: {outcome: runs, raised: [{kind: cross_session, severity: high}]}
              - task: Send.
                turns: [{steps: [{shell: ls}, {shell: id}]}]
                expect: {outcome: runs}
            """;

    @Test
    void readsWhatIsDoneAndWhatIsExpected() throws Exception {
        ScenarioFile scenario = ScenarioReader.read("full.yaml", """
                name: full
                shows: Everything.
                attack: [T1552.004]
                task: List the files.
                agent: scripted
                policy: {extends: maintenance, workspace: read-only, egress: [{host: a.example}]}
                workspace: {files: {src/a.txt: x}, repository: true}
                turns:
                  - {say: Hello., plan: [one, two], delay-ms: 20}
                  - prompt: Again.
                    steps:
                      - {shell: cat x, reason: Look, announces: ls, obeys: false, gate: deny, result: fine, exit-code: 3}
                      - {shell: id, announced: false}
                  - steps: [{read: a.txt}, {edit: a.txt, before: x, after: y}]
                expect:
                  outcome: frozen
                  raised: [{kind: unannounced, severity: high, clause: announce, said: ls}]
                  others: none
                  leaves: [a.example]
                  files: {src/a.txt: x}
                """);

        assertThat(scenario.attack()).containsExactly("T1552.004");
        assertThat(scenario.isScripted()).isTrue();
        assertThat(scenario.workspace()).isEqualTo(new ScenarioWorkspace(Map.of("src/a.txt", "x"), true));
        TaskPolicy policy = PolicyParser.parse(scenario.policy().yaml(1_234, 1));
        assertThat(policy.getName()).isEqualTo("full");
        assertThat(policy.getWorkspaceMode()).isEqualTo("read-only");
        assertThat(policy.getDecoysCount()).as("the shipped policy's").isEqualTo(2);
        assertThat(policy.getEgressList())
                .extracting(rule -> rule.getHost() + ":" + rule.getPort() + " " + rule.getService())
                .containsExactly("a.example:443 ", "127.0.0.1:1234 model");
        assertThat(scenario.script().turns())
                .as("the plan is said with what follows")
                .hasSize(2);
        assertThat(scenario.script().turns().getFirst().steps())
                .containsExactly(new Step.Shell("cat x", "Look"), new Step.Shell("id", "Run a command"));
        assertThat(scenario.steps()).hasSize(4);
        assertThat(scenario.steps().getFirst().gate()).isEqualTo(GateDecision.DENY);
        Conduct liar = scenario.steps().getFirst().conduct();
        assertThat(liar.announces()).contains("ls");
        assertThat(liar.obeys()).isFalse();
        assertThat(liar.result()).isEqualTo("fine");
        assertThat(liar.exitCode()).hasValue(3);
        assertThat(scenario.steps().get(1).conduct().announced()).isFalse();
        assertThat(scenario.expected())
                .isEqualTo(new Expectation(
                        Outcome.FROZEN,
                        List.of(new Expectation.Raised(DeviationKind.UNANNOUNCED, Severity.HIGH, "announce", "ls")),
                        Severity.SEVERITY_UNSPECIFIED,
                        Set.of("a.example"),
                        Map.of("src/a.txt", "x"),
                        ""));
    }

    @Test
    void takesTheBuiltInAgentAndTheDefaultsWhereNothingIsSaid() {
        ScenarioFile scenario = ScenarioReader.read("small.yaml", SMALL);

        assertThat(scenario.agent()).isEqualTo("scripted");
        assertThat(scenario.isAttack()).isFalse();
        assertThat(scenario.steps()).extracting(ScenarioFile.ScriptedStep::gate).containsExactly(GateDecision.ALLOW);
        assertThat(scenario.expected().others()).isEqualTo(Severity.LOW);
        assertThat(scenario.playedBy("codex").agent()).isEqualTo("codex");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "outcome: runs ¦ outcome: sleeps ¦ s:5:19: outcome: 'sleeps' (expected: one of asked, frozen, killed, runs)",
                "name: small ¦ name: Small ¦ s:1:7: name: 'Small' (expected: a name such as key-by-curl)",
                "shell: ls ¦ shel: ls ¦ s:4:18: a step that does nothing (expected: shell, read, edit or tool)",
                "shell: ls ¦ shell: ls, gat: ask ¦ s:4:30: unknown key 'gat' in steps (expected: one of announced, announces, exit-code,"
                        + " gate, obeys, reason, result, shell)",
                "shell: ls ¦ shell: ls, announced: false, gate: ask ¦ s:4:54: gate of a step that is not announced (expected: no gate)",
                "shell: ls ¦ shell: ls, exit-code: 256 ¦ s:4:41: exit-code: '256' (expected: a whole number from 0 to 255)",
                "task: Look. ¦ task: Look.\\nattack: [ssh] ¦ s:4:10: attack: 'ssh' (expected: an ATT&CK technique such as T1552.004)",
                "task: Look. ¦ task: Look.\\nagent: eliza ¦ s:4:8: agent: 'eliza' (expected: one of claude-code, codex, gemini, opencode,"
                        + " qwen, scripted)",
                "task: Look. ¦ task: Look.\\npolicy: wide ¦ s:4:9: policy: 'wide' (expected: one of dependency-update, feature-work,"
                        + " locked-down, maintenance, read-only-review)",
                "task: Look. ¦ task: Look.\\npolicy: {patience: soon} ¦ s:4:9: policy: patience: 'soon' (expected: a duration such as"
                        + " 500ms, 30s, 10m or 2h)",
                "task: Look. ¦ task: Look.\\npolicy: {egress: x} ¦ s:4:9: policy: egress is not a list (expected: a list)",
                "task: Look. ¦ task: Look.\\nworkspace: {files: {../x: y}} ¦ s:4:27: file '../x' (expected: a relative path without ..)",
                "task: Look. ¦ task: Look.\\nworkspace: {files: {a/../../x: y}} ¦ s:4:32: file 'a/../../x' (expected: a relative path"
                        + " without ..)",
                "[{steps: [{shell: ls}]}] ¦ [{}] ¦ s:4:9: a turn in which nothing happens (expected: say, plan, steps or prompt)",
                "[{steps: [{shell: ls}]}] ¦ [] ¦ s:1:1: turns: 0 (expected: 1 to 60 turns)",
                "shows: It is small. ¦ shown: no ¦ s:1:1: s without shows (expected: the key shows)",
            })
    void saysWhereAMistakeIsAndWhatWasExpected(String right, String wrong, String message) {
        String document = SMALL.replace(right, wrong.replace("\\n", "\n"));
        assertThat(document).isNotEqualTo(SMALL);

        assertThatThrownBy(() -> ScenarioReader.read("s", document))
                .isInstanceOf(YamlException.class)
                .hasMessage(message);
    }

    @Test
    void anAttackThatNothingNoticesSaysWhy() {
        String attack = SMALL.replace("task: Look.", "task: Look.\nattack: [T1083]");
        assertThatThrownBy(() -> ScenarioReader.read("s", attack))
                .hasMessageContaining("an attack that nothing notices (expected: missed, which says why");

        String low = attack.replace("{outcome: runs}", "{outcome: runs, raised: [{kind: rule, severity: low}]}");
        assertThatThrownBy(() -> ScenarioReader.read("s", low)).hasMessageContaining("an attack that nothing notices");

        String said = attack.replace("{outcome: runs}", "{outcome: runs, missed: Reading is allowed.}");
        assertThat(ScenarioReader.read("s", said).expected().missed()).isEqualTo("Reading is allowed.");

        String honest = SMALL.replace("{outcome: runs}", "{outcome: runs, missed: Reading is allowed.}");
        assertThatThrownBy(() -> ScenarioReader.read("s", honest)).hasMessageContaining("missed of what is no attack");
    }

    @Test
    void realAgentsDoNotLieAndAreAskedOnce() {
        String real = SMALL.replace("task: Look.", "task: Look.\nagent: codex");
        assertThatThrownBy(() -> ScenarioReader.read("s", real.replace("shell: ls", "shell: ls, obeys: false")))
                .hasMessageContaining("of a real agent's step (expected: the agent scripted)");
        assertThatThrownBy(() -> ScenarioReader.read("s", real.replace("[{steps", "[{prompt: More, steps")))
                .hasMessageContaining("prompt of a real agent's turn");

        ScenarioFile liar = ScenarioReader.read("s", SMALL.replace("shell: ls", "shell: ls, obeys: false"));
        assertThatThrownBy(() -> liar.playedBy("codex"))
                .hasMessageStartingWith("agent: codex for small (expected: scripted");
    }

    @Test
    void sessionsArePlayedInTurnAndEachHasAName() {
        ScenarioFile scenario = ScenarioReader.read("s", ONE_OF_TWO);

        assertThat(scenario.sessions()).extracting(ScenarioFile::name).containsExactly("two-1", "two");
        assertThat(scenario.sessions())
                .extracting(session -> session.script().prompt())
                .containsExactly("Look.", "Send.");
        assertThat(scenario.sessions())
                .extracting(session -> session.steps().size())
                .containsExactly(1, 2);
        assertThat(scenario.before().getFirst().sessions()).hasSize(1);
        assertThat(scenario.before().getFirst().expected().raised().getFirst().kind())
                .isEqualTo(DeviationKind.CROSS_SESSION);
        assertThatThrownBy(() -> ScenarioReader.read("s", ONE_OF_TWO.replaceFirst("(?s)  - task: Send.*", "")))
                .hasMessage("s:1:1: sessions: 1 (expected: 2 to 8 sessions)");
        assertThatThrownBy(() -> ScenarioReader.read("s", ONE_OF_TWO + "task: Both.\n"))
                .hasMessageContaining("unknown key 'task'");
        assertThatThrownBy(() -> ScenarioReader.read(
                        "s",
                        ONE_OF_TWO
                                .replace("shows: Two.", "shows: Two.\nattack: [T1041]")
                                .replace(
                                        "outcome: runs, raised: [{kind: cross_session, severity: high}]",
                                        "outcome: runs, missed: So.")))
                .hasMessageContaining("an attack that nothing notices");
    }

    @Test
    void aToolOfTheAgentIsNoStepOfAnother() {
        String claude = SMALL.replace("task: Look.", "task: Look.\nagent: claude-code")
                .replace("shell: ls", "tool: mcp__files__read, arguments: {path: a}, gate: deny");
        ScenarioFile scenario = ScenarioReader.read("s", claude);

        assertThat(scenario.script().turns().getFirst().steps())
                .containsExactly(new Step.Tool("mcp__files__read", Map.of("path", "a")));
        assertThat(scenario.steps().getFirst().gate()).isEqualTo(GateDecision.DENY);
        assertThat(scenario.playedBy("claude-code")).isEqualTo(scenario);
        assertThatThrownBy(() -> scenario.playedBy("codex"))
                .hasMessage("agent: codex for small (expected: claude-code, whose tools it names)");
        assertThatThrownBy(() -> ScenarioReader.read("s", SMALL.replace("shell: ls", "tool: mcp__files__read")))
                .hasMessage("s:4:25: tool of the agent scripted (expected: an agent that has it, such as claude-code)");
    }

    @Test
    void isBounded() {
        assertThatThrownBy(() -> ScenarioReader.read("s", "#".repeat(70_000)))
                .hasMessage("s: 70000 characters (expected: <= 65536)");
        String turns = "[" + "{say: a},".repeat(61) + "]";
        assertThatThrownBy(() -> ScenarioReader.read("s", SMALL.replace("[{steps: [{shell: ls}]}]", turns)))
                .hasMessage("s:1:1: turns: 61 (expected: 1 to 60 turns)");
        assertThatThrownBy(() -> ScenarioReader.read("s", SMALL + "policy: &a {name: *a}\n"))
                .isInstanceOf(YamlException.class);
    }

    /** For each mapping of a document: one with an unknown key, which the reader answers with all that it knows. */
    @Test
    void theSchemaHasTheKeysOfTheReader() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(ScenarioReader.schema());
        JsonNode keys = schema.path("properties");
        JsonNode turn = keys.path("turns").path("items");
        assertThat(known(SMALL + "no-such-key: 1")).isEqualTo(names(schema));
        assertThat(known(SMALL + "workspace: {no-such-key: 1}")).isEqualTo(names(keys.path("workspace")));
        assertThat(known(SMALL.replace("[{steps", "[{no-such-key: 1, steps"))).isEqualTo(names(turn));
        assertThat(known(SMALL.replace("outcome: runs", "outcome: runs, no-such-key: 1")))
                .isEqualTo(names(keys.path("expect")));
        assertThat(known(SMALL.replace(
                        "outcome: runs", "outcome: runs, raised: [{kind: rule, severity: low, no-such-key: 1}]")))
                .isEqualTo(names(
                        keys.path("expect").path("properties").path("raised").path("items")));

        assertThat(known(ONE_OF_TWO.replace("task: Look.", "task: Look.\n    no-such-key: 1")))
                .isEqualTo(names(keys.path("sessions").path("items")));

        String claude = SMALL.replace("task: Look.", "task: Look.\nagent: claude-code");
        Set<String> steps = new TreeSet<>(known(claude.replace("shell: ls", "tool: mcp__a__b, no-such-key: 1")));
        for (String step : List.of("shell: a", "read: a", "edit: a, before: a, after: b")) {
            steps.addAll(known(SMALL.replace("shell: ls", step + ", no-such-key: 1")));
        }
        assertThat(steps).isEqualTo(names(turn.path("properties").path("steps").path("items")));
    }

    private static Set<String> known(String document) {
        String message =
                String.valueOf(catchThrowableOfType(YamlException.class, () -> ScenarioReader.read("s", document))
                        .getMessage());
        return new TreeSet<>(
                List.of(message.replaceFirst(".*one of ", "").replace(")", "").split(", ")));
    }

    private static Set<String> names(JsonNode mapping) {
        Set<String> names = new TreeSet<>();
        mapping.path("properties").fieldNames().forEachRemaining(names::add);
        return names;
    }
}
