package io.plumbline.console.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.console.policy.PolicyHistory.Revision;
import io.plumbline.console.policy.PolicyHistory.Step;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.policy.PolicyDocument;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.TaskPolicy;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyHistoryTest {
    private static final Instant NOON = Instant.parse("2026-11-29T12:00:00Z");
    private static final TaskPolicy POLICY =
            TaskPolicy.newBuilder().setName("feature-work").setRevision(1).build();

    private static TimelineEvent event(String id, String action, String channel, String statement, int revision) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.withObject("/plumbline/policy").put("statement", statement).put("revision", revision);
        document.withObject("/user").put("name", "bea");
        document.withObject("/event").put("reason", action.equals("policy-refused") ? "in use" : "because");
        return new TimelineEvent(id, NOON, action, channel, 0, document);
    }

    private static TimelineEvent with(TimelineEvent event, TaskPolicy policy) {
        ((ObjectNode) event.document().at("/plumbline/policy"))
                .put("in_force", Base64.getEncoder().encodeToString(policy.toByteArray()));
        return event;
    }

    private static final TimelineEvent ASSIGNED = with(event("t", "task-assigned", "control", "", 1), POLICY);
    private static final TimelineEvent STARTED = event("c", "policy-confirmed", "control", "", 1);
    private static final TimelineEvent REQUESTED = event("o", "policy-revised", "control", "s1", 0);
    private static final TimelineEvent ORDERED = event("v", "policy-revised", "verdicts", "s1", 0);
    private static final TimelineEvent CONFIRMED =
            with(event("d", "policy-confirmed", "control", "s1", 2), PolicyDocument.isolated(POLICY));
    private static final TimelineEvent REFUSED = event("r", "policy-refused", "control", "s1", 2);

    private static Step step(TimelineEvent... events) {
        return PolicyHistory.of(List.of(events)).revisions().getLast().step();
    }

    @Test
    void aRevisionIsConfirmedOnlyByTheHost() {
        assertThat(step(ASSIGNED)).isEqualTo(Step.ORDERED);
        assertThat(step(ASSIGNED, STARTED)).isEqualTo(Step.CONFIRMED);
        assertThat(step(ASSIGNED, STARTED, REQUESTED)).isEqualTo(Step.REQUESTED);
        assertThat(step(ASSIGNED, STARTED, REQUESTED, ORDERED)).isEqualTo(Step.ORDERED);
        assertThat(step(ASSIGNED, STARTED, REQUESTED, ORDERED, CONFIRMED)).isEqualTo(Step.CONFIRMED);
        assertThat(step(ASSIGNED, STARTED, REQUESTED, ORDERED, REFUSED)).isEqualTo(Step.REFUSED);
    }

    @Test
    void anAnswerThatIsReadFirstStands() {
        assertThat(step(CONFIRMED, REQUESTED, ORDERED)).isEqualTo(Step.CONFIRMED);
        PolicyHistory refused = PolicyHistory.of(List.of(REFUSED, REQUESTED));
        assertThat(refused.ofOrder("o")).map(Revision::reason).contains("in use");
    }

    @Test
    void whatIsInForceIsTheNewestThatAHostHolds() {
        assertThat(PolicyHistory.of(List.of(ASSIGNED, STARTED, REQUESTED, REFUSED))
                        .inForce())
                .flatMap(Revision::inForce)
                .contains(POLICY);
        assertThat(PolicyHistory.of(List.of(ASSIGNED, STARTED, REQUESTED, CONFIRMED))
                        .inForce())
                .hasValueSatisfying(revision -> {
                    assertThat(revision.number()).isEqualTo(2);
                    assertThat(revision.inForce().orElseThrow().getEgressUnknown())
                            .isEqualTo("deny");
                });
    }

    @Test
    void silenceOfTheHostIsAFailure() {
        Revision waiting = PolicyHistory.of(List.of(REQUESTED)).revisions().getFirst();
        assertThat(waiting.told(NOON.plusSeconds(5))).isEqualTo("requested, not confirmed");
        assertThat(waiting.told(NOON.plusSeconds(16))).isEqualTo("requested, FAILED to be confirmed");
    }

    @Test
    void aTextThatIsWiderSomewhereIsNoTightening() throws PolicyException {
        TaskPolicy policy = PolicyParser.parse("name: a\nlimits: {memory: 2GiB, processes: 10}");
        assertThat(Tightening.of(policy, "name: a\nlimits: {memory: 1GiB, processes: 10}")
                        .tightensOnly())
                .isTrue();
        assertThat(Tightening.of(policy, "name: a\nlimits: {memory: 1GiB, processes: 11}")
                        .tightensOnly())
                .isFalse();
        assertThat(Tightening.of(policy, "name: a\nlimits: {memory: 2GiB, processes: 10}")
                        .tightensOnly())
                .isFalse();
        assertThat(Tightening.of(policy, "limits: 3").tightensOnly()).isFalse();
    }
}
