package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.Severity;
import java.util.List;
import org.junit.jupiter.api.Test;

class KillSwitchTest {
    private final SessionScript session = SessionScript.of("{}");

    @Test
    void aProofIsNoAlert() {
        assertThat(session.evidence(report(true, "", Long.MAX_VALUE))).isEmpty();
    }

    @Test
    void aFailedProofIsACriticalAlertWithItsProblem() {
        List<Event> verdicts =
                session.evidence(report(false, "frozen, but its count went from 7 to 9", Long.MAX_VALUE));

        assertThat(verdicts).extracting(Event::getAlertRaised).singleElement().satisfies(alert -> {
            assertThat(alert.getSeverity()).isEqualTo(Severity.CRITICAL);
            assertThat(alert.getSeen()).isEqualTo("host host-1: frozen, but its count went from 7 to 9");
        });
        assertThat(verdicts).noneMatch(Event::hasFreezeOrdered);
    }

    @Test
    void aProofThatDoesNotComeIsAnAlertOnce() {
        session.evidence(report(true, "", 1));

        assertThat(session.evidence(heartbeat(4)))
                .extracting(Event::getAlertRaised)
                .extracting(AlertRaised::getTitle)
                .containsExactly("A host has not proven its kill switch in time");
        assertThat(session.evidence(heartbeat(5))).isEmpty();
    }

    private static Event.Builder report(boolean proven, String problem, long due) {
        return Event.newBuilder()
                .setCanaryReported(CanaryReported.newBuilder()
                        .setProven(proven)
                        .setProblem(problem)
                        .setRound(1)
                        .setNextDueNs(due));
    }

    private static Event.Builder heartbeat(long lastEvidenceSeq) {
        return Event.newBuilder().setHeartbeat(Heartbeat.newBuilder().setLastEvidenceSeq(lastEvidenceSeq));
    }
}
