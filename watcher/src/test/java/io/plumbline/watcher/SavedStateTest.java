package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.WatchState;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SavedStateTest {
    /** Events of the recorded session before the state of layout 1 was saved. */
    private static final int BEFORE = 547;

    @Test
    void aStateOfTheFirstLayoutGoesOnWhereItWas() throws IOException {
        List<Event> events =
                Captures.read("claude-code-2.1.330.exfil-ssh-key", Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]");
        SessionState state = SessionState.parse(firstLayout());
        Watcher watcher = new Watcher(List.of());

        List<Event> verdicts = new ArrayList<>();
        events.subList(BEFORE, events.size()).forEach(event -> verdicts.addAll(watcher.onEvent(state, event)));

        assertThat(Alerts.of(verdicts)).extracting(AlertRaised::getTitle).contains("A decoy was read");
        assertThat(verdicts.stream().filter(Event::hasFreezeOrdered)).hasSize(1);
        assertThat(state.values().getVersion()).isEqualTo(SessionState.VERSION);
    }

    @Test
    void aLayoutThatIsNotKnownIsRefused() {
        byte[] newer = WatchState.newBuilder()
                .setVersion(SessionState.VERSION + 1)
                .build()
                .toByteArray();

        assertThatThrownBy(() -> SessionState.parse(newer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("state version: 3 (expected: 1 to 2)");
    }

    private static byte[] firstLayout() throws IOException {
        try (InputStream in = SavedStateTest.class.getResourceAsStream("/states/version-1.bin")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }
}
