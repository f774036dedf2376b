package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.rootfs.Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The host's own proof that it can freeze and thaw, in a real sandbox. Needs root and runsc. */
class KillSwitchIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final RecordingLink link = new RecordingLink();
    private Path base = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plit");
        running = SandboxHost.open(
                GvisorFixture.settings(base, Map.of()),
                new SandboxHost.Wiring(
                        link, surroundings -> List.of(), (above, yaml) -> TaskPolicy.getDefaultInstance()));
        running.proveKillSwitchEvery(Duration.ofSeconds(1));
    }

    @AfterEach
    void leaveNothing() throws Exception {
        running.close();
        // What was killed has to come to its end.
        await().atMost(LIMIT).untilAsserted(() -> assertThat(canaries()).isEmpty());
        Bundle.deleteTree(base);
    }

    @Test
    void provesItselfAgainAndAgain() {
        await().atMost(LIMIT).until(() -> reports().size() >= 2);

        assertThat(reports()).allSatisfy(report -> {
            assertThat(report.getProven()).as(report.getProblem()).isTrue();
            assertThat(report.getFreezeNs()).isPositive();
            assertThat(report.getThawNs()).isPositive();
        });
        assertThat(link.events.getFirst().getTaskAssigned().getAgent()).isEqualTo("canary");
        assertThat(link.events).as("its own freezes stay here").noneMatch(Event::hasRuntimeState);
    }

    @Test
    void tellsWhenItCouldNotAndTriesAgain() {
        await().atMost(LIMIT).until(() -> !reports().isEmpty());
        canaries().forEach(ProcessHandle::destroyForcibly);

        await().atMost(LIMIT).until(() -> reports().stream().anyMatch(report -> !report.getProven()));
        int failed = reports().size();
        await().atMost(LIMIT).until(() -> reports().stream().skip(failed).anyMatch(CanaryReported::getProven));
    }

    private List<CanaryReported> reports() {
        return link.events.stream()
                .filter(Event::hasCanaryReported)
                .map(Event::getCanaryReported)
                .toList();
    }

    private List<ProcessHandle> canaries() {
        String root = "--root=" + base.resolve("d/r");
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains(root))
                .toList();
    }
}
