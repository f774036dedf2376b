package io.plumbline.console.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import io.plumbline.console.search.AlertRow;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Alerts that the search copy does not have yet. */
@SuppressWarnings("NullAway.Init")
class LiveViewTest {
    private final List<Snapshot> told = new CopyOnWriteArrayList<>();
    private EmptySearchCopy searchCopy;
    private LiveView live;

    @BeforeEach
    void start() throws IOException {
        searchCopy = new EmptySearchCopy();
        live = new LiveView(searchCopy.search());
    }

    @AfterEach
    void stop() throws IOException {
        live.close();
        searchCopy.close();
    }

    private static Event alert(int number) {
        return EventIds.withId(Event.newBuilder()
                .setTenant("local")
                .setSession("s-" + number)
                .setChannel(Channel.VERDICTS)
                .setEventTimeNs(number)
                .setAlertRaised(AlertRaised.newBuilder().setTitle("alert " + number)));
    }

    private List<String> titles() {
        return live.current().alerts().stream().map(AlertRow::title).toList();
    }

    @Test
    void anAlertIsShownFromItsVerdictOn() {
        live.subscribe(told::add);

        live.verdict(alert(1));
        live.verdict(alert(2));

        await().until(() -> titles().equals(List.of("alert 1", "alert 2")));
    }

    @Test
    void ofAFloodTheNewestAreShown() {
        live.subscribe(told::add);

        for (int i = 1; i <= 1_000; i++) {
            live.verdict(alert(i));
        }

        await().until(() -> titles().contains("alert 1000"));
        assertThat(titles()).hasSize(LiveView.MAX_OVERLAY).doesNotContain("alert 1");
        assertThat(told).allMatch(snapshot -> snapshot.alerts().size() <= LiveView.MAX_OVERLAY);
    }

    /** The feed goes on for a moment longer than the view when a console ends. */
    @Test
    void aVerdictAfterItsCloseIsForNobody() {
        live.subscribe(told::add);
        live.close();

        assertThatCode(() -> live.verdict(alert(1))).doesNotThrowAnyException();
        assertThat(titles()).isEmpty();
    }

    @Test
    void nothingIsKeptForNobody() {
        live.verdict(alert(1));
        live.subscribe(told::add);
        live.verdict(alert(2));

        await().until(() -> titles().contains("alert 2"));
        assertThat(titles()).containsExactly("alert 2");
    }
}
