package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.broker.Broker;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationAnswered;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Judged;
import io.plumbline.events.v1.PathProbed;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.jobs.EmbeddedCluster;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.Captures;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.activation.Contents;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.SessionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The watch job on a real broker and a real cluster. */
class WatchJobIT {
    private static final Duration START = Duration.ofMinutes(5);
    private static final String CATS = """
            title: A cat
            id: 00000000-0000-4000-8000-000000000001
            logsource: {product: linux, category: process_creation}
            detection: {selection: {Image|endswith: /cat}, condition: selection}
            level: medium
            """;

    private static final String EXFILTRATION = "claude-code-2.1.330.exfil-ssh-key";

    private static final Duration CENTURY = Duration.ofDays(36_500);

    /** Of builds before 0.1. */
    private static final Path SAVEPOINT = Path.of("src/test/resources/savepoints/before-0.1/watch");

    @TempDir
    private Path directory;

    private Broker broker;
    private KafkaProducer<String, byte[]> producer;

    @BeforeEach
    void startBroker() throws Exception {
        broker = Broker.start(directory.resolve("kafka"), 0);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap(), "acks", "all"),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    @AfterEach
    void stopBroker() {
        producer.close();
        broker.close();
    }

    @Test
    void aReplayThroughTheJobGivesByteIdenticalVerdicts() throws Exception {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]");
        List<Event> expected = expectedVerdicts(events);
        send(events);
        List<byte[]> first;
        List<byte[]> second;
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("first"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            first = awaitVerdicts(expected.size(), 0);
        }
        // A second cluster without checkpoints reads the log from its beginning.
        forgetOffsets();
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("second"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            second = awaitVerdicts(expected.size(), expected.size());
        }

