package io.plumbline.console.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search.CausePage;
import io.plumbline.console.triage.QueueQuery;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FreshCausesTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final CausePage NONE = new CausePage(List.of(), 0);

    private final FreshCauses fresh = new FreshCauses();

    private static CauseRow cause(String id) {
        return new CauseRow(
                id,
                "s-1",
                "alert-" + id,
                NOON,
                NOON,
                "host-1",
                "codex",
                "task",
                true,
                false,
                "rule",
                "high",
                4,
                "title",
                "",
                "",
                "",
                "a.rule",
                "",
                "",
                40,
                1,
                "open",
                0,
                "",
                Optional.empty(),
                "",
                List.of(),
                List.of());
    }

    @Test
    void standsBeforeTheListUntilTheListHasIt() {
        fresh.add(cause("new"), NOON);
        CausePage listed = new CausePage(List.of(cause("old")), 700);

        assertThat(fresh.before(listed, QueueQuery.WAITING, NOON))
                .isEqualTo(new CausePage(List.of(cause("new"), cause("old")), 701));
        CausePage both = new CausePage(List.of(cause("old"), cause("new")), 701);
        assertThat(fresh.before(both, QueueQuery.WAITING, NOON)).isEqualTo(both);
        assertThat(fresh.before(listed, QueueQuery.WAITING, NOON)).isEqualTo(listed);
    }

    @Test
    void ofAListThatCouldNotBeReadNobodySaysHowLongItIs() {
        fresh.add(cause("new"), NOON);

        assertThat(fresh.before(new CausePage(List.of(), -1), QueueQuery.WAITING, NOON))
                .isEqualTo(new CausePage(List.of(cause("new")), -1));
    }

    @Test
    void belongsOnlyWhereTheFiltersAdmitIt() {
        fresh.add(cause("new"), NOON);

        for (String mine :
                List.of("", "state=open", "state=all", "severity=high", "kind=rule&host=host-1", "hours=1")) {
            assertThat(fresh.before(NONE, QueueQuery.of(mine), NOON).total())
                    .as(mine)
                    .isEqualTo(1);
        }
        for (String others : List.of(
                "state=mine",
                "state=closed",
                "state=suppressed",
                "severity=critical",
                "kind=off_plan",
                "host=host-2",
                "agent=claude",
                "assignee=bea",
                "q=title")) {
            assertThat(fresh.before(NONE, QueueQuery.of(others), NOON))
                    .as(others)
                    .isEqualTo(NONE);
        }
        assertThat(fresh.before(NONE, QueueQuery.of("hours=1"), NOON.plusSeconds(3_601)))
                .isEqualTo(NONE);
    }

    @Test
    void isForgottenSoonAfterItsDocumentAndAtTheLatestAfterItsLife() {
        fresh.add(cause("recorded"), NOON);
        fresh.add(cause("lost"), NOON);
        fresh.recorded(List.of("s-1/recorded", "s-1/unknown"), NOON);

        assertThat(fresh.rows(NOON.plus(FreshCauses.UNTIL_LISTED))).hasSize(2);
        assertThat(fresh.rows(NOON.plus(FreshCauses.UNTIL_LISTED).plusMillis(1)))
                .containsExactly(cause("lost"));
        assertThat(fresh.rows(NOON.plus(FreshCauses.LIFE).plusMillis(1))).isEmpty();
    }

    @Test
    void isBounded() {
        for (int i = 0; i < FreshCauses.MAX; i++) {
            assertThat(fresh.add(cause("n" + i), NOON)).isTrue();
        }

        assertThat(fresh.add(cause("one more"), NOON)).isFalse();
    }
}
