package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.EventCount;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.sandbox.trace.TraceListener;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObservationTest {
    /** One line a reason; the first are in the order in which they are told when several hold. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            # dropped | lost | messages unread | lines unread | lines | ended | all read | answered | killed | reason
            0 | 0 | 0 | 0 | 9 | true  | true  | true  | false | -
            2 | 0 | 0 | 0 | 9 | true  | true  | true  | false | 2 messages dropped by the runtime, 0 lost by the host
            0 | 3 | 0 | 0 | 9 | true  | true  | true  | false | 0 messages dropped by the runtime, 3 lost by the host
            1 | 1 | 1 | 1 | 0 | false | false | false | false | 1 messages dropped by the runtime, 1 lost by the host
            0 | 0 | 4 | 0 | 9 | true  | true  | true  | false | 4 messages and 0 lines could not be read
            0 | 0 | 0 | 5 | 9 | true  | true  | true  | false | 0 messages and 5 lines could not be read
            0 | 0 | 1 | 1 | 0 | false | false | false | false | 1 messages and 1 lines could not be read
            0 | 0 | 0 | 0 | 9 | false | true  | true  | false | the trace did not end with the session
            0 | 0 | 0 | 0 | 9 | true  | false | true  | false | the trace did not end with the session
            0 | 0 | 0 | 0 | 0 | true  | true  | true  | false | the log of the sandbox's kernel was never written
            0 | 0 | 0 | 0 | 9 | true  | true  | false | false | the runtime did not tell how much it had dropped
            # A kernel that was killed has no last word.
            0 | 0 | 0 | 0 | 9 | false | false | false | true  | -
            1 | 0 | 0 | 0 | 9 | false | false | false | true  | 1 messages dropped by the runtime, 0 lost by the host
            0 | 0 | 1 | 0 | 9 | false | false | false | true  | 1 messages and 0 lines could not be read
            0 | 0 | 0 | 0 | 0 | false | false | false | true  | the log of the sandbox's kernel was never written
            """)
    void saysWhyAnAccountIsIncomplete(
            long dropped,
            long lost,
            long unread,
            long linesUnread,
            long lines,
            boolean ended,
            boolean allRead,
            boolean answered,
            boolean killed,
            @org.jspecify.annotations.Nullable String reason) {
        SessionReconciled reconciled = Observation.reconcile(
                new TraceListener.Counts(3, 2, 50, dropped, lost, unread, lines, linesUnread, ended),
                allRead,
                answered,
                killed,
                Map.of());

        assertThat(reconciled.getReason()).isEqualTo(reason == null ? "" : reason);
        assertThat(reconciled.getComplete()).isEqualTo(reason == null);
    }

    @Test
    void carriesTheAccountItself() {
        assertThat(Observation.reconcile(
                        new TraceListener.Counts(3, 2, 50, 1, 4, 5, 60, 7, true), true, true, false, Map.of("a", 8L)))
                .isEqualTo(SessionReconciled.newBuilder()
                        .setProcessesStarted(3)
                        .setProcessesExited(2)
                        .setMessages(50)
                        .setDroppedByRuntime(1)
                        .setListenerLost(4)
                        .setUndecodable(5)
                        .setLines(60)
                        .setLinesUndecodable(7)
                        .setReason("1 messages dropped by the runtime, 4 lost by the host")
                        .addEvents(EventCount.newBuilder().setPayload("a").setCount(8))
                        .build());
    }
}
