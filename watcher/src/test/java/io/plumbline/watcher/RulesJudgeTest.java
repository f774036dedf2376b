package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ExplainedPart;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.LimitReached;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.judge.JudgeObserver;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.judge.SessionRecorder;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded sessions under rules. */
class RulesJudgeTest {
    private static final String EXFILTRATION = "claude-code-2.1.330.exfil-ssh-key";

    /** Three opens within a minute, by any process. */
    private static final String CORRELATION = """
            title: A file is opened
            id: 00000000-0000-4000-8000-000000000001
            name: file_opened
            logsource: {product: linux, category: file_event}
            detection: {selection: {TargetFilename|startswith: /}, condition: selection}
            level: informational
            ---
            title: Many files are opened
            id: 00000000-0000-4000-8000-000000000002
            correlation:
              type: event_count
              rules: [file_opened]
              group-by: [SessionId]
              timespan: 1m
              condition: {gte: 3}
            level: high
            """;

    private static final String SOMETHING_ELSE = """
            title: Something else
            id: 00000000-0000-4000-8000-000000000003
            logsource: {product: linux, category: process_creation}
            detection: {selection: {Image: /nowhere}, condition: selection}
            level: low
            """;

    /** Rules of the pack ask for each of these. */
    @Test
    void whatThePlatformAndPeopleSayOfASessionIsJudgedAsWell() {
        List<Event.Builder> payloads = List.of(
                Event.newBuilder().setTraceLoss(TraceLoss.newBuilder().setDropped(7)),
                Event.newBuilder().setRuntimeState(RuntimeState.newBuilder().setState(RuntimeState.State.FROZEN)),
                Event.newBuilder()
                        .setAgentConfiguration(AgentConfiguration.newBuilder().setMoment("start")),
                Event.newBuilder()
                        .setApprovalDecided(ApprovalDecided.newBuilder().setApproval("a")),
                Event.newBuilder().setLimitReached(LimitReached.newBuilder().setLimit("memory")),
                Event.newBuilder().setTaskAssigned(TaskAssigned.newBuilder().setTask("x")),
                Event.newBuilder().setSessionReconciled(SessionReconciled.newBuilder()));
        List<Event> events = new ArrayList<>();
        payloads.forEach(payload -> events.add(EventIds.withId(payload.setTenant("acme")
                .setSession("s")
                .setChannel(Channel.EVIDENCE)
                .setSeq(events.size() + 1L)
                .setEventTimeNs(events.size() + 1L))));

        assertThat(SessionRecorder.record(events))
                .extracting(SigmaEvent::id)
                .containsSubsequence(events.stream().map(Event::getId).toList());
    }

    private static List<Event> watch(List<Event> events, RulesJudge judge, boolean savedInBetween) {
        Watcher watcher = new Watcher(List.of(judge));
        SessionState state = SessionState.empty();
        List<Event> verdicts = new ArrayList<>();
        for (Event event : events) {
            verdicts.addAll(watcher.onEvent(state, event));
            if (savedInBetween) {
                state = SessionState.parse(state.toBytes());
            }
        }
        return verdicts;
    }

    private static List<AlertRaised> found(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .filter(alert -> alert.getKind() == DeviationKind.RULE)
                .toList();
    }

    private static RulesJudge judge(String rules) {
        return new RulesJudge(RuleSet.load(List.of(new RuleSource("test.yml", rules)), Placeholders.NONE));
    }

    @Test
    void aDecisionThatIsDeliveredAgainIsJudgedOnce() {
        Event decided = EventIds.withId(Event.newBuilder()
                .setTenant("acme")
                .setSession("s")
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(1)
                .setApprovalDecided(ApprovalDecided.newBuilder().setApproval("a")));

        assertThat(SessionRecorder.record(List.of(decided, decided))).hasSize(1);
    }

