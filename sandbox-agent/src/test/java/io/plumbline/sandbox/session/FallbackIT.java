package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.posix.TerminalSize;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.SandboxException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions in bubblewrap, watched by the host's own kernel. Needs root and bwrap. */
class FallbackIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration STANDSTILL = Duration.ofMillis(300);
    private static final String DECOY = "~/.ssh/id_rsa";
    private static final String COUNTER = "i=0; while :; do i=$((i+1)); echo $i > count.new; mv count.new count; done";

    private final RecordingLink link = new RecordingLink();
    private final AtomicInteger orders = new AtomicInteger();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plfb");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Files.setAttribute(workspace, "unix:uid", 1000);
        Files.setAttribute(workspace, "unix:gid", 1000);
        Files.writeString(base.resolve("key"), "0".repeat(64));
        running = open("d", Map.of("host.runtime", "bubblewrap"));
    }

    private SandboxHost.Running open(String data, Map<String, String> more) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of(
                "host.redaction-key-file", base.resolve("key").toString(),
                "host.data", base.resolve(data).toString(),
                "host.name", "test",
                "ingest.address", "unused",
                "ingest.token", "unused",
                "agents.path", base.toString(),
                "guest.path", GvisorFixture.guest().toString()));
        settings.putAll(more);
        return SandboxHost.open(
                HostSettings.of(settings),
                new SandboxHost.Wiring(
                        link, surroundings -> List.of(), (above, yaml) -> TaskPolicy.getDefaultInstance()));
    }

    @AfterEach
    void leaveNothing() throws Exception {
        if (running != null) {
            running.close();
        }
        // What was killed has to come to its end.
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(processes()).as("processes").isEmpty());
        assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
                .as("mounts")
                .doesNotContain(base.toString());
        assertThat(HostGroups.of(base.resolve("d"), "memory", "cpu", "pids", "freezer"))
                .as("control groups")
                .isEmpty();
        Bundle.deleteTree(base);
    }

    private List<String> processes() {
        return ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains(base.toString()) && !line.contains("surefire"))
                .toList();
    }

    private static TaskPolicy.Builder policy() {
        return PolicyDefaults.policy().toBuilder()
                .setName("test")
                .setRevision(1)
                .setDegraded("allow");
    }

    private SessionRequest request(TaskPolicy policy, Stdio stdio, String script) {
        return new SessionRequest(
                policy,
                "fallback",
                Agent.NONE,
                workspace,
                List.of("/bin/bash", "-c", script),
                "tester",
                stdio,
                Optional.empty(),
                Optional.empty());
    }

    private String start(TaskPolicy policy, String script) {
        return running.host().run(request(policy, new Stdio.OutputOnly(), script), new Captured());
    }

    private Captured run(TaskPolicy policy, Stdio stdio, String script) {
        Captured captured = new Captured();
        running.host().run(request(policy, stdio, script), captured);
        await().atMost(LIMIT).until(() -> captured.ended);
        return captured;
    }

    private Captured run(TaskPolicy policy, String script) {
        return run(policy, new Stdio.OutputOnly(), script);
    }

    private static final class Captured implements SessionObserver {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private volatile int code = -1;
        private volatile String reason = "";
        private volatile boolean ended;

        @Override
        public synchronized void output(Stream stream, byte[] bytes) {
            out.writeBytes(bytes);
        }

        synchronized String text() {
            return out.toString(StandardCharsets.UTF_8);
        }

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {
            this.code = code;
            this.reason = reason;
            ended = true;
        }

        @Override
        public void failed(String message) {
            reason = message;
            ended = true;
        }
    }

    private List<RuntimeState> states() {
        return link.events.stream()
                .filter(Event::hasRuntimeState)
                .map(Event::getRuntimeState)
                .toList();
    }

    private List<ProcessStarted> started() {
        return link.events.stream()
                .filter(Event::hasProcessStarted)
                .map(Event::getProcessStarted)
                .toList();
    }

    private List<FileOpened> opened() {
        return link.events.stream()
                .filter(Event::hasFileOpened)
                .map(Event::getFileOpened)
                .toList();
    }

    private SessionReconciled reconciled() {
        return link.events.stream()
                .filter(Event::hasSessionReconciled)
                .map(Event::getSessionReconciled)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private RuntimeState order(String session, Event.Builder verdict) {
        String id = "order-" + orders.incrementAndGet();
        await().atMost(LIMIT).until(() -> link.listeners.containsKey(session));
        Objects.requireNonNull(link.listeners.get(session))
                .onVerdict(verdict.setId(id).setSession(session).build(), StageTimes.getDefaultInstance());
        return await().atMost(LIMIT)
                .until(
                        () -> states().stream()
                                .filter(state -> state.getOrder().equals(id))
                                .findFirst()
                                .orElse(RuntimeState.getDefaultInstance()),
                        state -> state.getState() != RuntimeState.State.STATE_UNSPECIFIED);
    }

    private void awaitEnd(String session) {
        await().atMost(LIMIT).until(() -> !running.host().sessions().contains(session));
    }

    private long count() throws IOException {
        try {
            String text = Files.readString(workspace.resolve("count")).trim();
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (java.nio.file.NoSuchFileException e) {
            return 0;
        }
    }

    private void assertStandsStill() throws IOException {
        long before = count();
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(count()).isEqualTo(before);
    }

    private static Event.Builder freeze() {
        return Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder().setReason("look"));
    }

    private static Event.Builder thaw() {
        return Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder().setReason("fine"));
    }

    private static Event.Builder kill() {
        return Event.newBuilder().setKillOrdered(KillOrdered.newBuilder().setReason("bad"));
    }

    @Test
    void whatASessionDoesIsToldWithoutLossAndCalledDegraded() throws Exception {
        Files.writeString(workspace.resolve("note"), "of the workspace\n");
        Captured captured = run(policy().build(), "id -u; cat note; /usr/bin/env MARK=1 sh -c 'echo x > made'; exit 3");

        assertThat(captured.text()).isEqualTo("1000\nof the workspace\n");
        assertThat(captured.code).isEqualTo(3);
        assertThat(Files.getAttribute(workspace.resolve("made"), "unix:uid")).isEqualTo(1000);
        assertThat(states())
                .isNotEmpty()
                .allMatch(state -> state.getDegraded() && state.getRuntime().startsWith("bubblewrap"));
        assertThat(link.events.stream().filter(Event::hasPolicyConfirmed).findFirst())
                .hasValueSatisfying(event ->
                        assertThat(event.getPolicyConfirmed().getRuntime()).contains("degraded"));
        assertThat(started().getFirst().getFirst()).isTrue();
        assertThat(started().getFirst().getArgvList()).contains("relay");
        assertThat(started().stream().skip(1).map(ProcessStarted::getArgvList))
                .anyMatch(argv -> argv.equals(List.of("cat", "note")))
                .anyMatch(argv -> argv.equals(List.of("sh", "-c", "echo x > made")));
        assertThat(started().stream().filter(process -> process.getArgvList().equals(List.of("cat", "note"))))
                .allSatisfy(process -> {
                    assertThat(process.getBinary()).isEqualTo("/usr/bin/cat");
                    assertThat(process.getActor().getCwd()).isEqualTo("/workspace");
                    assertThat(process.getActor().getUid()).isEqualTo(1000);
                    assertThat(process.getEnvNamesList()).contains("HOME");
                });
        assertThat(opened()).anyMatch(file -> file.getPath().equals("/workspace/note") && file.getFlags() % 4 == 0);
        assertThat(opened()).anyMatch(file -> file.getPath().equals("/workspace/made") && file.getFlags() % 4 == 1);
        SessionReconciled account = reconciled();
        assertThat(account.getComplete()).as(account.getReason()).isTrue();
        assertThat(account.getProcessesStarted()).isEqualTo(account.getProcessesExited());
        assertThat(link.events).noneMatch(Event::hasTraceLoss);
    }

    @Test
    void everyOneOfManyShortProcessesIsToldWithItsArguments() {
        run(policy().build(), "for i in $(seq 1 200); do /bin/true number $i & done; wait");

        List<String> numbers = new ArrayList<>();
        started().stream()
                .map(ProcessStarted::getArgvList)
                .filter(argv -> argv.size() == 3 && argv.get(1).equals("number"))
                .forEach(argv -> numbers.add(argv.get(2)));
        assertThat(numbers).hasSize(200).doesNotHaveDuplicates();
        assertThat(reconciled().getComplete()).as(reconciled().getReason()).isTrue();
        assertThat(reconciled().getProcessesStarted()).isEqualTo(reconciled().getProcessesExited());
    }

    @Test
    void argumentsThatAreNotToldAreMarkedAsMissing() {
        run(
                policy().build(),
                "x=$(head -c 4000 /dev/zero | tr '\\0' x); few() { /bin/true few $x; }; few;"
                        + " /bin/true many $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x $x hidden");

        List<Event> many = started("many");
        assertThat(many).hasSize(1);
        assertThat(many.getFirst().getProcessStarted().getArgvList()).doesNotContain("hidden");
        assertThat(many.getFirst().getTruncatedList()).containsExactly("argv");
        assertThat(started("few")).singleElement().satisfies(event -> assertThat(event.getTruncatedList())
                .isEmpty());
    }

    /** The execs whose first argument is {@code word}. */
    private List<Event> started(String word) {
        return link.events.stream()
                .filter(event -> event.getProcessStarted().getArgvCount() > 1
                        && event.getProcessStarted().getArgv(1).equals(word))
                .toList();
    }

    @Test
    void theHostIsNotThere() throws Exception {
        Path secret = Files.writeString(base.resolve("secret"), "of the host\n");
        Captured captured = run(
                policy().build(),
                "for f in /etc/shadow /root/.bashrc /home/agent/../../boot " + secret
                        + " /sys/kernel; do [ -e $f ] && echo there $f; done;"
                        + " echo processes $(ls -d /proc/[0-9]* | wc -l);"
                        + " echo network $(tail -n +3 /proc/net/dev | cut -d: -f1);"
                        + " (echo x > /usr/bin/new) 2>/dev/null && echo wrote /usr;"
                        + " (echo x > /etc/new) 2>/dev/null && echo wrote /etc;"
                        + " (echo x > /proc/sys/kernel/hostname) 2>/dev/null && echo wrote /proc;"
                        + " grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t' ' ';"
                        + " ls /proc/self/fd | tr '\\n' ' '; echo;"
                        + " kill -0 " + ProcessHandle.current().pid()
                        + " 2>/dev/null && echo sees the daemon; hostname");

        List<String> lines = captured.text().lines().toList();
        assertThat(lines)
                .contains(
                        "network lo",
                        "NoNewPrivs: 1",
                        "Seccomp: 2",
                        "CapEff: 0000000000000000",
                        "CapBnd: 0000000000000000",
                        "0 1 2 3 ",
                        "sandbox")
                .noneMatch(line -> line.startsWith("there") || line.startsWith("wrote") || line.startsWith("sees"));
        assertThat(lines.stream().filter(line -> line.startsWith("processes")))
                .allMatch(line -> Integer.parseInt(line.substring("processes ".length())) < 10);
    }

    @Test
    void noNamespaceOfItsOwnLeadsOutOfTheWatch() {
        Captured captured = run(
                policy().build(),
                "unshare --user true 2>/dev/null && echo apart;"
                        + " unshare --user --mount --propagation unchanged true 2>/dev/null && echo apart;"
                        + " unshare --pid --fork true 2>/dev/null && echo apart;"
                        + " mount -t tmpfs none /tmp 2>/dev/null && echo mounted; echo done");

        assertThat(captured.text()).isEqualTo("done\n");
    }

    /** 1, 2, 10 and 16 are confined by the session's namespaces; 38 and 40 are the kernel's crypto and the hypervisor. */
    @Test
    void noSocketLeadsPastTheSessionsNamespaces() {
        Captured captured = run(policy().build(), """
                exec python3 -c '
                import errno, socket
                for family in (1, 2, 10, 16, 17, 38, 40, 31):
                    try:
                        socket.socket(family, socket.SOCK_DGRAM).close()
                        print(family)
                    except OSError as problem:
                        print(family, errno.errorcode[problem.errno])
                '""");

        assertThat(captured.text().lines())
                .containsExactly(
                        "1",
                        "2",
                        "10",
                        "16",
                        "17 EAFNOSUPPORT",
                        "38 EAFNOSUPPORT",
                        "40 EAFNOSUPPORT",
                        "31 EAFNOSUPPORT");
    }

    @Test
    void aDecoyIsNeverReadAndItsReaderIsFrozen() throws Exception {
        TaskPolicy policy =
                policy().addDecoys(DECOY).setHoneytokenFreeze("local").build();
        String session = start(policy, "ln ~/.ssh/id_rsa ~/other; cat ~/other > stolen; echo further > further");

        await().atMost(LIMIT)
                .until(() -> states().stream().anyMatch(state -> state.getState() == RuntimeState.State.FROZEN));
        RuntimeState frozen = states().stream()
                .filter(state -> state.getState() == RuntimeState.State.FROZEN)
                .findFirst()
                .orElseThrow();
        assertThat(frozen.getReason()).contains("tripwire honeytoken: /home/agent/.ssh/id_rsa");
        assertThat(frozen.getMechanism()).isEqualTo("cgroup-freezer");
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(workspace.resolve("further")).doesNotExist();
        await().atMost(LIMIT).until(() -> link.events.stream()
                .anyMatch(event -> event.hasEvidenceCollected()
                        && event.getEvidenceCollected().getKind().equals("processes")
                        && event.getEvidenceCollected().getJson().contains("other")));

        order(session, thaw());
        awaitEnd(session);
        assertThat(Files.size(workspace.resolve("stolen"))).isZero();
    }

    @Test
    void aThawedProgramGoesOnCountingWhereItWas() throws Exception {
        String session = start(policy().build(), COUNTER);
        await().atMost(LIMIT).until(() -> count() > 3);
        for (int round = 0; round < 3; round++) {
            RuntimeState frozen = order(session, freeze());
            assertThat(frozen.getState()).isEqualTo(RuntimeState.State.FROZEN);
            assertThat(frozen.getMechanism()).isEqualTo("cgroup-freezer");
            assertStandsStill();
            long frozenAt = count();
            assertThat(order(session, thaw()).getState()).isEqualTo(RuntimeState.State.RUNNING);
            await().atMost(LIMIT).until(() -> count() > frozenAt);
        }
        running.host().stop(session, "enough");
        awaitEnd(session);
    }

    @Test
    void aFrozenWorkloadDiesWithoutAFurtherStep() throws Exception {
        String session = start(policy().build(), COUNTER + " & " + COUNTER.replace("count", "second"));
        await().atMost(LIMIT).until(() -> count() > 3);
        assertThat(order(session, freeze()).getState()).isEqualTo(RuntimeState.State.FROZEN);
        long frozenAt = count();

        assertThat(order(session, kill()).getState()).isEqualTo(RuntimeState.State.KILLED);
        awaitEnd(session);

        assertThat(count()).isEqualTo(frozenAt);
    }

    @Test
    void aPolicyThatDoesNotAllowItIsRefused() {
        assertThatThrownBy(() -> start(policy().setDegraded("deny").build(), "true"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("policy test: runtime.degraded: deny (expected: allow")
                .hasMessageContaining("bubblewrap");
        assertThat(running.host().sessions()).isEmpty();
    }

    @Test
    void noMoreProcessesThanThePolicyAllows() {
        Captured captured = run(
                policy().setProcesses(20).build(),
                "for i in $(seq 1 60); do sleep 3 & done 2>/dev/null; ls -d /proc/[0-9]* | wc -l");

        assertThat(link.events)
                .anyMatch(event -> event.hasLimitReached()
                        && event.getLimitReached().getLimit().equals("processes"));
        assertThat(captured.text().lines().filter(line -> line.matches("\\d+")))
                .allMatch(line -> Integer.parseInt(line) <= 21);
    }

    @Test
    void aWorkloadThatTakesTooMuchMemoryIsFrozen() {
        String session =
                start(policy().setMemoryBytes(64 << 20).build(), "head -c 150000000 /dev/zero > /tmp/large; sleep 60");

        await().atMost(LIMIT).until(() -> states().stream()
                .anyMatch(state -> state.getState() == RuntimeState.State.FROZEN
                        && state.getReason().startsWith("memory:")));
        running.host().stop(session, "enough");
        awaitEnd(session);
    }

    /** Four ways to take a disk's space under no name or beyond a file's end, at once: no look sees a part. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec 3> big; rm big; fallocate --length 3000000 /proc/self/fd/3; head -c 3000000 /dev/zero >&3; sleep 600",
                ": > big; fallocate --keep-size --length 3000000 big; sleep 600",
                "exec python3 -c 'import mmap, os, time; f = open(\"big\", \"w+b\"); f.truncate(3000000); m = mmap.mmap(f.fileno(), 0);"
                        + " os.remove(\"big\"); os.posix_fallocate(f.fileno(), 0, 3000000); f.close();"
                        + " m.write(bytes(3000000)); time.sleep(600)'",
                "exec python3 -c '\nimport ctypes, os, threading, time\n"
                        + "def hold():\n    ctypes.CDLL(None).unshare(0x400)\n    f = open(\"big\", \"wb\")\n    os.remove(\"big\")\n"
                        + "    os.posix_fallocate(f.fileno(), 0, 3000000)\n"
                        + "    f.write(bytes(3000000))\n    f.flush()\n    time.sleep(600)\n"
                        + "threading.Thread(target=hold).start()\n'"
            })
    void aWorkloadThatHidesWhatItTakesOfTheDiskIsFrozen(String script) {
        String session = start(policy().setDiskBytes(1 << 20).build(), script);

        await().atMost(LIMIT).until(() -> states().stream()
                .anyMatch(state -> state.getState() == RuntimeState.State.FROZEN
                        && state.getReason().startsWith("disk: 3")));
        running.host().stop(session, "enough");
        awaitEnd(session);
    }

    @Test
    void aTerminalIsTheWorkloadsOwn() {
        Captured captured = run(
                policy().build(),
                new Stdio.Terminal("xterm", new TerminalSize(40, 120)),
                "test -t 0 && stty size; echo to the terminal > /dev/tty");

        assertThat(captured.text().lines().map(String::trim)).contains("40 120", "to the terminal");
        assertThat(run(policy().build(), "/usr/bin/tee /proc/1/fd/1 <<< by-name > /dev/null")
                        .text())
                .isEqualTo("by-name\n");
    }

    @Test
    void theKillSwitchProvesItself() {
        running.proveKillSwitchEvery(Duration.ofSeconds(5));

        await().atMost(LIMIT).until(() -> link.events.stream().anyMatch(Event::hasCanaryReported));
        assertThat(link.events.stream().filter(Event::hasCanaryReported).map(Event::getCanaryReported))
                .allSatisfy(report ->
                        assertThat(report.getProven()).as(report.getProblem()).isTrue());
    }

    @Test
    void whatTheKernelCouldNotTellIsCountedAndTheAccountIsIncomplete() throws Exception {
        String session = start(
                policy().build(), "echo > begun; exec 9<> <(:); while [ ! -e stop ]; do read -t 0.1 -u 9 x; done");
        await().atMost(LIMIT).until(() -> Files.exists(workspace.resolve("begun")));
        List<ProcessHandle> watch = watches();
        assertThat(watch).hasSize(1);
        watch.forEach(process -> Posix.kill(process.pid(), Posix.SIGSTOP));
        try {
            // More processes of the host than the connector's queue can hold, while nobody reads it.
            Process many = new ProcessBuilder("bash", "-c", "for i in {1..15000}; do (:); done").start();
            assertThat(many.waitFor()).isZero();
        } finally {
            watch.forEach(process -> Posix.kill(process.pid(), Posix.SIGCONT));
        }
        await().atMost(LIMIT).until(() -> link.events.stream().anyMatch(Event::hasTraceLoss));
        Files.createFile(workspace.resolve("stop"));
        awaitEnd(session);

        assertThat(link.events.stream().filter(Event::hasTraceLoss).map(Event::getTraceLoss))
                .allMatch(loss -> loss.getCause().equals("dropped_by_runtime") && loss.getDropped() > 0);
        assertThat(reconciled().getComplete()).isFalse();
        assertThat(reconciled().getReason()).contains("dropped by the runtime");
    }

    @Test
    void aHostWhoseGvisorDoesNotRunTakesTheFallbackUnlessItMustNot() throws Exception {
        Path broken = Files.writeString(base.resolve("runsc"), "#!/bin/sh\nexit 1\n");
        Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (SandboxHost.Running other = open("e", Map.of("runsc.path", broken.toString()))) {
            assertThat(other.host().degraded()).isTrue();
        }
        assertThatThrownBy(() -> open("f", Map.of("runsc.path", broken.toString(), "host.runtime", "runsc")))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("this runsc cannot trace what is needed");
        assertThatThrownBy(() -> open("g", Map.of("bubblewrap.path", "/no/bwrap", "host.runtime", "bubblewrap")))
                .isInstanceOf(SandboxException.class)
                .hasMessage("bubblewrap.path: /no/bwrap (expected: the program bwrap)");
    }

    private List<ProcessHandle> watches() {
        return ProcessHandle.current()
                .descendants()
                .filter(process ->
                        process.info().commandLine().orElse("").contains("plumbline-guest watch trace=" + base))
                .toList();
    }

    /** A first thread that ends is not the end of the first process: the watch is still needed. */
    private static final String COUNTING_THREAD = """
            exec python3 -c '
            import ctypes, os, threading, time
            def count():
                i = 0
                while True:
                    i += 1
                    with open("count.new", "w") as f: f.write(str(i))
                    os.rename("count.new", "count")
                    time.sleep(0.02)
            threading.Thread(target=count).start()
            ctypes.CDLL(None).pthread_exit(None)
            '""";

    @ParameterizedTest
    @ValueSource(strings = {COUNTER, COUNTING_THREAD})
    void aWatchThatDiesEndsItsSession(String script) {
        String session = start(policy().build(), script);
        await().atMost(LIMIT).until(() -> count() > 3);
        watches().forEach(ProcessHandle::destroyForcibly);

        await().atMost(LIMIT).untilAsserted(() -> assertThat(states())
                .anyMatch(state -> state.getState() == RuntimeState.State.FROZEN
                        && state.getReason().contains("the trace ended before the session did")));
        assertThat(order(session, thaw()).getState()).isEqualTo(RuntimeState.State.FROZEN);
        running.host().stop(session, "enough");
        awaitEnd(session);
    }
}
