package io.plumbline.watcher.crosssession;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.WorkspaceIdentified;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.crosssession.Relation.Group;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.FactKind;
import io.plumbline.watcher.state.v1.SessionFact;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CrossSessionWatcherTest {
    private static final long DAY = 86_400_000_000_000L;

    private CrossSessionMemory memory = CrossSessionMemory.empty();
    private final List<Event> all = new ArrayList<>();
    private long time = DAY;
    private int events;

    private SessionFact.Builder fact(String session, FactKind kind, String what) {
        time += 1_000_000_000L;
        return SessionFact.newBuilder()
                .setVersion(SessionFacts.VERSION)
                .setTenant("default")
                .setHost("host-1")
                .setSession(session)
                .setEvent(EventIds.derived("event", Integer.toString(events++)))
                .setEventTimeNs(time)
                .setKind(kind)
                .setWhat(what)
                .setAlertAt(20)
                .setAskAt(40)
                .setFreezeAt(70)
                .setRunning(true);
    }

    private List<Event> take(SessionFact.Builder fact) {
        List<Event> verdicts = CrossSessionWatcher.onFact(Relation.TASK, memory, fact.build());
        all.addAll(verdicts);
        return verdicts;
    }

    private List<Event> send(String session, String host, long bytes) {
        return take(fact(session, FactKind.SENT, host).setBytes(bytes).setBudget(1_000));
    }

    private static List<String> clauses(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(verdict -> verdict.getAlertRaised().getClause())
                .toList();
    }

    @Test
    void dripsOfSeveralSessionsAreSummedAgainstTheBudget() {
        SessionFact.Builder first =
                fact("a", FactKind.SENT, "x:443").setBytes(600).setBudget(1_000);
        assertThat(take(first)).isEmpty();
        assertThat(send("a", "x:443", 300)).isEmpty();
        assertThat(send("b", "y:443", 900)).isEmpty();

        List<Event> verdicts = send("b", "x:443", 200);

        assertThat(clauses(verdicts)).containsExactly("cross-session.drip");
        var alert = verdicts.getFirst().getAlertRaised();
        assertThat(alert.getKind()).isEqualTo(DeviationKind.CROSS_SESSION);
        assertThat(alert.getSeen()).contains("1100 bytes to x:443 by 2 sessions");
        assertThat(alert.getEvidence(0)).isEqualTo(EventIds.derived("event", "3"));
        assertThat(alert.getEvidenceList()).contains(first.getEvent());
        assertThat(verdicts.getFirst().getSession()).isEqualTo("b");
        assertThat(send("b", "x:443", 200)).isEmpty();
    }

    @Test
    void whatOnePersonsTasksSendIsNoSumOfOneTasksPolicy() {
        CrossSessionMemory person = CrossSessionMemory.empty();
        for (String session : List.of("a", "b")) {
            SessionFact fact = fact(session, FactKind.SENT, "x:443")
                    .setBytes(900)
                    .setBudget(1_000)
                    .build();
            assertThat(CrossSessionWatcher.onFact(Relation.PRINCIPAL, person, fact))
                    .isEmpty();
            all.addAll(CrossSessionWatcher.onFact(Relation.WORKSPACE, memory, fact));
        }
        assertThat(clauses(all)).containsExactly("cross-session.drip");
    }

    @Test
    void whatOneSessionMaySendIsItsOwnWatchersBusiness() {
        assertThat(send("a", "x:443", 5_000)).isEmpty();
        assertThat(take(fact("b", FactKind.SENT, "y:443").setBytes(9_000))).isEmpty();
    }

    @Test
    void theLadderOfTheRunningSessionDecidesWhetherItIsFrozen() {
        send("a", "x:443", 900);

        List<Event> verdicts = take(
                fact("b", FactKind.SENT, "x:443").setBytes(900).setBudget(1_000).setRisk(30));

        assertThat(verdicts).hasSize(2);
        assertThat(verdicts.getFirst().getFreezeOrdered().getReason()).startsWith("Sessions together sent");
        assertThat(verdicts.getFirst().getHost()).isEqualTo("host-1");
        assertThat(take(fact("c", FactKind.SENT, "x:443")
                        .setBytes(900)
                        .setBudget(1_000)
                        .setRisk(30)
                        .setRunning(false)))
                .hasSize(1);
    }

    @Test
    void aSecretReadInOneSessionAndANewHostInAnotherBelongTogether() {
        send("b", "known:443", 10);
        take(fact("a", FactKind.SECRET_READ, "/home/agent/.ssh/id_rsa"));

        assertThat(send("b", "known:443", 10)).isEmpty();
        assertThat(clauses(send("b", "fresh:443", 10))).containsExactly("cross-session.split");
    }

    @Test
    void theHostThatTheReaderAskedForIsWorseThanAnyNewOne() {
        send("b", "known:443", 10);
        SessionFact.Builder read = fact("a", FactKind.SECRET_READ, "/home/agent/.ssh/id_rsa");
        take(read);
        take(fact("a", FactKind.ASKED_FOR, "known:443"));

        List<Event> verdicts = send("b", "known:443", 10);

        assertThat(clauses(verdicts)).containsExactly("cross-session.split");
        assertThat(verdicts.getFirst().getAlertRaised().getRiskAdded()).isEqualTo(40);
        assertThat(verdicts.getFirst().getAlertRaised().getEvidenceList()).contains(read.getEvent());
    }

    @Test
    void aSplitIsFoundInWhateverOrderItsPartsAreToldOf() {
        SessionFact.Builder read = fact("a", FactKind.SECRET_READ, "/home/agent/.ssh/id_rsa");
        SessionFact.Builder asked = fact("a", FactKind.ASKED_FOR, "known:443");
        SessionFact.Builder sent =
                fact("b", FactKind.SENT, "known:443").setBytes(10).setBudget(1_000);
        for (List<SessionFact.Builder> order : List.of(
                List.of(read, asked, sent),
                List.of(asked, read, sent),
                List.of(read, sent, asked),
                List.of(sent, read, asked),
                List.of(asked, sent, read),
                List.of(sent, asked, read))) {
            memory = CrossSessionMemory.empty();
            assertThat(order.stream()
                            .flatMap(fact -> clauses(take(fact.clone())).stream())
                            .toList())
                    .as(order.toString())
                    .isNotEmpty()
                    .containsOnly("cross-session.split");
        }
    }

    @Test
    void whatWasSentBeforeTheSecretWasReadIsNoSplit() {
        send("b", "fresh:443", 10);
        assertThat(take(fact("a", FactKind.SECRET_READ, "/home/agent/.ssh/id_rsa")))
                .isEmpty();
        assertThat(take(fact("a", FactKind.ASKED_FOR, "fresh:443"))).isEmpty();
    }

    @Test
    void aLaterQuestionOfOthersMakesNoSplitOfWhatWasSentBefore() {
        send("b", "known:443", 10);
        take(fact("a", FactKind.ASKED_FOR, "known:443"));
        SessionFact.Builder read = fact("a", FactKind.SECRET_READ, "/home/agent/.ssh/id_rsa");
        take(fact("c", FactKind.ASKED_FOR, "known:443"));

        assertThat(take(read)).isEmpty();
    }

    @Test
    void theSameSecretInTwoSessionsIsTold() {
        assertThat(take(fact("a", FactKind.SECRET_READ, "/etc/shadow"))).isEmpty();
        assertThat(clauses(take(fact("b", FactKind.SECRET_READ, "/etc/shadow"))))
                .containsExactly("cross-session.secret");
    }

    @Test
    void theSameRefusedActInThreeSessionsIsTold() {
        assertThat(take(fact("a", FactKind.REFUSED, "Bash npm publish"))).isEmpty();
        assertThat(take(fact("a", FactKind.REFUSED, "Bash npm publish"))).isEmpty();
        assertThat(take(fact("b", FactKind.REFUSED, "Bash npm publish"))).isEmpty();
        assertThat(take(fact("c", FactKind.REFUSED, "Bash ls"))).isEmpty();
        assertThat(clauses(take(fact("c", FactKind.REFUSED, "Bash npm publish"))))
                .containsExactly("cross-session.refused");
    }

    @Test
    void whoeverHadThreeSessionsStoppedBeginsTheNextWithIt() {
        for (String session : List.of("a", "b", "a")) {
            assertThat(take(fact(session, FactKind.STOPPED, ""))).isEmpty();
        }
        assertThat(clauses(take(fact("c", FactKind.STOPPED, "")))).containsExactly("cross-session.stopped");
        assertThat(clauses(take(fact("d", FactKind.STARTED, "")))).containsExactly("cross-session.stopped");
        assertThat(take(fact("d", FactKind.STARTED, ""))).isEmpty();
        assertThat(CrossSessionWatcher.onFact(
                        Relation.PRINCIPAL,
                        memory,
                        fact("e", FactKind.STARTED, "").build()))
                .isEmpty();
    }

    @Test
    void whatIsLongAgoDoesNotCount() {
        send("a", "x:443", 900);
        time += CrossSessionLimits.WINDOW.toNanos();

        assertThat(send("b", "x:443", 900)).isEmpty();
        assertThat(memory.evicted().getExpired()).isEqualTo(1);
    }

    @Test
    void whatIsUsedAllTheTimeKeepsNoSessionsThatAreLongAgo() {
        send("a", "x:443", 900);
        for (int day = 0; day < 8; day++) {
            time += DAY;
            send("c", "x:443", 1);
        }

        assertThat(send("b", "x:443", 900)).isEmpty();
    }

    @Test
    void whoAsksForManyNamesDoesNotHaveADripForgotten() {
        send("a", "x:443", 900);
        for (int i = 0; i < 2 * CrossSessionLimits.SUBJECTS; i++) {
            take(fact("a", FactKind.ASKED_FOR, "n" + i + ":443"));
        }

        assertThat(clauses(send("b", "x:443", 900))).containsExactly("cross-session.drip");
    }

    @Test
    void aClaimThatIsDatedAheadDoesNotMoveTheTime() {
        Event call = event(Channel.CLAIMS, 1)
                .setEventTimeNs(1_000 * DAY)
                .setObservedTimeNs(5)
                .setToolCall(ToolCall.newBuilder().setTool("Bash").setCommand("npm publish"))
                .build();
        Event refusal = Event.newBuilder()
                .setGateAnswered(GateAnswered.newBuilder().setDecision(GateDecision.DENY))
                .build();

        assertThat(SessionFacts.of(SessionState.empty(), call, List.of(refusal)))
                .singleElement()
                .satisfies(fact -> assertThat(fact.getEventTimeNs()).isEqualTo(5));
    }

    @Test
    void hostsOfAPatternShareWhatItLetsOut() throws Exception {
        SessionState session = SessionState.empty();
        Watcher watcher = new Watcher(List.of());
        List<SessionFact> facts = new ArrayList<>();
        List<Event> events = List.of(
                event(Channel.CONTROL, 1)
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask("Tidy up")
                                .setPolicy(PolicyParser.parse("egress: [{host: \"*.example.com\", max-out: 1MiB}]")))
                        .build(),
                event(Channel.EVIDENCE, 1)
                        .setEgressDecided(closed("A.example.com"))
                        .build());
        events.forEach(event -> facts.addAll(SessionFacts.of(session, event, watcher.onEvent(session, event))));

        assertThat(facts)
                .filteredOn(fact -> fact.getKind() == FactKind.SENT)
                .extracting(SessionFact::getWhat)
                .containsExactly("a.example.com:443", "*.example.com:443");
    }

    @Test
    void theStateIsBoundedAndSaysWhatItForgot() {
        for (int i = 0; i < 1_000; i++) {
            send("s" + i, "host" + i + ":443", 1);
            send("s" + i, "x:443", 2);
            take(fact("s" + i, FactKind.SECRET_READ, "/secret/" + i));
            take(fact("s" + i, FactKind.REFUSED, "act " + i));
            take(fact("s" + i, FactKind.STOPPED, ""));
        }

        assertThat(memory.toBytes()).hasSizeLessThan(100_000);
        var evicted = memory.evicted();
        assertThat(List.of(
                        evicted.getHosts(),
                        evicted.getSecrets(),
                        evicted.getRefused(),
                        evicted.getParts(),
                        evicted.getStopped(),
                        evicted.getTold()))
                .allMatch(count -> count > 0);
        // Bytes of sessions that were forgotten still count.
        assertThat(clauses(all)).contains("cross-session.drip");
    }

    @Test
    void aReplayIsTheSameWhereverTheStateWasStored() {
        List<SessionFact> facts = new ArrayList<>();
        Random random = new Random(7);
        for (int i = 0; i < 500; i++) {
            FactKind kind = FactKind.forNumber(1 + random.nextInt(6));
            facts.add(fact("s" + random.nextInt(6), kind, "what" + random.nextInt(4))
                    .setBytes(random.nextInt(300))
                    .setBudget(1_000)
                    .setRisk(random.nextInt(100))
                    .build());
        }
        List<Event> once = new ArrayList<>();
        facts.forEach(fact -> once.addAll(CrossSessionWatcher.onFact(Relation.TASK, memory, fact)));

        List<Event> restored = new ArrayList<>();
        memory = CrossSessionMemory.empty();
        for (SessionFact fact : facts) {
            memory = CrossSessionMemory.parse(memory.toBytes());
            restored.addAll(CrossSessionWatcher.onFact(Relation.TASK, memory, fact));
        }

        assertThat(once).isNotEmpty();
        assertThat(restored).isEqualTo(once);
    }

    @Test
    void aStateOfAnotherLayoutIsRefused() {
        assertThatThrownBy(() -> CrossSessionMemory.parse(new byte[] {8, 9}))
                .hasMessage("cross-session state version: 9 (expected: 1)");
    }

    @Test
    void sessionsBelongTogetherByTaskWorkspaceAndPrincipalOfOneTenant() throws Exception {
        SessionState session = SessionState.empty();
        List<SessionFact> facts = new ArrayList<>();
        Watcher watcher = new Watcher(List.of());
        List<Event> events = List.of(
                event(Channel.CONTROL, 1)
                        .setTaskAssigned(
                                TaskAssigned.newBuilder()
                                        .setTask("Tidy up")
                                        .setAssignedBy("ada")
                                        .setPolicy(
                                                PolicyParser.parse(
                                                        "egress: [{host: api.example.com, max-out: 1MiB}, {host: m.example.com, service: model}]")))
                        .build(),
                event(Channel.EVIDENCE, 1)
                        .setWorkspaceIdentified(WorkspaceIdentified.newBuilder().setWorkspaceSha256("aa"))
                        .build(),
                event(Channel.EVIDENCE, 2)
                        .setEgressDecided(closed("API.example.com"))
                        .build(),
                event(Channel.EVIDENCE, 3)
                        .setEgressDecided(closed("m.example.com"))
                        .build());
        events.forEach(event -> facts.addAll(SessionFacts.of(session, event, watcher.onEvent(session, event))));

        assertThat(facts)
                .extracting(SessionFact::getKind)
                .containsExactly(FactKind.STARTED, FactKind.STARTED, FactKind.SENT);
        assertThat(facts.getLast().getWhat()).isEqualTo("api.example.com:443");
        assertThat(facts.getLast().getBudget()).isEqualTo(1 << 20);
        List<Group> groups = Group.of(session.values());
        assertThat(groups).extracting(Group::relation).containsExactly(Relation.values());
        assertThat(groups)
                .allSatisfy(group -> assertThat(Group.relationOf(group.key())).isEqualTo(group.relation()));
        session.values().setTenant("other");
        assertThat(Group.of(session.values())).doesNotContainAnyElementsOf(groups);
    }

    private static EgressDecided.Builder closed(String host) {
        return EgressDecided.newBuilder()
                .setHost(host)
                .setPort(443)
                .setAllowed(true)
                .setClosed(true)
                .setBytesOut(5);
    }

    private static Event.Builder event(Channel channel, long seq) {
        return Event.newBuilder()
                .setId(EventIds.derived(channel.name(), Long.toString(seq)))
                .setTenant("default")
                .setHost("host-1")
                .setSession("s")
                .setChannel(channel)
                .setSeq(seq)
                .setEventTimeNs(seq);
    }

    @Test
    void theOrderOfUnrelatedGroupsDoesNotMatter() {
        List<SessionFact> facts = IntStream.range(0, 20)
                .mapToObj(i -> fact("s" + i % 3, FactKind.SENT, "x:443")
                        .setBytes(200)
                        .setBudget(1_000)
                        .build())
                .toList();
        CrossSessionMemory one = CrossSessionMemory.empty();
        CrossSessionMemory other = CrossSessionMemory.empty();
        List<Event> alternating = new ArrayList<>();
        facts.forEach(fact -> {
            alternating.addAll(CrossSessionWatcher.onFact(Relation.TASK, one, fact));
            CrossSessionWatcher.onFact(Relation.WORKSPACE, other, fact);
        });
        facts.forEach(fact -> all.addAll(CrossSessionWatcher.onFact(Relation.TASK, memory, fact)));

        assertThat(alternating).isEqualTo(all).isNotEmpty();
    }
}
