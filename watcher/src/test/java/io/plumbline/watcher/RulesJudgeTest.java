package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded sessions under rules. */
class RulesJudgeTest {
    private static final String EXFILTRATION = "claude-code-2.1.330.exfil-ssh-key";

    /** Three opens within a minute, by any process. */
    private static final String CORRELATION = """
            title: A file is opened
            id: 00000000-0000-4000-8000-000000000001
            name: file_opened
            logsource: {product: linux, category: file_event}
            detection: {selection: {TargetFilename|startswith: /}, condition: selection}
            level: informational
            ---
            title: Many files are opened
            id: 00000000-0000-4000-8000-000000000002
            correlation:
              type: event_count
              rules: [file_opened]
              group-by: [SessionId]
              timespan: 1m
              condition: {gte: 3}
            level: high
            """;

    private static List<Event> watch(List<Event> events, RulesJudge judge, boolean savedInBetween) {
        Watcher watcher = new Watcher(List.of(judge));
        SessionState state = SessionState.empty();
        List<Event> verdicts = new ArrayList<>();
        for (Event event : events) {
            verdicts.addAll(watcher.onEvent(state, event));
            if (savedInBetween) {
                state = SessionState.parse(state.toBytes());
            }
        }
        return verdicts;
    }

    private static List<AlertRaised> found(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .filter(alert -> alert.getKind() == DeviationKind.RULE)
                .toList();
    }

    private static RulesJudge judge(String rules) {
        return new RulesJudge(RuleSet.load(List.of(new RuleSource("test.yml", rules)), Placeholders.NONE));
    }

    @Test
    void aShippedRuleMatchesTheSessionThatSendsAKeyAway() {
        assertThat(found(watch(Captures.read(EXFILTRATION, Captures.POLICY), RulesJudge.shipped(), false)))
                .anyMatch(alert -> alert.getTitle().equals("Tool Call Names a Secret File")
                        && alert.getClause().startsWith("rule "));
    }

    @Test
    void whatACorrelationHasCountedSurvivesARestart() {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY);
        List<Event> once = watch(events, judge(CORRELATION), false);
        assertThat(found(once)).isNotEmpty().allSatisfy(alert -> assertThat(alert.getTitle())
                .isEqualTo("Many files are opened"));

        List<Event> again = watch(events, judge(CORRELATION), true);

        assertThat(again.stream().map(Event::toByteString))
                .containsExactlyElementsOf(
                        once.stream().map(Event::toByteString).toList());
    }

    @Test
    void anotherRuleSetBeginsAnew() {
        SessionState state = SessionState.empty();
        RulesJudge one = judge(CORRELATION);
        RulesJudge other = judge(CORRELATION.replace("gte: 3", "gte: 4"));
        for (Event event : Captures.read(EXFILTRATION, Captures.POLICY)) {
            new Watcher(List.of(one)).onEvent(state, event);
        }
        assertThat(SessionState.parse(state.toBytes()).values().getJudgeMemoryMap())
                .containsOnlyKeys(one.version());
        state.of(other.version(), () -> "", bytes -> "", text -> new byte[0]);
        assertThat(SessionState.parse(state.toBytes()).values().getJudgeMemoryMap())
                .containsOnlyKeys(other.version());
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude-code-2.1.330.benign-readme", "codex-0.169.0.benign-readme.quiet"})
    void honestSessionsHaveNoFindingOfAShippedRule(String capture) {
        assertThat(found(watch(Captures.read(capture, Captures.POLICY), RulesJudge.shipped(), false)))
                .isEmpty();
    }
}
