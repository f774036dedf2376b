package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.RuntimeState;
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

    @Test
    void aFreezeByForceIsAnAlertAndAnOrdinaryOneIsNone() {
        assertThat(session.evidence(frozen("runsc 1 systrap", "control-socket")))
                .noneMatch(Event::hasAlertRaised);
        // Its only way.
        assertThat(session.evidence(frozen("bubblewrap 0.8.0", "sigstop"))).noneMatch(Event::hasAlertRaised);
        assertThat(session.evidence(frozen("docker", "docker-api"))).noneMatch(Event::hasAlertRaised);
        for (Event.Builder forced : List.of(frozen("runsc 1 systrap", "sigstop"), frozen("docker", "cgroup-freezer"))) {
            assertThat(session.evidence(forced))
                    .filteredOn(Event::hasAlertRaised)
                    .extracting(Event::getAlertRaised)
                    .extracting(AlertRaised::getTitle)
                    .containsExactly("A session had to be frozen by force");
        }
    }

    private static Event.Builder frozen(String runtime, String mechanism) {
        return Event.newBuilder()
                .setRuntimeState(RuntimeState.newBuilder()
                        .setState(RuntimeState.State.FROZEN)
                        .setRuntime(runtime)
                        .setMechanism(mechanism));
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
