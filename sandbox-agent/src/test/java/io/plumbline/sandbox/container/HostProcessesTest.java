package io.plumbline.sandbox.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree of real processes without a control group of its own. */
class HostProcessesTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private Process tree;

    @BeforeEach
    void plant() throws Exception {
        tree = new ProcessBuilder(
                        "/bin/bash",
                        "-c",
                        "(while :; do echo x >> " + folder.resolve("count") + "; sleep 0.01; done) & sleep 600 & wait")
                .start();
        await().atMost(LIMIT).until(() -> count() > 0);
    }

    @AfterEach
    void fell() throws Exception {
        tree.descendants().forEach(ProcessHandle::destroyForcibly);
        tree.destroyForcibly().waitFor();
    }

    private long count() throws Exception {
        Path file = folder.resolve("count");
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private ContainerControl.Found found(String id, long pid) {
        return new ContainerControl.Found(ContainerControl.Status.RUNNING, id, pid, OptionalInt.empty());
    }

    @Test
    void stopsEveryProcessOfATreeThatMakesNewOnes() throws Exception {
        HostProcesses processes =
                HostProcesses.of(found("tree", tree.pid()), true).orElseThrow();

        assertThat(processes.freeze(LIMIT)).isTrue();

        assertThat(processes.mechanism()).isEqualTo("sigstop");
        Set<Character> states = new HashSet<>();
        processes.members().forEach(pid -> states.add(HostProcesses.state(pid)));
        assertThat(states).isSubsetOf('T', 'Z');
        assertThat(processes.members()).hasSizeGreaterThanOrEqualTo(3);
        long before = count();
        await().pollDelay(Duration.ofMillis(200)).atMost(LIMIT).until(() -> true);
        assertThat(count()).isEqualTo(before);

        assertThat(processes.thaw()).isTrue();
        await().atMost(LIMIT).until(() -> count() > before);
    }

    @Test
    void killsTheWholeTree() throws Exception {
        HostProcesses processes =
                HostProcesses.of(found("tree", tree.pid()), true).orElseThrow();
        assertThat(processes.freeze(LIMIT)).isTrue();
        List<ProcessHandle> all = tree.descendants().toList();
        long before = count();

        assertThat(processes.kill(LIMIT)).isTrue();

        assertThat(processes.alive()).isFalse();
        await().atMost(LIMIT).until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(count()).isEqualTo(before);
        assertThat(processes.freeze(LIMIT)).isFalse();
    }

    /** The file of the group is a pipe: whoever writes to it waits until somebody reads. */
    @Test
    void aGroupThatDoesNotFreezeIsLetGoOnlyWhenEveryProcessIsStopped(@TempDir Path group) throws Exception {
        Path freezer = group.resolve("cgroup.freeze");
        assertThat(Posix.mkfifo(freezer)).isZero();
        List<Long> pids = Stream.concat(Stream.of(tree.toHandle()), tree.descendants())
                .map(ProcessHandle::pid)
                .toList();
        Files.write(
                group.resolve("cgroup.procs"),
                pids.stream().map(String::valueOf).toList());
        HostProcesses processes =
                new HostProcesses(tree.toHandle(), Optional.of(new HostProcesses.FreezerGroup(group, true)));
        FutureTask<Boolean> freeze = new FutureTask<>(() -> processes.freeze(Duration.ofSeconds(2)));
        Thread.ofPlatform().daemon().start(freeze);
        assertThat(Files.readString(freezer)).isEqualTo("1");

        // It is never let go before: nobody reads the word that would.
        await().atMost(LIMIT).until(() -> pids.stream().allMatch(pid -> "TZX".indexOf(HostProcesses.state(pid)) >= 0));
        long before = count();

        assertThat(Files.readString(freezer)).isEqualTo("0");
        freeze.get();
        assertThat(count()).isEqualTo(before);
    }

    @Test
    void signalsTheOthersOfAGroupWithTheHostsFirstProcessAndSaysThatItIsNotStopped(@TempDir Path group)
            throws Exception {
        Files.createFile(group.resolve("cgroup.freeze"));
        Files.writeString(group.resolve("cgroup.procs"), "0\n1\n" + tree.pid() + "\n");
        HostProcesses processes =
                new HostProcesses(tree.toHandle(), Optional.of(new HostProcesses.FreezerGroup(group, true)));

        assertThat(processes.freeze(Duration.ofMillis(300))).isFalse();
        assertThat(HostProcesses.state(tree.pid())).isEqualTo('T');
        assertThat(processes.kill(Duration.ofMillis(300))).isFalse();
        await().atMost(LIMIT).until(() -> !tree.isAlive());
    }

    @Test
    void touchesNoProcessThatCannotBeShownToBeTheContainers() {
        assertThat(HostProcesses.of(found("0123456789abcdef".repeat(4), tree.pid()), false))
                .isEmpty();
        assertThat(HostProcesses.of(found("tree", ProcessHandle.current().pid()), true))
                .isEmpty();
        assertThat(HostProcesses.of(found("tree", 1), true)).isEmpty();
        assertThat(HostProcesses.of(found("tree", 0), true)).isEmpty();
    }
}