        assertThat(first)
                .containsExactlyElementsOf(
                        expected.stream().map(Event::toByteArray).toList());
        assertThat(second).containsExactlyElementsOf(first);
    }

    @Test
    void continuesFromItsLastCheckpoint() throws Exception {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]");
        int half = events.size() / 2;
        Map<String, Event> expected = new LinkedHashMap<>();
        expectedVerdicts(events).forEach(verdict -> expected.put(verdict.getId(), verdict));
        Path checkpoints = directory.resolve("checkpoints");
        try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
            JobID job =
                    cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            send(events.subList(0, half));
            Awaitility.await().atMost(START).until(() -> EmbeddedCluster.newestCheckpoint(checkpoints.resolve("watch"))
                    .isPresent());
            cluster.cancel(job);
        }
        send(events.subList(half, events.size()));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            Map<String, Event> seen = new LinkedHashMap<>();
            Awaitility.await().atMost(START).untilAsserted(() -> {
                for (byte[] bytes : verdicts()) {
                    Event verdict = Event.parseFrom(bytes);
                    seen.put(verdict.getId(), verdict);
                }
                assertThat(seen).containsExactlyEntriesOf(expected);
            });
        }
    }

    /** Written by this test itself with {@code -Dplumbline.savepoints=FOLDER}, before a release; see CONTRIBUTING.md. */
    @Test
    void goesOnFromASavepointOfTheReleaseBefore() throws Exception {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]");
        int half = events.size() / 2;
        List<Event> first = sending(1);
        List<Event> second = sending(2);
        Path checkpoints = directory.resolve("checkpoints");
        Optional<Path> written =
                Optional.ofNullable(System.getProperty("plumbline.savepoints")).map(Path::of);
        send(events.subList(0, half));
        send(first);
        if (written.isPresent()) {
            try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
                JobID job = cluster.submit(
                        "watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
                awaitSession(first.getLast());
                cluster.savepoint(job, written.get());
            }
            return;
        }
        // The savepoint is older with each day, and nothing of it may be forgotten for that.
        copy(SAVEPOINT, checkpoints.resolve("watch").resolve("before").resolve("savepoint"));
        Map<String, Event> expected = new LinkedHashMap<>();
        expectedVerdicts(events).forEach(verdict -> expected.put(verdict.getId(), verdict));
        replayed(events.subList(0, half), Optional.empty()).forEach(verdict -> expected.remove(verdict.getId()));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(checkpoints)) {
            cluster.submit(
                    "watch",
                    env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE, CENTURY, CENTURY),
                    START);
            send(events.subList(half, events.size()));
            send(second);
            Awaitility.await().atMost(START).untilAsserted(() -> {
                // What the first session sent is known from the savepoint alone.
                assertThat(parsed())
                        .filteredOn(verdict -> verdict.getAlertRaised().getKind() == DeviationKind.CROSS_SESSION)
                        .extracting(Event::getSession)
                        .containsOnly(second.getFirst().getSession());
                assertThat(parsed())
                        .filteredOn(verdict ->
                                verdict.getSession().equals(events.getFirst().getSession()))
                        .containsExactlyElementsOf(expected.values());
            });
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }

    @Test
    void aRuleSetThatIsActivatedJudgesFromAnEventThatItsVerdictsName() throws Exception {
        List<Event> events = probed(Captures.read(EXFILTRATION, Captures.POLICY));
        int half = events.size() / 2;
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("checkpoints"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            send(events.subList(0, half));
            Event order = activation(ActivationAction.ACTIVATE, "cats", CATS, 1);
            control(order);
            awaitInForce(answer(order).getInForce().getVersion());
            send(events.subList(half, events.size()));
            List<Event> verdicts = awaitSession(events.getLast());

            assertThat(verdicts)
                    .filteredOn(Event::hasAlertRaised)
                    .filteredOn(verdict -> verdict.getAlertRaised().getKind() == DeviationKind.RULE)
                    .isNotEmpty()
                    .allSatisfy(verdict -> assertThat(
                                    verdict.getAlertRaised().getExplanation().getSetSha256())
                            .isEqualTo(cats().hash()));
            // What a pure watcher says, told only from which event on the rules hold.
            assertThat(verdicts).isEqualTo(replayed(events, switched(verdicts)));
        }
    }

    @Test
    void aRuleSetThatDoesNotLoadIsAnsweredAndTheLastOneStays() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("checkpoints"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            Event good = activation(ActivationAction.ACTIVATE, "cats", CATS, 1);
            Event broken = activation(ActivationAction.ACTIVATE, "broken", CATS.replace("endswith", "endsmith"), 2);
            control(good);
            control(broken);

            ActivationAnswered answer = answer(broken);

            assertThat(answer.getAccepted()).isFalse();
            assertThat(answer.getReason()).startsWith("broken.yml:4:").contains("endsmith");
            assertThat(answer.getInForce().getName()).isEqualTo("cats");
            awaitInForce(answer(good).getInForce().getVersion());
            List<Event> events = probed(Captures.read(EXFILTRATION, Captures.POLICY));
            send(events);
            List<Event> verdicts = awaitSession(events.getLast());
            assertThat(verdicts)
                    .filteredOn(Event::hasAlertRaised)
                    .anyMatch(verdict -> verdict.getAlertRaised().getKind() == DeviationKind.RULE);
        }
    }

    @Test
    void aShadowIsCountedAndChangesNoVerdict() throws Exception {
        List<Event> watched = probed(Captures.read(EXFILTRATION, Captures.POLICY + "decoys: [\"~/.ssh/id_rsa\"]"));
        List<Event> expected = expectedVerdicts(watched);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("checkpoints"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            Event order = activation(ActivationAction.SHADOW, "cats", CATS, 1);
            control(order);
            assertThat(answer(order).getShadow().getName()).isEqualTo("cats");
            List<Event> counts = new ArrayList<>();
            int[] sessions = {1_000};
            Awaitility.await().atMost(START).untilAsserted(() -> {
                // The candidate is compiled aside, so the first session may not be counted.
                send(session(sessions[0]++));
                counts.clear();
                counts.addAll(parsed().stream().filter(Event::hasShadowCounted).toList());
                assertThat(counts).isNotEmpty();
            });
            send(watched);
            List<Event> verdicts = awaitSession(watched.getLast());

            assertThat(verdicts).isEqualTo(expected);
            assertThat(counts.getLast().getShadowCounted().getCause()).isEqualTo(order.getId());
        }
    }

    @Test
    void whatTwoSessionsSendTogetherIsToldAndFreezesTheOneThatRuns() throws Exception {
        List<Event> first = sending(1);
        List<Event> second = sending(2);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(directory.resolve("checkpoints"))) {
            cluster.submit("watch", env -> WatchJob.define(env, broker.bootstrap(), WatchSettings.NONE), START);
            send(first);
            awaitSession(first.getLast());
            send(second);
            Awaitility.await().atMost(START).untilAsserted(() -> assertThat(parsed())
                    .filteredOn(Event::hasFreezeOrdered)
                    .anyMatch(verdict ->
                            verdict.getSession().equals(second.getFirst().getSession())));

            assertThat(parsed())
                    .filteredOn(verdict -> verdict.getAlertRaised().getKind() == DeviationKind.CROSS_SESSION)
                    .isNotEmpty()
                    .allSatisfy(verdict -> {
                        assertThat(verdict.getSession())
                                .isEqualTo(second.getFirst().getSession());
                        assertThat(verdict.getAlertRaised().getClause()).isEqualTo("cross-session.drip");
                        assertThat(verdict.getAlertRaised().getEvidenceList())
                                .containsExactly(
                                        second.get(1).getId(), first.get(1).getId());
                    });
        }
    }

    /** A session that sends a little less than its policy lets it. */
    private static List<Event> sending(int number) throws Exception {
        Event.Builder event = Event.newBuilder()
                .setTenant("default")
                .setHost("host-1")
                .setSession(String.format("%032x", number))
                .setSeq(1)
                .setEventTimeNs(number);
        return probed(List.of(
                EventIds.withId(event.clone()
                        .setChannel(Channel.CONTROL)
                        .setTaskAssigned(
                                TaskAssigned.newBuilder().setTask("drip").setPolicy(PolicyParser.parse("""
                                        egress: [{host: api.example.com, max-out: 1MiB}]
                                        ladder: {alert: 20, ask: 40, freeze: 40}
                                        """)))),
                EventIds.withId(event.clone()
                        .setChannel(Channel.EVIDENCE)
                        .setEgressDecided(EgressDecided.newBuilder()
                                .setHost("api.example.com")
                                .setPort(443)
                                .setAllowed(true)
                                .setClosed(true)
                                .setBytesOut(900_000)))));
    }

    private static RuleSet cats() {
        return RuleSet.load(List.of(new RuleSource("cats.yml", CATS)), Placeholders.NONE);
    }

    /** What a pure watcher says when the rules hold from an event on. */
    private static List<Event> replayed(List<Event> events, Optional<String> from) {
        Watcher watcher = new Watcher(List.of());
        SessionState state = SessionState.empty();
        List<Event> verdicts = new ArrayList<>();
        for (Event event : events) {
            if (from.filter(event.getId()::equals).isPresent()) {
                watcher = new Watcher(List.of(new RulesJudge(cats())));
            }
            verdicts.addAll(watcher.onEvent(state, event));
        }
        return verdicts;
    }

    private static Optional<String> switched(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasJudged)
                .map(Event::getJudged)
                .filter(judged -> !judged.getRuleSet().isEmpty())
                .map(Judged::getFromEvent)
                .findFirst();
    }

    private static Event activation(ActivationAction action, String name, String text, long issued) throws Exception {
        byte[] content = Contents.of(RuleBundle.of(List.of(new RuleSource(name + ".yml", text))));
        ActivationStatement statement =
                ActivationOrder.statement(ActivationOrder.Subject.RULES, action, name, "", content).toBuilder()
                        .setTenant("default")
                        .setIssuedNs(issued)
                        .build();
        return EventIds.withId(ActivationOrder.order(
                        statement, ActivationContent.compress(content), "ada", "because", Optional.empty())
                .setTenant("default")
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(issued));
    }

    private void control(Event order) {
        producer.send(new ProducerRecord<>(Topics.CONTROL, Topics.key(order), order.toByteArray()));
        producer.flush();
    }

    private ActivationAnswered answer(Event order) {
        return Awaitility.await()
                .atMost(START)
                .until(
                        () -> parsed().stream()
                                .filter(Event::hasActivationAnswered)
                                .map(Event::getActivationAnswered)
                                .filter(answer -> answer.getCause().equals(order.getId()))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Begins sessions until one is judged by a version. */
    private void awaitInForce(String version) {
        int[] sessions = {1_000};
        Awaitility.await().atMost(START).untilAsserted(() -> {
            send(session(sessions[0]++));
            assertThat(parsed())
                    .filteredOn(Event::hasJudged)
                    .anyMatch(verdict -> verdict.getJudged().getRuleSet().equals(version));
        });
    }

    /** The beginning of another session. */
    private static List<Event> session(int number) {
        Event.Builder event = Event.newBuilder()
                .setTenant("default")
                .setHost("host-1")
                .setSession(String.format("%032x", number))
                .setSeq(1)
                .setEventTimeNs(1);
        return List.of(
                EventIds.withId(event.clone()
                        .setChannel(Channel.CONTROL)
                        .setTaskAssigned(TaskAssigned.newBuilder().setTask("wait"))),
                EventIds.withId(event.clone()
                        .setChannel(Channel.CLAIMS)
                        .setPrompt(Prompt.newBuilder().setText("wait"))));
    }

    /** A recorded session, and behind it a question whose answer shows that everything before it was judged. */
    private static List<Event> probed(List<Event> events) {
        List<Event> probed = new ArrayList<>(events);
        probed.add(EventIds.withId(events.getLast().toBuilder()
                .clearPayload()
                .setChannel(Channel.EVIDENCE)
                .setSeq(0)
                .setPathProbed(PathProbed.getDefaultInstance())));
        return probed;
    }

    /** The verdicts of a session up to the answer to its last event. */
    private List<Event> awaitSession(Event probe) {
        List<Event> verdicts = new ArrayList<>();
        Awaitility.await().atMost(START).untilAsserted(() -> {
            verdicts.clear();
            verdicts.addAll(parsed().stream()
                    .filter(verdict -> verdict.getSession().equals(probe.getSession()))
                    .toList());
            assertThat(verdicts)
                    .anyMatch(verdict -> verdict.getProbeAnswered().getCause().equals(probe.getId()));
        });
        return verdicts;
    }

    private List<Event> parsed() {
        List<Event> events = new ArrayList<>();
        for (byte[] bytes : verdicts()) {
            try {
                events.add(Event.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
        }
        return events;
    }

    private static List<Event> expectedVerdicts(List<Event> events) {
        Watcher watcher = new Watcher(List.of());
        SessionState state = SessionState.empty();
        List<Event> verdicts = new ArrayList<>();
        events.forEach(event -> verdicts.addAll(watcher.onEvent(state, event)));
        assertThat(verdicts).anyMatch(Event::hasFreezeOrdered);
        return verdicts;
    }

    private void send(List<Event> events) {
        events.forEach(
                event -> producer.send(new ProducerRecord<>(Topics.TELEMETRY, Topics.key(event), event.toByteArray())));
        producer.flush();
    }

    private void forgetOffsets() throws Exception {
        try (var admin = org.apache.kafka.clients.admin.Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
            admin.deleteConsumerGroups(List.of("plumbline-watch")).all().get();
        } catch (java.util.concurrent.ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(org.apache.kafka.common.errors.GroupIdNotFoundException.class);
        }
    }

    private List<byte[]> awaitVerdicts(int count, int skip) {
        List<byte[]> verdicts = new ArrayList<>();
        Awaitility.await().atMost(START).untilAsserted(() -> {
            verdicts.clear();
            verdicts.addAll(verdicts());
            assertThat(verdicts).hasSizeGreaterThanOrEqualTo(skip + count);
        });
        return verdicts.subList(skip, verdicts.size());
    }

    private List<byte[]> verdicts() {
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrap()),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.VERDICTS).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            List<byte[]> values = new ArrayList<>();
            while (values.size() < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.value());
                }
            }
            return values;
        }
    }
}
