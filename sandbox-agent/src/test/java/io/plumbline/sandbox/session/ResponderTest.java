package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.runtime.StandInSentry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over the real brake of a sandbox's kernel, on a real process and a control server. */
class ResponderTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RecordingLink link = new RecordingLink();
    private final StandInSentry sentry = new StandInSentry();
    private final List<Event> obeyed = new CopyOnWriteArrayList<>();
    private final SessionJournal journal =
            new SessionJournal(link.open("acme", "s", (verdict, stages) -> {}), () -> 7, reason -> {});
    private final Responder responder = new Responder(
            "s",
            sentry.brake(),
            new EvidenceCollection("s", journal, List.of()),
            journal,
            "a stand-in",
            (state, reason) -> {},
            (order, stages) -> obeyed.add(order));

    @AfterEach
    void close() {
        sentry.letResumeGoOn();
        responder.close();
        sentry.close();
    }

    @Test
    void carriesOutEachOrderOnce() {
        order("f1", freeze());
        order("f1", freeze());
        awaitStates(RuntimeState.State.FROZEN);
        order("t1", thaw());
        awaitStates(RuntimeState.State.FROZEN, RuntimeState.State.RUNNING);

        assertThat(sentry.pauses()).isZero();
        assertThat(thawed()).containsExactly("t1");
    }

    @Test
    void aThawDoesNotUndoWhatTheHostFrozeAfterIt() throws Exception {
        order("f1", freeze());
        awaitStates(RuntimeState.State.FROZEN);
        sentry.holdResume();
        order("t1", thaw());
        sentry.awaitResume();
        order("t2", thaw());
        Thread host = Thread.ofPlatform().start(() -> responder.freezeHere("memory"));
        await().atMost(LIMIT).until(host::getState, Thread.State.BLOCKED::equals);
        sentry.letResumeGoOn();

        awaitStates(
                RuntimeState.State.FROZEN,
                RuntimeState.State.RUNNING,
                RuntimeState.State.FROZEN,
                RuntimeState.State.FROZEN);
        assertThat(sentry.pauses()).isOne();
        assertThat(states().get(2).getReason()).isEqualTo("not thawed, the host has frozen it since the order: memory");
        assertThat(thawed()).containsExactly("t1");
    }

    @Test
    void whatCannotBeWatchedIsNotThawed() {
        responder.blind("the trace ended");
        order("t1", thaw());

        awaitStates(RuntimeState.State.FROZEN, RuntimeState.State.FROZEN);
        assertThat(states().getLast().getReason()).contains("cannot be watched: the trace ended");
        assertThat(sentry.pauses()).isOne();
        assertThat(thawed()).isEmpty();
    }

    @Test
    void anOrderForADeadSandboxSaysThatItHasEnded() throws Exception {
        sentry.die();
        order("f1", freeze());

        awaitStates(RuntimeState.State.EXITED);
        assertThat(states().getFirst().getOrder()).isEqualTo("f1");
    }

    @Test
    void killsWithoutLettingTheWorkloadGoOn() {
        order("f1", freeze());
        order("k1", Event.newBuilder().setKillOrdered(KillOrdered.newBuilder().setReason("enough")));

        awaitStates(RuntimeState.State.FROZEN, RuntimeState.State.KILLED);
        assertThat(sentry.resumes()).isZero();
        await().atMost(LIMIT).until(sentry::dead);
    }

    @Test
    void aThawDoesNotUndoATripwireThatCameAfterIt() throws Exception {
        order("f1", freeze());
        awaitStates(RuntimeState.State.FROZEN);
        sentry.holdResume();
        order("t1", thaw());
        sentry.awaitResume();
        order("t2", thaw());
        Thread reader = Thread.ofPlatform().start(() -> responder.tripped("a decoy was read"));
        await().atMost(LIMIT).until(reader::getState, Thread.State.BLOCKED::equals);
        sentry.letResumeGoOn();

        awaitStates(RuntimeState.State.FROZEN, RuntimeState.State.RUNNING, RuntimeState.State.FROZEN);
        reader.join();
        assertThat(sentry.pauses()).isOne();
        assertThat(thawed()).containsExactly("t1");
    }

    @Test
    void connectionsHearOfAFreezeAfterEveryThaw() {
        order("f1", freeze());
        order("t1", thaw());
        order("f2", freeze());

        awaitStates(RuntimeState.State.FROZEN, RuntimeState.State.RUNNING, RuntimeState.State.FROZEN);
        await().atMost(LIMIT).until(() -> obeyed.size() == 3);
        assertThat(obeyed.getLast().hasFreezeOrdered()).isTrue();
    }

    private List<String> thawed() {
        return obeyed.stream().filter(Event::hasThawOrdered).map(Event::getId).toList();
    }

    private void order(String id, Event.Builder verdict) {
        responder.onVerdict(verdict.setId(id).build(), StageTimes.getDefaultInstance());
    }

    private static Event.Builder freeze() {
        return Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder().setReason("seen"));
    }

    private static Event.Builder thaw() {
        return Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder().setReason("fine"));
    }

    private void awaitStates(RuntimeState.State... expected) {
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(states()).extracting(RuntimeState::getState).containsExactly(expected));
    }

    private List<RuntimeState> states() {
        return link.events.stream()
                .filter(Event::hasRuntimeState)
                .map(Event::getRuntimeState)
                .toList();
    }
}
