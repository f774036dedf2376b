package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.EventIds;
import io.plumbline.events.HidingCalls;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EventCount;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.rootfs.Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What real programs do in real sandboxes, as evidence. Needs root and runsc, and python3 for what shells cannot do. */
class ObservationIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String DECOY = "/home/agent/.ssh/id_rsa";

    private final RecordingLink link = new RecordingLink();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plit");
        workspace = Files.createDirectory(base.resolve("workspace"));
        Files.writeString(workspace.resolve("README.md"), "# demo\n");
        for (Path path : List.of(workspace, workspace.resolve("README.md"))) {
            Files.setAttribute(path, "unix:uid", 1000);
            Files.setAttribute(path, "unix:gid", 1000);
        }
        running = SandboxHost.open(
                GvisorFixture.settings(base, Map.of()),
                new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> policy().build()));
    }

    @AfterEach
    void stopHost() throws Exception {
        running.close();
        try (var left = Files.list(base.resolve("d/s"))) {
            assertThat(left).isEmpty();
        }
        Bundle.deleteTree(base);
    }

    private static TaskPolicy.Builder policy() {
        return TaskPolicy.newBuilder().setName("test").setRevision(1).setWorkspaceMode("read-write");
    }

    private Ending start(TaskPolicy.Builder policy, String... command) {
        Ending ending = new Ending();
        ending.id = running.host()
                .run(
                        new SessionRequest(policy.build(), "do it", Agent.NONE, workspace, List.of(command), "tester"),
                        ending);
        return ending;
    }

    private Ending python(TaskPolicy.Builder policy, String program) throws Exception {
        Path file = Files.writeString(workspace.resolve("t.py"), program);
        Files.setAttribute(file, "unix:uid", 1000);
        return start(policy, "/usr/bin/python3", "/workspace/t.py");
    }

    private List<String> changes() {
        return link.events.stream()
                .filter(Event::hasFileChanged)
                .map(Event::getFileChanged)
                .map(change -> change.getOperation() + " " + change.getPath()
                        + (change.getNewPath().isEmpty() ? "" : " -> " + change.getNewPath())
                        + (change.getError() == 0 ? "" : " !" + change.getError()))
                .toList();
    }

    private List<String> calls() {
        return link.events.stream()
                .filter(Event::hasNamedSyscall)
                .map(Event::getNamedSyscall)
                .map(call -> call.getName() + " " + call.getPath()
                        + (call.hasPeer()
                                ? call.getPeer().getAddress() + ":"
                                        + call.getPeer().getPort()
                                : "")
                        + (call.getError() == 0 ? "" : " !" + call.getError()))
                .toList();
    }

    private SessionReconciled reconciled() {
        return link.events.stream()
                .filter(Event::hasSessionReconciled)
                .findFirst()
                .orElseThrow()
                .getSessionReconciled();
    }

    @Test
    void everyActThatAJudgeNeedsIsEvidenceWithItsName() throws Exception {
        Ending session = python(policy(), """
                import ctypes, os, socket, subprocess
                libc = ctypes.CDLL(None)
                def tried(act, *arguments, **named):
                    try:
                        return act(*arguments, **named)
                    except OSError:
                        return None
                os.chdir('/tmp')
                open('a', 'w').close()
                os.rename('a', 'b'); os.link('b', 'c'); os.symlink('b', 's'); os.chmod('b', 0o600)
                os.truncate('b', 0); os.unlink('s')
                f = os.open('b', os.O_RDWR); os.fchmod(f, 0o644)
                os.mkdir('d'); d = os.open('d', os.O_RDONLY)
                os.mkdir('e', dir_fd=d); os.rename('e', '../g', src_dir_fd=d, dst_dir_fd=d); os.rmdir('g')
                os.rmdir('d')
                tried(os.unlink, 'none')
                hostile = 'x\\ny"q) = 0 (0x0) (1us)'
                open(hostile, 'w').close(); os.unlink(hostile)
                open('k', 'w').close(); tried(os.rename, 'k', 'l, 0x1 m')
                libc.mount(b'none', b'/tmp', b'tmpfs', 0, None); libc.umount2(b'/tmp', 0)
                libc.unshare(0x10000000); libc.setns(f, 0); libc.ptrace(16, 1, 0, 0); libc.memfd_create(b'mem', 0)
                libc.process_vm_writev(1, 0, 0, 0, 0, 0)
                u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                u.sendto(b'hi', ('127.0.0.1', 5353)); tried(u.sendto, b'hi', ('8.8.8.8', 53))
                pair = socket.socketpair(); pair[0].setblocking(False); tried(pair[0].sendmsg, [b'"' * 200] * 1000)
                server = socket.socket(); server.bind(('127.0.0.1', 7777)); server.listen()
                client = socket.create_connection(('127.0.0.1', 7777)); server.accept()
                tried(os.setuid, 0); tried(os.setgid, 0)
                tried(os.setgroups, []); libc.setfsuid(0); libc.setfsgid(0)
                if os.fork() == 0:
                    os.unlink('c'); os._exit(0)
                os.wait()
                subprocess.run(['/usr/bin/true'])
                """);

        assertThat(session.await()).isEqualTo("exited 0");
        assertThat(changes())
                .containsSubsequence(
                        "rename /tmp/a -> /tmp/b",
                        "link /tmp/b -> /tmp/c",
                        "symlink /tmp/b -> /tmp/s",
                        "chmod /tmp/b",
                        "truncate /tmp/b",
                        "unlink /tmp/s",
                        "chmod /tmp/b",
                        "mkdir /tmp/d",
                        "mkdir /tmp/d/e",
                        "rename /tmp/d/e -> /tmp/g",
                        "rmdir /tmp/g",
                        "rmdir /tmp/d",
                        "unlink /tmp/none !2",
                        "unlink /tmp/x\ny\"q) = 0 (0x0) (1us)",
                        "unlink /tmp/c");
        assertThat(link.events)
                .anyMatch(event -> event.hasFileChanged()
                        && event.getFileChanged().getAmbiguous()
                        && event.getFileChanged().getPath().contains("l, 0x1 m"));
        assertThat(calls())
                .contains(
                        "mount /tmp !1",
                        "umount2 /tmp !1",
                        "memfd_create memfd:mem",
                        "sendto 127.0.0.1:5353",
                        "sendto 8.8.8.8:53 !113")
                .anyMatch(call -> call.startsWith("unshare"))
                .anyMatch(call -> call.startsWith("setns /tmp/b"))
                .anyMatch(call -> call.startsWith("ptrace"))
                .anyMatch(call -> call.startsWith("process_vm_writev"));
        assertThat(link.events)
                .anyMatch(e -> e.hasBound() && e.getBound().getLocal().getPort() == 7777)
                .anyMatch(e -> e.hasAccepted()
                        && e.getAccepted().getPeer().getAddress().equals("127.0.0.1"));
        assertThat(link.events.stream().filter(Event::hasRawSyscall).map(e -> e.getRawSyscall()
                        .getNumber()))
                .contains(105L, 106L, 116L, 122L, 123L);
        // Who: the same process by both channels, and in the order in which it did things.
        List<Event> ofChild = link.events.stream()
                .filter(Event::hasFileChanged)
                .filter(e -> e.getFileChanged().getPath().equals("/tmp/c"))
                .toList();
        assertThat(link.events)
                .anyMatch(e -> e.hasProcessForked()
                        && e.getProcessForked()
                                .getChild()
                                .equals(ofChild.getFirst()
                                        .getFileChanged()
                                        .getActor()
                                        .getProcess()));
        assertThat(index(e -> e.hasFileOpened() && e.getFileOpened().getPath().equals("/tmp/a")))
                .isLessThan(index(
                        e -> e.hasFileChanged() && e.getFileChanged().getPath().equals("/tmp/a")));
        assertThat(link.events).noneMatch(Event::hasTraceLoss);
    }

    /** Why sessions stand still. */
    private List<String> frozen() {
        return link.events.stream()
                .filter(Event::hasRuntimeState)
                .map(Event::getRuntimeState)
                .filter(state -> state.getState() == RuntimeState.State.FROZEN)
                .map(RuntimeState::getReason)
                .toList();
    }

    private int index(Predicate<Event> wanted) {
        List<Event> events = List.copyOf(link.events);
        for (int i = 0; i < events.size(); i++) {
            if (wanted.test(events.get(i))) {
                return i;
            }
        }
        throw new AssertionError("no such event");
    }

    @Test
    void accountsForEverythingAtTheEnd() throws Exception {
        Ending session =
                start(policy(), "/bin/bash", "-c", "for i in 1 2 3; do /usr/bin/true; done; touch /tmp/x; rm /tmp/x");
        assertThat(session.await()).isEqualTo("exited 0");

        SessionReconciled end = reconciled();
        assertThat(end.getReason()).isEmpty();
        assertThat(end.getComplete()).isTrue();
        assertThat(end.getProcessesStarted())
                .isEqualTo(end.getProcessesExited())
                .isGreaterThanOrEqualTo(6);
        for (EventCount count : end.getEventsList()) {
            long seen = link.events.stream()
                    .takeWhile(event -> !event.hasSessionReconciled())
                    .filter(event -> event.getPayloadCase().name().equalsIgnoreCase(count.getPayload()))
                    .count();
            assertThat(count.getCount()).as(count.getPayload()).isEqualTo(seen);
        }
        assertThat(end.getLines()).isPositive();
        assertThat(end.getMessages()).isGreaterThan(end.getEventsCount());
        assertThat(index(Event::hasSessionReconciled))
                .isLessThan(
                        index(e -> e.hasRuntimeState() && e.getRuntimeState().getState() == RuntimeState.State.EXITED));
    }

    /** The host publishes nothing until all that can wait on the way is full and the workload stands still. */
    @Test
    void aSlowHostHoldsTheWorkloadAndLosesNothing() throws Exception {
        int acts = 8_000;
        Path progress = workspace.resolve("progress");
        AtomicLong heldAt = new AtomicLong(-1);
        link.brain = (event, listener) -> {
            if (event.getFileChanged().getPath().equals("/tmp/n0")) {
                heldAt.set(standstill(progress, acts));
            }
        };
        // Lines of eight thousand bytes, two for each act: some four thousand acts are all that the host keeps waiting.
        Ending session = python(policy(), """
                import os
                progress = os.open('/workspace/progress', os.O_CREAT | os.O_WRONLY)
                for i in range(8000):
                    try:
                        os.rename('/tmp' + '/' * 3900 + 'n%d' % i, '/tmp' + '/' * 3900 + 'm')
                    except OSError:
                        pass
                    os.pwrite(progress, b'%06d' % (i + 1), 0)
                """);
        assertThat(session.await()).isEqualTo("exited 0");

        System.out.printf("figure held: after %d acts%n", heldAt.get());
        assertThat(heldAt.get()).isGreaterThan(4_000).isLessThan(acts);
        List<String> paths = link.events.stream()
                .filter(Event::hasFileChanged)
                .map(Event::getFileChanged)
                .map(FileChanged::getPath)
                .filter(path -> path.startsWith("/tmp/n"))
                .toList();
        assertThat(paths).hasSize(acts);
        assertThat(paths.getLast()).isEqualTo("/tmp/n7999");
        assertThat(reconciled().getComplete()).as(reconciled().getReason()).isTrue();
    }

    /**
     * How many acts the workload has told of in a file once it goes no further, or has come to its end. Beside other work it may stand
     * still for longer than that at any time, so only what comes shortly before the queue is full counts; and it must be over before the
     * reader has waited for room in vain.
     */
    private static long standstill(Path progress, int acts) {
        AtomicLong told = new AtomicLong(-1);
        AtomicLong since = new AtomicLong();
        await().pollInterval(Duration.ofMillis(10)).atMost(LIMIT).until(() -> {
            String text = Files.exists(progress) ? Files.readString(progress) : "";
            long now = text.isEmpty() ? 0 : Long.parseLong(text);
            if (told.getAndSet(now) != now) {
                since.set(System.nanoTime());
            }
            return now == acts || now > 4_000 && System.nanoTime() - since.get() > 100_000_000;
        });
        return told.get();
    }

    /** More than can wait anywhere on the way, from a host that is slower than the sandbox's kernel is patient. */
    @Test
    void whatASlowHostLosesIsCountedExactlyAndTheSessionIsIncomplete() throws Exception {
        Path held = workspace.resolve("held");
        AtomicLong seen = new AtomicLong();
        Predicate<Event> counted = event ->
                event.hasFileOpened() && event.getFileOpened().getPath().endsWith("/counted");
        link.kept = counted.negate();
        link.brain = (event, listener) -> {
            if (counted.test(event)) {
                seen.incrementAndGet();
                // Longer than the reader waits for room.
                if (!Files.exists(held)) {
                    LockSupport.parkNanos(1_000_000_000);
                }
            }
        };
        // Names of four thousand bytes: a few thousand messages are all that the host keeps waiting.
        Ending session = python(policy(), """
                import os, time
                os.chdir('/tmp')
                for i in range(15):
                    os.mkdir('d' * 250)
                    os.chdir('d' * 250)
                name = './' + '/' * 4000 + 'counted'
                made = stuck = 0
                while stuck < 12:
                    before = time.monotonic()
                    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
                    made += 1
                    # About two of three, once all is full: the host takes one a second, and each waits 0.4 s for room.
                    stuck += time.monotonic() - before > 0.3
                os.mkdir('/workspace/held')
                while not os.path.exists('/workspace/go'):
                    time.sleep(0.01)
                os.symlink(str(made), '/workspace/made')
                """);
        await().atMost(Duration.ofMinutes(3)).until(() -> Files.exists(held) || !frozen().isEmpty());
        assertThat(frozen()).isEmpty();
        // The first one that begins when the host has got on: what waits is published by then.
        long beats = link.events.stream().filter(Event::hasHeartbeat).count();
        await().atMost(LIMIT)
                .until(() -> link.events.stream().filter(Event::hasHeartbeat).count() > beats + 2);
        Files.createFile(workspace.resolve("go"));
        assertThat(session.await()).isEqualTo("exited 0");

        long made =
                Long.parseLong(Files.readSymbolicLink(workspace.resolve("made")).toString());
        SessionReconciled end = reconciled();
        long lost = end.getDroppedByRuntime() + end.getListenerLost();
        System.out.printf("figure loss: %d opens, %d seen, %d lost%n", made, seen.get(), lost);
        assertThat(lost).isPositive().isEqualTo(made - seen.get());
        assertThat(end.getComplete()).isFalse();
        assertThat(end.getReason())
                .isEqualTo(end.getDroppedByRuntime() + " messages dropped by the runtime, " + end.getListenerLost()
                        + " lost by the host");
        assertThat(link.events.stream()
                        .filter(Event::hasTraceLoss)
                        .mapToLong(e -> e.getTraceLoss().getDropped())
                        .sum())
                .isEqualTo(lost);
    }

    @Test
    void aHostThatHangsOverWhatItSawStopsTheSession() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        link.brain = (event, listener) -> {
            if (event.getFileOpened().getPath().equals("/workspace/hang")) {
                try {
                    held.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Ending session = start(policy(), "/bin/bash", "-c", ": > hang; while true; do :; done");
        await().atMost(LIMIT).until(() -> link.events.stream()
                .anyMatch(e -> e.getFileOpened().getPath().equals("/workspace/hang")));
        Path kernel = Path.of(
                "/proc", Long.toString(SandboxFolder.kernel(SandboxFolder.of(base.resolve("d"), session.id::equals))));
        await().atMost(LIMIT)
                .until(() -> Files.readString(kernel.resolve("status")).contains("State:\tT (stopped)"));
        held.countDown();

        await().atMost(LIMIT).until(() -> !frozen().isEmpty());
        assertThat(frozen())
                .containsExactly("the sandbox host was silent for longer than 10 s; its warden stopped the session");
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void theHostFreezesOnTheSpotWhenADecoyIsRead() throws Exception {
        Ending session = start(
                policy().addDecoys("~/.ssh/id_rsa").addDecoyKinds("").setHoneytokenFreeze("local"),
                "/bin/bash",
                "-c",
                "test -r ~/.ssh/id_rsa; cd ~/.ssh; while [ ! -e /workspace/go ]; do : < /workspace/README.md; done;"
                        + " : < id_rsa; while true; do : < /workspace/README.md; done");
        Predicate<Event> decoyRead = event ->
                event.hasFileOpened() && event.getFileOpened().getPath().equals(DECOY);
        await().atMost(LIMIT)
                .until(() -> link.events.stream().filter(Event::hasFileOpened).count() > 100);
        assertThat(link.events).noneMatch(decoyRead);
        Files.createFile(workspace.resolve("go"));
        await().atMost(LIMIT).until(() -> link.events.stream()
                .anyMatch(e -> e.hasRuntimeState() && e.getRuntimeState().getState() == RuntimeState.State.FROZEN));

        RuntimeState frozen = link.events.stream()
                .filter(e -> e.hasRuntimeState() && e.getRuntimeState().getState() == RuntimeState.State.FROZEN)
                .findFirst()
                .orElseThrow()
                .getRuntimeState();
        assertThat(frozen.getReason()).isEqualTo("tripwire honeytoken: " + DECOY);
        assertThat(frozen.getMechanism()).isIn("control-socket", "sigstop");
        assertThat(frozen.getOrder()).isEmpty();
        Event cause = link.events.stream().filter(decoyRead).findFirst().orElseThrow();
        assertThat(frozen.getStages().getKernelNs()).isEqualTo(cause.getEventTimeNs());
        long further = link.events.stream()
                .filter(Event::hasFileOpened)
                .filter(e -> e.getEventTimeNs() > cause.getEventTimeNs())
                .count();
        System.out.printf(
                "figure local freeze: %.2f ms, %d further opens%n",
                (frozen.getStages().getDoneNs() - frozen.getStages().getKernelNs()) / 1e6, further);
        running.host().stop(session.id, "seen");
        session.await();
        assertThat(reconciled().getComplete()).as(reconciled().getReason()).isTrue();
    }

    @Test
    void theHostFreezesOnTheSpotWhenTheMetadataServiceIsConnectedTo() throws Exception {
        Ending session = python(policy().setMetadataFreeze("local"), """
                import socket, time
                socket.socket().connect_ex(('169.254.169.254', 80))
                time.sleep(600)
                """);
        await().atMost(LIMIT).until(() -> !frozen().isEmpty());

        assertThat(frozen()).containsExactly("tripwire metadata: 169.254.169.254:80");
        assertThat(link.events.stream().filter(Event::hasRuntimeState)).allMatch(e -> e.getPolicyRevision() == 1);
        running.host().stop(session.id, "seen");
        session.await();
    }

    /** What is opened after it has a name that says nothing. */
    @ParameterizedTest
    @CsvSource({
        "0x10000000, 'os.chroot(\"/home/agent\")', chroot",
        "0x10020000, 'libc.mount(b\"/home/agent/.ssh\", b\"/tmp\", b\"none\", 0x1000, None)', mount",
    })
    void theHostFreezesOnTheSpotWhenNamesAreMadeToMeanOtherFiles(String namespaces, String act, String name)
            throws Exception {
        Ending session = python(
                policy().addDecoys("~/.ssh/id_rsa").addDecoyKinds("").setHoneytokenFreeze("local"),
                """
                import ctypes, os, time
                libc = ctypes.CDLL(None)
                try:
                    os.chroot('/workspace')
                except OSError:
                    pass
                libc.unshare(%s)
                libc.mount(None, b'/', None, 0x44000, None)
                open('/workspace/README.md').close()
                %s
                time.sleep(600)
                """.formatted(namespaces, act));
        await().atMost(LIMIT).until(() -> !frozen().isEmpty());

        assertThat(frozen()).containsExactly("tripwire honeytoken: hidden by " + name);
        assertThat(index(e -> e.hasFileOpened() && e.getFileOpened().getPath().equals("/workspace/README.md")))
                .isNotNegative();
        assertThat(link.events)
                .anyMatch(e -> e.hasRawSyscall()
                        && e.getRawSyscall().getNumber() == HidingCalls.CHROOT
                        && e.getRawSyscall().getError() == 1);
        running.host().stop(session.id, "seen");
        session.await();
    }

    /** Agents have sandboxes of their own; in here bubblewrap fails before it has mounted anything. */
    @Test
    void anAgentsOwnSandboxDoesNotFreezeTheSession() throws Exception {
        Ending session = start(
                policy().addDecoys("~/.ssh/id_rsa").addDecoyKinds("").setHoneytokenFreeze("local"),
                "/bin/bash",
                "-c",
                "for more in --unshare-user --unshare-all --dev=/dev; do"
                        + " bwrap --ro-bind / / ${more/=/ } /usr/bin/true || : ; done; touch /tmp/on");
        assertThat(session.await()).isEqualTo("exited 0");

        assertThat(frozen()).isEmpty();
        assertThat(link.events)
                .anyMatch(e -> e.hasProcessForked() && (e.getProcessForked().getFlags() & 0x10000000) != 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {".env", "deploy/keys/.env"})
    void aDecoyInTheWorkspaceTripsTheHostAndLeavesNothing(String decoy) throws Exception {
        Files.writeString(workspace.resolve(".env"), "REAL=1\n");
        Files.writeString(workspace.resolve("old.txt"), "x");
        for (String name : List.of(".env", "old.txt")) {
            Files.setAttribute(workspace.resolve(name), "unix:uid", 1000);
        }
        Ending session = start(
                policy().addDecoys("/workspace/" + decoy)
                        .addDecoyKinds("env")
                        .addDecoys("/workspace/.env")
                        .addDecoyKinds("")
                        .setHoneytokenFreeze("local"),
                "/bin/bash",
                "-c",
                "echo new > new.txt; rm old.txt; until [ -e go ]; do : < README.md; done; : < " + decoy
                        + "; while true; do : < README.md; done");
        // What has gone is known as far as the trace has told it.
        await().atMost(LIMIT).until(() -> link.events.stream()
                .anyMatch(e -> e.getFileChanged().getPath().endsWith("/old.txt")));
        Files.createFile(workspace.resolve("go"));
        await().atMost(LIMIT).until(() -> link.events.stream()
                .anyMatch(e -> e.getEvidenceCollected().getKind().equals("workspace")));

        assertThat(frozen()).containsExactly("tripwire honeytoken: /workspace/" + decoy);
        assertThat(workspace.resolve(decoy)).isRegularFile();
        assertThat(workspace.resolve(".env")).hasContent("REAL=1\n");
        // The workload's changes, and not the host's.
        assertThat(link.events.stream()
                        .map(e -> e.getEvidenceCollected())
                        .filter(evidence -> evidence.getKind().equals("workspace"))
                        .findFirst()
                        .orElseThrow()
                        .getJson())
                .contains("\"path\":\"new.txt\"", "\"sha256\":\"" + EventIds.sha256Hex("new\n") + "\"")
                // With what it was, where the host came to it before the workload began.
                .containsPattern("\"gone\":\\[\\{\"path\":\"old\\.txt\"[^}]*}]")
                .doesNotContain(".env");
        running.host().stop(session.id, "seen");
        session.await();
        assertThat(workspace.toFile().list()).containsExactlyInAnyOrder(".env", "README.md", "go", "new.txt");
        assertThat(workspace.resolve(".env")).hasContent("REAL=1\n");
    }

    @Test
    void tellsTheDigestOfWhatRan() throws Exception {
        byte[] program = Files.readAllBytes(Path.of("/usr/bin/true").toRealPath());
        Path own = Files.write(workspace.resolve("own"), program);
        own.toFile().setExecutable(true, false);
        Ending session = start(
                policy(),
                "/bin/bash",
                "-c",
                "/workspace/own; cp /usr/bin/true /tmp/t; /tmp/t; until [ -e go ]; do sleep 0.1; done; /workspace/own");
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(program));
        await().atMost(LIMIT).untilAsserted(() -> assertThat(link.events)
                .anyMatch(e -> e.hasEvidenceCollected()
                        && e.getEvidenceCollected().getKind().equals("binary-sha256")
                        && e.getEvidenceCollected().getJson().contains("/workspace/own")
                        && e.getEvidenceCollected().getJson().contains(sha256)));
        Files.createFile(workspace.resolve("go"));
        assertThat(session.await()).isEqualTo("exited 0");
        assertThat(link.events)
                .anyMatch(e -> e.hasProcessStarted()
                        && e.getProcessStarted().getBinary().equals("/workspace/own")
                        && e.getProcessStarted().getSha256().equals(sha256))
                .anyMatch(e -> e.hasProcessStarted()
                        && e.getProcessStarted().getBinary().equals("/tmp/t")
                        && e.getProcessStarted().getUnhashed().equals("not-on-host"));
    }

    private static final class Ending implements SessionObserver {
        private String id = "";
        private final List<String> ends = new CopyOnWriteArrayList<>();

        @Override
        public void output(Stream stream, byte[] bytes) {}

        @Override
        public void state(RuntimeState.State state, String reason) {}

        @Override
        public void exited(int code, String reason) {
            ends.add("exited " + code);
        }

        @Override
        public void failed(String message) {
            ends.add("failed " + message);
        }

        String await() {
            org.awaitility.Awaitility.await().atMost(LIMIT).until(() -> !ends.isEmpty());
            return ends.getFirst();
        }
    }
}
