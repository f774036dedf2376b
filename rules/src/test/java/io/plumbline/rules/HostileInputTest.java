package io.plumbline.rules;

import static io.plumbline.rules.Rules.event;
import static io.plumbline.rules.Rules.refusal;
import static io.plumbline.rules.Rules.selection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.TextPattern;
import io.plumbline.rules.sigma.ValueTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules and events that are made to hurt: each is refused by name, or costs what its size is worth. */
class HostileInputTest {
    @Test
    void aliasesThatDoubleAreCountedAsWhatTheyBecome() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append("a" + i + ": &a" + i + " [" + ("*a" + (i - 1) + ", ").repeat(9) + "*a" + (i - 1) + "]\n");
        }
        assertThat(refusal(bomb.toString()))
                .satisfies(e -> assertThat(e.code()).isEqualTo(Code.LIMIT))
                .hasMessageContaining("aliases included");
    }

    @Test
    void anAliasOfItselfIsRefused() {
        assertThat(refusal("a: &a [*a]\n")).hasMessageContaining("an anchor that ended before it");
    }

    @Test
    void depthIsBounded() {
        assertThat(refusal("a: " + "[".repeat(100_000) + "]".repeat(100_000))).hasMessageContaining("nesting of 25");
        assertThat(refusal(Rules.rule("s: {F: x}\ncondition: " + "(".repeat(4000) + "s" + ")".repeat(4000) + "\n")))
                .hasMessageContaining("condition of depth");
        assertThat(refusal(Rules.rule("s: {F: x}\ncondition: " + "not ".repeat(2000) + "s\n")))
                .hasMessageContaining("condition of depth");
        assertThat(refusal(selection("F|re: '" + "(".repeat(3000) + "a" + ")".repeat(3000) + "'"))
                        .code())
                .isIn(Code.REGEX, Code.LIMIT);
    }

    @Test
    void whatAConditionSelectsAgainIsTheSameExpression() {
        RuleSet set =
                Rules.load(Rules.rule("s1: {F: x}\ns2: {F: y}\ncondition: 1 of s* and not 1 of s** and all of s*\n"));
        assertThat(set.detections().getFirst().expression()).isInstanceOfSatisfying(Expression.And.class, and -> {
            Expression any = and.parts().getFirst();
            assertThat(and.parts().get(1)).isInstanceOfSatisfying(Expression.Not.class, not -> assertThat(not.part())
                    .isSameAs(any));
            assertThat(and.parts().get(2)).isInstanceOf(Expression.And.class);
        });
    }

    @Test
    void aRuleThatAnyOfTooManyTestsCouldMatchIsLookedAtForEachEvent() {
        List<Expression> tests = new ArrayList<>();
        for (int i = 0; i < 4096; i++) {
            tests.add(new Expression.Test("F", List.of(new ValueTest.Text(new TextPattern("v" + i), false))));
        }
        assertThat(Program.compile(List.of(new Expression.Or(tests))).alwaysEvaluated())
                .isZero();
        tests.add(new Expression.Test("F", List.of(new ValueTest.Text(new TextPattern("more"), false))));
        assertThat(Program.compile(List.of(new Expression.Or(tests))).alwaysEvaluated())
                .isEqualTo(1);
    }

    @Test
    void sizesAreBounded() {
        assertThat(refusal("x: " + "y".repeat(1 << 21))).hasMessageContaining("source of");
        assertThat(refusal(selection("F: '" + "y".repeat(10_000) + "'"))).hasMessageContaining("value of 10000");
        assertThat(refusal(selection("F: '" + "*y".repeat(100) + "'"))).hasMessageContaining("100 wildcards");
        assertThat(refusal(selection("F|windash: '-a -b -c -d -e'"))).hasMessageContaining("5 dashes");
        assertThat(refusal(Rules.rule("s: {F: x}\ncondition: " + "s or ".repeat(3000) + "s\n")))
                .hasMessageContaining("condition of 15001 characters");
        assertThat(refusal(selection("F|re: 'a{1000}'").replace("a{1000}", "((a{500}){500}){500}")))
                .hasMessageContaining("with its repetitions");
        assertThat(refusal(selection("F: " + "1".repeat(50)))).hasMessageContaining("number of 50 characters");
    }

    @Test
    void keysThatStandTwiceAreRefusedWithTheirPlace() {
        assertThat(refusal(selection("F: x\nF: y\n")))
                .hasMessageStartingWith("test.yml:8:")
                .hasMessageContaining("key 'F' again");
        assertThat(refusal("title: a\ntitle: b\n").position().line()).isEqualTo(2);
    }

    @Test
    void whatIsNoYamlIsNamedWithItsPlace() {
        assertThat(refusal("title: [unclosed\nx: y"))
                .satisfies(e -> assertThat(e.code()).isEqualTo(Code.YAML))
                .hasMessageStartingWith("test.yml:2:");
        assertThat(refusal("title: !!javax.script.ScriptEngineManager x")).hasMessageContaining("no tags");
        assertThat(refusal("<<: {a: b}")).hasMessageContaining("merge key");
        assertThat(refusal("? [a]\n: b")).hasMessageContaining("as a key");
        assertThat(refusal("")).hasMessageContaining("no document");
        assertThat(refusal("a: \"\\uFFFF\"\ntitle: x").code()).isIn(Code.YAML, Code.DOCUMENT);
        assertThat(refusal(selection("F: \"a\\uFFFEb\""))).hasMessageContaining("noncharacter");
    }

    @Test
    void tenThousandRulesAreOneProgram() {
        List<RuleSource> sources = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            sources.add(new RuleSource(
                    "r" + i, selection("F|contains: 'needle " + i + " in'").replace("the-rule", "rule-" + i)));
        }
        RuleSet set = RuleSet.load(sources, Placeholders.NONE);
        assertThat(set.engine().evaluate(event("{'F':'a Needle 4711 in the hay'}"), new CorrelationState()))
                .extracting(RuleMatch::rule)
                .containsExactly("rule-4711");
    }

    @Test
    void aFieldOfAMebibyteIsReadOnce() {
        List<RuleSource> sources = new ArrayList<>();
        for (int i = 1; i <= 200; i++) {
            sources.add(new RuleSource(
                    "r" + i, selection("F|contains: '" + "a".repeat(i) + "b'").replace("the-rule", "rule-" + i)));
            sources.add(new RuleSource(
                    "q" + i, selection("F|re: '(a+)+" + "b".repeat(i) + "$'").replace("the-rule", "regex-" + i)));
        }
        RuleEngine engine = RuleSet.load(sources, Placeholders.NONE).engine();
        // Without the automaton, each of a million places would be compared with two hundred texts.
        assertThat(engine.evaluate(event("{'F':'" + "a".repeat(1 << 20) + "'}"), new CorrelationState()))
                .isEmpty();
        assertThat(engine.evaluate(event("{'F':'" + "a".repeat((1 << 20) - 1) + "b'}"), new CorrelationState()))
                .hasSize(201);
    }

    @Test
    void anExpressionThatBacktracksForeverElsewhereEnds() {
        RuleEngine engine =
                Rules.load(selection("F|re: '^(([a-z])+.)+[A-Z]([a-z])+$'")).engine();
        assertThat(engine.evaluate(event("{'F':'" + "a".repeat(20_000) + "'}"), new CorrelationState()))
                .isEmpty();
    }

    @Test
    void eventsOverALimitAreRefusedByName() {
        assertThatThrownBy(() -> SigmaEvent.builder().put("F", "x".repeat((1 << 20) + 1)))
                .isInstanceOf(EventLimitException.class)
                .hasMessage("value of F: 1048577 characters (expected: <= 1048576)");
        SigmaEvent.Builder many = SigmaEvent.builder();
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 5000; i++) {
                        many.put("f" + i, "x");
                    }
                })
                .hasMessageContaining("fields: more than 4096");
        assertThatThrownBy(() -> JsonEvents.read("{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}"))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> JsonEvents.read("{\"a\":1e999999999}")).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> JsonEvents.read("[1]")).hasMessageContaining("expected: an object");
    }

    @Test
    void aRefusedDocumentLeavesTheOthersUsable() {
        RuleSet.Loaded loaded = RuleSet.loadUsable(
                List.of(new RuleSource("bad.yml", "title: ["), new RuleSource("good.yml", selection("F: x"))),
                Placeholders.NONE);
        assertThat(loaded.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.position().source()).isEqualTo("bad.yml"));
        assertThat(loaded.set().detections()).hasSize(1);
    }
}