    @Test
    void aShippedRuleMatchesTheSessionThatSendsAKeyAway() {
        assertThat(found(watch(Captures.read(EXFILTRATION, Captures.POLICY), RulesJudge.shipped(), false)))
                .anyMatch(alert -> alert.getTitle().equals("Tool Call Names a Secret File")
                        && alert.getClause().startsWith("rule "));
    }

    @Test
    void aDeviationIsAnEventForRulesAndWhatTheyFindIsNot() {
        String rules = """
                title: Out of Policy
                id: 5b3b6c3e-0d0c-4a55-9a0e-0f4f3d0c0002
                logsource: {product: agent, category: deviation}
                level: low
                detection: {s: {Kind: out_of_policy, Evidence|contains: /etc/shadow}, condition: s}
                ---
                title: A Rule's Own
                id: 5b3b6c3e-0d0c-4a55-9a0e-0f4f3d0c0003
                logsource: {product: agent, category: deviation}
                level: low
                detection: {s: {Kind: rule}, condition: s}
                """;
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(rules))));

        List<Event> verdicts = script.open(SessionScript.agent(), "/etc/shadow", 0);

        assertThat(found(verdicts)).extracting(AlertRaised::getTitle).containsExactly("Out of Policy");
    }

    @Test
    void whatACorrelationHasCountedSurvivesARestart() {
        List<Event> events = Captures.read(EXFILTRATION, Captures.POLICY);
        List<Event> once = watch(events, judge(CORRELATION), false);
        assertThat(found(once)).isNotEmpty().allSatisfy(alert -> assertThat(alert.getTitle())
                .isEqualTo("Many files are opened"));

        List<Event> again = watch(events, judge(CORRELATION), true);

        assertThat(again.stream().map(Event::toByteString))
                .containsExactlyElementsOf(
                        once.stream().map(Event::toByteString).toList());
    }

    @Test
    void aCorrelationsFindingNamesTheEventsThatItRestsOn() {
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(CORRELATION))));

        List<Event> verdicts = write(script, 3);

        assertThat(found(verdicts)).singleElement().satisfies(alert -> assertThat(alert.getEvidenceList())
                .hasSize(3)
                .doesNotHaveDuplicates());
    }

    @Test
    void aCorrelationsFindingSaysItsWindowItsGroupAndItsRules() {
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(CORRELATION))));

        ExplainedPart tree = found(write(script, 3)).getFirst().getExplanation().getTree();

        assertThat(tree.getText()).isEqualTo("event_count by SessionId within 60 s gte 3");
        assertThat(tree.getSeen()).isEqualTo("2 before it");
        assertThat(tree.getMatched()).isTrue();
        assertThat(tree.getPartsList())
                .extracting(ExplainedPart::getText)
                .containsExactly("group-by SessionId", "rule 'A file is opened' matches 1 of 1 event");
        assertThat(tree.getParts(0).getSeen()).isEqualTo("00112233445566778899aabbccddeeff");
        assertThat(tree.getParts(1).getParts(0).getSeen()).isEqualTo("/workspace/2");
    }

    @Test
    void anUnannouncedReadOfASecretAndThenAnyConnectionWithinAMinuteIsFound() {
        for (long[] expected : new long[][] {{59_000_000_000L, 1}, {61_000_000_000L, 0}}) {
            SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(RulesJudge.shipped())));
            ProcessRef unexplained = SessionScript.process(7, 1);
            script.fork(SessionScript.agent(), unexplained);
            script.exec(unexplained, "cat", "/root/.aws/credentials");
            script.open(unexplained, "/root/.aws/credentials", 0);
            script.pass(expected[0]);

            assertThat(found(script.connect("x.example", 443)))
                    .filteredOn(
                            alert -> alert.getTitle().equals("Unannounced Process Reads a Secret, Then a Connection"))
                    .hasSize((int) expected[1])
                    .allSatisfy(
                            alert -> assertThat(alert.getExplanation().getTree().getPartsList())
                                    .extracting(ExplainedPart::getText)
                                    .contains(
                                            "rule 'Read of a secret that no call explains' matched an earlier event",
                                            "rule 'Any connection asked for' matches 1 of 1 event"));
        }
    }

    @Test
    void shippedRulesSeePlansThatAreBentAndResourcesThatAreUsedUp() {
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(RulesJudge.shipped())));
        script.connect("other.example", 443);
        List<Event> planned = script.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setPlan(
                                Plan.newBuilder().addItems(PlanItem.newBuilder().setText("Do whatever is needed"))));
        assertThat(found(planned))
                .extracting(AlertRaised::getTitle)
                .contains("Plan That Covers Anything, or Hides What Was Done");

        assertThat(found(script.connect("third.example", 443)))
                .extracting(AlertRaised::getTitle)
                .contains("Plan Rewritten Between Two Violations");
        List<Event> stopped = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            stopped.addAll(script.evidence(Event.newBuilder()
                    .setLimitReached(
                            LimitReached.newBuilder().setLimit("memory").setAction("freeze"))));
        }
        assertThat(found(stopped))
                .extracting(AlertRaised::getTitle)
                .contains("Session Stopped at a Limit of Its Resources", "Limits of Resources Reached Again and Again");
    }

    @Test
    void aCorrelationThatDidNotChangeKeepsItsWindowsInAnotherRuleSet() {
        String more = String.join("---\n", CORRELATION, SOMETHING_ELSE);
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(CORRELATION))));
        write(script, 2);
        script.judgedBy(new Watcher(List.of(judge(more))));
        int before = script.events().size();

        List<Event> third = write(script, 1);

        Event first = script.events().get(before);
        assertThat(found(third)).extracting(AlertRaised::getTitle).containsExactly("Many files are opened");
        assertThat(third).filteredOn(Event::hasJudged).singleElement().satisfies(verdict -> {
            assertThat(verdict.getJudged().getWindowsDropped()).isZero();
            assertThat(verdict.getJudged().getRuleSet()).isEqualTo(judge(more).version());
            assertThat(verdict.getJudged().getRuleSetSha256())
                    .startsWith(judge(more).version().substring(6));
            assertThat(verdict.getJudged().getFromChannel()).isEqualTo(Channel.EVIDENCE);
            assertThat(verdict.getJudged().getFromEvent()).isEqualTo(first.getId());
            assertThat(verdict.getJudged().getTelemetrySeq())
                    .isEqualTo(first.getSeq())
                    .isPositive();
        });
        // That event is the other set's, and nothing after it says so again.
        assertThat(found(third))
                .allSatisfy(alert -> assertThat(alert.getExplanation().getSetSha256())
                        .startsWith(judge(more).version().substring(6)));
        assertThat(write(script, 1)).noneMatch(Event::hasJudged);
    }

    @Test
    void theWindowsOfACorrelationThatChangedAreDroppedAndCounted() {
        RulesJudge other = judge(CORRELATION.replace("timespan: 1m", "timespan: 2m"));
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(CORRELATION))));
        write(script, 2);
        script.judgedBy(new Watcher(List.of(other)));

        List<Event> third = write(script, 1);

        assertThat(found(third)).isEmpty();
        assertThat(third).filteredOn(Event::hasJudged).singleElement().satisfies(verdict -> assertThat(
                        verdict.getJudged().getWindowsDropped())
                .isOne());
        assertThat(write(script, 1)).noneMatch(Event::hasJudged);
    }

    @Test
    void aMemoryThatCannotBeReadIsCountedAndTold() {
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(CORRELATION))));
        write(script, 1);
        SessionState state = SessionState.parse(script.state().toBytes());
        state.values().putJudgeMemory("rules", ByteString.copyFromUtf8("no state"));
        Event next = script.next(
                Channel.EVIDENCE,
                Event.newBuilder()
                        .setFileOpened(FileOpened.newBuilder()
                                .setActor(SessionScript.actor(SessionScript.agent()))
                                .setPath("/workspace/x")
                                .setFlags(1)));

        List<Event> verdicts = new Watcher(List.of(judge(CORRELATION))).onEvent(state, next);

        assertThat(state.values().getJudgeMemoryUnreadable()).isOne();
        assertThat(verdicts)
                .filteredOn(Event::hasAlertRaised)
                .extracting(verdict -> verdict.getAlertRaised().getTitle())
                .contains("What the rules remembered is lost");
    }

    @Test
    void aSessionIsToldOnceThatWhatWasActivatedDoesNotJudgeIt() {
        RulesJudge judge = judge(CORRELATION);
        List<String> missing = List.of("house 3: house.yml:4:1: unknown modifier");
        SessionScript script =
                SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge), JudgeObserver.NONE, missing));

        assertThat(gaps(write(script, 1))).containsExactly("house 3: house.yml:4:1: unknown modifier");
        assertThat(gaps(write(script, 2))).isEmpty();
        assertThat(script.state().values().getJudgedBy()).endsWith("unknown modifier");

        script.judgedBy(new Watcher(List.of(judge)));
        assertThat(gaps(write(script, 3))).isEmpty();
        assertThat(script.state().values().getJudgedBy()).isEqualTo(judge.version());
    }

    private static List<String> gaps(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .filter(alert -> alert.getKind() == DeviationKind.TELEMETRY_GAP)
                .map(AlertRaised::getSeen)
                .toList();
    }

    @Test
    void aFindingSaysWhichRuleOfWhichSetAndWhatItSaw() {
        String rule = """
                title: A shell
                id: 00000000-0000-4000-8000-000000000004
                modified: 2026-11-01
                author: Ada
                license: Apache-2.0
                logsource: {product: linux, category: process_creation}
                detection: {selection: {Image|endswith: /bash, PolicyVerdict: allow}, condition: selection}
                level: high
                """;
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(rule))));

        List<AlertRaised> found = found(script.run("c1", "ls", SessionScript.process(7, 1)));

        assertThat(found).singleElement().satisfies(alert -> {
            assertThat(alert.getExplanation().getRuleVersion()).isEqualTo("2026-11-01");
            assertThat(alert.getExplanation().getAuthor()).isEqualTo("Ada");
            assertThat(alert.getExplanation().getSetSha256()).hasSize(64);
            assertThat(alert.getExplanation().getTree().getMatched()).isTrue();
            assertThat(alert.getExplanation().getTree().getPartsList())
                    .extracting(ExplainedPart::getSeen)
                    .contains("/usr/bin/bash", "allow");
        });
    }

    @Test
    void rulesSeeTheExecutableBehindAFileAndWhatThePolicySays() {
        String rule = """
                title: A file by tee
                id: 00000000-0000-4000-8000-000000000005
                logsource: {product: linux, category: file_event}
                detection: {selection: {Image: /usr/bin/tee, PolicyVerdict: VERDICT}, condition: selection}
                level: high
                """;
        for (String[] expected : new String[][] {{"/workspace/a", "allow"}, {"/etc/passwd", "deny"}}) {
            SessionScript script = SessionScript.of("name: t")
                    .judgedBy(new Watcher(List.of(judge(rule.replace("VERDICT", expected[1])))));
            ProcessRef tee = SessionScript.process(7, 1);
            script.call("c1", "Bash", "tee " + expected[0]);
            script.fork(SessionScript.agent(), tee);
            script.exec(tee, "tee", expected[0]);

            assertThat(found(script.open(tee, expected[0], 1))).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"egress/agent", "network_connection/linux", "dns_query/linux"})
    void rulesSeeWhatThePolicySaysOfAConnectionThatIsAskedFor(String source) {
        String[] parts = source.split("/");
        String rule = """
                title: A connection of the policy
                id: 00000000-0000-4000-8000-000000000006
                logsource: {product: PRODUCT, category: CATEGORY}
                detection: {selection: {PolicyVerdict: allow}, condition: selection}
                level: high
                """.replace("CATEGORY", parts[0]).replace("PRODUCT", parts[1]);
        SessionScript script =
                SessionScript.of("egress: [{host: api.example.com}]").judgedBy(new Watcher(List.of(judge(rule))));

        assertThat(found(script.connect("other.example", 443))).isEmpty();
        assertThat(found(script.connect("api.example.com", 443))).hasSize(1);
    }

    /** What acts behind the proxy is told by who connected to its door, where only one process can have. */
    @ParameterizedTest
    @ValueSource(strings = {"egress/agent", "network_connection/linux", "dns_query/linux"})
    void rulesSeeWhoAsksForAConnection(String source) {
        String[] parts = source.split("/");
        String rule = """
                title: A connection by curl
                id: 00000000-0000-4000-8000-000000000007
                logsource: {product: PRODUCT, category: CATEGORY}
                detection:
                  selection:
                    DestinationHostname: api.example.com
                    Image: /usr/bin/curl
                    CommandLine|startswith: curl
                    ParentImage: /usr/bin/bash
                    ParentCommandLine: bash -c curl -s https://api.example.com
                    AncestorCommandLines: claude -p Tidy up
                    CallId: c1
                    Announced: true
                    Role: call
                  condition: selection
                level: high
                """.replace("CATEGORY", parts[0]).replace("PRODUCT", parts[1]);
        SessionScript script =
                SessionScript.of("egress: [{host: api.example.com}]").judgedBy(new Watcher(List.of(judge(rule))));
        ProcessRef shell = SessionScript.process(7, 1);
        ProcessRef curl = SessionScript.process(8, 2);
        script.run("c1", "curl -s https://api.example.com", shell);
        script.fork(shell, curl);
        script.exec(curl, "curl", "-s", "https://api.example.com");
        script.proxy(curl);

        assertThat(found(script.connect("api.example.com", 443)))
                .singleElement()
                .satisfies(alert -> assertThat(alert.getCall()).isEqualTo("c1"));
        script.proxy(curl);
        script.proxy(SessionScript.agent());
        assertThat(found(script.connect("api.example.com", 443)))
                .as("two processes wait: it may be either")
                .isEmpty();
    }

    @Test
    void rulesSeeWhoAskedForAConnectionThatIsDecided() {
        String rule = """
                title: Curl is let through
                id: 00000000-0000-4000-8000-000000000008
                logsource: {product: agent, category: egress}
                detection: {selection: {Image: /usr/bin/curl, Verdict: allowed}, condition: selection}
                level: high
                """;
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(rule))));
        ProcessRef curl = SessionScript.process(7, 1);
        script.run("c1", "curl https://api.example.com", curl);
        script.exec(curl, "curl", "https://api.example.com");
        script.proxy(curl);
        script.connect("api.example.com", 443);

        assertThat(found(script.evidence(decided(2)))).isEmpty();
        assertThat(found(script.evidence(decided(1)))).hasSize(1);
    }

    private static Event.Builder decided(long connection) {
        return Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder()
                        .setConnection(connection)
                        .setHost("api.example.com")
                        .setPort(443)
                        .setAllowed(true));
    }

    /** The first argument is the workload's own word; what the kernel executed is not. */
    @Test
    void aParentsExecutableIsWhatTheKernelRanAndNotWhatItCallsItself() {
        String rule = """
                title: Started from a temporary folder
                id: 00000000-0000-4000-8000-000000000009
                logsource: {product: linux, category: CATEGORY}
                detection: {selection: {ParentImage: /tmp/x, Image: /usr/bin/tee}, condition: selection}
                level: high
                """;
        for (String category : List.of("process_creation", "file_event")) {
            SessionScript script = SessionScript.of("name: t")
                    .judgedBy(new Watcher(List.of(judge(rule.replace("CATEGORY", category)))));
            ProcessRef parent = SessionScript.process(7, 1);
            ProcessRef child = SessionScript.process(8, 2);
            script.fork(SessionScript.agent(), parent);
            script.execFile(parent, "/tmp/x", "/usr/bin/make", "all");
            script.fork(parent, child);

            List<Event> verdicts = new ArrayList<>(script.exec(child, "tee", "a"));
            verdicts.addAll(script.open(child, "/workspace/a", 1));

            assertThat(found(verdicts)).as(category).hasSize(1);
        }
    }

    @Test
    void rulesSeeWhatOfThePlanIsStillToBeDone() {
        String rule = """
                title: The network while the plan is to write tests
                id: 00000000-0000-4000-8000-00000000000a
                logsource: {product: PRODUCT, category: CATEGORY}
                detection:
                  selection: {Plan|contains: write tests}
                  filter: {Plan|contains: read the code}
                  condition: selection and not filter
                level: high
                """;
        for (String[] source : new String[][] {{"agent", "tool_call"}, {"linux", "process_creation"}}) {
            SessionScript script = SessionScript.of("name: t")
                    .judgedBy(new Watcher(
                            List.of(judge(rule.replace("PRODUCT", source[0]).replace("CATEGORY", source[1])))));
            assertThat(found(script.run("c1", "ls", SessionScript.process(7, 1))))
                    .as("no plan")
                    .isEmpty();
            script.send(Channel.CLAIMS, plan("in_progress"));
            assertThat(found(script.run("c2", "ls", SessionScript.process(8, 2))))
                    .as("the other item is not done")
                    .isEmpty();
            script.send(Channel.CLAIMS, plan("completed"));
            assertThat(found(script.run("c3", "ls", SessionScript.process(9, 3))))
                    .hasSize(1);
        }
    }

    private static Event.Builder plan(String firstItem) {
        return Event.newBuilder()
                .setPlan(Plan.newBuilder()
                        .addItems(PlanItem.newBuilder().setText("read the code").setStatus(firstItem))
                        .addItems(PlanItem.newBuilder().setText("write tests").setStatus("pending")));
    }

    @Test
    void whatIsUnderWayComesFirst() {
        SessionScript script = SessionScript.of("name: t");
        script.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setPlan(Plan.newBuilder()
                                .addItems(PlanItem.newBuilder().setText("a").setStatus("pending"))
                                .addItems(PlanItem.newBuilder().setText("b").setStatus("in_progress"))
                                .addItems(PlanItem.newBuilder().setText("c").setStatus("completed"))));
        script.call("c1", "Bash", "ls");

        assertThat(SessionRecorder.record(script.events()).getLast().texts("Plan"))
                .containsExactly("b", "a");
    }

    /** Opens files for writing, one after another. */
    private static List<Event> write(SessionScript script, int files) {
        List<Event> verdicts = new ArrayList<>();
        for (int i = 0; i < files; i++) {
            verdicts.addAll(script.open(SessionScript.agent(), "/workspace/" + i, 1));
        }
        return verdicts;
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude-code-2.1.330.benign-readme", "codex-0.169.0.benign-readme.quiet"})
    void honestSessionsHaveNoFindingOfAShippedRule(String capture) {
        assertThat(found(watch(Captures.read(capture, Captures.POLICY), RulesJudge.shipped(), false)))
                .isEmpty();
    }

    @Test
    void whatCorrelationsForgetIsToldOnce() {
        SessionScript script = SessionScript.of("name: t").judgedBy(new Watcher(List.of(judge(CORRELATION))));
        for (int i = 0; i < 2_200; i++) {
            script.open(SessionScript.agent(), "/workspace/f", 1);
        }

        assertThat(Alerts.of(script.verdicts()))
                .filteredOn(alert -> alert.getKind() == DeviationKind.TELEMETRY_GAP)
                .singleElement()
                .satisfies(
                        alert -> assertThat(alert.getTitle()).isEqualTo("Correlations could not remember everything"));
    }
}
