package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.runtime.ControlGroups.Controller;
import io.plumbline.sandbox.runtime.ControlGroups.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written where, with plain files in the kernel's place. */
class ControlGroupsTest {
    private static final List<String> VERSION_ONE = List.of("9:name=systemd:/", "8:pids:/own", "4:memory:/", "1:cpu:/");
    private static final List<String> VERSION_TWO = List.of("0::/");
    private static final Limits FIRST = new Limits(1000, 1500, 50);

    @TempDir
    private Path root;

    @Test
    void writesLimitsOfVersionOneBelowTheDaemonsOwnGroups() throws IOException {
        ControlGroups.Group group = versionOne("memory", "cpu", "pids").create("one", FIRST);

        assertThat(group.folders())
                .containsExactlyInAnyOrder(
                        root.resolve("memory/test/one"),
                        root.resolve("cpu/test/one"),
                        root.resolve("pids/own/test/one"));
        assertThat(root.resolve("memory/test/one/memory.limit_in_bytes")).hasContent("1000");
        assertThat(root.resolve("cpu/test/one/cpu.cfs_quota_us")).hasContent("150000");
        assertThat(root.resolve("pids/own/test/one/pids.max")).hasContent("50");
    }

    @Test
    void writesLimitsOfVersionTwoIntoOneFolder() throws IOException {
        ControlGroups.Group group = versionTwo().create("one", FIRST);

        Path folder = root.resolve("test/one");
        assertThat(group.folders()).containsExactly(folder);
        assertThat(folder.resolve("memory.max")).hasContent("1000");
        assertThat(folder.resolve("cpu.max")).hasContent("150000 100000");
        assertThat(folder.resolve("pids.max")).hasContent("50");
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory.max", "cpu.max", "pids.max"})
    void aLimitThatTheKernelDoesNotHoldIsRefusedAndTheOthersStay(String file) throws IOException {
        ControlGroups.Group group = versionTwo().create("one", FIRST);
        Path folder = root.resolve("test/one");
        Files.delete(folder.resolve(file));
        Files.createSymbolicLink(folder.resolve(file), Path.of("/dev/null"));

        assertThatThrownBy(() -> group.change(new Limits(70_000, 2000, 60)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file + ": the kernel holds ''");
        Map<String, String> before = Map.of("memory.max", "1000", "cpu.max", "150000 100000", "pids.max", "50");
        before.forEach((other, limit) -> {
            if (!other.equals(file)) {
                assertThat(folder.resolve(other)).hasContent(limit);
            }
        });
    }

    @Test
    void sandboxesTogetherGiveWayToThePlatform() throws IOException {
        versionOne("cpu");
        versionTwo();

        assertThat(root.resolve("cpu/test/cpu.shares")).hasContent("110");
        assertThat(root.resolve("test/cpu.weight")).hasContent("11");
    }

    @Test
    void sandboxesHaveTheUsualWeightForAsLongAsOneOfThemBegins() throws IOException {
        for (ControlGroups groups : List.of(versionOne("cpu"), versionTwo())) {
            ControlGroups.Haste first = groups.hasten();
            ControlGroups.Haste second = groups.hasten();
            first.close();
            first.close();
            assertThat(weights()).containsAnyOf("1024", "100");

            second.close();
            assertThat(weights()).containsExactly("110", "11");
        }
    }

    @Test
    void aSandboxThatBeginsComesBeforeTheOthersUntilItHasBegun() throws IOException {
        Map<ControlGroups, Path> files = Map.of(
                versionOne("cpu"), root.resolve("cpu/test/one/cpu.shares"),
                versionTwo(), root.resolve("test/one/cpu.weight"));
        for (Map.Entry<ControlGroups, Path> version : files.entrySet()) {
            ControlGroups groups = version.getKey();
            Path weight = version.getValue();
            ControlGroups.Haste haste = groups.hasten();

            haste.prefer(groups.create("one", FIRST));
            assertThat(weight).content().isIn("10240", "1000");
            haste.close();
            assertThat(weight).content().isIn("1024", "100");

            haste.prefer(groups.create("one", FIRST));
            assertThat(weight).content().as("after its end").isIn("1024", "100");
        }
    }

    @Test
    void aSandboxThatDoesNotBeginIsNotWaitedForWithoutEnd() throws IOException {
        versionOne("cpu").hasten(Duration.ofMillis(1));

        await().untilAsserted(
                        () -> assertThat(root.resolve("cpu/test/cpu.shares")).hasContent("110"));
    }

    @Test
    void aWeightThatTheKernelRefusesIsTriedAgain() throws IOException {
        ControlGroups groups = versionOne("cpu");
        ControlGroups.Haste haste = groups.hasten();
        Path shares = root.resolve("cpu/test/cpu.shares");
        Files.delete(shares);
        Files.createDirectory(shares);
        haste.close();
        groups.keepWeight();
        Files.delete(shares);
        Files.createFile(shares);

        groups.keepWeight();
        assertThat(shares).hasContent("110");

        // Once it has been taken nothing is written any more.
        Files.writeString(shares, "");
        groups.keepWeight();
        assertThat(shares).isEmptyFile();
    }

    private List<String> weights() throws IOException {
        return List.of(
                Files.readString(root.resolve("cpu/test/cpu.shares")),
                Files.readString(root.resolve("test/cpu.weight")));
    }

    @Test
    void handsEveryControllerOfVersionTwoDown() throws IOException {
        versionTwo();
        // The last one that was asked for; the kernel adds them up.
        assertThat(root.resolve("cgroup.subtree_control")).hasContent("+pids");
        assertThat(root.resolve("test/cgroup.subtree_control")).hasContent("+pids");
    }

    @Test
    void changesTheLimitsOfARunningGroupOfEitherVersion() throws IOException {
        ControlGroups.Group one = versionOne("memory", "cpu", "pids").create("one", FIRST);
        one.change(new Limits(2000, 0, 60));
        assertThat(root.resolve("memory/test/one/memory.limit_in_bytes")).hasContent("2000");
        assertThat(root.resolve("cpu/test/one/cpu.cfs_quota_us")).hasContent("-1");
        assertThat(root.resolve("pids/own/test/one/pids.max")).hasContent("60");

        ControlGroups.Group two = versionTwo().create("one", FIRST);
        two.change(new Limits(0, 250, 0));
        assertThat(root.resolve("test/one/memory.max")).hasContent("max");
        assertThat(root.resolve("test/one/cpu.max")).hasContent("25000 100000");
        assertThat(root.resolve("test/one/pids.max")).hasContent("max");
    }

    @Test
    void refusesLessMemoryThanIsHeldButNotForTheSakeOfCachedFiles() throws IOException {
        ControlGroups.Group group = versionTwo().create("one", FIRST);
        Path folder = root.resolve("test/one");
        Files.writeString(folder.resolve("memory.current"), "900\n");
        Files.writeString(folder.resolve("memory.stat"), "anon 400\nactive_file 300\ninactive_file 200\n");

        assertThatThrownBy(() -> group.change(new Limits(399, 1500, 60)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("memory: 400 bytes in use")
                .hasMessageContaining("(expected: <= 399)");
        assertThat(folder.resolve("memory.max")).hasContent("1000");
        assertThat(folder.resolve("pids.max")).hasContent("50");

        group.change(new Limits(400, 1500, 60));
        assertThat(folder.resolve("memory.max")).hasContent("400");
    }

    @Test
    void putsEveryLimitBackWhenOneIsNotTaken() throws IOException {
        ControlGroups.Group group = versionTwo().create("one", FIRST);
        Path folder = root.resolve("test/one");
        // Whichever is written first, one of the two others has been or will be written before the failure shows.
        Files.delete(folder.resolve("pids.max"));

        assertThatThrownBy(() -> group.change(new Limits(2000, 100, 60))).isInstanceOf(IOException.class);
        assertThat(folder.resolve("memory.max")).hasContent("1000");
        assertThat(folder.resolve("cpu.max")).hasContent("150000 100000");
    }

    @Test
    void knowsWhichControllersAreMissing() throws IOException {
        ControlGroups.Group group = versionOne("memory").create("one", FIRST);

        assertThat(group.limits(Controller.MEMORY)).isTrue();
        assertThat(group.limits(Controller.CPU)).isFalse();
        assertThat(ControlGroups.Group.none().limits(Controller.MEMORY)).isFalse();
    }

    @Test
    void countsTheKernelsWordsOfEitherVersion() throws IOException {
        ControlGroups.Group one = versionOne("memory", "cpu", "pids").create("one", FIRST);
        Files.writeString(root.resolve("memory/test/one/memory.oom_control"), "under_oom 0\noom_kill 3\n");
        assertThat(one.memoryKills()).isEqualTo(3);

        ControlGroups.Group two = versionTwo().create("one", FIRST);
        Files.writeString(root.resolve("test/one/memory.events"), "max 9\noom 4\noom_kill 2\n");
        Files.writeString(root.resolve("test/one/pids.events"), "max 5\n");
        Files.writeString(root.resolve("test/one/cpu.stat"), "nr_periods 9\nnr_throttled 7\n");
        assertThat(two.memoryKills()).isEqualTo(2);
        assertThat(two.pidsRefused()).isEqualTo(5);
        assertThat(two.cpuThrottled()).isEqualTo(7);
    }

    @Test
    void triesToRemoveEveryGroupAlsoWhenOneIsStillInUse() throws IOException {
        ControlGroups groups = versionOne("memory");
        Path folder = root.resolve("memory/test");
        Files.delete(folder.resolve("one/memory.limit_in_bytes"));
        Files.delete(folder.resolve("one/memory.usage_in_bytes"));
        Files.delete(folder.resolve("one/memory.stat"));
        Files.delete(folder.resolve("one"));
        for (int i = 0; i < 20; i++) {
            Path group = Files.createDirectory(folder.resolve("group" + i));
            if (i % 2 == 0) {
                Files.createFile(group.resolve("in use"));
            }
        }

        groups.removeAll();

        try (var left = Files.list(folder)) {
            assertThat(left).hasSize(10).allMatch(group -> Files.exists(group.resolve("in use")));
        }
    }

    /** The files of the group "one" are there, as the kernel would have made them. */
    private ControlGroups versionOne(String... controllers) throws IOException {
        for (String controller : controllers) {
            String own = controller.equals("pids") ? "pids/own" : controller;
            Path group = Files.createDirectories(root.resolve(own).resolve("test/one"));
            switch (controller) {
                case "memory" -> {
                    Files.createFile(group.resolve("memory.limit_in_bytes"));
                    Files.writeString(group.resolve("memory.usage_in_bytes"), "10\n");
                    Files.writeString(group.resolve("memory.stat"), "total_active_file 1\ntotal_inactive_file 1\n");
                }
                case "cpu" -> {
                    Files.createFile(group.resolve("cpu.cfs_quota_us"));
                    Files.writeString(group.resolveSibling("cpu.shares"), "1024\n");
                    Files.writeString(group.resolve("cpu.shares"), "1024\n");
                }
                default -> Files.createFile(group.resolve("pids.max"));
            }
        }
        return ControlGroups.open(root, VERSION_ONE, "test");
    }

    private ControlGroups versionTwo() throws IOException {
        Files.writeString(root.resolve("cgroup.controllers"), "cpuset cpu io memory pids\n");
        Path group = Files.createDirectories(root.resolve("test/one"));
        for (String file : List.of("memory.max", "cpu.max", "pids.max")) {
            Files.createFile(group.resolve(file));
        }
        Files.writeString(group.resolveSibling("cpu.weight"), "100\n");
        Files.writeString(group.resolve("cpu.weight"), "100\n");
        Files.writeString(group.resolve("memory.current"), "10\n");
        Files.writeString(group.resolve("memory.stat"), "active_file 1\ninactive_file 1\n");
        return ControlGroups.open(root, VERSION_TWO, "test");
    }
}
