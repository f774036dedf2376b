package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.plumbline.watcher.Watcher;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchRehearsalTest {
    @Test
    void theWatcherThatIsShippedFreezesTheRehearsedSession() {
        assertThatCode(() -> WatchRehearsal.run(new Watcher(List.of()))).doesNotThrowAnyException();
    }
}
