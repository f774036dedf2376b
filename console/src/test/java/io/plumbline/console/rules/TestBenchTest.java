package io.plumbline.console.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.console.rules.TestBench.Draft;
import io.plumbline.console.rules.TestBench.TestBenchException;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestBenchTest {
    private static final String RULE = """
            title: Curl
            id: 6f1c7a52-9d1b-4c7e-8b57-3c1f0a5d2e11
            status: experimental
            logsource: {category: process_creation, product: linux}
            detection:
              selection: {Image|endswith: /curl}
              other: {User: root}
              condition: selection and other
            level: medium
            """;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"Image\": \"/usr/bin/curl\", \"User\": \"ana\"}",
                "[{\"Image\": \"/usr/bin/curl\", \"User\": \"ana\"}]",
                "Image: /usr/bin/curl\nUser: ana",
                "- Image: /usr/bin/curl\n  User: ana"
            })
    void saysWhichPartHoldsHoweverTheEventIsWritten(String pasted) throws TestBenchException {
        Draft draft = TestBench.draft("curl.yml", RULE, Placeholders.NONE);
        assertThat(TestBench.explain(draft, TestBench.events(pasted)))
                .singleElement()
                .satisfies(answer -> {
                    assertThat(answer.explanation().holds()).isFalse();
                    assertThat(answer.explanation().lines())
                            .anyMatch(line -> line.strip().startsWith("yes Image"))
                            .anyMatch(line -> line.strip().startsWith("no  User"));
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "3", "{\"a\":", "[1]", "a: [", "&a [*a, *a]", "a: &a x\nb: *a", "null: x"})
    void whatIsNoEventIsRefusedInOneLine(String pasted) {
        assertThatThrownBy(() -> TestBench.events(pasted))
                .isInstanceOf(TestBenchException.class)
                .message()
                .startsWith("event")
                .doesNotContain("\n");
    }

    @Test
    void whatIsTooMuchIsRefused() {
        assertThatThrownBy(() -> TestBench.events("a: " + "[".repeat(60_000))).hasMessageContaining("nested too deep");
        assertThatThrownBy(() -> TestBench.events("- ".repeat(30_000))).hasMessageContaining("nested too deep");
        assertThatThrownBy(() -> TestBench.events("x".repeat(TestBench.MAX_TEXT + 1)))
                .hasMessageContaining("expected: at most " + TestBench.MAX_TEXT);
        assertThatThrownBy(() -> TestBench.events("{\"a\":1}\n".repeat(TestBench.MAX_PASTED + 1)))
                .hasMessageContaining("more than " + TestBench.MAX_PASTED);
        assertThatThrownBy(() -> TestBench.draft("long.yml", "x".repeat(TestBench.MAX_TEXT + 1), Placeholders.NONE))
                .isInstanceOf(TestBenchException.class);
    }

    @Test
    void aDraftWithAnErrorCannotBeUsed() throws TestBenchException {
        assertThat(TestBench.draft("curl.yml", RULE, Placeholders.NONE).isUsable())
                .isTrue();
        assertThat(TestBench.draft("curl.yml", RULE.replace("selection and other", "nothing"), Placeholders.NONE)
                        .isUsable())
                .isFalse();
        assertThat(TestBench.draft("curl.yml", "", Placeholders.NONE).isUsable())
                .isFalse();
    }

    @Test
    void aChangedFileTakesThePlaceOfItsName() {
        RuleSource one = new RuleSource("one.yml", "1");
        RuleSource two = new RuleSource("two.yml", "2");
        RuleSource changed = new RuleSource("one.yml", "3");
        RuleBundle both = new RuleBundle(List.of(one, two), "vars: {a: b}");
        assertThat(both.with(changed)).isEqualTo(new RuleBundle(List.of(changed, two), both.pipeline()));
        assertThat(RuleBundle.of(List.of(two)).with(changed).rules()).containsExactly(two, changed);
        assertThat(RuleChanges.difference(both, new RuleBundle(List.of(one, two), "vars: {a: c}")))
                .singleElement()
                .satisfies(file -> {
                    assertThat(file.word()).isEqualTo("changed");
                    assertThat(file.name()).isEqualTo("pipeline");
                    assertThat(file.text()).isEqualTo("vars: {a: c}");
                });
    }

    @Test
    void aDraftHasThePlaceholdersOfTheSetThatItIsFor() throws TestBenchException {
        String rule = RULE.replace("User: root", "User|expand: '%admins%'");
        assertThat(TestBench.draft("curl.yml", rule, Placeholders.NONE).isUsable())
                .isFalse();
        assertThat(TestBench.draft("curl.yml", rule, new Placeholders(Map.of("admins", List.of("ada"))))
                        .isUsable())
                .isTrue();
    }
}
