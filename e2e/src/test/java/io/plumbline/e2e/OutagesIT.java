package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Parts that die or hang in the middle of a session. One process tree; the last test kills its supervisor. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OutagesIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Long enough for any restart; alerts do not stop the session. */
    private static final String PATIENT =
            "{patience: 2m, decoys: ['~/letters/will.txt'], honeytokens: {freeze: brain}, ladder: {alert: 10, ask: 99, freeze: 100}}";

    private static @Nullable Platform platform;
    private static @Nullable EventLog log;

    @BeforeAll
    static void start() throws Exception {
        platform = Platform.prepare();
        Files.writeString(platform.layout().home().resolve("ingest.properties"), "silence.seconds=5\n");
        platform.up();
        log = platform.log();
    }

    @AfterAll
    static void leaveNothing() {
        if (log != null) {
            log.close();
        }
        if (platform != null) {
            platform.close();
        }
    }

    private static Platform platform() {
        return Objects.requireNonNull(platform);
    }

    private static EventLog log() {
        return Objects.requireNonNull(log);
    }

    private static void awaitFilesOpened(String session, int more) {
        int before = log().of(session, Event::hasFileOpened).size();
        await().atMost(LIMIT)
                .until(() -> log().of(session, Event::hasFileOpened).size() >= before + more);
    }

    private static void awaitReadyAgain(String component, long dead) {
        await().atMost(Duration.ofSeconds(120)).until(() -> {
            var state = platform().state();
            Long pid = state.children().get(component);
            return state.state().equals("ready") && pid != null && pid != dead;
        });
    }

    @Test
    @Order(1)
    void aKilledDoorLosesAndDoublesNothing() throws Exception {
        RunningSession session = RunningSession.busy(platform(), "door", PATIENT);
        String id = session.id();
        awaitFilesOpened(id, 20);
        await().atMost(LIMIT).until(() -> log().has(id, Event::hasAlertRaised));

        long ingest = platform().pid("ingest");
        long begun = System.nanoTime();
        Platform.signal("KILL", ingest);
        awaitReadyAgain("ingest", ingest);
        awaitFilesOpened(id, 40);
        System.out.printf("figure e2e.door_killed_to_events_again_ms %.0f%n", (System.nanoTime() - begun) / 1e6);
        assertThat(platform().state().restarts()).containsEntry("ingest", 1);
        session.finish();

        assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();
        assertThat(session.output()).contains("finished");
        await().atMost(LIMIT).until(() -> log().has(id, Event::hasSessionEnded));
        assertThat(log().gaps(id, Channel.EVIDENCE)).isEmpty();
        assertThat(log().gaps(id, Channel.CLAIMS)).isEmpty();
        assertThat(log().of(id, Event::hasTraceLoss)).isEmpty();
        assertThat(log().of(id, EventLog.reached(RuntimeState.State.FROZEN))).isEmpty();
        SearchCopy search = platform().search();
        await().atMost(LIMIT).until(() -> search.state(id), "exited"::equals);
        await().atMost(LIMIT)
                .until(() -> search.events(id), count -> count == log().of(id).size());
        // Events, alerts and the session are written apart, and the watcher may still raise an alert.
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(search.alerts(id)).hasSameSizeAs(log().of(id, Event::hasAlertRaised));
            assertThat(search.session(id).path("counts").path("missing").asLong(-1))
                    .isZero();
        });
    }

    @Test
    @Order(2)
    void aHangingDoorFreezesTheSessionThatHasNoPatience() throws Exception {
        RunningSession session = RunningSession.busy(
                platform(), "patience", "{patience: 15s, ladder: {alert: 10, ask: 99, freeze: 100}}");
        String id = session.id();
        awaitFilesOpened(id, 20);
        List<ProcessHandle> workload = platform().workloadProcesses();
        long ingest = platform().pid("ingest");
        // Patience counts from the door's last answer, which is older than its end.
        long heard = System.nanoTime();
        awaitFilesOpened(id, 20);
        long begun = System.nanoTime();
        Platform.signal("STOP", ingest);
        try {
            await().atMost(LIMIT).until(() -> platform().runClient().sessions().stream()
                    .anyMatch(live -> live.id().equals(id) && live.state().equals("FROZEN")));
        } finally {
            Platform.signal("CONT", ingest);
        }
        long now = System.nanoTime();
        System.out.printf("figure e2e.hanging_door_to_frozen_s %.1f  (patience 15 s)%n", (now - begun) / 1e9);
        assertThat((now - heard) / 1e9).isGreaterThan(15.0);
        assertThat(workload).isNotEmpty();

        await().atMost(LIMIT).until(() -> log().has(id, EventLog.reached(RuntimeState.State.FROZEN)));
        RuntimeState frozen = log().of(id, EventLog.reached(RuntimeState.State.FROZEN))
                .getFirst()
                .getRuntimeState();
        assertThat(frozen.getReason()).containsPattern("out of reach for (1[5-9]|[2-9]\\d) s");
        assertThat(frozen.getOrder()).isEmpty();
        await().atMost(LIMIT).until(() -> platform().search().state(id), "frozen"::equals);
        assertStandsStill(id);

        assertThat(platform().plumbline("kill", id, "--reason", "enough").code())
                .isZero();
        assertThat(session.exit(LIMIT).reason()).isEqualTo("enough");
        await().atMost(LIMIT).until(() -> log().has(id, EventLog.reached(RuntimeState.State.KILLED)));
        await().atMost(LIMIT).until(() -> log().has(id, Event::hasSessionEnded));
        assertThat(log().gaps(id, Channel.EVIDENCE)).isEmpty();
    }

    /** Of sandboxes, but for the one that every daemon's canary has. */
    private static List<Path> folders(Path sandboxes) throws IOException {
        try (var folders = Files.list(sandboxes)) {
            return folders.filter(folder -> !folder.endsWith("c")).toList();
        }
    }

    /** A busy session opens some twenty files a second; a frozen one none while the host says three times that it lives. */
    private static void assertStandsStill(String id) {
        awaitHeartbeats(id, 1);
        int before = log().of(id, EventLog::isTrace).size();
        awaitHeartbeats(id, 3);
        assertThat(log().of(id, EventLog::isTrace)).hasSize(before);
    }

    private static void awaitHeartbeats(String id, int more) {
        int before = log().of(id, Event::hasHeartbeat).size();
        await().atMost(LIMIT).until(() -> log().of(id, Event::hasHeartbeat).size() >= before + more);
    }

    /**
     * A host that hangs: its link stays open, and nothing comes. On a machine that has no time the sandbox's warden, whose limit is ten
     * seconds, has stopped the session before that is told; the host still comes back, and is obeyed.
     */
    @Test
    @Order(3)
    void aSilentHostIsToldAndComesBack() throws Exception {
        RunningSession session = RunningSession.busy(platform(), "silence", PATIENT);
        String id = session.id();
        awaitFilesOpened(id, 20);
        long host = platform().pid("host");
        long begun = System.nanoTime();
        Platform.signal("STOP", host);
        try {
            await().atMost(LIMIT).until(() -> log().has(id, OutagesIT::saysSilent));
        } finally {
            Platform.signal("CONT", host);
        }
        System.out.printf(
                "figure e2e.silent_host_to_alert_s %.1f  (told after 5 s)%n", (System.nanoTime() - begun) / 1e9);

        // Another one for each silence: a second stall, of the machine, is none of the test's.
        assertThat(log().of(id, OutagesIT::saysSilent)).isNotEmpty().allSatisfy(event -> {
            AlertRaised alert = event.getAlertRaised();
            assertThat(alert.getKind()).isEqualTo(DeviationKind.TELEMETRY_GAP);
            assertThat(alert.getSeverity()).isEqualTo(Severity.HIGH);
            assertThat(alert.getSeen()).contains("nothing has come of this session for");
        });
        assertThat(log().of(id, Event::hasTick))
                .first()
                .matches(event -> event.getTick().getSilentSinceNs() > 0
                        && event.getTick().getLastEvidenceSeq() > 0);
        awaitHeartbeats(id, 2);
        assertThat(platform().plumbline("kill", id, "--reason", "enough").code())
                .isZero();
        assertThat(session.exit(LIMIT).reason()).isEqualTo("enough");
        await().atMost(LIMIT).until(() -> log().has(id, Event::hasSessionEnded));
        assertThat(log().gaps(id, Channel.EVIDENCE)).isEmpty();
    }

    private static boolean saysSilent(Event event) {
        return event.getAlertRaised().getTitle().equals("A session's host is silent");
    }

    @Test
    @Order(4)
    void aKilledHostTakesItsSandboxesAlongAndTheNextOneSaysSo() throws Exception {
        RunningSession session = RunningSession.busy(platform(), "host", PATIENT);
        String id = session.id();
        awaitFilesOpened(id, 20);
        List<ProcessHandle> sandbox = platform().sandboxProcesses();
        assertThat(sandbox).isNotEmpty();
        Path data = platform().layout().hostData();
        List<Path> folders = folders(data.resolve("s"));
        long host = platform().pid("host");
        long supervisor = platform().state().pid();
        // The next daemon would clean up too: until the sandbox is dead, there is none.
        Platform.signal("STOP", supervisor);
        long begun = System.nanoTime();
        try {
            Platform.signal("KILL", host);
            await().atMost(LIMIT).until(() -> sandbox.stream().noneMatch(ProcessHandle::isAlive));
        } finally {
            Platform.signal("CONT", supervisor);
        }
        System.out.printf("figure e2e.host_killed_to_sandbox_dead_ms %.0f%n", (System.nanoTime() - begun) / 1e6);
        awaitReadyAgain("host", host);

        platform().awaitNoSandbox();
        assertThat(platform().runClient().sessions()).isEmpty();
        assertThat(folders(data.resolve("s"))).doesNotContainAnyElementsOf(folders);
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(data.toString());
        // Each channel has a topic of its own.
        await().atMost(LIMIT).untilAsserted(() -> assertThat(log().of(id))
                .anyMatch(Event::hasSessionEnded)
                .anyMatch(EventLog.reached(RuntimeState.State.KILLED))
                .anyMatch(Event::hasTraceLoss));
        assertThat(log().of(id, EventLog.reached(RuntimeState.State.KILLED)))
                .singleElement()
                .matches(event -> event.getRuntimeState().getReason().contains("host died"));
        assertThat(log().of(id, Event::hasTraceLoss)).hasSize(1);
        assertThat(log().gaps(id, Channel.EVIDENCE)).isEmpty();
        assertThat(log().gaps(id, Channel.CLAIMS)).isEmpty();
        await().atMost(LIMIT).until(() -> platform().search().state(id), "killed"::equals);
        assertThat(session.isOver()).isTrue();
    }

    @Test
    @Order(5)
    void aKilledSupervisorIsReplacedOnTheSameData() throws Exception {
        RunningSession session = RunningSession.busy(platform(), "supervisor", PATIENT);
        String id = session.id();
        awaitFilesOpened(id, 20);
        List<String> before = await().atMost(LIMIT).until(OutagesIT::listed, sessions -> sessions.contains(id));
        List<ProcessHandle> old = platform().state().children().values().stream()
                .map(pid -> ProcessHandle.of(pid).orElseThrow())
                .toList();
        Platform.signal("KILL", platform().state().pid());
        log().close();

        long begun = System.nanoTime();
        platform().up();
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf("figure e2e.supervisor_killed_to_ready_again_s %.1f%n", seconds);
        log = platform().log();
        assertThat(old).noneMatch(ProcessHandle::isAlive);
        platform().awaitNoSandbox();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(listed()).containsAll(before));
        await().atMost(LIMIT).until(() -> platform().search().state(id), state -> List.of("killed", "exited")
                .contains(state));
        assertThat(session.isOver()).isTrue();

        RunningSession next = RunningSession.start(platform(), "next", "{}", "cat README.md");
        assertThat(next.exit(LIMIT).code()).as(next.output()).isZero();
        assertThat(next.output()).isEqualTo("# A project\n");
    }

    private static List<String> listed() throws IOException, InterruptedException {
        JsonNode sessions = platform().plumbline("sessions", "--json").json().path("sessions");
        return StreamSupport.stream(sessions.spliterator(), false)
                .map(row -> row.path("session").asText())
                .toList();
    }
}
