package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@link ControlGroupsIT} asks of this host's kernel, asked of one whose control groups are of version 2. Needs root, and Debian's
 * archive at the first time.
 */
class ControlGroupsOfTwoIT {
    private static final Path MODULE = Path.of("").toAbsolutePath();
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** The kernel cannot be had here, or does not start. */
    private static final int NO_KERNEL = 77;

    @FunctionalInterface
    private interface Check {
        void on(ControlGroupsIT test) throws Exception;
    }

    @Test
    void theKernelHoldsAndCountsUnderVersionTwoWhatItDoesUnderVersionOne(@TempDir Path work) throws Exception {
        Command.Result result = Command.run(
                List.of(
                        "bash",
                        MODULE.resolve("src/test/sh/in-kernel-of-two.sh").toString(),
                        MODULE.resolve("target/kernel-of-two").toString(),
                        work.toString(),
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-Djava.io.tmpdir=" + work,
                        "-cp",
                        System.getProperty("java.class.path"),
                        ControlGroupsOfTwoIT.class.getName()),
                LIMIT);

        assumeThat(result.code()).as(result.output()).isNotEqualTo(NO_KERNEL);
        assertThat(result.succeeded()).as(result.output()).isTrue();
        assertThat(result.output())
                .contains(
                        "limits are changed",
                        "memory in use is kept",
                        "sandboxes have a tenth of the usual weight",
                        "what is refused is counted");
    }

    /** In that kernel. */
    public static void main(String[] arguments) throws Exception {
        assertThat(Files.readString(Path.of("/sys/fs/cgroup/cgroup.controllers"))
                        .split("\\s"))
                .contains("memory", "cpu", "pids");
        check("limits are changed", ControlGroupsIT::theKernelTakesChangedLimits);
        check("memory in use is kept", ControlGroupsIT::lessMemoryThanIsInUseIsRefused);
        check("sandboxes have a tenth of the usual weight", ControlGroupsIT::allSandboxesHaveATenthOfTheUsualWeight);
        check("what is refused is counted", ControlGroupsIT::theKernelCountsWhatItRefuses);
    }

    private static void check(String what, Check check) throws Exception {
        ControlGroupsIT test = new ControlGroupsIT();
        test.make();
        try {
            check.on(test);
        } finally {
            test.remove();
        }
        System.out.println(what);
    }
}
