package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.PathProbed;
import io.plumbline.events.v1.RuntimeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SilentSessionsTest {
    private static final long NOW = 1_800_000_000_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private int asked;
    private final Counter forgotten = new SimpleMeterRegistry().counter("forgotten");
    private final SilentSessions sessions = new SilentSessions(Duration.ofSeconds(30), forgotten);

    private static Event.Builder of(String session, long seq) {
        return Event.newBuilder()
                .setTenant("acme")
                .setHost("build-1")
                .setSession(session)
                .setChannel(Channel.EVIDENCE)
                .setSeq(seq);
    }

    private static Event heartbeat(String session, long seq) {
        return of(session, seq).setHeartbeat(Heartbeat.getDefaultInstance()).build();
    }

    private static Event killed(String session) {
        return of(session, 9)
                .setRuntimeState(RuntimeState.newBuilder().setState(RuntimeState.State.KILLED))
                .build();
    }

    @Test
    void aSessionOfWhichNothingComesIsToldOnceAndThenEachMinuteForAnHour() {
        sessions.heard(heartbeat("a", 7), NOW);
        assertThat(until(29)).isEmpty();

        assertThat(sessions.due(NOW + 30 * SECOND)).singleElement().satisfies(event -> {
            assertThat(event.getSession()).isEqualTo("a");
            assertThat(event.getHost()).isEqualTo("build-1");
            assertThat(event.getChannel()).isEqualTo(Channel.CONTROL);
            assertThat(event.getTick().getSilentSinceNs()).isEqualTo(NOW);
            assertThat(event.getTick().getLastEvidenceSeq()).isEqualTo(7);
        });
        int ticks = 0;
        for (int second = 31; second <= 2 * 3_600; second++) {
            ticks += sessions.due(NOW + second * SECOND).size();
        }
        assertThat(ticks).isEqualTo(59);
    }

    @Test
    void aSessionThatFellSilentWhileNobodyListenedIsToldByTheNextLife() {
        Map<String, Long> ago = new LinkedHashMap<>();
        ago.put("ahead", -9_000L);
        ago.put("b", 100L);
        ago.put("a", 200L);
        ago.put("ended", 90L);
        ago.put("old", 4_000L);
        ago.forEach((name, seconds) -> sessions.written(heartbeat(name, 7), NOW - seconds * SECOND));
        sessions.written(killed("ended"), NOW - 80 * SECOND);
        sessions.begin(NOW);
        sessions.heard(heartbeat("new", 1), NOW + SECOND);

        assertThat(until(29)).isEmpty();
        assertThat(sessions.due(NOW + 30 * SECOND))
                .extracting(Event::getSession, event -> event.getTick().getSilentSinceNs())
                .containsExactly(tuple("a", NOW - 200 * SECOND), tuple("b", NOW - 100 * SECOND), tuple("ahead", NOW));
        assertThat(sessions.due(NOW + 31 * SECOND))
                .extracting(Event::getSession)
                .containsExactly("new");
    }

    @Test
    void oneThatIsHeardOfAgainIsSilentFromThenOn() {
        sessions.heard(heartbeat("a", 7), NOW);
        until(50);
        sessions.heard(heartbeat("a", 8), NOW + 50 * SECOND);

        assertThat(until(79)).isEmpty();
        assertThat(sessions.due(NOW + 80 * SECOND)).singleElement().satisfies(event -> assertThat(
                        event.getTick().getSilentSinceNs())
                .isEqualTo(NOW + 50 * SECOND));
    }

    @Test
    void aProbeOfTheWayIsNoSession() {
        sessions.heard(
                of("probe", 1).setPathProbed(PathProbed.getDefaultInstance()).build(), NOW);

        assertThat(sessions.due(NOW + 100 * SECOND)).isEmpty();
    }

    @Test
    void oneThatHasEndedIsNotMissedWhateverComesLate() {
        sessions.heard(heartbeat("a", 7), NOW);
        sessions.heard(killed("a"), NOW);
        sessions.heard(heartbeat("a", 10), NOW);

        assertThat(sessions.due(NOW + 100 * SECOND)).isEmpty();
    }

    @Test
    void aQuestionAboutAnAgentWithoutAHostGetsItsTimeWhenItIsOver() {
        sessions.verdict(question("direct", "q1"));
        sessions.verdict(question("direct", "q2"));
        sessions.verdict(question("build-1", "q3"));
        sessions.verdict(Event.newBuilder()
                .setHost("direct")
                .setApprovalSettled(ApprovalSettled.newBuilder().setApproval("q2"))
                .build());

        assertThat(sessions.due(NOW)).isEmpty();
        List<Event> due = sessions.due(NOW + 1);
        assertThat(due).singleElement().satisfies(event -> {
            assertThat(event.getSession()).isEqualTo("s-q1");
            assertThat(event.getEventTimeNs()).isGreaterThan(NOW);
            assertThat(event.getTick().getSilentSinceNs()).isZero();
        });
        assertThat(sessions.due(NOW + 2)).isEmpty();
    }

    private static Event question(String host, String approval) {
        return Event.newBuilder()
                .setTenant("acme")
                .setHost(host)
                .setSession("s-" + approval)
                .setApprovalRequested(
                        ApprovalRequested.newBuilder().setApproval(approval).setDeadlineNs(NOW))
                .build();
    }

    @Test
    void ofMoreThanFitTheOldestIsNotWatchedAnyMore() {
        for (int i = 0; i <= SilentSessions.MAX_SESSIONS; i++) {
            sessions.heard(heartbeat("s" + i, 1), NOW + i);
        }

        List<Event> due = sessions.due(NOW + 60 * SECOND);
        assertThat(due).hasSize(SilentSessions.MAX_SESSIONS);
        assertThat(due.getFirst().getSession()).isEqualTo("s1");
        assertThat(forgotten.count()).isEqualTo(1);
    }

    @Test
    void thoseThatHaveEndedAreForgottenFirst() {
        sessions.heard(heartbeat("a", 7), NOW);
        sessions.heard(killed("b"), NOW + 1);
        for (int i = 0; i < SilentSessions.MAX_SESSIONS - 1; i++) {
            sessions.heard(heartbeat("s" + i, 1), NOW + 2 + i);
        }

        assertThat(sessions.due(NOW + 60 * SECOND).getFirst().getSession()).isEqualTo("a");
        assertThat(forgotten.count()).isZero();
    }

    /** While the log takes nothing hosts hold back: their silence is not theirs. */
    @Test
    void whatCouldNotBeHeardIsNoSilence() {
        sessions.heard(heartbeat("a", 7), NOW);
        sessions.deaf(NOW + 100 * SECOND);
        asked = 100;

        assertThat(until(129)).isEmpty();
        assertThat(sessions.due(NOW + 130 * SECOND)).hasSize(1);
    }

    @Test
    void whatCameWhileItStoodStillItselfIsNoSilence() {
        sessions.heard(heartbeat("a", 7), NOW);
        until(10);

        asked = 100;
        assertThat(sessions.due(NOW + asked * SECOND)).isEmpty();
        assertThat(until(129)).isEmpty();
        assertThat(sessions.due(NOW + 130 * SECOND)).hasSize(1);
    }

    /** A pause of the machine of a second or two does not make the shortest silence go unnoticed. */
    @ParameterizedTest
    @CsvSource({"1100, 5500", "2100, 6300", "2900, 5800"})
    void theShortestSilenceIsToldHoweverLateItIsAsked(long everyMillis, long toldAfterMillis) {
        SilentSessions shortest = new SilentSessions(SilentSessions.LEAST_SILENCE, forgotten);
        shortest.due(NOW);
        shortest.heard(heartbeat("a", 7), NOW);
        long toldAt = 0;
        for (long at = everyMillis; toldAt == 0 && at < 20_000; at += everyMillis) {
            toldAt = shortest.due(NOW + at * 1_000_000).isEmpty() ? 0 : at;
        }

        assertThat(toldAt).isEqualTo(toldAfterMillis);
    }

    @Test
    void ofTheShortestSilenceThreePeriodsAreAStandstillOfItsOwn() {
        SilentSessions shortest = new SilentSessions(SilentSessions.LEAST_SILENCE, forgotten);
        shortest.due(NOW);
        shortest.heard(heartbeat("a", 7), NOW);

        assertThat(shortest.due(NOW + 3 * SECOND)).isEmpty();
        assertThat(shortest.due(NOW + 5 * SECOND)).isEmpty();
        assertThat(shortest.due(NOW + 7 * SECOND)).isEmpty();
        assertThat(shortest.due(NOW + 8 * SECOND)).hasSize(1);
    }

    /** What is due until then, asked for each second from where it was asked for last. */
    private List<Event> until(int second) {
        List<Event> due = new ArrayList<>();
        while (asked < second) {
            due.addAll(sessions.due(NOW + ++asked * SECOND));
        }
        return due;
    }
}
