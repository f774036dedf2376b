package io.plumbline.sandbox.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.runtime.ControlGroups;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel's own freezer of control groups of version 2, which needs no controller: also where version 1 has them. Needs root and such
 * a hierarchy.
 */
class UnifiedFreezerIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String ID = "unified";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private ControlGroups groups;

    @SuppressWarnings("NullAway.Init")
    private ControlGroups.Group group;

    @SuppressWarnings("NullAway.Init")
    private Process tree;

    @SuppressWarnings("NullAway.Init")
    private HostProcesses processes;

    @BeforeEach
    void plant() throws Exception {
        Path unified = Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> Path.of(line.split(" ")[4]))
                .findFirst()
                .orElseThrow();
        groups = ControlGroups.open(
                unified,
                List.of("0::/"),
                "plumbline-test-" + ProcessHandle.current().pid(),
                Set.of(ControlGroups.Controller.FREEZER));
        group = groups.create(ID, ControlGroups.Limits.NONE);
        tree = new ProcessBuilder(
                        "/bin/bash",
                        "-c",
                        "read go; (while :; do echo x >> " + folder.resolve("count") + "; sleep 0.01; done) & wait")
                .start();
        Files.writeString(group.folders().getFirst().resolve("cgroup.procs"), Long.toString(tree.pid()));
        tree.outputWriter().append("\n").flush();
        await().atMost(LIMIT).until(() -> count() > 0);
        // Not local: its group alone shows that it is the container's.
        processes = HostProcesses.of(
                        new ContainerControl.Found(
                                ContainerControl.Status.RUNNING, ID, tree.pid(), OptionalInt.empty()),
                        false)
                .orElseThrow();
    }

    @AfterEach
    void fell() throws Exception {
        processes.kill(LIMIT);
        tree.waitFor();
        group.remove();
        groups.close();
    }

    private long count() throws Exception {
        Path file = folder.resolve("count");
        return Files.exists(file) ? Files.size(file) : 0;
    }

    @Test
    void standsStillWhileFrozenAndGoesOn() throws Exception {
        assertThat(processes.freeze(LIMIT)).isTrue();
        assertThat(processes.mechanism()).isEqualTo("cgroup-freezer");
        assertThat(group.processes()).hasSizeGreaterThanOrEqualTo(2).contains(tree.pid());
        long before = count();
        await().pollDelay(Duration.ofMillis(200)).atMost(LIMIT).until(() -> true);
        assertThat(count()).isEqualTo(before);

        assertThat(processes.thaw()).isTrue();
        await().atMost(LIMIT).until(() -> count() > before);
    }

    @Test
    void isKilledFrozenWithoutAFurtherStep() throws Exception {
        assertThat(processes.freeze(LIMIT)).isTrue();
        long before = count();

        assertThat(processes.kill(LIMIT)).isTrue();

        assertThat(count()).isEqualTo(before);
        assertThat(group.processes()).isEmpty();
    }
}
