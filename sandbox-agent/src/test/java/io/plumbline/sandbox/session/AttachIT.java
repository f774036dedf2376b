package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.util.DomainSocketAddress;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EvidenceCollected;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.sandbox.agents.Doors;
import io.plumbline.sandbox.container.RealRuntime;
import io.plumbline.sandbox.door.DoorException;
import io.plumbline.sandbox.door.SessionDoor;
import io.plumbline.sandbox.rootfs.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions of real containers that somebody else started. Needs root, runsc, podman, docker, runc, containerd. */
class AttachIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration STANDSTILL = Duration.ofMillis(300);
    private static final String ALLOWING = "{name: watched, patience: 60s, runtime: {degraded: allow}}";

    private final RecordingLink link = new RecordingLink();
    private Path base = Path.of("");
    private @Nullable RealRuntime runtime;

    /** Of revised policies, those that a part of a session has taken over. */
    private final List<Integer> takenOver = new CopyOnWriteArrayList<>();

    private final SigningKey key = SigningKey.generate();
    private volatile boolean doorStuck;

    @SuppressWarnings("NullAway.Init")
    private HostSettings settings;

    @SuppressWarnings("NullAway.Init")
    private SandboxHost.Running running;

    @BeforeEach
    void startHost() throws Exception {
        base = Files.createTempDirectory("plat");
        Path keys = Files.writeString(base.resolve("keys.pem"), key.publicPem());
        settings = GvisorFixture.settings(base, Map.of("policy.keys-file", keys.toString()));
        running = open();
    }

    private SandboxHost.Running open() throws Exception {
        return SandboxHost.open(settings, new SandboxHost.Wiring(link, this::parts, AttachIT::policy));
    }

    private static TaskPolicy policy(PolicyLevels above, String yaml) {
        try {
            return PolicyParser.parse(yaml);
        } catch (PolicyException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private List<SessionPart> parts(SessionPart.Surroundings session) throws IOException {
        if (doorStuck) {
            throw new IOException("the door cannot be opened");
        }
        if (session.hooks().isEmpty()) {
            return List.of();
        }
        try {
            SessionDoor door = SessionDoor.open(
                    session.sockets().resolve(Doors.HOOKS_SOCKET),
                    session.hooks().get(),
                    session.policy(),
                    session.outbox(),
                    session.barrier());
            return List.of(new SessionPart() {
                @Override
                public void onVerdict(Event verdict, StageTimes stages) {
                    door.onVerdict(verdict, stages);
                }

                @Override
                public Runnable prepare(TaskPolicy revised) {
                    return () -> {
                        door.revise(revised);
                        takenOver.add(revised.getRevision());
                    };
                }

                @Override
                public void close() {
                    door.close();
                }
            });
        } catch (DoorException e) {
            throw new IOException(e);
        }
    }

    @AfterEach
    void leaveNothing() throws Exception {
        running.close();
        try (var left = Files.list(base.resolve("d/s"))) {
            assertThat(left).isEmpty();
        }
        if (runtime != null) {
            runtime.close();
        }
        Bundle.deleteTree(base);
    }

    private RealRuntime begin(RealRuntime.Kind kind) throws Exception {
        RealRuntime started = RealRuntime.start(kind, GvisorFixture.guest());
        runtime = started;
        return started;
    }

    private RunClient.Attached attach(RealRuntime container, RealRuntime.Kind kind, String policy) throws IOException {
        return new RunClient(settings.runSocket())
                .attach(new RunClient.Attach(
                        policy,
                        "count",
                        "claude-code",
                        kind.freezer(),
                        container.container(),
                        container.socket().toString(),
                        container.namespace()));
    }

    @ParameterizedTest
    @EnumSource
    void freezesThawsAndKillsWhatItDidNotStart(RealRuntime.Kind kind) throws Exception {
        RealRuntime container = begin(kind);
        RunClient.Attached session = attach(container, kind, ALLOWING);
        await().atMost(LIMIT).until(() -> states().size() == 1);
        assertThat(link.events.get(0).hasTaskAssigned()).isTrue();
        assertThat(link.events.get(1).getPolicyConfirmed().getRuntime()).contains(container.container(), "degraded");
        assertThat(running.host().sessions()).containsExactly(session.session());

        order(session.session(), "f1", Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder()));
        assertThat(awaitState("f1").getState()).isEqualTo(RuntimeState.State.FROZEN);
        long frozenAt = container.count();
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(container.count()).isEqualTo(frozenAt);
        await().atMost(LIMIT).until(() -> evidence("egress").size() == 1);
        assertThat(evidence("processes").getFirst().getJson())
                .contains("/tmp/count", "SECRET")
                .doesNotContain("hunter2");
        assertThat(evidence("container").getFirst().getJson())
                .contains("SECRET")
                .doesNotContain("hunter2");

        order(session.session(), "t1", Event.newBuilder().setThawOrdered(ThawOrdered.newBuilder()));
        assertThat(awaitState("t1").getState()).isEqualTo(RuntimeState.State.RUNNING);
        await().atMost(LIMIT).until(() -> container.count() > frozenAt);

        order(session.session(), "k1", Event.newBuilder().setKillOrdered(KillOrdered.newBuilder()));
        assertThat(awaitState("k1").getState()).isEqualTo(RuntimeState.State.KILLED);
        long killedAt = container.count();
        await().atMost(LIMIT).until(() -> running.host().sessions().isEmpty());
        assertThat(container.count()).isEqualTo(killedAt);
        assertThat(link.events.getLast().hasSessionEnded()).isTrue();
        assertThat(states()).allMatch(RuntimeState::getDegraded);
    }

    @Test
    void needsAPolicyThatAllowsIt() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.RUNC);
        assertThatThrownBy(() -> attach(container, RealRuntime.Kind.RUNC, "{name: strict}"))
                .isInstanceOf(RunClient.RefusedException.class)
                .hasMessageContaining("runtime.degraded: deny (expected: allow");
        assertThat(link.events).isEmpty();
        assertThat(running.host().sessions()).isEmpty();
    }

    @Test
    void saysThatThereIsNoSuchContainer() throws Exception {
        assertThatThrownBy(() -> new RunClient(settings.runSocket())
                        .attach(new RunClient.Attach(
                                ALLOWING,
                                "",
                                "none",
                                "runc",
                                "nobody",
                                base.resolve("x").toString(),
                                "")))
                .isInstanceOf(RunClient.RefusedException.class)
                .hasMessageContaining("nobody is absent (expected: running)");
        assertThat(link.events).isEmpty();
    }

    @Test
    void takesTheAgentsClaimsAtItsDoor() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.RUNC);
        RunClient.Attached session = attach(container, RealRuntime.Kind.RUNC, ALLOWING);
        Path door = session.sockets().resolve(Doors.HOOKS_SOCKET);
        WebClient client =
                WebClient.of(SessionProtocol.H1C, DomainSocketAddress.of(door).asEndpoint());
        client.execute(
                        RequestHeaders.builder(HttpMethod.POST, "/hooks/claude")
                                .contentType(MediaType.JSON)
                                .build(),
                        """
                        {"session_id":"s","cwd":"/w","hook_event_name":"UserPromptSubmit","prompt":"count to ten"}""")
                .aggregate()
                .get();

        await().atMost(LIMIT).until(() -> link.events.stream()
                .anyMatch(event -> event.getPrompt().getText().equals("count to ten")
                        && event.getSession().equals(session.session())));
    }

    @Test
    void aRevisionThatComesBeforeItsPartsAreOpenIsTakenOverByThem() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.RUNC);
        reviseWhenAssigned();

        attach(container, RealRuntime.Kind.RUNC, ALLOWING);

        assertThat(takenOver).containsExactly(2);
        assertThat(link.events.stream().filter(Event::hasPolicyConfirmed).map(event -> event.getPolicyConfirmed()
                        .getRevision()))
                .containsExactly(1, 2);
    }

    @Test
    void aSessionThatFailsOnceThePlatformKnowsOfItEndsThereAndAnswersItsRevision() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.RUNC);
        reviseWhenAssigned();
        doorStuck = true;

        assertThatThrownBy(() -> attach(container, RealRuntime.Kind.RUNC, ALLOWING))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the door cannot be opened");

        assertThat(link.events)
                .extracting(Event::getPayloadCase)
                .containsExactly(
                        Event.PayloadCase.TASK_ASSIGNED,
                        Event.PayloadCase.POLICY_REFUSED,
                        Event.PayloadCase.RUNTIME_STATE,
                        Event.PayloadCase.SESSION_ENDED);
        assertThat(link.events.get(1).getPolicyRefused().getOrder()).isEqualTo("o1");
        assertThat(states().getFirst().getState()).isEqualTo(RuntimeState.State.FAILED);
        assertThat(running.host().sessions()).isEmpty();
    }

    /** Before any part of the session is there. */
    private void reviseWhenAssigned() {
        link.brain = (event, listener) -> {
            if (event.hasTaskAssigned()) {
                listener.onVerdict(
                        Event.newBuilder().setPolicyRevised(revision(event)).build(), StageTimes.getDefaultInstance());
            }
        };
    }

    private PolicyRevised revision(Event assigned) {
        try {
            return PolicyRevised.newBuilder()
                    .setCause("o1")
                    .setSigned(key.sign(PolicyStatement.newBuilder()
                            .setTenant(assigned.getTenant())
                            .setSession(assigned.getSession())
                            .setRevision(2)
                            .setPolicyYaml("{name: watched, patience: 90s, runtime: {degraded: allow}}")
                            .build()))
                    .build();
        } catch (PolicyException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void endsWithItsContainer() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.PODMAN);
        attach(container, RealRuntime.Kind.PODMAN, ALLOWING);
        container.killByHand();

        await().atMost(LIMIT).until(() -> running.host().sessions().isEmpty());
        assertThat(states().getLast().getState()).isEqualTo(RuntimeState.State.EXITED);
        assertThat(states().getLast().getExitCode()).isEqualTo(137);
    }

    @Test
    void holdsAFrozenContainerThatSomebodyElseLetsGo() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.RUNC);
        RunClient.Attached session = attach(container, RealRuntime.Kind.RUNC, ALLOWING);
        order(session.session(), "f1", Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder()));
        awaitState("f1");

        container.unpauseByHand();

        await().atMost(LIMIT).until(() -> states().stream()
                .anyMatch(state -> state.getState() == RuntimeState.State.FROZEN
                        && state.getReason().contains("somebody else has let")));
        long count = container.count();
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(container.count()).isEqualTo(count);
    }

    @Test
    void leavesTheContainerAsItIsWhenTheHostStops() throws Exception {
        RealRuntime container = begin(RealRuntime.Kind.RUNC);
        RunClient.Attached session = attach(container, RealRuntime.Kind.RUNC, ALLOWING);
        order(session.session(), "f1", Event.newBuilder().setFreezeOrdered(FreezeOrdered.newBuilder()));
        awaitState("f1");

        running.close();

        assertThat(states().getLast().getState()).isEqualTo(RuntimeState.State.FAILED);
        assertThat(states().getLast().getReason()).contains("stays as it is, unwatched");
        long count = container.count();
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(container.count()).isEqualTo(count);
        container.unpauseByHand();
        await().atMost(LIMIT).until(() -> container.count() > count);
        running = open();
    }

    private void order(String session, String id, Event.Builder verdict) {
        await().atMost(LIMIT).until(() -> link.listeners.containsKey(session));
        Objects.requireNonNull(link.listeners.get(session))
                .onVerdict(verdict.setId(id).setSession(session).build(), StageTimes.getDefaultInstance());
    }

    private List<RuntimeState> states() {
        return link.events.stream()
                .filter(Event::hasRuntimeState)
                .map(Event::getRuntimeState)
                .toList();
    }

    private RuntimeState awaitState(String order) {
        return await().atMost(LIMIT)
                .until(
                        () -> states().stream()
                                .filter(state -> state.getOrder().equals(order))
                                .findFirst()
                                .orElse(RuntimeState.getDefaultInstance()),
                        state -> state.getState() != RuntimeState.State.STATE_UNSPECIFIED);
    }

    private List<EvidenceCollected> evidence(String kind) {
        return link.events.stream()
                .filter(Event::hasEvidenceCollected)
                .map(Event::getEvidenceCollected)
                .filter(collected -> collected.getKind().equals(kind))
                .toList();
    }
}
