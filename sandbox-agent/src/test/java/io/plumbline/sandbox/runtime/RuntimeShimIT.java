package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.posix.ProcessState;
import io.plumbline.sandbox.testing.Guest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guest program's shim on the host; needs gcc and root. */
class RuntimeShimIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    private Path directory = Path.of("");

    private Path out() {
        return directory.resolve("out");
    }

    private RuntimeShim begin(String... place) throws Exception {
        return RuntimeShim.begin(Guest.program(), List.of(place), directory.resolve("shim.log"), Map.of());
    }

    private int run(RuntimeShim shim, List<String> mounts, String script) throws Exception {
        Path in = Files.writeString(directory.resolve("in"), "asked\n");
        return shim.run(
                new SandboxRuntime.Streams.Files(in, out(), directory.resolve("err")),
                mounts,
                List.of("/bin/sh", "-c", script),
                LIMIT);
    }

    @Test
    void runsOneCommandAfterTheOtherInItsPlace() throws Exception {
        try (RuntimeShim shim = begin("nice=19")) {
            assertThat(run(shim, List.of(), "read line; echo $line; nice; exit 3"))
                    .isEqualTo(3);
            assertThat(run(shim, List.of(), "kill -9 $$")).isEqualTo(128 + 9);
            assertThat(run(shim, List.of(), "grep ^Seccomp: /proc/self/status"))
                    .as("where a filter is allowed at all")
                    .isZero();
        }
        assertThat(Files.readString(out())).isEqualTo("asked\n19\nSeccomp:\t2\n");
    }

    @Test
    void whatStaysAsItIsDoesSoForThatCommandAlone() throws Exception {
        Path kept = Files.createDirectory(directory.resolve("kept"));
        String script = "touch " + kept + "/made";
        try (RuntimeShim shim = begin()) {
            assertThat(run(shim, List.of(kept.toString()), script)).isNotZero();
            assertThat(kept).isEmptyDirectory();
            assertThat(run(shim, List.of(), script)).isZero();
            assertThat(run(shim, List.of(directory.resolve("none").toString()), script))
                    .isEqualTo(125);
        }
        assertThat(Files.readString(directory.resolve("err"))).contains("Read-only file system", "none");
    }

    @Test
    void aCommandThatTakesTooLongEndsWithTheShim() throws Exception {
        Path pid = directory.resolve("pid");
        RuntimeShim shim = begin();
        List<String> command = List.of("/bin/sh", "-c", "echo $$ > " + pid + "; exec sleep 600");
        assertThatThrownBy(
                        () -> shim.run(SandboxRuntime.Streams.Files.NOWHERE, List.of(), command, Duration.ofSeconds(4)))
                .isInstanceOf(TimeoutException.class)
                .hasMessage("/bin/sh took longer than 4000 ms");
        assertThatThrownBy(() -> run(shim, List.of(), "true")).isInstanceOf(IOException.class);
        shim.close();
        long left = Long.parseLong(Files.readString(pid).trim());
        // Until the host's init has asked for its exit status it exists.
        await().until(() ->
                ProcessHandle.of(left).filter(ProcessHandle::isAlive).isEmpty()
                        || ProcessState.ended(Path.of("/proc", Long.toString(left))));
    }

    @Test
    void whatDoesNotFitIsNotAsked() throws Exception {
        try (RuntimeShim shim = begin()) {
            assertThatThrownBy(() -> run(shim, List.of(), "true " + "x".repeat(300_000)))
                    .isInstanceOf(IOException.class)
                    .hasMessageMatching("300\\d{3} bytes of arguments \\(expected: <= 262144\\)");
            assertThat(run(shim, List.of(), "exit 4")).isEqualTo(4);
        }
    }

    @Test
    void aPlaceThatItCannotTakeEndsIt() throws Exception {
        try (RuntimeShim shim = begin("cgroup=" + directory.resolve("none"))) {
            assertThatThrownBy(() -> run(shim, List.of(), "true"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("has ended: ")
                    .hasMessageContaining("none: No such file or directory");
        }
    }
}
