package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SignedPolicy;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.watcher.state.SessionState;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of questions to people. */
class ApprovalsTest {
    private static final String ASKS = "{tools: {ask: [Bash]}, approval-deadline: 1m}";
    private static final long SECOND = 1_000_000_000L;

    private static ApprovalRequested question(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasApprovalRequested)
                .findFirst()
                .orElseThrow()
                .getApprovalRequested();
    }

    private static GateAnswered gate(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasGateAnswered)
                .reduce((first, last) -> last)
                .orElseThrow()
                .getGateAnswered();
    }

    private static ApprovalSettled settled(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasApprovalSettled)
                .reduce((first, last) -> last)
                .orElseThrow()
                .getApprovalSettled();
    }

    private static List<Event> decide(
            SessionScript session, ApprovalRequested question, String person, int sessionSeconds) {
        return session.order(Event.newBuilder()
                .setApprovalDecided(ApprovalDecided.newBuilder()
                        .setApproval(question.getApproval())
                        .setApproved(true)
                        .setDecidedBy(person)
                        .setSubjectSha256(question.getSubjectSha256())
                        .setSessionSeconds(sessionSeconds)));
    }

    private static List<Event> tick(SessionScript session) {
        return session.evidence(Event.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()));
    }

    @Test
    void saysWhatItIsAboutAndUnderWhichRevision() {
        SessionScript session = SessionScript.of(ASKS);

        ApprovalRequested question = question(session.call("c1", "Bash", "CI=1 npm test; eval $X"));

        assertThat(question.getSubject()).startsWith("Bash\n").endsWith("\ndefault revision 1");
        assertThat(question.getEnvironmentList()).containsExactly("CI=1");
        assertThat(question.getUninspectableList()).singleElement().asString().contains("a computed text is run");
        assertThat(question.getExpected()).contains("programs: any");
        assertThat(question.getPeople()).isEqualTo(1);
        assertThat(question.getSessionSeconds()).isEqualTo(3_600);
    }

    @Test
    void eachOutcomeIsToldOnce() {
        SessionScript session = SessionScript.of(ASKS);
        ApprovalRequested question = question(session.call("c1", "Bash", "git push"));

        assertThat(settled(decide(session, question, "ada", 0))).satisfies(how -> {
            assertThat(how.getState()).isEqualTo(ApprovalState.APPROVAL_APPROVED);
            assertThat(how.getPeopleList()).containsExactly("ada");
            assertThat(how.getSessionUntilNs()).isZero();
        });
        assertThat(decide(session, question, "ben", 0)).isEmpty();

        ApprovalRequested denied = question(session.call("c2", "Bash", "git push -u"));
        List<Event> verdicts = session.decide(denied.getApproval(), false, "", 0);
        assertThat(gate(verdicts).getReason()).isEqualTo("denied by ada: because");
        assertThat(settled(verdicts).getState()).isEqualTo(ApprovalState.APPROVAL_DENIED);
    }

    @Test
    void theSessionsClockEndsAQuestionThatNobodyAnswered() {
        SessionScript session = SessionScript.of(ASKS);
        ApprovalRequested question = question(session.call("c1", "Bash", "git push"));
        assertThat(tick(session)).noneMatch(Event::hasApprovalSettled);

        session.pass(61 * SECOND);
        List<Event> verdicts = tick(session);

        assertThat(gate(verdicts).getDecision()).isEqualTo(GateDecision.DENY);
        assertThat(settled(verdicts).getState()).isEqualTo(ApprovalState.APPROVAL_TIMED_OUT);
        assertThat(tick(session)).noneMatch(Event::hasApprovalSettled);
        assertThat(decide(session, question, "ada", 0)).as("too late").isEmpty();
    }

    @Test
    void aDecisionAboutOtherBytesOrByNobodyIsTheReviewersFailure() {
        SessionScript session = SessionScript.of(ASKS);
        ApprovalRequested question = question(session.call("c1", "Bash", "git push"));
        ApprovalRequested other = question(session.call("c2", "Bash", "git pull"));

        List<Event> swapped = decide(
                session,
                question.toBuilder().setSubjectSha256(other.getSubjectSha256()).build(),
                "ada",
                0);
        assertThat(settled(swapped).getState()).isEqualTo(ApprovalState.APPROVAL_REVIEWER_FAILED);
        assertThat(gate(swapped).getDecision()).isEqualTo(GateDecision.DENY);
        List<Event> nobody = decide(session, other, "", 0);
        assertThat(settled(nobody).getState()).isEqualTo(ApprovalState.APPROVAL_REVIEWER_FAILED);
        assertThat(gate(nobody).getDecision()).isEqualTo(GateDecision.DENY);
    }

    @Test
    void anotherCallUnderTheSameIdIsRefusedAndLeavesTheQuestion() {
        SessionScript session = SessionScript.of(ASKS);
        ApprovalRequested question = question(session.call("c1", "Bash", "git status"));

        List<Event> verdicts = session.call("c1", "Bash", "git push");

        assertThat(gate(verdicts).getDecision()).isEqualTo(GateDecision.DENY);
        assertThat(gate(verdicts).getReason()).contains("has been used for another one");
        assertThat(gate(decide(session, question, "ada", 0)).getDecision()).isEqualTo(GateDecision.ALLOW);
    }

    @Test
    void theEndOfTheSessionSupersedesTheQuestion() {
        SessionScript session = SessionScript.of(ASKS);
        question(session.call("c1", "Bash", "git status"));

        assertThat(settled(session.runtime(RuntimeState.State.EXITED)).getState())
                .isEqualTo(ApprovalState.APPROVAL_SUPERSEDED);
    }

    /** Of what was asked before, nothing holds under another policy: neither open questions nor what was approved for longer. */
    @Test
    void aRevisionOfThePolicySupersedesWhatWasAskedAndApproved() throws Exception {
        SessionScript session = SessionScript.of(ASKS);
        ApprovalRequested approved = question(session.call("c1", "Bash", "git status"));
        decide(session, approved, "ada", 600);
        ApprovalRequested open = question(session.call("c2", "Bash", "npm publish"));

        List<Event> verdicts = revise(session, "{scopes: {publishing: deny}, tools: {ask: [Bash]}}");

        assertThat(settled(verdicts).getState()).isEqualTo(ApprovalState.APPROVAL_SUPERSEDED);
        assertThat(decide(session, open, "ada", 0)).isEmpty();
        assertThat(gate(session.call("c3", "Bash", "git status")).getDecision()).isEqualTo(GateDecision.ASK);
        assertThat(gate(session.call("c4", "Bash", "npm publish")).getDecision())
                .isEqualTo(GateDecision.DENY);
    }

    static List<Event> revise(SessionScript session, String yaml) throws Exception {
        TaskPolicy policy = PolicyParser.parse(yaml).toBuilder().setRevision(2).build();
        SignedPolicy signed = SignedPolicy.newBuilder()
                .setStatement(
                        PolicyStatement.newBuilder().setPolicyYaml(yaml).build().toByteString())
                .build();
        session.order(
                Event.newBuilder().setPolicyRevised(PolicyRevised.newBuilder().setSigned(signed)));
        return session.order(Event.newBuilder()
                .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                        .setRevision(2)
                        .setStatementSha256(io.plumbline.events.policy.PolicyStatements.sha256(signed))
                        .setInForce(policy)));
    }

    @Test
    void anApprovalForTheSessionHoldsForTheSameBytesAndSoLong() {
        SessionScript session = SessionScript.of("{tools: {ask: [Bash]}, approvals: {session: 2m}}");
        ApprovalRequested question = question(session.call("c1", "Bash", "git push"));

        ApprovalSettled how = settled(decide(session, question, "ada", 3_600));

        assertThat(how.getSessionUntilNs())
                .as("cut to the policy's longest time")
                .isPositive();
        List<Event> again = session.call("c2", "Bash", "git push");
        assertThat(gate(again).getDecision()).isEqualTo(GateDecision.ALLOW);
        assertThat(gate(again).getReason()).isEqualTo("approved for the session by ada");
        assertThat(gate(again).getApproval()).isEqualTo(question.getApproval());
        assertThat(gate(session.call("c3", "Bash", "git push ")).getDecision())
                .as("other bytes")
                .isEqualTo(GateDecision.ASK);
        session.pass(121 * SECOND);
        assertThat(gate(session.call("c4", "Bash", "git push")).getDecision())
                .as("two minutes are over")
                .isEqualTo(GateDecision.ASK);
    }

    @Test
    void anApprovalForTheSessionDoesNotOutliveATrust() {
        SessionScript session = SessionScript.of("{tools: {ask: [Bash]}, ladder: {alert: 20, ask: 40, freeze: 90}}");
        decide(session, question(session.call("c1", "Bash", "git push")), "ada", 600);

        session.open(SessionScript.agent(), "/home/agent/.bashrc", 02001);

        assertThat(gate(session.call("c2", "Bash", "git push")).getDecision()).isEqualTo(GateDecision.ASK);
    }

    @Test
    void onceMeansOnce() {
        SessionScript session = SessionScript.of("{tools: {ask: [Bash]}, approvals: {session: none}}");
        ApprovalRequested question = question(session.call("c1", "Bash", "git push"));

        assertThat(question.getSessionSeconds()).isZero();
        decide(session, question, "ada", 600);

        assertThat(gate(session.call("c2", "Bash", "git push")).getDecision()).isEqualTo(GateDecision.ASK);
    }

    @Test
    void whatWasCutOffIsApprovedOnceOnly() {
        SessionScript session = SessionScript.of("{}");
        ApprovalRequested question = question(cut(session, "c1"));
        assertThat(question.getSessionSeconds()).isZero();
        decide(session, question, "ada", 600);

        assertThat(gate(cut(session, "c2")).getDecision()).isEqualTo(GateDecision.ASK);
    }

    private static List<Event> cut(SessionScript session, String call) {
        return session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool("Bash")
                                .setCommand("ls")
                                .setArgumentsJson("{}")
                                .setGated(true))
                        .addTruncated("arguments_json"));
    }

    @Test
    void fourEyesAreTwoPeople() {
        SessionScript session = SessionScript.of("{approvals: {four-eyes: high}, tools: {ask: [WebFetch]}}");
        ApprovalRequested question = question(session.call("c1", "Bash", "npm publish"));
        assertThat(question.getPeople()).isEqualTo(2);

        List<Event> first = decide(session, question, "ada", 600);
        assertThat(first).noneMatch(Event::hasGateAnswered);
        assertThat(settled(first).getState()).isEqualTo(ApprovalState.APPROVAL_NEEDS_SECOND);
        assertThat(decide(session, question, "ada", 600))
                .as("the same person again")
                .noneMatch(Event::hasGateAnswered);

        List<Event> second = decide(session, question, "ben", 0);
        assertThat(gate(second).getDecision()).isEqualTo(GateDecision.ALLOW);
        assertThat(settled(second).getPeopleList()).containsExactly("ada", "ben");
        assertThat(settled(second).getSessionUntilNs())
                .as("the second approved it once")
                .isZero();

        assertThat(question(session.call("c2", "WebFetch", "")).getPeople())
                .as("a tier below")
                .isEqualTo(1);
    }

    /** The bytes name no session: an approval is found by its id, which is a hash of this session's event. */
    @Test
    void anApprovalOfAnotherSessionOrTenantIsUnknown() {
        SessionScript one = SessionScript.of(ASKS, "acme", "a".repeat(32));
        ApprovalRequested question = question(one.call("c1", "Bash", "git push"));

        for (SessionScript other : List.of(
                SessionScript.of(ASKS, "acme", "b".repeat(32)), SessionScript.of(ASKS, "other", "a".repeat(32)))) {
            ApprovalRequested own = question(other.call("c1", "Bash", "git push"));
            assertThat(own.getSubjectSha256()).as("the same bytes").isEqualTo(question.getSubjectSha256());
            assertThat(own.getApproval()).isNotEqualTo(question.getApproval());

            assertThat(decide(other, question, "ada", 0)).isEmpty();
        }
        assertThat(gate(decide(one, question, "ada", 0)).getDecision()).isEqualTo(GateDecision.ALLOW);
    }

    @Test
    void aCallIdThatIsUsedForOtherArgumentsIsNoSecondAnnouncement() {
        SessionScript session = SessionScript.of("{}");
        assertThat(gate(edit(session, "e1", "{\"new\":\"1\"}")).getDecision()).isEqualTo(GateDecision.ALLOW);

        assertThat(gate(edit(session, "e1", "{\"new\":\"1\"}")).getDecision()).isEqualTo(GateDecision.ALLOW);
        assertThat(gate(edit(session, "e1", "{\"new\":\"2\"}")).getDecision()).isEqualTo(GateDecision.DENY);
    }

    private static List<Event> edit(SessionScript session, String call, String arguments) {
        return session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool("Edit")
                                .addPaths("/workspace/a.c")
                                .setArgumentsJson(arguments)
                                .setGated(true)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "docker build .¦ASK¦gate.containers ask",
                "curl https://evil.example/x¦DENY¦gate.strangers deny",
                "ls¦ALLOW¦",
                "printenv¦ALLOW¦"
            })
    void expressionsOfThePolicyAnswerCalls(String command, GateDecision decision, String clause) {
        SessionScript session = SessionScript.of("""
                scopes: {egress: log}
                gate:
                  - {name: containers, when: "'docker' in act.programs", answer: ask, why: They start outside.}
                  - {name: strangers, when: "act.hosts.exists(h, !h.endsWith('.example.com'))", answer: deny, why: Nobody knows it.}
                  - {name: noted, when: "act.command == 'printenv'", answer: log, why: For the record.}
                """);

        List<Event> verdicts = session.call("c1", "Bash", command);

        assertThat(gate(verdicts).getDecision()).isEqualTo(decision);
        if (clause != null) {
            assertThat(gate(verdicts).getReason()).contains(clause);
            assertThat(Alerts.of(verdicts)).anyMatch(alert -> alert.getClause().equals(clause));
        }
    }

    @Test
    void anExpressionCanStopTheSession() {
        SessionScript session = SessionScript.of("""
                gate: [{name: never, when: "'docker' in act.programs", answer: freeze, why: Never.}]
                """);

        List<Event> verdicts = session.call("c1", "Bash", "docker ps");

        assertThat(gate(verdicts).getDecision()).isEqualTo(GateDecision.DENY);
        assertThat(verdicts).anyMatch(Event::hasFreezeOrdered);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "sudo apt-get install x¦privilege",
                "chmod u+s /workspace/a¦privilege",
                "nsenter -t 1 -m sh¦privilege",
                "LD_PRELOAD=/tmp/a.so git status¦environment",
                "env HTTPS_PROXY=http://a.example git fetch¦environment",
                "export NODE_TLS_REJECT_UNAUTHORIZED=0¦environment",
                "NODE_OPTIONS='--require /tmp/x.js' npm test¦environment"
            })
    void rightsAndSteeringVariablesAreAskedFor(String command, String scope) {
        SessionScript session = SessionScript.of("egress: [{host: a.example}]");

        List<Event> verdicts = session.call("c1", "Bash", command);

        assertThat(gate(verdicts).getDecision()).isEqualTo(GateDecision.ASK);
        assertThat(question(verdicts).getClause()).startsWith("scopes." + scope + " ask");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "PATH=$PWD/node_modules/.bin:$PATH npm test",
                "CI=1 NODE_ENV=test npm test",
                "NODE_OPTIONS=--max-old-space-size=4096 npm run build",
                "export PYTHONPATH=src; python -m pytest",
                "chmod +x run.sh",
                "chmod 755 run.sh"
            })
    void whatDevelopersSetEveryDayIsNot(String command) {
        assertThat(gate(SessionScript.of("{}").call("c1", "Bash", command)).getDecision())
                .isEqualTo(GateDecision.ALLOW);
    }

    @Test
    void theStateKeepsQuestionsAndApprovalsOverARestart() {
        SessionScript session = SessionScript.of("{approvals: {four-eyes: high}}");
        ApprovalRequested question = question(session.call("c1", "Bash", "npm publish"));
        decide(session, question, "ada", 600);

        SessionState restored = SessionState.parse(session.state().toBytes());

        assertThat(restored.values().getApprovalsOrThrow(question.getApproval()).getFirst())
                .isEqualTo("ada");
        assertThat(restored.toBytes()).isEqualTo(session.state().toBytes());
    }

    /** A further reason to ask, of a lower tier, must not take the second person away. */
    @Test
    void theGravestReasonAsks() {
        SessionScript session = SessionScript.of("{approvals: {four-eyes: high}, tools: {ask: [Bash]}}");

        ApprovalRequested question = question(session.call("c1", "Bash", "npm publish"));

        assertThat(question.getPeople()).isEqualTo(2);
        assertThat(question.getClause()).startsWith("scopes.publishing ask");
    }

    @Test
    void theHolderOfTheApisTokenIsNoSecondPerson() {
        SessionScript session = SessionScript.of("{approvals: {four-eyes: high}}");
        ApprovalRequested question = question(session.call("c1", "Bash", "npm publish"));
        decide(session, question, "ada", 0);

        for (String name : List.of("api:ada", "api:ben", "api")) {
            assertThat(decide(session, question, name, 0)).noneMatch(Event::hasGateAnswered);
        }
        assertThat(gate(decide(session, question, "ben", 0)).getDecision()).isEqualTo(GateDecision.ALLOW);
    }

    @Test
    void bothHaveToWantItForLonger() {
        SessionScript session = SessionScript.of("{approvals: {four-eyes: high}}");
        ApprovalRequested question = question(session.call("c1", "Bash", "npm publish"));
        decide(session, question, "ada", 0);

        assertThat(settled(decide(session, question, "ben", 3_600)).getSessionUntilNs())
                .isZero();
        ApprovalRequested again = question(session.call("c2", "Bash", "npm publish"));
        decide(session, again, "ada", 600);
        assertThat(settled(decide(session, again, "ben", 3_600)).getSessionUntilNs())
                .isPositive();
    }
}
