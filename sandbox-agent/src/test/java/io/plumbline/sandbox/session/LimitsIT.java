package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.LimitReached;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.rootfs.Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Workloads that want more than their policy gives, in real sandboxes. Needs root, runsc and control groups. */
class LimitsIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final RecordingLink link = new RecordingLink();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plli");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Files.setAttribute(workspace, "unix:uid", 1000);
        HostSettings settings = GvisorFixture.settings(base, Map.of());
        running = SandboxHost.open(
                settings, new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> policy().build()));
    }

    @AfterEach
    void leavesNoControlGroup() throws Exception {
        running.close();
        assertThat(HostGroups.of(base.resolve("d"), "memory", "cpu", "pids")).isEmpty();
        Bundle.deleteTree(base);
    }

    private static TaskPolicy.Builder policy() {
        return TaskPolicy.newBuilder().setName("test").setWorkspaceMode("read-write");
    }

    private Recorder start(TaskPolicy.Builder policy, String script) {
        Recorder recorder = new Recorder();
        recorder.id = running.host()
                .run(
                        new SessionRequest(
                                policy.build(),
                                "do it",
                                Agent.NONE,
                                workspace,
                                List.of("/bin/bash", "-c", script),
                                "tester"),
                        recorder);
        return recorder;
    }

    private LimitReached awaitReached() {
        await().atMost(LIMIT).until(() -> link.events.stream().anyMatch(Event::hasLimitReached));
        return link.events.stream()
                .filter(Event::hasLimitReached)
                .findFirst()
                .orElseThrow()
                .getLimitReached();
    }

    @Test
    void freezesAWorkloadThatSlowlyTakesTooMuchMemory() {
        Recorder session = start(
                policy().setMemoryBytes(64 << 20), "head -c 150000000 /dev/zero > /tmp/full; echo full; sleep 600");
        session.awaitState(RuntimeState.State.FROZEN);
        LimitReached reached = awaitReached();
        assertThat(reached.getLimit()).isEqualTo("memory");
        assertThat(reached.getAction()).isEqualTo("freeze");
        assertThat(reached.getUsed()).isGreaterThan(64 << 20);
        assertThat(reached.getAllowed()).isEqualTo(64 << 20);
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void stopsAWorkloadThatTakesAllMemoryAtOnce() {
        Recorder session = start(
                policy().setMemoryBytes(16 << 20),
                "for i in 1 2 3 4 5 6; do head -c 900000000 /dev/zero > /tmp/full$i & done; wait");
        // Whoever comes first, the look once a second or the kernel: more than the limit and the runtime's share is
        // never had. It is told before the session is ended for another reason.
        assertThat(awaitReached().getLimit()).isEqualTo("memory");
        await().atMost(LIMIT).until(() -> session.states.contains(RuntimeState.State.FROZEN) || !session.end.isEmpty());
        running.host().stop(session.id, "seen");
        assertThat(session.await()).startsWith("exited 137");
    }

    @Test
    void refusesMoreProcessesThanAllowed() {
        Recorder session = start(policy().setProcesses(40), "for i in $(seq 60); do sleep 600 & done; wait");
        LimitReached reached = awaitReached();
        assertThat(reached.getLimit()).isEqualTo("processes");
        assertThat(reached.getAllowed()).isEqualTo(40);
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void aForkBombStaysInItsSandbox() throws Exception {
        Recorder bomb = start(policy().setProcesses(100), "bomb() { bomb | bomb & }; bomb; exec sleep 600");
        bomb.awaitState(RuntimeState.State.RUNNING);
        LimitReached reached = awaitReached();
        assertThat(reached.getLimit()).isEqualTo("processes");
        assertThat(reached.getAllowed()).isEqualTo(100);
        Path sandbox = SandboxFolder.of(base.resolve("d"), bomb.id::equals);
        Path threads = HostGroups.of(base.resolve("d"), "pids").getFirst().resolve(sandbox.getFileName());
        assertThat(Long.parseLong(
                        Files.readString(threads.resolve("pids.current")).trim()))
                .isLessThanOrEqualTo(Long.parseLong(
                        Files.readString(threads.resolve("pids.max")).trim()));

        Recorder meanwhile = start(policy(), "echo unharmed");
        assertThat(meanwhile.await()).isEqualTo("exited 0 exit code 0");
        assertThat(meanwhile.text(SessionObserver.Stream.STDOUT)).isEqualTo("unharmed\n");

        running.host().stop(bomb.id, "seen");
        assertThat(bomb.await()).startsWith("exited 137");
        await().atMost(LIMIT).until(() -> !Files.exists(threads));
    }

    @Test
    void givesNoMoreProcessorTimeThanAllowed() throws Exception {
        Recorder session = start(policy().setCpuMillis(200), "while true; do :; done");
        session.awaitState(RuntimeState.State.RUNNING);
        LimitReached reached = awaitReached();
        assertThat(reached.getLimit()).isEqualTo("cpu");
        assertThat(reached.getAction()).isEqualTo("throttle");
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void freezesAWorkloadThatFillsTheDisk() {
        Recorder session = start(
                policy().setDiskBytes(1 << 20),
                "head -c 2000000 /dev/zero > /tmp/x || echo no room; while true; do echo more >> big; cat big big > big2; mv big2 big; [ $(stat -c %s big) -gt 3000000 ] && sleep 600; done");
        session.awaitState(RuntimeState.State.FROZEN);
        LimitReached reached = awaitReached();
        assertThat(reached.getLimit()).isEqualTo("disk");
        assertThat(reached.getUsed()).isGreaterThan(1 << 20);
        session.awaitText("no room");
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void freezesAWorkloadThatFillsTheDiskWithAFileWithoutAName() {
        Recorder session = start(
                policy().setDiskBytes(1 << 20),
                // At once: no look sees a part.
                "exec python3 -c 'import os, time; f = open(\"big\", \"wb\"); os.remove(\"big\");"
                        + " print(\"removed\", os.listdir().count(\"big\"), flush=True);"
                        + " os.posix_fallocate(f.fileno(), 0, 3000000); f.write(bytes(3000000)); f.flush();"
                        + " time.sleep(600)'");
        session.awaitState(RuntimeState.State.FROZEN);
        LimitReached reached = awaitReached();
        assertThat(reached.getLimit()).isEqualTo("disk");
        assertThat(reached.getUsed()).isBetween(2_900_000L, 4_000_000L);
        session.awaitText("removed 0");
        running.host().stop(session.id, "seen");
        session.await();
    }

    private static final class Recorder implements SessionObserver {
        private String id = "";
        private final List<RuntimeState.State> states = new CopyOnWriteArrayList<>();
        private final StringBuffer[] output = {new StringBuffer(), new StringBuffer()};
        private volatile String end = "";

        @Override
        public void output(Stream stream, byte[] bytes) {
            output[stream.ordinal()].append(new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
        }

        @Override
        public void state(RuntimeState.State state, String reason) {
            states.add(state);
        }

        @Override
        public void exited(int code, String reason) {
            end = "exited " + code + " " + reason;
        }

        @Override
        public void failed(String message) {
            end = "failed " + message;
        }

        String text(Stream stream) {
            return output[stream.ordinal()].toString();
        }

        String await() {
            org.awaitility.Awaitility.await().atMost(LIMIT).until(() -> !end.isEmpty());
            return end;
        }

        /** On standard output, where it comes a moment after it was said. */
        void awaitText(String text) {
            org.awaitility.Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertThat(text(Stream.STDOUT))
                    .contains(text));
        }

        void awaitState(RuntimeState.State state) {
            org.awaitility.Awaitility.await()
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> states.contains(state) || !end.isEmpty());
            assertThat(states).as(end).contains(state);
        }
    }
}
