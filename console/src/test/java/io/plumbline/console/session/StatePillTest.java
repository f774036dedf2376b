package io.plumbline.console.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.OrderInFlight;
import io.plumbline.console.search.SessionSummary.RefusedOrder;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatePillTest {
    private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

    private static OrderInFlight order(String action, long secondsAgo) {
        return new OrderInFlight(action, "1", "bea", "", Optional.of(NOW.minusSeconds(secondsAgo)));
    }

    private static String pill(
            Optional<OrderInFlight> requested, Optional<OrderInFlight> ordered, Optional<OrderInFlight> sent) {
        SessionSummary session = Records.summary("running", requested, ordered);
        return StatePill.of(session, sent, NOW).text();
    }

    @Test
    void anOrderIsRequestedThenOrderedAndFailsWhenNobodyConfirmsIt() {
        Optional<OrderInFlight> none = Optional.empty();
        assertThat(pill(none, none, none)).isEqualTo("Running");
        assertThat(pill(none, none, Optional.of(order("freeze", 15))))
                .isEqualTo("Running · freeze requested, not confirmed");
        assertThat(pill(none, none, Optional.of(order("freeze", 16))))
                .isEqualTo("Running · freeze requested, FAILED to be confirmed");
        assertThat(pill(Optional.of(order("freeze", 2)), Optional.of(order("freeze", 1)), none))
                .isEqualTo("Running · freeze ordered, not confirmed");
        assertThat(pill(Optional.of(order("freeze", 20)), Optional.of(order("freeze", 16)), none))
                .isEqualTo("Running · freeze ordered, FAILED to be confirmed");
    }

    @Test
    void ofTwoOrdersTheNewerOnesRequestIsShown() {
        assertThat(pill(Optional.of(order("kill", 1)), Optional.of(order("freeze", 20)), Optional.empty()))
                .isEqualTo("Running · kill requested, not confirmed");
    }

    @Test
    void anOrderThatTheHostRefusedSaysTheHostsReasonUntilTheNextOne() {
        Optional<OrderInFlight> none = Optional.empty();
        Optional<RefusedOrder> refused =
                Optional.of(new RefusedOrder("thaw", "bea", "not thawed, the trace\u202e ended", "r-1"));
        SessionSummary session = Records.summary("frozen", none, none, refused);

        StatePill pill = StatePill.of(session, none, NOW);
        assertThat(pill.text())
                .startsWith("Frozen · thaw refused: not thawed, the trace")
                .doesNotContain("\u202e");
        assertThat(pill.tone()).isEqualTo("bad");
        assertThat(pill.isWaiting()).isFalse();
        assertThat(session.hasRefused("r-1")).isTrue();
        assertThat(session.hasRefused("")).isFalse();
        assertThat(StatePill.of(session, Optional.of(order("thaw", 1)), NOW).text())
                .isEqualTo("Frozen · thaw requested, not confirmed");
    }

    @Test
    void onlyWhatWaitsChangesByTimeAlone() {
        assertThat(StatePill.of(
                                Records.summary("running", Optional.of(order("freeze", 1)), Optional.empty()),
                                Optional.empty(),
                                NOW)
                        .isWaiting())
                .isTrue();
        assertThat(StatePill.of(Records.summary("frozen", Optional.empty(), Optional.empty()), Optional.empty(), NOW)
                        .isWaiting())
                .isFalse();
    }
}
