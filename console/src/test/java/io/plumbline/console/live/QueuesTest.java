package io.plumbline.console.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.Search.CausePage;
import io.plumbline.console.triage.QueueQuery;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a queue is read again. */
@SuppressWarnings("NullAway.Init")
class QueuesTest {
    private static final CausePage EMPTY = new CausePage(List.of(), 0);
    private static final CausePage OLD = new CausePage(List.of(), 7);

    private final Queue<Runnable> readings = new ConcurrentLinkedQueue<>();
    private final List<CausePage> shown = new CopyOnWriteArrayList<>();
    private EmptySearchCopy searchCopy;
    private LiveView live;
    private Queues queues;

    @BeforeEach
    void start() throws IOException {
        searchCopy = new EmptySearchCopy();
        Search search = searchCopy.search();
        live = new LiveView(search);
        // Known before anybody looks: that it was read at all would be news.
        await().until(() -> live.current().isRead());
        queues = new Queues(search, live, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), readings::add);
    }

    @AfterEach
    void stop() throws IOException {
        queues.close();
        live.close();
        searchCopy.close();
    }

    /** Two pages that know different lists: it is to be read again. */
    private List<Runnable> twoPages() {
        return List.of(
                queues.follow(QueueQuery.WAITING, "ana", EMPTY, shown::add),
                queues.follow(QueueQuery.WAITING, "bea", OLD, shown::add));
    }

    @Test
    void pagesThatKnowDifferentListsShareOneReading() {
        List<Runnable> leave = twoPages();
        assertThat(readings).hasSize(1);

        readings.remove().run();

        assertThat(searchCopy.causeLists()).isEqualTo(1);
        assertThat(shown).containsExactly(EMPTY, EMPTY);
        leave.forEach(Runnable::run);
    }

    @Test
    void aQueueThatNobodyShowsIsReadByNobody() {
        List<Runnable> leave = twoPages();
        leave.forEach(Runnable::run);

        readings.remove().run();

        assertThat(searchCopy.causeLists()).isZero();
        assertThat(readings).as("readings after the last page has left").isEmpty();
        assertThat(shown).isEmpty();
    }

    @Test
    void whatCouldNotBeReadIsReadAgainThoughNobodyTellsOfAChange() {
        CausePage nothingKnown = new CausePage(List.of(), -1);
        Runnable leave = queues.follow(QueueQuery.WAITING, "ana", nothingKnown, shown::add);
        searchCopy.refuseCauses(true);
        Thread reading = Thread.ofVirtual().start(readings.remove());
        await().until(() -> searchCopy.causeLists() > 1);
        assertThat(shown).isEmpty();

        searchCopy.refuseCauses(false);

        await().untilAsserted(() -> assertThat(shown).containsExactly(EMPTY));
        leave.run();
        await().until(() -> !reading.isAlive());
    }

    @Test
    void ofASessionThatOnlyTheSearchCopyKnowsTheEvidenceIsToldAndOfAnUnknownOneThatItIsNotKnown() {
        searchCopy.document(
                "/plumbline-sessions/_doc/local/old", "{\"tenant\":\"local\",\"runtime\":{\"degraded\":true}}");
        Runnable leave = queues.follow(QueueQuery.WAITING, "ana", EMPTY, shown::add);

        queues.verdict(raised("old"));
        await().untilAsserted(() -> assertThat(shown).isNotEmpty());
        queues.verdict(raised("new"));
        await().untilAsserted(() -> assertThat(shown.getLast().rows()).hasSize(2));

        assertThat(shown.getLast().rows())
                .extracting(CauseRow::session, CauseRow::isSessionKnown, CauseRow::degraded)
                .containsExactly(tuple("old", true, true), tuple("new", false, false));
        leave.run();
    }

    private static Event raised(String session) {
        return EventIds.withId(Event.newBuilder()
                .setTenant("local")
                .setSession(session)
                .setChannel(Channel.VERDICTS)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.UNANNOUNCED)
                        .setSeverity(Severity.HIGH)
                        .setDeviation("d")));
    }
}
