package io.plumbline.standalone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressAnswered;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final String TWO_STEPS = """
            name: two
            shows: Two steps.
            task: Look.
            turns: [{steps: [{shell: ls}, {shell: id, gate: %s}]}]
            expect: %s
            """;

    private static ScenarioFile scenario(String gate, String expected) {
        return ScenarioReader.read("two.yaml", TWO_STEPS.formatted(gate, expected));
    }

    private static Event call(String id) {
        return event(Channel.CLAIMS)
                .setToolCall(ToolCall.newBuilder().setCall(id).setCommand("x").setGated(true))
                .build();
    }

    private static Event answer(String call, GateDecision decision) {
        return event(Channel.VERDICTS)
                .setGateAnswered(GateAnswered.newBuilder().setCall(call).setDecision(decision))
                .build();
    }

    private static Event alert(Severity severity) {
        return event(Channel.VERDICTS)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.UNANNOUNCED)
                        .setSeverity(severity)
                        .setClause("announce")
                        .setTitle("A process")
                        .setSeen("sh ran"))
                .build();
    }

    private static Event.Builder event(Channel channel) {
        return Event.newBuilder().setSession("s").setChannel(channel);
    }

    private static List<Event> both(GateDecision second) {
        return List.of(
                call("toolu_turn0_0"),
                answer("toolu_turn0_0", GateDecision.ALLOW),
                call("toolu_turn0_1"),
                answer("toolu_turn0_1", second));
    }

    private static List<Event> with(List<Event> events, Event... more) {
        return java.util.stream.Stream.concat(events.stream(), java.util.stream.Stream.of(more))
                .toList();
    }

    @Test
    void isSatisfiedWithWhatWasExpected() {
        assertThat(scenario("deny", "{outcome: runs}")
                        .judge(both(GateDecision.DENY))
                        .differences())
                .isEmpty();
    }

    @Test
    void namesEachAnswerThatIsAnother() {
        assertThat(scenario("deny", "{outcome: runs}")
                        .judge(both(GateDecision.ALLOW))
                        .differences())
                .containsExactly("step 2: allow (expected: deny)");
        assertThat(scenario("deny", "{outcome: runs}")
                        .judge(List.of(call("toolu_turn0_0"), answer("toolu_turn0_0", GateDecision.ALLOW)))
                        .differences())
                .containsExactly("step 2: not announced (expected: deny)");
    }

    @Test
    void takesCallsInTheirOrderWhereTheAgentNamesThemItself() {
        List<Event> events =
                List.of(call("a"), answer("a", GateDecision.ALLOW), call("b"), answer("b", GateDecision.DENY));

        assertThat(scenario("deny", "{outcome: runs}").judge(events).differences())
                .isEmpty();
    }

    @Test
    void aQuestionIsAnOutcomeWhateverIsAnsweredLater() {
        Event question = event(Channel.VERDICTS)
                .setApprovalRequested(
                        ApprovalRequested.newBuilder().setApproval("q").setCall("toolu_turn0_1"))
                .build();
        List<Event> events = with(
                List.of(call("toolu_turn0_0"), answer("toolu_turn0_0", GateDecision.ALLOW)),
                call("toolu_turn0_1"),
                question,
                answer("toolu_turn0_1", GateDecision.DENY));

        ScenarioResult result = scenario("ask", "{outcome: asked}").judge(events);

        assertThat(result.differences()).isEmpty();
        assertThat(result.observed().questions()).isOne();
    }

    @Test
    void anOrderToFreezeOrTheHostsOwnFreezeIsOne() {
        Event ordered = event(Channel.VERDICTS)
                .setFreezeOrdered(FreezeOrdered.newBuilder().setReason("r"))
                .build();
        Event hostsOwn = event(Channel.EVIDENCE)
                .setRuntimeState(RuntimeState.newBuilder()
                        .setState(RuntimeState.State.FROZEN)
                        .setStages(
                                StageTimes.newBuilder().setKernelNs(1_000_000).setDoneNs(3_500_000)))
                .build();
        Event carriedOut = hostsOwn.toBuilder()
                .setRuntimeState(hostsOwn.getRuntimeState().toBuilder().setOrder("o"))
                .build();
        ScenarioFile scenario = scenario("allow", "{outcome: frozen}");

        assertThat(scenario.judge(List.of(ordered)).differences()).isEmpty();
        assertThat(scenario.judge(List.of(hostsOwn)).differences()).isEmpty();
        assertThat(scenario.judge(List.of(hostsOwn)).observed().freezeMillis()).contains(2.5);
        assertThat(scenario.judge(with(both(GateDecision.ALLOW), carriedOut)).differences())
                .as("a recorded freeze that today's watcher does not order")
                .containsExactly("outcome: runs (expected: frozen)");
    }

    @Test
    void wantsEachAlertThatIsNamedAndNoOtherAboveTheLimit() {
        String named = "{outcome: runs, raised: [{kind: unannounced, severity: high, clause: announce}]}";

        assertThat(scenario("allow", named)
                        .judge(with(both(GateDecision.ALLOW), alert(Severity.HIGH)))
                        .differences())
                .isEmpty();
        assertThat(scenario("allow", named)
                        .judge(with(both(GateDecision.ALLOW), alert(Severity.LOW)))
                        .differences())
                .containsExactly("no alert unannounced [announce], high or graver (expected: one)");
        assertThat(scenario("allow", "{outcome: runs}")
                        .judge(with(both(GateDecision.ALLOW), alert(Severity.MEDIUM)))
                        .differences())
                .containsExactly(
                        "alert medium unannounced [announce] A process: sh ran (expected: no other above low)");
        assertThat(scenario("allow", "{outcome: runs, others: none}")
                        .judge(with(both(GateDecision.ALLOW), alert(Severity.LOW)))
                        .differences())
                .hasSize(1);
    }

    @Test
    void nothingIsLetGoButToTheModelAndWhereItMay() {
        Event task = event(Channel.CONTROL)
                .setTaskAssigned(TaskAssigned.newBuilder()
                        .setPolicy(TaskPolicy.newBuilder()
                                .addEgress(EgressRule.newBuilder()
                                        .setHost("127.0.0.1")
                                        .setPort(8_000)
                                        .setService("model"))))
                .build();
        List<Event> toTheModel = with(both(GateDecision.ALLOW), task, requested(8_000), letGo(8_000));

        assertThat(scenario("allow", "{outcome: runs}").judge(toTheModel).differences())
                .isEmpty();
        List<Event> elsewhere = with(toTheModel, requested(9_000), letGo(9_000));
        assertThat(scenario("allow", "{outcome: runs}").judge(elsewhere).differences())
                .containsExactly("let go to 127.0.0.1 (expected: nowhere)");
        assertThat(scenario("allow", "{outcome: runs, leaves: [127.0.0.1]}")
                        .judge(elsewhere)
                        .differences())
                .isEmpty();
    }

    private static Event requested(int port) {
        return EventIds.withId(event(Channel.EVIDENCE)
                .setEgressRequested(
                        EgressRequested.newBuilder().setHost("127.0.0.1").setPort(port)));
    }

    private static Event letGo(int port) {
        return event(Channel.VERDICTS)
                .setEgressAnswered(EgressAnswered.newBuilder()
                        .setCause(requested(port).getId())
                        .setAllowed(true))
                .build();
    }
}
