package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.SandboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where sandboxes come from, and what becomes of them, when a kernel is not what it should be. */
@Timeout(60)
class WarmPoolTest {
    @TempDir
    private Path base = Path.of("");

    private Path folder = Path.of("");
    private final RecordingLink link = new RecordingLink();

    @BeforeEach
    void make() throws IOException {
        folder = Files.createDirectory(base.resolve("s"));
        Files.writeString(base.resolve("guest"), "");
    }

    private HostServices host(NotingRuntime runtime, int warm) {
        return HostServices.of(
                "acme",
                link,
                runtime,
                surroundings -> List.of(),
                folder,
                base,
                base.resolve("guest"),
                TrustedKeys.none(),
                ControlGroups.none(),
                warm);
    }

    private List<Path> folders() throws IOException {
        try (var folders = Files.list(folder)) {
            return folders.toList();
        }
    }

    @Test
    void aSandboxOfTheHostsOwnHasRestedAndWasWoken() throws Exception {
        NotingRuntime runtime = new NotingRuntime(NotingRuntime.Kernels.WAKE);
        try (PreparedSandbox taken = host(runtime, 0).apart(link, folder).pool().take()) {
            taken.boot();
            assertThat(runtime.told).containsExactly("boot", "rest", "wake");
        }
        assertThat(folders()).isEmpty();
    }

    @Test
    void oneThatCannotBeWokenIsGivenToNobody() throws Exception {
        NotingRuntime runtime = new NotingRuntime(NotingRuntime.Kernels.SLEEP_ON);
        WarmPool pool = host(runtime, 0).apart(link, folder).pool();
        assertThatThrownBy(pool::take).isInstanceOf(SandboxException.class).hasMessageContaining("could not be woken");
        assertThat(runtime.told).containsExactly("boot", "rest", "wake", "close");
        assertThat(folders()).isEmpty();
    }

    @Test
    void aHostWithoutAThreadLeavesNothingOfWhatWasToWait() {
        NotingRuntime runtime = new NotingRuntime(NotingRuntime.Kernels.FIND_NO_THREAD);
        try (WarmPool pool = host(runtime, 1).pool()) {
            pool.fill();
            await().until(() -> runtime.told.contains("boot") && folders().isEmpty());
            assertThat(pool.waiting()).isZero();
        }
    }

    @Test
    void aHostWithoutAThreadLeavesNothingOfASessionAndTellsOfItsEnd() throws Exception {
        CompletableFuture<String> failure = new CompletableFuture<>();
        Session session = new Session(
                new SessionRequest(
                        TaskPolicy.newBuilder().setName("p").build(),
                        "task",
                        Agent.NONE,
                        base,
                        List.of("/usr/bin/true"),
                        "somebody"),
                host(new NotingRuntime(NotingRuntime.Kernels.FIND_NO_THREAD), 0),
                new FailureObserver(failure));
        session.start();
        assertThat(session.awaitFinished(Duration.ofSeconds(30))).isTrue();
        assertThat(failure).isCompletedWithValue(NotingRuntime.NO_THREAD);
        assertThat(folders()).isEmpty();
        assertThat(link.events)
                .anyMatch(event -> event.getSessionEnded().getReason().equals("failed: " + NotingRuntime.NO_THREAD));
        assertThat(link.listeners).isEmpty();
    }

    private record FailureObserver(CompletableFuture<String> failure) implements SessionObserver {
        @Override
        public void output(Stream stream, byte[] bytes) {}

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {}

        @Override
        public void failed(String message) {
            failure.complete(message);
        }
    }
}
