package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ShadowHits;
import io.plumbline.intent.Score;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.judge.Shadow;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A candidate beside the rules in force. */
class ShadowTest {
    private static final String SESSION = "claude-code-2.1.330.exfil-ssh-key";

    private static RulesJudge judge(String image, String id) {
        return new RulesJudge(RuleSet.load(
                List.of(new RuleSource(
                        "test.yml", """
                title: A program
                id: 00000000-0000-4000-8000-00000000000ID
                logsource: {product: linux, category: process_creation}
                detection: {selection: {Image|endswith: IMAGE}, condition: selection}
                level: high
                """.replace("ID\n", id + "\n").replace("IMAGE", image))),
                Placeholders.NONE));
    }

    private record Watched(List<Event> verdicts, byte[] state) {}

    private static Watched watch(Watcher watcher) {
        SessionState state = SessionState.empty();
        List<Event> verdicts = new ArrayList<>();
        Captures.read(SESSION, Captures.POLICY).forEach(event -> verdicts.addAll(watcher.onEvent(state, event)));
        return new Watched(verdicts, state.toBytes());
    }

    @Test
    void changesNeitherVerdictsNorState() {
        RulesJudge active = judge("/cat", "1");
        Shadow shadow = new Shadow("rules", "order", RulesJudge.shipped(), Optional.empty());

        Watched without = watch(new Watcher(List.of(active)));
        Watched with = watch(new Watcher(List.of(active), shadow));

        assertThat(with.verdicts()).isEqualTo(without.verdicts());
        assertThat(with.state()).isEqualTo(without.state());
        assertThat(shadow.events()).isPositive();
    }

    @Test
    void countsWhatIsGainedAndWhatIsLostByRule() {
        Shadow shadow = new Shadow("rules", "order", judge("/curl", "2"), Optional.empty());

        watch(new Watcher(List.of(judge("/cat", "1")), shadow));

        assertThat(shadow.counted().getHitsList())
                .extracting(ShadowHits::getRule)
                .allMatch(rule -> rule.startsWith("rule 00000000-"));
        assertThat(shadow.lost()).isPositive();
        assertThat(shadow.events() - shadow.agreed()).isEqualTo(shadow.lost() + shadow.gained());
    }

    @Test
    void theSameRulesAgreeEverywhere() {
        Shadow shadow = new Shadow("rules", "order", judge("/cat", "1"), Optional.empty());

        watch(new Watcher(List.of(judge("/cat", "1")), shadow));

        assertThat(shadow.agreed()).isEqualTo(shadow.events()).isPositive();
        assertThat(shadow.counted().getHitsList()).singleElement().satisfies(hits -> assertThat(hits.getBoth())
                .isPositive());
    }

    private static IntentJudge model(String version, Score.Band band, double risk) {
        return new IntentJudge((intent, act) -> new Score.Scored(risk, risk, 0, band, List.of(), version), version);
    }

    @Test
    void aModelIsComparedByItsScoresAndByWhatWouldFollow() {
        IntentJudge active = model("a", Score.Band.SERVES, 0.1);
        Shadow shadow = new Shadow("model", "order", model("b", Score.Band.ASK, 0.5), Optional.of(active));

        watch(new Watcher(List.of(active), shadow));

        assertThat(shadow.scored()).isPositive().isEqualTo(active.scored());
        assertThat(shadow.meanRiskDifference()).isCloseTo(0.4, within(1e-9));
        assertThat(shadow.gained()).isPositive().isEqualTo(shadow.events() - shadow.agreed());
        assertThat(shadow.lost()).isZero();
        assertThat(shadow.counted().getHitsList())
                .extracting(ShadowHits::getRule)
                .containsExactly("intent-model ask");
        assertThat(shadow.counted().getScored()).isEqualTo(shadow.scored());
        assertThat(shadow.counted().getRiskDifference()).isCloseTo(0.4 * shadow.scored(), within(1e-6));
    }

    @Test
    void aModelThatScoresTheSameAgreesEverywhere() {
        IntentJudge active = model("a", Score.Band.ASK, 0.5);
        Shadow shadow = new Shadow("model", "order", model("b", Score.Band.ASK, 0.5), Optional.of(active));

        watch(new Watcher(List.of(active), shadow));

        assertThat(shadow.agreed()).isEqualTo(shadow.events()).isPositive();
        assertThat(shadow.meanRiskDifference()).isZero();
    }
}
