package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

final class WatchRehearsalTest {
    @Test
    void theWatcherFreezesTheRehearsedSession() {
        assertThatCode(WatchRehearsal::run).doesNotThrowAnyException();
    }
}
