package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.EventIds;
import io.plumbline.events.Version;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.redact.Redactor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SignedPolicy;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.sandbox.link.GrpcHostLink;
import io.plumbline.sandbox.link.HostLinkException;
import io.plumbline.sandbox.link.HostLinkSettings;
import io.plumbline.sandbox.link.SessionOutbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostLinkTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Redactor REDACTOR = new Redactor(new byte[32]);

    @TempDir
    static Path directory;

    private TestPlatform platform;
    private int sessions;

    @BeforeAll
    void startBroker() throws IOException {
        platform = new TestPlatform(directory);
    }

    @AfterAll
    void stopBroker() {
        platform.close();
    }

    @Test
    void bringsEventsOfAllChannelsToTheLogInTheHostsOrder() throws Exception {
        String session = newSession();
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = link(ingest.port(), "host-order", TestPlatform.HOST_TOKEN)) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {});
            Event first = outbox.publish(Channel.CLAIMS, 1_795_000_000_000_000_000L, prompt("password=hunter2"));
            outbox.publish(Channel.EVIDENCE, 1_795_000_000_000_000_001L, opened("/etc/hosts"));
            outbox.publish(Channel.CLAIMS, 1_795_000_000_000_000_002L, prompt("x".repeat(100_000)));
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);

            List<Event> events = eventsOf(session);
            assertThat(events)
                    .extracting(Event::getChannel)
                    .containsExactly(Channel.CLAIMS, Channel.EVIDENCE, Channel.CLAIMS);
            assertThat(events).extracting(Event::getSeq).containsExactly(1L, 1L, 2L);
            assertThat(events.getFirst()).isEqualTo(first);
            assertThat(first.getPrompt().getText()).startsWith("password=[redacted:");
            assertThat(events.get(2).getTruncatedList()).containsExactly("text");
            assertThat(events.get(2).getHost()).isEqualTo("host-order");
            assertThat(ingest.metrics()).contains("plumbline_ingest_events_written_total 3.0");
        }
    }

    @Test
    void everyHeartbeatSaysTheHostsVersionAndHowFullItsSpoolIs() throws Exception {
        String session = newSession();
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = link(ingest.port(), "host-beat", TestPlatform.HOST_TOKEN)) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {});
            outbox.publish(Channel.CLAIMS, 1, prompt("waits on the disk"));
            Heartbeat beat = outbox.publish(
                            Channel.EVIDENCE,
                            2,
                            Event.newBuilder()
                                    .setHeartbeat(Heartbeat.newBuilder().setDroppedTotal(3)))
                    .getHeartbeat();

            assertThat(beat.getHostVersion()).isEqualTo(Version.CURRENT);
            assertThat(beat.getDroppedTotal()).isEqualTo(3);
            assertThat(beat.getSpoolBytes()).isPositive().isLessThan(beat.getSpoolLimitBytes());
        }
    }

    @Test
    void whatIsRoutineWaitsForWhatIsNot() throws Exception {
        String session = newSession();
        Path spool = directory.resolve("spool-gathering");
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link =
                        GrpcHostLink.connect(settings(ingest.port(), "gathering", TestPlatform.HOST_TOKEN, spool)
                                .withGathering(Duration.ofDays(1)))) {
            link.awaitConnected(LIMIT);
            SessionOutbox outbox =
                    link.open(TestPlatform.TENANT, session, (verdict, stages) -> {}, Event::hasFileOpened);
            outbox.publish(Channel.EVIDENCE, 1, opened("/usr/lib/a"));
            outbox.publish(Channel.EVIDENCE, 2, opened("/usr/lib/b"));
            outbox.publish(Channel.CLAIMS, 3, prompt("now"));
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);

            assertThat(link.counts().batches()).isEqualTo(1);
            assertThat(eventsOf(session)).extracting(Event::getEventTimeNs).containsExactly(1L, 2L, 3L);
        }
    }

    @Test
    void whatIsRoutineGoesByItselfWhenNothingElseComes() throws Exception {
        String session = newSession();
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = link(ingest.port(), "host-routine", TestPlatform.HOST_TOKEN)) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {}, event -> true);
            outbox.publish(Channel.EVIDENCE, 1, opened("/usr/lib/a"));
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);

            assertThat(eventsOf(session)).hasSize(1);
        }
    }

    @Test
    void losesAndRepeatsNothingWhenIngestIsStoppedMidStream() throws Exception {
        String session = newSession();
        int port = freePort();
        int count = 30_000;
        Ingest ingest = platform.ingest(port);
        try (GrpcHostLink link = link(port, "host-restart", TestPlatform.HOST_TOKEN)) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {});
            Thread publisher = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < count; i++) {
                    outbox.publish(Channel.EVIDENCE, 1_795_000_000_000_000_000L + i, opened("/file/" + i));
                }
            });
            for (int stop = 1; stop <= 3; stop++) {
                long enough = stop * 2000L;
                await().atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> link.counts().acknowledged() >= enough);
                ingest.close();
                ingest = platform.ingest(port);
            }
            publisher.join();
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);

            assertThat(eventsOf(session))
                    .extracting(Event::getSeq)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, count).boxed().toList());
            System.out.println("restarts: " + link.counts());
        } finally {
            ingest.close();
        }
    }

    @Test
    void keepsUpWithABusySession() throws Exception {
        String session = newSession();
        int count = 100_000;
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = link(ingest.port(), "host-busy", TestPlatform.HOST_TOKEN)) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {});
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                outbox.publish(
                        Channel.EVIDENCE,
                        1_795_000_000_000_000_000L + i,
                        opened("/home/dev/project/node_modules/some-package/lib/file-" + i + ".js"));
            }
            double published = count / ((System.nanoTime() - start) / 1e9);
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> link.counts().waiting() == 0);
            double logged = count / ((System.nanoTime() - start) / 1e9);
            System.out.printf("one session: %.0f events/s published, %.0f events/s in the log%n", published, logged);

            assertThat(eventsOf(session))
                    .extracting(Event::getSeq)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, count).boxed().toList());
        }
    }

    @Test
    void sendsWhatAnEarlierDaemonLeftBehind() throws Exception {
        String session = newSession();
        int port = freePort();
        Path spool = directory.resolve("spool-left");
        try (GrpcHostLink link = GrpcHostLink.connect(settings(port, "host-left", TestPlatform.HOST_TOKEN, spool))) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {});
            outbox.publish(Channel.CLAIMS, 0, prompt("one"));
            outbox.publish(Channel.CLAIMS, 0, prompt("two"));
        }
        try (Ingest ingest = platform.ingest(port);
                GrpcHostLink link = GrpcHostLink.connect(settings(port, "host-left", TestPlatform.HOST_TOKEN, spool))) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, stages) -> {});
            outbox.publish(Channel.CLAIMS, 0, prompt("three"));
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);

            assertThat(ingest.port()).isEqualTo(port);
            assertThat(eventsOf(session)).extracting(Event::getSeq).containsExactly(1L, 2L, 3L);
        }
    }

    @Test
    void deliversVerdictsAlsoThoseOfTheTimeWhenIngestWasDown() throws Exception {
        String session = newSession();
        int port = freePort();
        List<Event> verdicts = new CopyOnWriteArrayList<>();
        List<StageTimes> times = new CopyOnWriteArrayList<>();
        Ingest ingest = platform.ingest(port);
        try (GrpcHostLink link = link(port, "host-verdicts", TestPlatform.HOST_TOKEN)) {
            link.open(TestPlatform.TENANT, session, (verdict, stages) -> {
                // What is waited for comes last.
                times.add(stages);
                verdicts.add(verdict);
            });
            Event freeze = verdict(session, "host-verdicts", "freeze 1");
            platform.verdict(freeze).get();
            await().atMost(LIMIT).until(() -> verdicts.size() == 1);
            assertThat(verdicts).containsExactly(freeze);
            assertThat(times.getFirst().getIngestDeliveredNs()).isPositive();
            assertThat(times.getFirst().getHostReceivedNs())
                    .isGreaterThanOrEqualTo(times.getFirst().getIngestDeliveredNs());

            ingest.close();
            Event missed = verdict(session, "host-verdicts", "freeze 2");
            platform.verdict(missed).get();
            platform.verdict(missed).get();
            ingest = platform.ingest(port);
            await().atMost(LIMIT).until(() -> verdicts.size() == 2);
            assertThat(verdicts).containsExactly(freeze, missed);

            // Nothing but its telemetry says where this session lives.
            Event hostless = verdict(session, "", "freeze 3");
            platform.verdict(hostless).get();
            await().atMost(LIMIT).until(() -> verdicts.size() == 3);
        } finally {
            ingest.close();
        }
    }

    @Test
    void refusesAnOrderForASessionThatTheHostHasNoMore() throws Exception {
        String gone = newSession();
        int port = freePort();
        Ingest ingest = platform.ingest(port);
        try (GrpcHostLink link = link(port, "host-gone", TestPlatform.HOST_TOKEN)) {
            link.open(TestPlatform.TENANT, gone, (verdict, stages) -> {})
                    .publish(Channel.EVIDENCE, 1, opened("/the/last/file"));
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);
            link.end(gone);
            Event order = verdict(gone, "host-gone", "too late");
            platform.verdict(order).get();

            await().atMost(LIMIT).until(() -> eventsOf(gone).stream().anyMatch(Event::hasRuntimeState));
            RuntimeState answer = eventsOf(gone).stream()
                    .filter(Event::hasRuntimeState)
                    .findFirst()
                    .orElseThrow()
                    .getRuntimeState();
            assertThat(answer.getOrder()).isEqualTo(order.getId());
            assertThat(answer.getState()).isEqualTo(RuntimeState.State.EXITED);
            assertThat(answer.getReason()).contains("no such session");

            SignedPolicy signed = SignedPolicy.newBuilder().setKey("k").build();
            platform.verdict(EventIds.withId(Event.newBuilder()
                            .setTenant(TestPlatform.TENANT)
                            .setHost("host-gone")
                            .setSession(gone)
                            .setChannel(Channel.VERDICTS)
                            .setPolicyRevised(
                                    PolicyRevised.newBuilder().setSigned(signed).setCause(order.getId()))))
                    .get();

            await().atMost(LIMIT).until(() -> eventsOf(gone).stream().anyMatch(Event::hasPolicyRefused));
            PolicyRefused refused = eventsOf(gone).stream()
                    .filter(Event::hasPolicyRefused)
                    .findFirst()
                    .orElseThrow()
                    .getPolicyRefused();
            assertThat(refused.getStatementSha256()).isEqualTo(PolicyStatements.sha256(signed));
            assertThat(refused.getOrder()).isEqualTo(order.getId());
            assertThat(refused.getReason()).contains("no such session");
        } finally {
            ingest.close();
        }
    }

    @Test
    void leavesTheAnswerToWhoTellsHowAnEarlierDaemonsSessionEnded() throws Exception {
        String orphan = newSession();
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = GrpcHostLink.connect(
                        settings(
                                ingest.port(), "host-after", TestPlatform.HOST_TOKEN, directory.resolve("spool-after")),
                        Set.of(orphan))) {
            link.awaitConnected(LIMIT);
            platform.verdict(verdict(orphan, "host-after", "from before")).get();
            await().atMost(LIMIT).until(() -> link.counts().strayVerdicts() == 1);
            link.open(TestPlatform.TENANT, orphan, (verdict, stages) -> {})
                    .publish(Channel.EVIDENCE, 1, opened("/its/end"));
            await().atMost(LIMIT).until(() -> link.counts().waiting() == 0);

            assertThat(eventsOf(orphan)).extracting(Event::getSeq).containsExactly(1L);
        }
    }

    @Test
    void keepsAVerdictUntilItsHostComes() throws Exception {
        String session = newSession();
        List<Event> verdicts = new CopyOnWriteArrayList<>();
        try (Ingest ingest = platform.ingest(0)) {
            Event freeze = verdict(session, "host-late", "freeze");
            platform.verdict(freeze).get();
            await().atMost(LIMIT).until(() -> ingest.metrics().contains("plumbline_ingest_verdicts_pending 1.0"));
            try (GrpcHostLink link = GrpcHostLink.connect(
                    settings(ingest.port(), "host-late", TestPlatform.HOST_TOKEN, directory.resolve("spool-late")))) {
                link.open(TestPlatform.TENANT, session, (verdict, stages) -> verdicts.add(verdict));
                await().atMost(LIMIT).until(() -> verdicts.size() == 1);
                await().atMost(LIMIT).until(() -> ingest.metrics().contains("plumbline_ingest_verdicts_pending 0.0"));
            }
        }
    }

    @Test
    void saysWhatIsWrongWithAToken() throws Exception {
        try (Ingest ingest = platform.ingest(0)) {
            for (String token : List.of("nobody", TestPlatform.AGENT_TOKEN)) {
                try (GrpcHostLink link = GrpcHostLink.connect(settings(
                        ingest.port(), "host-token", token, directory.resolve("spool-token-" + token.length())))) {
                    await().atMost(LIMIT).until(() -> link.problem()
                            .filter(problem -> problem.startsWith("token: "))
                            .isPresent());
                    assertThatThrownBy(() -> link.awaitConnected(Duration.ofMillis(10)))
                            .isInstanceOf(HostLinkException.class)
                            .hasMessageMatching(
                                    "token: refused by http://127.0.0.1:\\d+: "
                                            + "(unknown \\(expected: a token of the role host\\)|role agent \\(expected: host\\))");
                }
            }
        }
    }

    @Test
    void saysThatAnAddressCannotBeReached() throws Exception {
        int port = freePort();
        try (GrpcHostLink link =
                GrpcHostLink.connect(settings(port, "host-lost", "token", directory.resolve("spool-lost")))) {
            await().atMost(LIMIT).until(() -> link.problem().isPresent());
            assertThat(link.problem().orElseThrow())
                    .startsWith("platform: http://127.0.0.1:" + port + " (expected: a reachable Plumbline door): ")
                    .doesNotContain("\n");
            assertThat(link.disconnectedFor()).isPositive();
        }
    }

    @Test
    void refusesASessionOfAnotherTenant() throws Exception {
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = link(ingest.port(), "host-tenant", TestPlatform.HOST_TOKEN)) {
            String session = newSession();
            assertThatThrownBy(() -> link.open("other", session, (verdict, stages) -> {}))
                    .hasMessage("tenant: other (expected: acme)");
        }
    }

    @Test
    void answersAGateOverTheLog() throws Exception {
        String session = newSession();
        BlockingQueue<Event> answers = new LinkedBlockingQueue<>();
        List<StageTimes> stages = new CopyOnWriteArrayList<>();
        AutoCloseable brain = platform.brain((event, times) -> {
            if (event.hasToolCall()) {
                platform.verdict(
                        EventIds.withId(Event.newBuilder()
                                .setTenant(event.getTenant())
                                .setHost(event.getHost())
                                .setSession(event.getSession())
                                .setChannel(Channel.VERDICTS)
                                .setGateAnswered(GateAnswered.newBuilder()
                                        .setCause(event.getId())
                                        .setDecision(GateDecision.ALLOW))),
                        times);
            }
        });
        try (Ingest ingest = platform.ingest(0);
                GrpcHostLink link = link(ingest.port(), "host-gate", TestPlatform.HOST_TOKEN)) {
            SessionOutbox outbox = link.open(TestPlatform.TENANT, session, (verdict, times) -> {
                stages.add(times);
                answers.add(verdict);
            });
            List<Long> nanos = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                long start = System.nanoTime();
                Event call = outbox.publish(
                        Channel.CLAIMS,
                        0,
                        Event.newBuilder().setToolCall(ToolCall.newBuilder().setCall("c" + i)));
                Event answer = Objects.requireNonNull(answers.poll(30, TimeUnit.SECONDS));
                assertThat(answer.getGateAnswered().getCause()).isEqualTo(call.getId());
                nanos.add(System.nanoTime() - start);
            }
            print("host -> log -> brain -> log -> host", nanos.subList(500, 1000));
            List<StageTimes> warm = stages.subList(500, 1000);
            print("  host -> ingest", deltas(warm, StageTimes::getHostObservedNs, StageTimes::getIngestReceivedNs));
            print(
                    "  ingest -> log -> brain",
                    deltas(warm, StageTimes::getIngestReceivedNs, StageTimes::getJobReceivedNs));
            print(
                    "  brain -> log -> ingest",
                    deltas(warm, StageTimes::getJobReceivedNs, StageTimes::getIngestDeliveredNs));
            print("  ingest -> host", deltas(warm, StageTimes::getIngestDeliveredNs, StageTimes::getHostReceivedNs));
            assertThat(ingest.metrics()).contains("plumbline_ingest_verdicts_received_total");
        } finally {
            brain.close();
        }
    }

    private static List<Long> deltas(
            List<StageTimes> stages, ToLongFunction<StageTimes> from, ToLongFunction<StageTimes> to) {
        return stages.stream()
                .map(times -> to.applyAsLong(times) - from.applyAsLong(times))
                .toList();
    }

    static void print(String what, List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                "%s: n=%d p50=%.2f ms p99=%.2f ms max=%.2f ms%n",
                what,
                sorted.length,
                sorted[sorted.length / 2] / 1e6,
                sorted[(int) (sorted.length * 0.99)] / 1e6,
                Arrays.stream(sorted).max().orElse(0) / 1e6);
    }

    private GrpcHostLink link(int port, String host, String token) throws Exception {
        GrpcHostLink link = GrpcHostLink.connect(settings(port, host, token, directory.resolve("spool-" + host)));
        link.awaitConnected(LIMIT);
        return link;
    }

    private static HostLinkSettings settings(int port, String host, String token, Path spool) {
        return HostLinkSettings.of(URI.create("http://127.0.0.1:" + port), token, host, spool, REDACTOR);
    }

    private List<Event> eventsOf(String session) throws IOException {
        return platform.telemetry().stream()
                .filter(event -> event.getSession().equals(session))
                .toList();
    }

    private String newSession() {
        return EventIds.derived("session", Integer.toString(sessions++));
    }

    private static Event verdict(String session, String host, String reason) {
        return EventIds.withId(Event.newBuilder()
                .setTenant(TestPlatform.TENANT)
                .setHost(host)
                .setSession(session)
                .setChannel(Channel.VERDICTS)
                .setFreezeOrdered(FreezeOrdered.newBuilder().setReason(reason)));
    }

    private static Event.Builder prompt(String text) {
        return Event.newBuilder().setPrompt(Prompt.newBuilder().setText(text));
    }

    private static Event.Builder opened(String path) {
        return Event.newBuilder().setFileOpened(FileOpened.newBuilder().setPath(path));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
