package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicySignature;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.sandbox.runtime.SandboxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions in real sandboxes. Needs root and runsc. */
class SandboxHostIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final RecordingLink link = new RecordingLink();
    private Path base = Path.of("");
    private Path workspace = Path.of("");

    private @Nullable Process doomed;

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
        running = open();
    }

    private SandboxHost.Running open() throws Exception {
        return open(GvisorFixture.runsc());
    }

    private SandboxHost.Running open(Path runsc) throws Exception {
        return open(settings(runsc));
    }

    private SandboxHost.Running open(HostSettings settings) throws Exception {
        return SandboxHost.open(
                settings, new SandboxHost.Wiring(link, surroundings -> List.of(), (above, yaml) -> policy().build()));
    }

    private HostSettings settings(Path runsc) throws Exception {
        return settings(runsc, Map.of());
    }

    private HostSettings settings(Path runsc, Map<String, String> more) throws Exception {
        // As many as a host has that is told nothing of it.
        Map<String, String> values = new HashMap<>(Map.of("runsc.path", runsc.toString(), "sandboxes.warm", "4"));
        values.putAll(more);
        return GvisorFixture.settings(base, values);
    }

    @AfterEach
    void leavesNothing() throws Exception {
        if (doomed != null) {
            doomed.destroyForcibly().waitFor();
        }
        running.close();
        String root = "--root=" + base.resolve("d/r");
        // What was killed has to come to its end.
        await().atMost(LIMIT).untilAsserted(() -> assertThat(ProcessHandle.allProcesses()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(root)))
                .isEmpty());
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(base.toString());
        try (var left = Files.list(base.resolve("d/s"))) {
            assertThat(left).isEmpty();
        }
        try (var left = Files.list(base.resolve("d/r"))) {
            assertThat(left.map(path -> path.getFileName().toString()).filter(name -> !name.endsWith(".lock")))
                    .containsExactly("pause");
        }
        Bundle.deleteTree(base);
    }

    /** Digests of what ran come when they come. */
    private static boolean tellsCollected(Event event) {
        return event.hasEvidenceCollected()
                && !event.getEvidenceCollected().getKind().equals("binary-sha256");
    }

    private static boolean tellsProcesses(Event event) {
        return event.hasEvidenceCollected()
                && event.getEvidenceCollected().getKind().equals("processes");
    }

    @Test
    void doesNotStartWithAGuestProgramOfAnotherBuild() throws Exception {
        Path other = Files.writeString(base.resolve("guest"), "#!/bin/sh\necho 0123456789abcdef\n");
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));
        HostSettings settings = settings(
                GvisorFixture.runsc(),
                Map.of(
                        "guest.path",
                        other.toString(),
                        "host.data",
                        base.resolve("e").toString()));

        assertThatThrownBy(() -> open(settings))
                .isInstanceOf(SandboxException.class)
                .hasMessageStartingWith("guest.path: " + other + ": build 0123456789abcdef (expected: build ");
        assertThat(base.resolve("e")).doesNotExist();
    }

    /** The bundle is made less strict after the host has written it and before the runtime reads it. */
    @Test
    void doesNotStartWhatTheRuntimeDoesNotHoldAsAsked() throws Exception {
        running.close();
        Path change = base.resolve("change");
        Path runsc = Files.writeString(base.resolve("runsc"), """
                #!/bin/bash
                for word in "$@"; do
                  [ "$word" = create ] && creates=yes
                  [ "$before" = --bundle ] && bundle=$word
                  before=$word
                done
                [ -n "$creates" ] && sed -i -f %s "$bundle/config.json"
                exec %s "$@"
                """.formatted(change, GvisorFixture.runsc()));
        Files.setPosixFilePermissions(runsc, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(change, "");
        running = open(runsc);
        RunClient client = new RunClient(base.resolve("d/run.sock"));
        RunClient.Request request = new RunClient.Request("", "t", "none", workspace, List.of("/bin/true"));
        assertThat(client.run(request, new Silent()).code()).isZero();
        link.events.clear();

        Map<String, String> changes = Map.of(
                "process: ", "s/\"noNewPrivileges\":true/\"noNewPrivileges\":false/",
                "mounts: ", "s/\"options\":\\[\"ro\"\\]/\"options\":[\"rw\"]/",
                "root: ", "s/\"readonly\":false/\"readonly\":true/",
                "linux.namespaces: ", "s/,{\"type\":\"network\"}//");
        for (Map.Entry<String, String> one : changes.entrySet()) {
            Files.writeString(change, one.getValue());
            assertThatThrownBy(() -> client.run(request, new Silent()))
                    .isInstanceOf(RunClient.RefusedException.class)
                    .hasMessageContaining("the runtime does not hold what was asked: " + one.getKey());
        }
        assertThat(link.events).noneMatch(event -> event.hasPolicyConfirmed() || event.hasProcessStarted());
    }

    @Test
    void runsAnAgentThatNobodyKnowsWithoutClaimsUnderItsName() throws Exception {
        RunClient client = new RunClient(base.resolve("d/run.sock"));

        RunClient.Exit exit = client.run(
                new RunClient.Request("", "t", "aider-0.9_x", workspace, List.of("/bin/true")), new Silent());

        assertThat(exit.code()).isZero();
        assertThat(link.events.stream().filter(Event::hasTaskAssigned))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getTaskAssigned().getAgent()).isEqualTo("none");
                    assertThat(event.getTaskAssigned().getAgentName()).isEqualTo("aider-0.9_x");
                });
    }

    @Test
    void refusesAnAgentsNameThatIsNone() {
        RunClient client = new RunClient(base.resolve("d/run.sock"));
        for (String name : List.of("", "Aider", "a b", "a".repeat(41), "a\u202e", "../x")) {
            assertThatThrownBy(() -> client.run(
                            new RunClient.Request("", "t", name, workspace, List.of("/bin/true")), new Silent()))
                    .isInstanceOf(RunClient.RefusedException.class)
                    .hasMessageStartingWith("agent: '")
                    .hasMessageContaining("(expected: at most 40 of a-z, 0-9 and ._-")
                    .hasMessageNotContaining("\u202e");
        }
        assertThat(link.events).isEmpty();
    }

    @Test
    void startsOnlyWithASignedPolicyWhereThatIsWanted() throws Exception {
        SigningKey key = SigningKey.generate();
        running.close();
        running = open(settings(
                GvisorFixture.runsc(),
                Map.of(
                        "policy.signed-only",
                        "true",
                        "sandboxes.warm",
                        "0",
                        "policy.keys-file",
                        Files.writeString(base.resolve("keys.pem"), key.publicPem())
                                .toString())));
        link.events.clear();
        RunClient client = new RunClient(base.resolve("d/run.sock"));
        String yaml = "name: test\n";

        for (String wrong : List.of(
                "",
                PolicySignature.sign(yaml, "default", SigningKey.generate()),
                PolicySignature.sign(yaml, "another", key),
                PolicySignature.sign("name: wide\n", "default", key))) {
            assertThatThrownBy(() -> client.run(signed(yaml, wrong), new Silent()))
                    .isInstanceOf(RunClient.RefusedException.class)
                    .hasMessageStartingWith("policy signature");
        }
        assertThat(link.events).isEmpty();
        try (var sessions = Files.list(base.resolve("d/s"))) {
            assertThat(sessions.filter(path -> !path.endsWith("c"))).isEmpty();
        }

        assertThat(client.run(signed(yaml, PolicySignature.sign(yaml, "default", key)), new Silent())
                        .code())
                .isZero();
        assertThat(link.events.stream().filter(Event::hasPolicyConfirmed))
                .singleElement()
                .satisfies(event -> assertThat(event.getPolicyConfirmed().getSignedBy())
                        .isEqualTo(PolicyStatements.name(key.published())));
    }

    @Test
    void aRevisionThatComesBeforeTheSessionRunsHoldsFromItsFirstInstruction() throws Exception {
        SigningKey key = SigningKey.generate();
        running.close();
        running = open(settings(
                GvisorFixture.runsc(),
                Map.of(
                        "policy.keys-file",
                        Files.writeString(base.resolve("keys.pem"), key.publicPem())
                                .toString())));
        link.events.clear();
        link.brain = (event, listener) -> {
            if (event.hasTaskAssigned()) {
                listener.onVerdict(
                        Event.newBuilder()
                                .setPolicyRevised(revision(key, event, "name: test\nlimits: {wall-clock: 2s}\n"))
                                .build(),
                        StageTimes.getDefaultInstance());
            }
        };

        Recorder session = start(policy().build(), "sleep 60");

        assertThat(session.await()).startsWith("exited 137 wall clock");
        assertThat(link.events.stream()
                        .takeWhile(event -> !event.hasProcessStarted())
                        .filter(Event::hasPolicyConfirmed)
                        .map(event -> event.getPolicyConfirmed().getRevision()))
                .containsExactly(1, 2);
    }

    /** The second revision of the policy of a session, in whose log {@code assigned} is. */
    private static PolicyRevised revision(SigningKey key, Event assigned, String yaml) {
        try {
            return PolicyRevised.newBuilder()
                    .setSigned(key.sign(PolicyStatement.newBuilder()
                            .setTenant(assigned.getTenant())
                            .setSession(assigned.getSession())
                            .setRevision(2)
                            .setPolicyYaml(yaml)
                            .build()))
                    .build();
        } catch (PolicyException e) {
            throw new IllegalStateException(e);
        }
    }

    private RunClient.Request signed(String yaml, String signature) {
        return new RunClient.Request(
                yaml,
                "t",
                "none",
                workspace,
                List.of("/bin/true"),
                new Stdio.OutputOnly(),
                Optional.empty(),
                signature);
    }

    /** Hears nothing. */
    private static final class Silent implements RunClient.Follower {
        @Override
        public void session(String id) {}

        @Override
        public void stdout(byte[] bytes) {}

        @Override
        public void stderr(byte[] bytes) {}

        @Override
        public void state(String state, String reason) {}
    }

    private static TaskPolicy.Builder policy() {
        return TaskPolicy.newBuilder()
                .setName("test")
                .setRevision(1)
                .setWorkspaceMode("read-write")
                .addDecoys("~/.ssh/id_rsa");
    }

    private Recorder start(TaskPolicy policy, String script) {
        Recorder recorder = new Recorder();
        recorder.id = running.host()
                .run(
                        new SessionRequest(
                                policy, "do it", Agent.NONE, workspace, List.of("/bin/bash", "-c", script), "tester"),
                        recorder);
        return recorder;
    }

    @Test
    void takesTheNextPlatformWhenTheFirstCannotHoldASession() throws Exception {
        running.close();
        Path broken = Files.writeString(base.resolve("runsc"), """
                #!/bin/sh
                case " $* " in *" --platform=systrap "*create*) echo 'no systrap here' >&2; exit 1 ;; esac
                exec %s "$@"
                """.formatted(GvisorFixture.runsc()));
        Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwxr-xr-x"));
        running = open(broken);

        Recorder session = start(policy().build(), "echo hello");

        assertThat(session.await()).isEqualTo("exited 0 exit code 0");
        assertThat(link.events.stream().filter(Event::hasRuntimeState).map(event -> event.getRuntimeState()
                        .getRuntime()))
                .allMatch(runtime -> runtime.contains("ptrace"));
    }

    @Test
    void seesWhatACommandDoesAndReportsItsEnd() throws Exception {
        Recorder session = start(policy().build(), """
                echo hello; cat README.md; echo oops >&2
                cd /tmp; echo x > a; mv a b; rm b; mkdir sub; cd sub; cat ../../workspace/README.md > /dev/null
                /no/such/program; cat ~/.ssh/id_rsa | head -1
                (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null; (sleep 0.1 &) ; exit 7""");
        assertThat(session.await()).isEqualTo("exited 7 exit code 7");
        assertThat(session.text(SessionObserver.Stream.STDOUT))
                .startsWith("hello\n# demo\n")
                .contains("BEGIN OPENSSH");
        assertThat(session.text(SessionObserver.Stream.STDERR)).contains("oops").contains("/no/such/program");

        List<Event> events = link.events;
        assertThat(events.getFirst().hasTaskAssigned()).isTrue();
        assertThat(events.stream().takeWhile(event -> !event.hasRuntimeState() && !event.hasProcessStarted()))
                .as("before anything runs")
                .anyMatch(Event::hasPolicyConfirmed);
        assertThat(states(events))
                .containsExactly(RuntimeState.State.CREATED, RuntimeState.State.RUNNING, RuntimeState.State.EXITED);
        assertThat(events.getLast().hasSessionEnded()).isTrue();
        assertThat(events)
                .anyMatch(e -> e.hasProcessStarted() && e.getProcessStarted().getFirst());
        assertThat(events)
                .anyMatch(e -> e.hasProcessStarted()
                        && e.getProcessStarted().getArgvList().equals(List.of("cat", "README.md"))
                        && e.getProcessStarted().getBinary().equals("/usr/bin/cat")
                        && e.getProcessStarted().getActor().getUid() == 1000);
        assertThat(events)
                .anyMatch(e -> e.hasProcessStarted() && e.getProcessStarted().getFailed());
        assertThat(events).anyMatch(opened("/workspace/README.md"));
        assertThat(events).anyMatch(opened("/home/agent/.ssh/id_rsa"));
        assertThat(events).anyMatch(opened("/tmp/a"));
        assertThat(events.stream().filter(opened("/workspace/README.md"))).hasSize(2);
        assertThat(events)
                .anyMatch(e -> e.hasConnected()
                        && e.getConnected().getPeer().getPort() == 9
                        && e.getConnected().getPeer().getAddress().equals("127.0.0.1"));
        assertThat(events).anyMatch(e -> e.hasBound() && e.getBound().getLocal().getPort() == 4318);
        assertThat(events.stream()
                        .filter(Event::hasFileChanged)
                        .map(e -> e.getFileChanged().getOperation() + " "
                                + e.getFileChanged().getPath() + " "
                                + e.getFileChanged().getNewPath()))
                .contains("rename /tmp/a /tmp/b", "unlink /tmp/b ", "mkdir /tmp/sub ");
        // Every process that was forked has a start time by which its own events name it.
        Event fork = events.stream()
                .filter(e -> e.hasProcessForked()
                        && e.getProcessForked().getChild().getThreadGroup()
                                != e.getProcessForked().getActor().getProcess().getThreadGroup())
                .filter(e -> events.stream()
                        .anyMatch(s -> s.hasProcessStarted()
                                && s.getProcessStarted()
                                        .getActor()
                                        .getProcess()
                                        .equals(e.getProcessForked().getChild())))
                .findFirst()
                .orElseThrow();
        assertThat(events)
                .anyMatch(e -> e.hasProcessExited()
                        && e.getProcessExited()
                                .getActor()
                                .getProcess()
                                .equals(fork.getProcessForked().getChild()));
        Event first = events.stream()
                .filter(e -> e.getProcessStarted().getFirst())
                .findFirst()
                .orElseThrow();
        assertThat(events)
                .anyMatch(e -> e.hasProcessExited()
                        && e.getProcessExited()
                                .getActor()
                                .getProcess()
                                .equals(first.getProcessStarted().getActor().getProcess())
                        && e.getProcessExited().getWaitStatus() == 7 << 8);
        for (Channel channel : List.of(Channel.CONTROL, Channel.EVIDENCE)) {
            List<Event> of =
                    events.stream().filter(e -> e.getChannel() == channel).toList();
            for (int i = 0; i < of.size(); i++) {
                assertThat(of.get(i).getSeq()).isEqualTo(i + 1L);
            }
        }
        assertThat(events).noneMatch(Event::hasTraceLoss);
    }

    @Test
    void freezesThawsAndKillsByOrder() throws Exception {
        Recorder session = start(policy().build(), "i=0; while true; do : < README.md; i=$((i+1)); done");
        session.awaitState(RuntimeState.State.RUNNING);
        await().atMost(LIMIT)
                .until(() -> link.events.stream()
                                .filter(opened("/workspace/README.md"))
                                .count()
                        > 200);
        long pid = SandboxFolder.kernel(SandboxFolder.of(base.resolve("d"), session.id::equals));

        int freezes = 1;
        RuntimeState frozen = freeze(session.id, "f1");
        long latest = System.nanoTime() + LIMIT.toNanos();
        // A starved machine may take the fallback, whose stopped kernel tells nothing: it is frozen afresh then.
        while (frozen.getMechanism().equals("sigstop") && System.nanoTime() < latest) {
            assertThat(thaw(session.id, "again" + freezes).getState()).isEqualTo(RuntimeState.State.RUNNING);
            freezes++;
            frozen = freeze(session.id, "f" + freezes);
        }
        String order = frozen.getOrder();
        assertThat(frozen.getState()).isEqualTo(RuntimeState.State.FROZEN);
        assertThat(frozen.getMechanism()).isEqualTo("control-socket");
        assertThat(frozen.getReason()).isEqualTo("suspicious");
        Predicate<Event> tells = event ->
                tellsProcesses(event) && event.getEvidenceCollected().getOrder().equals(order);
        await().atMost(LIMIT).until(() -> link.events.stream().anyMatch(tells));
        String json = link.events.stream()
                .filter(tells)
                .findFirst()
                .orElseThrow()
                .getEvidenceCollected()
                .getJson();
        assertThat(json).contains("while true").doesNotContain("=/home/agent");
        JsonNode process = StreamSupport.stream(
                        new ObjectMapper().readTree(json).path("procfs").spliterator(), false)
                .filter(one -> one.path("args").toString().contains("while true"))
                .findFirst()
                .orElseThrow();
        assertThat(process.path("fdlist")).as(json).isNotEmpty();
        assertThat(process.path("env"))
                .as(json)
                .extracting(JsonNode::asText)
                .contains("HOME", "PATH")
                .allMatch(variable -> !variable.contains("="));
        assertStandsStill(pid);

        // Delivered a second time, it is not carried out again.
        freeze(session.id, order);
        assertThat(thaw(session.id, "t1").getState()).isEqualTo(RuntimeState.State.RUNNING);
        long before = opens();
        await().atMost(LIMIT).until(() -> opens() > before + 100);
        assertThat(link.events.stream()
                        .filter(e -> e.hasRuntimeState()
                                && e.getRuntimeState().getOrder().equals(order)))
                .hasSize(1);

        order(
                session.id,
                "k1",
                Event.newBuilder().setKillOrdered(KillOrdered.newBuilder().setReason("enough")));
        assertThat(awaitState("k1").getState()).isEqualTo(RuntimeState.State.KILLED);
        assertThat(session.await()).isEqualTo("exited 137 enough");
        assertThat(link.events.stream().filter(SandboxHostIT::tellsCollected))
                .extracting(event -> event.getEvidenceCollected().getKind())
                .as("each time frozen, once killed")
                .containsExactlyElementsOf(
                        Collections.nCopies(freezes + 1, List.of("processes", "egress", "workspace")).stream()
                                .flatMap(List::stream)
                                .toList());
    }

    private RuntimeState freeze(String session, String id) {
        order(
                session,
                id,
                Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder().setReason("suspicious")));
        return awaitState(id);
    }

    private RuntimeState thaw(String session, String id) {
        order(
                session,
                id,
                Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder().setReason("it is fine")));
        return awaitState(id);
    }

    @Test
    void freezesAtTheFirstLookAtADecoyAndSaysHowLongItTook() throws Exception {
        List<String> mechanisms = new ArrayList<>();
        List<Double> toVerdict = new ArrayList<>();
        List<Double> toFrozen = new ArrayList<>();
        List<Long> further = new ArrayList<>();
        link.brain = (event, listener) -> {
            if (opened("/home/agent/.ssh/id_rsa").test(event)) {
                listener.onVerdict(
                        Event.newBuilder()
                                .setId("freeze-" + event.getId())
                                .setFreezeOrdered(FreezeOrdered.newBuilder()
                                        .setReason("decoy")
                                        .setCause(event.getId()))
                                .build(),
                        StageTimes.getDefaultInstance());
            }
        };
        long latest = System.nanoTime() + LIMIT.toNanos();
        // A starved machine may take the fallback: it is frozen afresh then.
        while (mechanisms.size() < 4 || !mechanisms.contains("control-socket") && System.nanoTime() < latest) {
            link.events.clear();
            Recorder session = start(
                    policy().build(),
                    "for i in 1 2 3 4 5 6 7 8 9; do : < README.md; done; : < ~/.ssh/id_rsa; while true; do : < README.md; done");
            session.awaitState(RuntimeState.State.FROZEN);
            await().atMost(LIMIT).until(() -> link.events.stream().anyMatch(SandboxHostIT::tellsProcesses));
            RuntimeState state = link.events.stream()
                    .filter(e -> e.hasRuntimeState() && e.getRuntimeState().getState() == RuntimeState.State.FROZEN)
                    .findFirst()
                    .orElseThrow()
                    .getRuntimeState();
            StageTimes stages = state.getStages();
            toVerdict.add((stages.getHostReceivedNs() - stages.getKernelNs()) / 1e6);
            toFrozen.add((stages.getDoneNs() - stages.getKernelNs()) / 1e6);
            further.add(link.events.stream()
                    .filter(opened("/workspace/README.md"))
                    .filter(e -> e.getEventTimeNs() > stages.getKernelNs())
                    .count());
            mechanisms.add(state.getMechanism());
            running.host().stop(session.id, "measured");
            session.await();
        }
        assertThat(mechanisms).contains("control-socket").isSubsetOf("control-socket", "sigstop");
        System.out.printf(
                "event -> verdict ms %s%nevent -> frozen ms %s%nfurther opens %s%n",
                rounded(toVerdict), rounded(toFrozen), further);
        assertThat(toFrozen).allMatch(millis -> millis > 0);
    }

    @Test
    void standsStillWhenTheSpoolIsFullAndCannotBeThawed() throws Exception {
        Recorder session = start(policy().build(), "while true; do : < README.md; done");
        await().atMost(LIMIT).until(() -> opens() > 10);
        link.diskFull = true;
        session.awaitState(RuntimeState.State.FROZEN);
        link.diskFull = false;
        order(session.id, "t1", Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder()));
        RuntimeState state = awaitState("t1");
        assertThat(state.getState()).isEqualTo(RuntimeState.State.FROZEN);
        assertThat(state.getReason()).contains("cannot be watched");
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void standsStillWhileThePlatformIsOutOfReach() throws Exception {
        Recorder session = start(policy().setPatienceSeconds(1).build(), "while true; do : < README.md; done");
        await().atMost(LIMIT).until(() -> opens() > 10);
        link.disconnected = Duration.ofSeconds(2);
        session.awaitState(RuntimeState.State.FROZEN);
        link.disconnected = Duration.ZERO;
        order(session.id, "t1", Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder()));
        assertThat(awaitState("t1").getState()).isEqualTo(RuntimeState.State.RUNNING);
        running.host().stop(session.id, "seen");
        session.await();
    }

    @Test
    void doesNotStartWhatCannotBeWatched() throws Exception {
        Recorder missing = new Recorder();
        running.host()
                .run(
                        new SessionRequest(
                                policy().build(), "x", Agent.CLAUDE_CODE, workspace, List.of("claude"), "tester"),
                        missing);
        assertThat(missing.await()).startsWith("failed agent:");
        assertThat(states(link.events)).containsExactly(RuntimeState.State.FAILED);
    }

    @Test
    void endsTheSessionAtItsWallClockLimit() throws Exception {
        Recorder session = start(policy().setWallClockSeconds(1).build(), "sleep 60");
        assertThat(session.await()).startsWith("exited 137 wall clock");
    }

    @Test
    void keepsTheWorkspaceWhenThePolicySaysReadOnly() throws Exception {
        Recorder session = start(
                policy().setWorkspaceMode("read-only").build(),
                "echo x > README.md; echo y > ~/kept && cat ~/kept; echo z > /etc/passwd; ls /root /home /opt");
        session.await();
        assertThat(Files.readString(workspace.resolve("README.md"))).isEqualTo("# demo\n");
        assertThat(session.text(SessionObserver.Stream.STDERR)).contains("Read-only file system");
        assertThat(session.text(SessionObserver.Stream.STDOUT)).startsWith("y\n");
    }

    @Test
    void streamsASessionToTheCommandLineAndEndsItWithItsClient() throws Exception {
        RunClient client = new RunClient(settings(GvisorFixture.runsc()).runSocket());
        List<String> said = new CopyOnWriteArrayList<>();
        RunClient.Follower follower = new RunClient.Follower() {
            @Override
            public void session(String id) {
                said.add("session");
            }

            @Override
            public void stdout(byte[] bytes) {
                said.add("out " + new String(bytes, java.nio.charset.StandardCharsets.UTF_8).trim());
            }

            @Override
            public void stderr(byte[] bytes) {
                said.add("err");
            }

            @Override
            public void state(String state, String reason) {
                said.add(state);
            }
        };
        RunClient.Exit exit =
                client.run(new RunClient.Request("", "t", "none", workspace, List.of("/bin/echo", "hi")), follower);
        assertThat(exit).isEqualTo(new RunClient.Exit(0, "exit code 0"));
        // What a short command says can be faster than the runtime's word that it runs.
        assertThat(said)
                .startsWith("session", "CREATED")
                .containsSubsequence("CREATED", "RUNNING", "EXITED")
                .containsSubsequence("CREATED", "out hi", "EXITED");

        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                client.run(new RunClient.Request("", "t", "none", workspace, List.of("/bin/sleep", "600")), follower);
            } catch (java.io.IOException e) {
                said.add("gone");
            }
        });
        await().atMost(LIMIT)
                .until(
                        client::sessions,
                        live -> live.size() == 1 && live.getFirst().state().equals("RUNNING"));
        waiting.interrupt();
        await().atMost(LIMIT).until(() -> client.sessions().isEmpty());
        assertThat(link.events)
                .anyMatch(e ->
                        e.hasRuntimeState() && e.getRuntimeState().getReason().equals("the client has gone"));
    }

    @Test
    void killsTheSandboxWhenTheDaemonDiesAndCleansUpAtTheNextStart() throws Exception {
        running.close();
        Process daemon = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DoomedDaemon.class.getName(),
                        base.toString())
                .redirectErrorStream(true)
                .start();
        doomed = daemon;
        await().atMost(LIMIT).until(() -> Files.exists(workspace.resolve("alive")));
        long sentry = SandboxFolder.kernel(SandboxFolder.of(base.resolve("d"), mark -> true));
        assertThat(ProcessHandle.of(sentry)).isPresent();

        daemon.destroyForcibly().waitFor();
        await().atMost(LIMIT).until(() -> ProcessHandle.of(sentry).isEmpty());
        assertThat(Files.list(base.resolve("d/s"))).isNotEmpty();

        // With no sandboxes waiting: those have folders too.
        HostSettings next = settings(GvisorFixture.runsc(), Map.of("sandboxes.warm", "0"));
        running = open(next);
        assertThat(Files.list(base.resolve("d/s"))).isEmpty();
        assertThat(running.host().sessions()).isEmpty();
        assertThat(link.events).hasSize(3);
        assertThat(link.events.getFirst().hasTraceLoss()).isTrue();
        assertThat(states(link.events)).containsExactly(RuntimeState.State.KILLED);
        assertThat(link.events.getLast().hasSessionEnded()).isTrue();

        running.close();
        running = open(next);
        assertThat(link.events).as("told once").hasSize(3);
    }

    /** A daemon in a process of its own. */
    static final class DoomedDaemon {
        public static void main(String[] arguments) throws Exception {
            SandboxHostIT test = new SandboxHostIT();
            test.base = Path.of(arguments[0]);
            test.workspace = test.base.resolve("workspace");
            test.running = test.open();
            test.start(policy().build(), "echo > alive; while true; do sleep 0.1; done");
        }
    }

    // -------------------------------------------------------------------------------------------------------

    private void order(String session, String id, Event.Builder verdict) {
        java.util.Objects.requireNonNull(link.listeners.get(session))
                .onVerdict(verdict.setId(id).build(), StageTimes.getDefaultInstance());
    }

    private RuntimeState awaitState(String order) {
        return await().atMost(LIMIT)
                .until(
                        () -> link.events.stream()
                                .filter(e -> e.hasRuntimeState()
                                        && e.getRuntimeState().getOrder().equals(order))
                                .map(Event::getRuntimeState)
                                .findFirst()
                                .orElse(RuntimeState.getDefaultInstance()),
                        state -> state.getStateValue() != 0);
    }

    private long opens() {
        return link.events.stream().filter(opened("/workspace/README.md")).count();
    }

    /** Running, it would burn about 50 ticks; answering the host's own questions costs the sentry one or two. */
    private void assertStandsStill(long sentry) throws Exception {
        await().atMost(LIMIT).until(() -> {
            long opens = opens();
            long ticks = ticks(sentry);
            await().pollDelay(Duration.ofMillis(500)).until(() -> true);
            return opens() == opens && ticks(sentry) - ticks <= 3;
        });
    }

    /** CPU ticks of the sentry and everything below it. */
    private static long ticks(long sentry) {
        ProcessHandle handle = ProcessHandle.of(sentry).orElseThrow();
        return java.util.stream.Stream.concat(java.util.stream.Stream.of(handle), handle.descendants())
                .mapToLong(process -> {
                    try {
                        String[] fields = Files.readString(Path.of("/proc/" + process.pid() + "/stat"))
                                .replaceFirst(".*\\) ", "")
                                .split(" ");
                        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                    } catch (java.io.IOException e) {
                        return 0;
                    }
                })
                .sum();
    }

    private static List<RuntimeState.State> states(List<Event> events) {
        return events.stream()
                .filter(Event::hasRuntimeState)
                .map(e -> e.getRuntimeState().getState())
                .toList();
    }

    private static Predicate<Event> opened(String path) {
        return event -> event.hasFileOpened()
                && event.getFileOpened().getPath().equals(path)
                && event.getFileOpened().getError() == 0;
    }

    private static List<Double> rounded(List<Double> values) {
        return values.stream().sorted().map(v -> Math.round(v * 100) / 100.0).toList();
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

        void awaitState(RuntimeState.State state) {
            org.awaitility.Awaitility.await()
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> states.contains(state) || !end.isEmpty());
            assertThat(states).as(end).contains(state);
        }
    }
}
