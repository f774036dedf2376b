package io.plumbline.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A set that takes over what did not change says what one that is loaded from nothing says. */
class ChangedSetTest {
    private static final List<LogSource> FILES = List.of(new LogSource("file", "", ""));
    private static final List<LogSource> STARTS = List.of(new LogSource("start", "", ""));
    private static final RuleSource CAT = rule("cat", "file", "cat");
    private static final RuleSource DOG = rule("dog", "start", "dog");
    private static final RuleSource BOTH = new RuleSource("both.yml", """
            title: both
            id: both
            correlation:
              type: temporal
              rules: [cat, dog]
              timespan: 1m
              generate: true
            """);

    private static RuleSource rule(String id, String category, String value) {
        return new RuleSource(id + ".yml", """
                title: a rule
                id: %s
                logsource:
                  category: %s
                detection:
                  selection:
                    f: %s
                  condition: selection
                """.formatted(id, category, value));
    }

    private static RuleSet load(RuleSource... sources) {
        return RuleSet.load(List.of(sources), Placeholders.NONE);
    }

    private static List<String> matches(RuleSet set, String... values) {
        RuleEngine engine = set.engine();
        CorrelationState state = new CorrelationState();
        return List.of(values).stream()
                .flatMap(value -> engine
                        .evaluate(
                                SigmaEvent.builder()
                                        .logSource(FILES.getFirst())
                                        .logSource(STARTS.getFirst())
                                        .put("f", value)
                                        .build(),
                                state)
                        .stream())
                .map(RuleMatch::rule)
                .toList();
    }

    @Test
    void aChangedRuleIsInForceAndTheOthersStay() {
        RuleSource fox = rule("cat", "file", "fox");
        RuleSet before = load(CAT, DOG, BOTH);
        assertThat(matches(before, "cat", "dog")).containsExactly("cat", "dog", "both");
        RuleSet changed = before.changedTo(List.of(fox, DOG, BOTH));
        assertThat(matches(changed, "cat", "fox", "dog")).containsExactly("cat", "dog", "both");
        assertThat(changed.hash()).isEqualTo(load(fox, DOG, BOTH).hash()).isNotEqualTo(before.hash());
        assertThat(changed.stateKeys())
                .isEqualTo(load(fox, DOG, BOTH).stateKeys())
                .isNotEqualTo(before.stateKeys());
    }

    @Test
    void aRuleThatIsGoneDoesNotMatchAnyMore() {
        RuleSet changed = load(CAT, DOG).changedTo(List.of(DOG));
        assertThat(matches(changed, "cat", "dog")).containsExactly("dog");
        assertThat(changed.hash()).isEqualTo(load(DOG).hash());
    }

    @Test
    void programsWithoutTheChangedRuleAreTakenOver() {
        RuleSet before = load(CAT, DOG);
        before.routed(STARTS);
        before.routed(FILES);
        RuleSet changed = before.changedTo(List.of(rule("cat", "file", "fox"), DOG));
        assertThat(changed.routed(STARTS).program())
                .isSameAs(before.routed(STARTS).program());
        assertThat(changed.routed(FILES).program())
                .isNotSameAs(before.routed(FILES).program());
    }

    @Test
    void aTakenOverRuleHasItsPlaceInTheNewOrder() {
        RuleSet before = load(CAT, DOG);
        before.routed(STARTS);
        RuleSet changed = before.changedTo(List.of(DOG, CAT));
        assertThat(matches(changed, "dog", "cat")).containsExactly("dog", "cat");
    }

    @Test
    void whatIsWrongWithTheWholeIsRefusedAsWhenItIsLoadedFromNothing() {
        RuleSource again = new RuleSource("again.yml", CAT.text());
        assertThatThrownBy(() -> load(CAT, DOG).changedTo(List.of(CAT, DOG, again)))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("again.yml:")
                .hasMessageContaining("'cat'");
        assertThatThrownBy(() -> load(CAT, DOG, BOTH).changedTo(List.of(CAT, BOTH)))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("both.yml:")
                .hasMessageContaining("'dog'");
    }

    @Test
    void theSameTextUnderAnotherNameIsReadAgainForItsPlaces() {
        RuleSet changed = load(CAT).changedTo(List.of(new RuleSource("moved.yml", CAT.text())));
        assertThat(changed.detections().getFirst().metadata().position().source())
                .isEqualTo("moved.yml");
    }
}
