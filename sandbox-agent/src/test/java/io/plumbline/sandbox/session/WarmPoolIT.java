package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.RunscRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sandboxes that wait for a session, with real kernels. Needs root and runsc. */
class WarmPoolIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Path base = Path.of("");
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private RunscRuntime runtime;

    @SuppressWarnings("NullAway.Init")
    private WarmPool pool;

    @BeforeEach
    void open() throws Exception {
        base = Files.createTempDirectory("plwp");
        folder = Files.createDirectory(base.resolve("s"));
        runtime = RunscRuntime.open(
                GvisorFixture.runsc(), GvisorFixture.guest(), base.resolve("r"), RunscRuntime.Platform.SYSTRAP);
        pool = new WarmPool(new PreparedSandbox.Site(runtime, ControlGroups.none(), folder, GvisorFixture.guest()), 1);
        pool.fill();
        await().atMost(LIMIT).until(() -> pool.waiting() == 1);
    }

    @AfterEach
    void leavesNothing() throws Exception {
        pool.close();
        assertThat(folders()).isEmpty();
        assertThat(runtime.ids()).isEmpty();
        Bundle.deleteTree(base);
    }

    private List<Path> folders() throws IOException {
        try (var folders = Files.list(folder)) {
            return folders.toList();
        }
    }

    private static ProcessHandle kernel(Path sandbox) throws Exception {
        return ProcessHandle.of(SandboxFolder.kernel(sandbox)).orElseThrow();
    }

    @Test
    void aWaitingSandboxIsGivenAwayOnceAndTheNextIsBooted() throws Exception {
        Path waiting = folders().getFirst();
        try (PreparedSandbox taken = pool.take()) {
            assertThat(taken.directory()).isEqualTo(waiting);
            assertThat(taken.usable()).isTrue();
            await().atMost(LIMIT).until(() -> pool.waiting() == 1);
            try (PreparedSandbox next = pool.take()) {
                assertThat(next.directory()).isNotEqualTo(waiting);
                assertThat(next.usable()).isTrue();
            }
        }
    }

    @Test
    void whatWaitsTakesNoProcessorUntilItIsGivenAway() throws Exception {
        ProcessHandle kernel = kernel(folders().getFirst());
        await().atMost(LIMIT).until(() -> state(kernel) == 'T');
        try (PreparedSandbox taken = pool.take()) {
            await().atMost(LIMIT).until(() -> state(kernel) != 'T');
        }
    }

    /** As {@code /proc/PID/stat} names it: T for a process that a signal has stopped. */
    private static char state(ProcessHandle process) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    @Test
    void aSessionThatFindsNothingWaitingBootsItsOwn() throws Exception {
        try (PreparedSandbox first = pool.take();
                PreparedSandbox second = pool.take()) {
            assertThat(second.usable()).isFalse();
            second.boot();
            assertThat(second.usable()).isTrue();
            assertThat(first.usable()).isTrue();
        }
    }

    @Test
    void aKernelThatDiesWhileItWaitsIsGivenToNobody() throws Exception {
        Path waiting = folders().getFirst();
        ProcessHandle kernel = kernel(waiting);
        Posix.kill(kernel.pid(), Posix.SIGKILL);
        await().atMost(LIMIT).until(() -> !kernel.isAlive());
        try (PreparedSandbox taken = pool.take()) {
            assertThat(taken.directory()).isNotEqualTo(waiting);
        }
        await().atMost(LIMIT).until(() -> !Files.exists(waiting));
    }

    @Test
    void whatHasWaitedForTooLongIsGivenToNobody() throws Exception {
        pool.close();
        pool = new WarmPool(
                new PreparedSandbox.Site(runtime, ControlGroups.none(), folder, GvisorFixture.guest()),
                1,
                Duration.ZERO);
        pool.fill();
        await().atMost(LIMIT).until(() -> pool.waiting() == 1);
        try (PreparedSandbox taken = pool.take()) {
            assertThat(taken.usable()).as("has waited").isFalse();
        }
    }

    @Test
    void whatIsClosedTakesWhatWaitsAlong() throws Exception {
        ProcessHandle kernel = kernel(folders().getFirst());
        pool.close();
        assertThat(kernel.isAlive()).isFalse();
        assertThat(pool.waiting()).isZero();
    }
}
