package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import java.util.List;
import org.junit.jupiter.api.Test;

class EgressApprovalTest {
    private final SessionScript session =
            SessionScript.of("{egress-unknown: ask, egress: [{host: api.example.com}], approval-deadline: 1m}");

    @Test
    void asksAPersonAboutAnUnknownDestinationAndAnswersAfterwards() {
        List<Event> verdicts = request(1, false);

        assertThat(verdicts).singleElement().matches(Event::hasApprovalRequested);
        ApprovalRequested question = verdicts.getFirst().getApprovalRequested();
        assertThat(question.getSubject())
                .startsWith("new.example.org:443\nCONNECT\n")
                .contains(" revision 1");
        assertThat(question.getSubjectSha256()).isEqualTo(EventIds.sha256Hex(question.getSubject()));

        EgressAnswered answer = answer(session.decide(question.getApproval(), true, question.getSubjectSha256(), 0));
        assertThat(answer.getAllowed()).isTrue();
        assertThat(answer.getCause()).isEqualTo(question.getCause());
        assertThat(session.decide(question.getApproval(), true, question.getSubjectSha256(), 0))
                .as("decided once")
                .isEmpty();
        assertThat(answer(request(1, true)).getAllowed())
                .as("what the connection sends later")
                .isTrue();
        assertThat(request(2, true)).as("another connection").singleElement().matches(Event::hasApprovalRequested);
    }

    @Test
    void refusesAfterTheDeadlineForOtherBytesAndWhenDenied() {
        ApprovalRequested late = question(1);
        assertThat(answer(session.decide(late.getApproval(), true, late.getSubjectSha256(), 61_000_000_000L))
                        .getReason())
                .contains("too late");
        ApprovalRequested other = question(2);
        assertThat(answer(session.decide(other.getApproval(), true, EventIds.sha256Hex("x"), 0))
                        .getReason())
                .contains("another destination");
        ApprovalRequested denied = question(3);
        assertThat(answer(session.decide(denied.getApproval(), false, denied.getSubjectSha256(), 0))
                        .getReason())
                .contains("denied by ada");
    }

    @Test
    void doesNotAskAfterAFindingNorLetAnEarlierQuestionThrough() {
        ApprovalRequested before = question(1);
        session.open(SessionScript.agent(), "/home/agent/.ssh/id_rsa", 0);

        assertThat(answer(session.decide(before.getApproval(), true, before.getSubjectSha256(), 0))
                        .getAllowed())
                .isFalse();
        assertThat(answer(request(2, false)).getAllowed()).isFalse();
    }

    @Test
    void aCredentialOnItsWayElsewhereIsAFinding() {
        List<Event> verdicts = session.evidence(Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder()
                        .setHost("api.example.com")
                        .setPort(443)
                        .setReason("placeholder-elsewhere")));

        assertThat(verdicts).filteredOn(Event::hasAlertRaised).singleElement().satisfies(alert -> assertThat(
                        alert.getAlertRaised().getClause())
                .isEqualTo("egress.credential"));
        assertThat(answer(session.connect("api.example.com", 443)).getAllowed()).isFalse();
    }

    private ApprovalRequested question(long connection) {
        return request(connection, false).getFirst().getApprovalRequested();
    }

    private List<Event> request(long connection, boolean upload) {
        return session.send(
                Channel.EVIDENCE,
                Event.newBuilder()
                        .setEgressRequested(EgressRequested.newBuilder()
                                .setConnection(connection)
                                .setHost("new.example.org")
                                .setPort(443)
                                .setMethod("CONNECT")
                                .setHeld(true)
                                .setUnknown(true)
                                .setUpload(upload)));
    }

    private static EgressAnswered answer(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasEgressAnswered)
                .findFirst()
                .orElseThrow()
                .getEgressAnswered();
    }
}
