package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** This host's own control groups, of whichever version they are. Needs root. */
class ControlGroupsIT {
    private static final long MIB = 1 << 20;

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
