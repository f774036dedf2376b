package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.PolicyComparison.Direction;
import io.plumbline.events.v1.AnnouncedAct;
import io.plumbline.events.v1.GateRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateRulesTest {
    private static final AnnouncedAct ACT = AnnouncedAct.newBuilder()
            .setTool("Bash")
            .setCommand("docker build . && curl https://a.example")
            .addPrograms("curl")
            .addPrograms("docker")
            .addWrites("/srv/out/a")
            .addHosts("a.example")
            .addEnvironment("HTTP_PROXY")
            .setWorkspace("/workspace")
            .setRisk(15)
            .build();

    private static List<GateRule> rule(String when) {
        return List.of(GateRule.newBuilder()
                .setName("r")
                .setWhen(when)
                .setAnswer("ask")
                .setWhy("because")
                .build());
    }

    private static boolean holds(String when, AnnouncedAct act) throws PolicyException {
        return !GateRules.of(rule(when)).holding(act).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "'docker' in act.programs¦true",
                "'podman' in act.programs¦false",
                "act.hosts.exists(h, !h.endsWith('.example.com'))¦true",
                "act.writes.all(w, w.startsWith('/workspace/'))¦false",
                "act.command.matches('docker +build')¦true",
                "act.risk > 20 || size(act.environment) > 0¦true",
                "act.tool == 'Write'¦false",
                "act.uninspectable.size() > 0¦false"
            })
    void holdsOfWhatItSays(String when, boolean holds) throws Exception {
        assertThat(holds(when, ACT)).isEqualTo(holds);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "act.programs",
                "act.prgrams.size() > 0",
                "act.risk > 'high'",
                "1 +",
                "size(act.tool)",
                "unknown == 1",
                "act.stated_reason == 'x'",
                "act.command + act.command == ''",
                "['a' + 'b'].exists(c, c == 'ab')",
                "act.reads.map(r, r).size() > 0",
                "act.reads.filter(r, r == '').size() > 0"
            })
    void refusesWhatDoesNotFitTheTypes(String when) {
        assertThatThrownBy(() -> GateRules.of(rule(when)))
                .isInstanceOf(PolicyException.class)
                .hasMessageStartingWith("policy: gate r: ")
                .hasMessageContaining("(expected: ")
                .hasMessageNotContaining("\n");
    }

    @Test
    void isBoundedAndHoldsWhenItCannotBeEvaluated() throws Exception {
        assertThatThrownBy(() -> GateRules.of(rule("true || ".repeat(300) + "true")))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("expected: <= 2000");
        assertThatThrownBy(() -> GateRules.of(rule("(".repeat(400) + "true" + ")".repeat(400))))
                .isInstanceOf(PolicyException.class);
        assertThat(holds("1 / act.risk == 1", AnnouncedAct.getDefaultInstance()))
                .as("division by zero")
                .isTrue();
        assertThat(holds("act.writes[3] == 'a'", ACT)).as("no such item").isTrue();
        AnnouncedAct wide = AnnouncedAct.newBuilder()
                .addAllReads(IntStream.range(0, 100).mapToObj(i -> "/r" + i).toList())
                .addAllWrites(Collections.nCopies(100, "/w"))
                .addAllHosts(Collections.nCopies(100, "h.example"))
                .build();
        assertThat(holds("act.reads.exists(r, act.writes.exists(w, act.hosts.exists(h, r == h || w == h)))", wide))
                .as("a million steps")
                .isTrue();
        assertThat(holds("act.reads.exists(r, act.writes.exists(w, r == w))", wide))
                .as("ten thousand")
                .isTrue();
        assertThat(holds("act.reads.exists(r, r == '/none')", wide)).isFalse();
    }

    @Test
    void thereAreTwentyAtMost() throws Exception {
        assertThatThrownBy(
                        () -> GateRules.of(Collections.nCopies(21, rule("true").getFirst())))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("21 rules (expected: <= 20)");
        assertThat(GateRules.closed(Collections.nCopies(21, rule("false").getFirst()))
                        .holding(ACT))
                .as("what is beyond holds")
                .hasSize(1);
    }

    @Test
    void whatAnotherVersionWroteHoldsWhenItCannotBeRead() {
        assertThat(GateRules.closed(rule("act.invented_later == 1")).holding(ACT))
                .singleElement()
                .satisfies(holding -> assertThat(holding.answer()).isEqualTo(Scope.Answer.ASK));
        GateRule later =
                rule("true").getFirst().toBuilder().setAnswer("quarantine").build();
        assertThat(GateRules.closed(List.of(later)).holding(ACT))
                .singleElement()
                .satisfies(holding -> assertThat(holding.answer()).isEqualTo(Scope.Answer.DENY));
    }

    @Test
    void aPolicyHasThemByNameAndALowerLevelOnlyAddsSome() throws Exception {
        String upper = """
                may-widen: []
                gate:
                  - {name: containers, when: "'docker' in act.programs", answer: ask, why: They start outside.}
                approvals: {four-eyes: high, session: 30m}
                """;
        TaskPolicy above = PolicyParser.parse(upper);
        assertThat(above.getGateList()).singleElement().satisfies(rule -> {
            assertThat(rule.getName()).isEqualTo("containers");
            assertThat(rule.getAnswer()).isEqualTo("ask");
        });
        assertThat(above.getFourEyes()).isEqualTo("high");
        assertThat(above.getSessionApprovalSeconds()).isEqualTo(1800);

        TaskPolicy below = PolicyParser.parse(
                "gate: [{name: late, when: act.risk > 10, answer: deny, why: Too much.}]", above, java.util.Set.of());
        assertThat(below.getGateList()).extracting(GateRule::getName).containsExactly("containers", "late");
        assertThat(PolicyComparison.between(above, below))
                .extracting(PolicyComparison.Change::direction)
                .containsOnly(Direction.TIGHTER);
        assertThat(PolicyComparison.between(below, above))
                .extracting(PolicyComparison.Change::direction)
                .containsOnly(Direction.WIDER);
        assertThat(PolicyComparison.between(
                        above, above.toBuilder().setFourEyes("none").build()))
                .singleElement()
                .satisfies(change -> assertThat(change.direction()).isEqualTo(Direction.WIDER));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gate: [{name: a, when: 'true', answer: allow, why: w}]|'allow' (expected: one of ask, deny, freeze, log)",
                "gate: [{name: a, when: act.x, answer: ask, why: w}]|policy:1:8: gate a: ",
                "gate: [{name: a, when: 'true', answer: ask, why: w}, {name: a, when: 'true', answer: deny, why: w}]|name: 'a'",
                "gate: [{name: a, when: 'true', answer: ask}]|without why",
                "approvals: {four-eyes: always}|one of high, medium, none",
                "approvals: {session: long}|session: 'long'"
            })
    void namesWhatIsWrong(String yaml, String message) {
        assertThatThrownBy(() -> PolicyParser.parse(yaml))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(String.valueOf(e.getMessage()).split("\\(expected: ", -1))
                        .as("what was expected, once")
                        .hasSize(2));
    }
}
