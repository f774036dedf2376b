package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.runtime.ControlGroups;
import io.plumbline.sandbox.runtime.Freezer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DiskUseTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final TaskPolicy POLICY =
            TaskPolicy.newBuilder().setDiskBytes(100).setProcesses(10).build();

    /** Of a workload that uses nothing else. */
    private static final SessionLimits.Usage IDLE =
            new SessionLimits.Usage(limit -> OptionalInt.of(1), limit -> OptionalLong.of(0));

    private final CountDownLatch blocked = new CountDownLatch(1);

    @AfterEach
    void letGo() {
        blocked.countDown();
    }

    private void awaitLetGo() throws IOException {
        try {
            blocked.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static List<SessionLimits.Reached> look(SessionLimits limits) {
        return look(limits, Freezer.State.RUNNING);
    }

    private static List<SessionLimits.Reached> look(SessionLimits limits, Freezer.State state) {
        return limits.look(POLICY, IDLE, state, Duration.ZERO, true);
    }

    @Test
    void aLookThatDoesNotEndHoldsUpNobodyAndIsALimitOfItsOwn() throws Exception {
        AtomicLong looks = new AtomicLong();
        DiskUse.Look look = () -> {
            if (looks.getAndIncrement() > 0) {
                awaitLetGo();
            }
            return 0;
        };
        try (DiskUse disk = new DiskUse(look, Duration.ofMillis(1))) {
            AtomicLong now = new AtomicLong();
            SessionLimits limits = new SessionLimits(POLICY, ControlGroups.Group.none(), disk, now::get);

            // It may be overdue by the end of the first look already.
            List<SessionLimits.Reached> told = new ArrayList<>(look(limits));
            await().until(disk::overdue);
            told.addAll(look(limits));
            assertThat(told).singleElement().satisfies(reached -> {
                assertThat(reached.freezes()).isTrue();
                assertThat(reached.payload().getLimit()).isEqualTo("disk");
                assertThat(reached.reason()).contains("could not be told in time");
            });
            assertThat(look(limits, Freezer.State.PAUSED)).as("told of once").isEmpty();
            assertThat(look(limits)).as("let go on").isEmpty();
            now.addAndGet(SessionLimits.GRACE.toNanos());
            assertThat(look(limits)).hasSize(1);
        }
    }

    @Test
    void whatIsAddedBeyondTheLimitFreezes() throws Exception {
        AtomicLong looks = new AtomicLong();
        DiskUse.Look look = () -> {
            if (looks.getAndIncrement() == 0) {
                return 1000;
            }
            awaitLetGo();
            return 1101;
        };
        try (DiskUse disk = new DiskUse(look, LONG)) {
            SessionLimits limits = new SessionLimits(POLICY, ControlGroups.Group.none(), disk);
            assertThat(look(limits)).isEmpty();
            letGo();
            await().until(() -> disk.growth().isPresent());

            assertThat(look(limits)).singleElement().satisfies(reached -> assertThat(reached.reason())
                    .isEqualTo("disk: 101 (expected: <= 100)"));
        }
    }

    @Test
    void whatCannotBeToldCountsAsTooMuch() throws Exception {
        AtomicLong looks = new AtomicLong();
        try (DiskUse disk = new DiskUse(
                () -> {
                    if (looks.getAndIncrement() == 0) {
                        return 0;
                    }
                    throw new IOException("unreadable");
                },
                LONG)) {
            disk.begin();
            disk.watch();
            await().until(() -> disk.growth().isPresent());
            assertThat(disk.growth().getAsLong()).isEqualTo(Long.MAX_VALUE);
        }
    }

    @Test
    void countsFilesOfEveryFolderAndNotThroughLinks(@TempDir Path base) throws IOException {
        Files.createDirectories(base.resolve("a/b"));
        Files.writeString(base.resolve("a/b/x"), "12345");
        Files.createDirectories(base.resolve("c"));
        Files.writeString(base.resolve("c/y"), "123");
        Files.createSymbolicLink(base.resolve("c/link"), base.resolve("a"));
        List<Path> folders = List.of(base.resolve("a"), base.resolve("c"));
        long later = System.nanoTime() + LONG.toNanos();

        long before = DiskUse.bytes(folders, List.of(), 6, later);
        Files.write(base.resolve("a/b/x"), new byte[1 << 20]);
        Files.write(base.resolve("c/y"), new byte[2 << 20]);
        assertThat(DiskUse.bytes(folders, List.of(), 6, later) - before).isBetween((3L << 20) - 8192, 3L << 20);
        assertThatThrownBy(() -> DiskUse.bytes(folders, List.of(), 5, later))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more than 5 files");
        assertThatThrownBy(() -> DiskUse.bytes(folders, List.of(), 6, System.nanoTime() - 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("takes too long");
    }

    @Test
    void countsBlocksThatWereSetAsideBeyondTheEndOfAFile(@TempDir Path base) throws Exception {
        long later = System.nanoTime() + LONG.toNanos();
        long before = DiskUse.bytes(List.of(base), List.of(), 10, later);

        Path file = Files.createFile(base.resolve("file"));
        assertThat(new ProcessBuilder("fallocate", "--keep-size", "--length", "1MiB", file.toString())
                        .start()
                        .waitFor())
                .isZero();

        assertThat(file).isEmptyFile();
        assertThat(DiskUse.bytes(List.of(base), List.of(), 10, later) - before).isGreaterThanOrEqualTo(1 << 20);
    }

    @Test
    void countsEachFileOnceThatIsOpenWithoutANameInAProcessOfTheSession(@TempDir Path base) throws Exception {
        long later = System.nanoTime() + LONG.toNanos();
        Path folder = Files.createDirectory(base.resolve("folder"));
        long before = DiskUse.bytes(List.of(folder), List.of(), 1000, later);
        Process holder = new ProcessBuilder(
                        "sh",
                        "-c",
                        "exec 3> file 4>&3; rm file; head -c 1048576 /dev/zero >&3; touch ../ready; exec sleep 600")
                .directory(folder.toFile())
                .start();
        try {
            await().until(() -> Files.exists(base.resolve("ready")));
            assertThat(folder).isEmptyDirectory();
            List<Path> holders = List.of(
                    descriptors(holder.pid()),
                    descriptors(ProcessHandle.current().pid()));

            assertThat(DiskUse.bytes(List.of(folder), holders, 1000, later) - before)
                    .isBetween(1L << 20, (1L << 20) + 8192);
            assertThat(DiskUse.bytes(List.of(folder), List.of(), 1000, later)).isEqualTo(before);
        } finally {
            holder.destroyForcibly().waitFor();
        }
        assertThat(DiskUse.bytes(List.of(folder), List.of(descriptors(holder.pid())), 1000, later))
                .isEqualTo(before);
    }

    private static Path descriptors(long pid) {
        return Path.of("/proc", Long.toString(pid), "fd");
    }
}
