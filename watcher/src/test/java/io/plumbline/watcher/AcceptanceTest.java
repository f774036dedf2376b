package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.watcher.state.SessionState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a person has looked at and accepted by name does not stop the session again; everything else does. */
class AcceptanceTest {
    private static final String POLICY = "decoys: [\"~/notes/keys.txt\", \"~/notes/more.txt\"]";

    private static String deviation(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .filter(alert -> alert.getRisk() >= 70)
                .findFirst()
                .map(AlertRaised::getDeviation)
                .orElseThrow();
    }

    private static ThawOrdered thaw(SessionScript session, String... accepted) {
        session.runtime(RuntimeState.State.FROZEN);
        List<Event> verdicts = session.order(Event.newBuilder()
                .setThawOrdered(ThawOrdered.newBuilder()
                        .setReason("known")
                        .setOrderedBy("ada")
                        .addAllAccepted(List.of(accepted))));
        session.runtime(RuntimeState.State.RUNNING);
        return verdicts.stream()
                .filter(Event::hasThawOrdered)
                .findFirst()
                .orElseThrow()
                .getThawOrdered();
    }

    private static List<Event> open(SessionScript session, String path) {
        return session.open(SessionScript.agent(), path, 0);
    }

    @Test
    void anAcceptedDeviationIsToldAndCountsNothing() {
        SessionScript session = SessionScript.of(POLICY);
        String found = deviation(open(session, "/home/agent/notes/keys.txt"));

        ThawOrdered thaw = thaw(session, found);

        assertThat(thaw.getAcceptedList()).containsExactly(found);
        List<Event> again = open(session, "/home/agent/notes/keys.txt");
        assertThat(again).noneMatch(Event::hasFreezeOrdered).noneMatch(Event::hasSessionRisk);
        assertThat(Alerts.of(again)).anySatisfy(alert -> {
            assertThat(alert.getDeviation()).isEqualTo(found);
            assertThat(alert.getAcceptedBy()).hasSize(32);
            assertThat(alert.getRiskAdded()).isZero();
        });
        assertThat(open(session, "/home/agent/notes/more.txt"))
                .as("another decoy")
                .anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void oneActOfAScopeThatIsAcceptedIsNotAllOfThem() {
        SessionScript session = SessionScript.of("scopes: {publishing: freeze}");
        List<Event> first = session.call("c1", "Bash", "npm publish");
        assertThat(first).anyMatch(Event::hasFreezeOrdered);

        thaw(session, Alerts.of(first).getFirst().getDeviation());

        assertThat(session.call("c2", "Bash", "npm publish")).noneMatch(Event::hasFreezeOrdered);
        assertThat(session.call("c3", "Bash", "npm publish && docker push registry.example.com/x"))
                .as("with another one beside it")
                .anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void withoutAcceptingTheSameDeviationStopsTheSessionAgain() {
        SessionScript session = SessionScript.of(POLICY);
        open(session, "/home/agent/notes/keys.txt");
        thaw(session);

        assertThat(open(session, "/home/agent/notes/keys.txt")).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void whatIsNoIdIsNotTaken() {
        SessionScript session = SessionScript.of(POLICY);
        String found = deviation(open(session, "/home/agent/notes/keys.txt"));

        ThawOrdered thaw = thaw(session, "all", found.toUpperCase(java.util.Locale.ROOT), "", found + "0");

        assertThat(thaw.getAcceptedList()).isEmpty();
        assertThat(open(session, "/home/agent/notes/keys.txt")).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void anAcceptanceOutlivesARestartAndAnotherThaw() {
        SessionScript session = SessionScript.of(POLICY);
        String found = deviation(open(session, "/home/agent/notes/keys.txt"));
        thaw(session, found);
        session.order(Event.newBuilder()
                .setFreezeOrdered(FreezeOrdered.newBuilder().setReason("look").setOrderedBy("ada")));
        thaw(session);

        assertThat(open(session, "/home/agent/notes/keys.txt")).noneMatch(Event::hasFreezeOrdered);
        SessionState restored = SessionState.parse(session.state().toBytes());
        assertThat(restored.values().containsAccepted(found)).isTrue();
    }

    @Test
    void aScopeThatFreezesCanBeAccepted() {
        SessionScript session = SessionScript.of("scopes: {publishing: freeze}");
        List<Event> first = session.call("c1", "Bash", "npm publish");
        assertThat(first).anyMatch(Event::hasFreezeOrdered);
        String found = Alerts.of(first).getFirst().getDeviation();
        thaw(session, found);

        assertThat(session.call("c2", "Bash", "npm publish")).noneMatch(Event::hasFreezeOrdered);
        assertThat(session.call("c3", "Bash", "cat ~/notes/keys.txt; git push --force"))
                .noneMatch(Event::hasFreezeOrdered);
    }
}
