package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class WatchRehearsalTest {
    @Test
    void theWatcherThatIsShippedFreezesTheRehearsedSession() {
        assertThatCode(WatchRehearsal::run).doesNotThrowAnyException();
    }
}
