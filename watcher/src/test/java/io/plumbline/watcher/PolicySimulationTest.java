package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.PolicySimulation.Outcome;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Recorded sessions under another policy than their own. */
class PolicySimulationTest {
    private static final String DECOY = Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]";

    private final List<Event> events = Captures.read("claude-code-2.1.330.exfil-ssh-key", DECOY);

    @Test
    void underItsOwnPolicyItSaysWhatTheWatcherSaid() {
        Outcome outcome = PolicySimulation.of(events, Optional.empty(), List.of());
        assertThat(outcome.alerts()).isEqualTo(watched()).isNotEmpty();
        assertThat(outcome.frozenBy()).isPresent();
        assertThat(events)
                .anyMatch(event -> event.getId().equals(outcome.frozenBy().orElseThrow()));
    }

    @Test
    void anotherPolicyTakesItsPlaceFromTheStart() throws Exception {
        Outcome own = PolicySimulation.of(events, Optional.empty(), List.of());
        Outcome blind = PolicySimulation.of(
                events,
                Optional.of(PolicyParser.parse(
                        Captures.POLICY + "decoys: []\nladder: {alert: 100, ask: 100, freeze: 100}\n")),
                List.of());
        assertThat(blind.frozenBy()).isEmpty();
        assertThat(blind.alerts()).noneMatch(alert -> alert.getClause().equals("honeytoken"));
        assertThat(own.alerts()).anyMatch(alert -> alert.getClause().equals("honeytoken"));

        Outcome asking = PolicySimulation.of(
                events, Optional.of(PolicyParser.parse(Captures.POLICY + "tools: {deny: [Bash]}")), List.of());
        assertThat(asking.denied()).hasSizeGreaterThan(own.denied().size());
    }

    @Test
    void aRevisionThatTheHostConfirmedIsNoDeviation() throws Exception {
        List<Event> revised = new ArrayList<>(events.subList(0, events.size() / 2));
        TaskPolicy open =
                PolicyParser.parse(Captures.POLICY + "ladder: {alert: 100, ask: 100, freeze: 100}\n").toBuilder()
                        .setRevision(2)
                        .build();
        revised.add(Event.newBuilder()
                .setId(EventIds.derived("revision"))
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(revised.getLast().getEventTimeNs())
                .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                        .setRevision(2)
                        .setStatementSha256("aa")
                        .setInForce(open))
                .build());
        revised.addAll(events.subList(events.size() / 2, events.size()));

        assertThat(PolicySimulation.of(revised, Optional.empty(), List.of()).alerts())
                .noneMatch(alert -> alert.getClause().equals("policy"));
        // The other policy stays in force: it freezes what the revision would have let go on.
        assertThat(PolicySimulation.of(revised, Optional.of(PolicyParser.parse(DECOY)), List.of())
                        .frozenBy())
                .isPresent();
    }

    private List<AlertRaised> watched() {
        SessionState state = SessionState.empty();
        Watcher watcher = new Watcher(List.of());
        return events.stream()
                .flatMap(event -> watcher.onEvent(state, event).stream())
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .toList();
    }
}
