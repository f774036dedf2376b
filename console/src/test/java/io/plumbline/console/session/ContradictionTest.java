package io.plumbline.console.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContradictionTest {
    private static Event raised(long atMs, DeviationKind kind, String title, String why, String clause) {
        return EventIds.withId(Records.on(Channel.VERDICTS, atMs)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(kind)
                        .setSeverity(Severity.HIGH)
                        .setTitle(title)
                        .setWhy(why)
                        .setClause(clause)
                        .setCall("c1")));
    }

    @Test
    void aRuleIsNamedByItsTitleAndTheSameIsNotSaidTwice() {
        String why = "Rule 4ba71ab7 of 2026-11-29 matched.";
        Contradiction found = Contradiction.of(
                        Records.record(
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of(
                                        Records.alert(raised(
                                                1, DeviationKind.RULE, "A key is sent away", why, "rule 4ba71ab7")),
                                        Records.alert(raised(
                                                2, DeviationKind.RULE, "A key is sent away", why, "rule 4ba71ab7")),
                                        Records.alert(raised(
                                                3,
                                                DeviationKind.UNANNOUNCED,
                                                "A process nobody announced",
                                                "No announced call explains it",
                                                "attribution")))),
                        Optional.empty())
                .orElseThrow();

        assertThat(found.reasons())
                .extracting(Contradiction.Reason::sentence, Contradiction.Reason::chip)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("A key is sent away", "rule 4ba71ab7"),
                        org.assertj.core.groups.Tuple.tuple(
                                "No announced call explains it", "unannounced attribution"));
    }
}
