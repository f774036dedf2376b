package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** This host's own control groups, of whichever version they are. Needs root. */
class ControlGroupsIT {
    private static final long MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @SuppressWarnings("NullAway.Init")
    private ControlGroups groups;

    @SuppressWarnings("NullAway.Init")
    private ControlGroups.Group group;

    @BeforeEach
    void make() throws IOException {
        groups = ControlGroups.open(
                Path.of("/sys/fs/cgroup"),
                Files.readAllLines(Path.of("/proc/self/cgroup")),
                "plumbline-test-" + ProcessHandle.current().pid());
        group = groups.create("one", new ControlGroups.Limits(64 * MIB, 500, 100));
    }

    @AfterEach
    void remove() throws IOException {
        group.remove();
        groups.close();
    }

    @Test
    void theKernelTakesChangedLimits() throws IOException {
        assertThat(group.limits(ControlGroups.Controller.MEMORY)).isTrue();
        assertThat(limits("memory.limit_in_bytes", "memory.max")).isEqualTo(Long.toString(64 * MIB));

        group.change(new ControlGroups.Limits(32 * MIB, 0, 50));

        assertThat(limits("memory.limit_in_bytes", "memory.max")).isEqualTo(Long.toString(32 * MIB));
        assertThat(limits("pids.max", "pids.max")).isEqualTo("50");
        assertThat(limits("cpu.cfs_quota_us", "cpu.max")).isIn("-1", "max 100000");
    }

    @Test
    void lessMemoryThanIsInUseIsRefused() throws Exception {
        Process holder = new ProcessBuilder(
                        "bash", "-c", "read; x=$(head -c 24000000 /dev/zero | tr '\\0' x); echo ok; read")
                .start();
        try {
            for (Path folder : group.folders()) {
                Files.writeString(folder.resolve("cgroup.procs"), Long.toString(holder.pid()));
            }
            holder.outputWriter().append("\n").flush();
            assertThat(holder.inputReader().readLine()).isEqualTo("ok");

            assertThatThrownBy(() -> group.change(new ControlGroups.Limits(8 * MIB, 500, 100)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("(expected: <= " + 8 * MIB + ")");
            assertThat(limits("memory.limit_in_bytes", "memory.max")).isEqualTo(Long.toString(64 * MIB));
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    @Test
    void allSandboxesHaveATenthOfTheUsualWeight() throws IOException {
        List<String> weights = new ArrayList<>();
        for (Path folder : group.folders()) {
            for (String file : List.of("cpu.shares", "cpu.weight")) {
                Path weight = folder.resolveSibling(file);
                if (Files.exists(weight)) {
                    weights.add(file + " " + Files.readString(weight).trim());
                }
            }
        }
        assertThat(weights).singleElement().isIn("cpu.shares 110", "cpu.weight 11");
    }

    @Test
    void theKernelCountsWhatItRefuses() throws Exception {
        assertThat(List.of(group.memoryKills(), group.pidsRefused(), group.cpuThrottled()))
                .containsOnly(0L);

        Process busy = inGroup("while :; do :; done");
        await().atMost(LIMIT).until(() -> group.cpuThrottled() > 0);
        assertThat(group.processes()).contains(busy.pid());
        assertThat(group.threads()).contains(busy.pid());
        busy.destroyForcibly().waitFor();

        // Many times the 64 MiB that are allowed.
        Process greedy = inGroup("x=$(head -c 500000000 /dev/zero | tr '\\0' x)");
        await().atMost(LIMIT).until(() -> group.memoryKills() > 0);
        greedy.destroyForcibly().waitFor();
        await().atMost(LIMIT).until(() -> group.processes().isEmpty());

        group.change(new ControlGroups.Limits(64 * MIB, 500, 1));
        Process forking = inGroup("sleep 600 & wait");
        await().atMost(LIMIT).until(() -> group.pidsRefused() > 0);
        forking.destroyForcibly().waitFor();
        await().atMost(LIMIT).until(() -> group.processes().isEmpty());
    }

    /** A shell that begins once it is in the group. */
    private Process inGroup(String command) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", "read go; " + command).start();
        for (Path folder : group.folders()) {
            Files.writeString(folder.resolve("cgroup.procs"), Long.toString(shell.pid()));
        }
        shell.outputWriter().append("\n").flush();
        return shell;
    }

    private String limits(String fileOfOne, String fileOfTwo) throws IOException {
        for (Path folder : group.folders()) {
            for (String file : List.of(fileOfOne, fileOfTwo)) {
                if (Files.exists(folder.resolve(file))) {
                    return Files.readString(folder.resolve(file)).trim();
                }
            }
        }
        throw new IOException("no " + fileOfOne);
    }
}
