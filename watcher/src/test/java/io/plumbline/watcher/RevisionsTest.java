package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Judged;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.SignedPolicy;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class RevisionsTest {
    private static final String STRICTER = "{tools: {deny: [Bash]}}";

    private final SessionScript session = SessionScript.of("{}");

    @Test
    void asksTheHostAndJudgesByTheOldPolicyUntilItAnswers() throws PolicyException {
        List<Event> verdicts = session.order(order("two"));

        assertThat(verdicts).singleElement().satisfies(verdict -> {
            assertThat(verdict.getPolicyRevised().getSigned()).isEqualTo(signed("two"));
            assertThat(verdict.getPolicyRevised().getCause()).isNotEmpty();
            assertThat(verdict.getPolicyRevision()).isEqualTo(1);
        });
        assertThat(gate(session.call("c1", "Bash", "make"))).isEqualTo(GateDecision.ALLOW);
    }

    @Test
    void judgesByTheRevisionOnceTheHostHasIt() throws PolicyException {
        session.order(order("two"));

        List<Event> verdicts = session.send(Channel.CONTROL, confirmed("two", 2, STRICTER));

        assertThat(verdicts)
                .extracting(Event::getJudged)
                .extracting(Judged::getPolicyRevision)
                .containsExactly(2);
        List<Event> answers = session.call("c1", "Bash", "make");
        assertThat(gate(answers)).isEqualTo(GateDecision.DENY);
        assertThat(answers).extracting(Event::getPolicyRevision).containsOnly(2);
    }

    @Test
    void aPolicyThatNobodyOrderedStopsTheSessionAndIsNotJudgedBy() throws PolicyException {
        List<Event> verdicts = session.send(Channel.CONTROL, confirmed("forged", 2, STRICTER));

        assertThat(verdicts)
                .filteredOn(Event::hasAlertRaised)
                .extracting(Event::getAlertRaised)
                .extracting(AlertRaised::getKind)
                .containsExactly(DeviationKind.OUT_OF_POLICY);
        assertThat(verdicts).anyMatch(Event::hasFreezeOrdered);
        assertThat(verdicts).noneMatch(Event::hasJudged);
    }

    @Test
    void aRefusedRevisionIsForgotten() throws PolicyException {
        session.order(order("two"));
        session.send(
                Channel.CONTROL,
                Event.newBuilder()
                        .setPolicyRefused(
                                PolicyRefused.newBuilder().setStatementSha256(PolicyStatements.sha256(signed("two")))));

        assertThat(session.send(Channel.CONTROL, confirmed("two", 2, STRICTER))).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void theConfirmationOfTheStartChangesNothing() {
        assertThat(session.send(
                        Channel.CONTROL,
                        Event.newBuilder()
                                .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                                        .setPolicy("default")
                                        .setRevision(1))))
                .isEmpty();
    }

    private static GateDecision gate(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasGateAnswered)
                .findFirst()
                .orElseThrow()
                .getGateAnswered()
                .getDecision();
    }

    private static SignedPolicy signed(String statement) {
        return SignedPolicy.newBuilder()
                .setStatement(ByteString.copyFromUtf8(statement))
                .build();
    }

    private static Event.Builder order(String statement) {
        return Event.newBuilder()
                .setPolicyRevised(PolicyRevised.newBuilder()
                        .setSigned(signed(statement))
                        .setRevisedBy("ada")
                        .setReason("because"));
    }

    private static Event.Builder confirmed(String statement, int revision, String yaml) throws PolicyException {
        TaskPolicy policy =
                PolicyParser.parse(yaml).toBuilder().setRevision(revision).build();
        return Event.newBuilder()
                .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                        .setPolicy(policy.getName())
                        .setRevision(revision)
                        .setStatementSha256(PolicyStatements.sha256(signed(statement)))
                        .setInForce(policy));
    }
}
