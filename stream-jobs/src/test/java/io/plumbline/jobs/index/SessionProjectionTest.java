package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.RuntimeState.State;
import io.plumbline.events.v1.TaskAssigned;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionProjectionTest {
    private static SessionState after(Event... events) {
        SessionState state = SessionState.EMPTY;
        for (Event event : events) {
            state = SessionProjection.apply(state, event);
        }
        return state;
    }

    @Test
    void confirmsAFreezeOnlyWhenTheRuntimeSaysSo() {
        Event order = Sessions.freeze(Channel.VERDICTS, 450);
        SessionState ordered = after(Sessions.task(), Sessions.runtime(1, State.RUNNING, "", 10), order);

        assertThat(ordered.lifecycle().state()).isEqualTo("running");
        assertThat(ordered.lifecycle().ordered())
                .map(SessionState.Order::action)
                .contains("freeze");

        SessionState frozen = SessionProjection.apply(ordered, Sessions.runtime(2, State.FROZEN, order.getId(), 454));

        assertThat(frozen.lifecycle().state()).isEqualTo("frozen");
        assertThat(frozen.lifecycle().latencyNs()).isEqualTo(4_000_000);
        assertThat(frozen.lifecycle().ordered()).isEmpty();
    }

    @Test
    void saysThatAnAgentThatNobodyKnowsMakesNoClaims() {
        Event assigned = EventIds.withId(Sessions.on(Channel.CONTROL, 0)
                .setTaskAssigned(TaskAssigned.newBuilder().setAgent("none").setAgentName("aider")));

        assertThat(after(assigned).agent().name()).isEqualTo("aider (no claims)");
        assertThat(after(Sessions.task()).agent().name()).isEqualTo("claude-code");
    }

    @Test
    void aRepeatedReportKeepsTheFirstConfirmation() {
        Event order = Sessions.freeze(Channel.VERDICTS, 450);
        SessionState state = after(
                order,
                Sessions.runtime(1, State.FROZEN, order.getId(), 454),
                Sessions.runtime(2, State.FROZEN, "", 9_000));

        assertThat(state.lifecycle().latencyNs()).isEqualTo(4_000_000);
        assertThat(state.lifecycle().order()).isEqualTo(order.getId());
    }

    @Test
    void aKilledSessionStaysKilledWhenItsProcessExits() {
        SessionState state = after(
                Sessions.runtime(1, State.RUNNING, "", 10),
                Sessions.runtime(2, State.KILLED, "order", 20),
                Sessions.runtime(3, State.EXITED, "", 30));

        assertThat(state.lifecycle().state()).isEqualTo("killed");
        assertThat(state.lifecycle().order()).isEqualTo("order");
    }

    @Test
    void knowsTheLatencyAlsoWhenTheConfirmationIsReadBeforeItsOrder() {
        Event order = Sessions.freeze(Channel.VERDICTS, 450);

        SessionState frozen = after(Sessions.runtime(1, State.FROZEN, order.getId(), 454), order);

        assertThat(frozen.lifecycle().latencyNs()).isEqualTo(4_000_000);
        assertThat(frozen.lifecycle().ordered()).isEmpty();
    }

    @Test
    void keepsAPersonsRequestUntilTheRuntimeConfirms() {
        SessionState requested =
                after(Sessions.runtime(1, State.RUNNING, "", 10), Sessions.freeze(Channel.CONTROL, 450));

        assertThat(requested.lifecycle().requested()).isPresent();
        assertThat(requested.lifecycle().state()).isEqualTo("running");
        assertThat(SessionProjection.apply(requested, Sessions.runtime(2, State.FROZEN, "x", 470))
                        .lifecycle()
                        .requested())
                .isEmpty();
    }

    @Test
    void aThawThatTheHostRefusesSaysWhyAndWaitsNoLonger() {
        Event freeze = Sessions.freeze(Channel.VERDICTS, 450);
        Event frozen = Sessions.runtime(1, State.FROZEN, freeze.getId(), 454);
        Event request = Sessions.thaw(Channel.CONTROL, "", 900);
        Event order = Sessions.thaw(Channel.VERDICTS, request.getId(), 900);
        Event answer = Sessions.refusal(2, State.FROZEN, order.getId(), "not thawed, the trace ended", 903);

        SessionState waiting = after(freeze, frozen, request, order);
        assertThat(waiting.lifecycle().refused()).isEmpty();
        assertThat(waiting.lifecycle().requested()).isPresent();

        SessionState refused = SessionProjection.apply(waiting, answer);

        assertThat(refused.lifecycle().requested()).isEmpty();
        assertThat(refused.lifecycle().ordered()).isEmpty();
        assertThat(refused.lifecycle().refused()).map(SessionState.Order::cause).contains(request.getId());
        assertThat(Documents.session(refused, Suppressions.NONE).json())
                .contains("\"refused\":{\"action\":\"thaw\",\"by\":\"ana\",\"reason\":\"not thawed, the trace ended\","
                        + "\"order\":\"" + request.getId() + "\"}");
        // It stands still since the freeze, and as fast.
        assertThat(refused.lifecycle().sinceNs()).isEqualTo(waiting.lifecycle().sinceNs());
        assertThat(refused.lifecycle().latencyNs()).isEqualTo(4_000_000);
    }

    @Test
    void aRefusalIsKnownInWhicheverOrderItIsRead() {
        Event freeze = Sessions.freeze(Channel.VERDICTS, 450);
        Event frozen = Sessions.runtime(1, State.FROZEN, freeze.getId(), 454);
        Event request = Sessions.thaw(Channel.CONTROL, "", 900);
        Event order = Sessions.thaw(Channel.VERDICTS, request.getId(), 900);
        Event answer = Sessions.refusal(2, State.FROZEN, order.getId(), "not thawed, the trace ended", 903);

        for (SessionState state : List.of(
                after(freeze, frozen, answer, order, request),
                after(freeze, frozen, order, answer, request),
                after(freeze, frozen, request, answer, order))) {
            assertThat(state.lifecycle().refused()).isPresent();
            assertThat(state.lifecycle().reason()).isEqualTo("not thawed, the trace ended");
            assertThat(state.lifecycle().requested()).isEmpty();
            assertThat(state.lifecycle().ordered()).isEmpty();
        }
    }

    @Test
    void aRefusalIsOverWithTheNextOrderAndWhenTheSessionEnds() {
        Event order = Sessions.thaw(Channel.VERDICTS, "r-1", 900);
        SessionState refused = after(
                Sessions.runtime(1, State.FROZEN, "", 454),
                order,
                Sessions.refusal(2, State.FROZEN, order.getId(), "not thawed", 903));
        Event again = Sessions.thaw(Channel.VERDICTS, "r-2", 950);

        assertThat(refused.lifecycle().refused()).isPresent();
        assertThat(SessionProjection.apply(refused, again).lifecycle().refused())
                .isEmpty();
        assertThat(SessionProjection.apply(refused, Sessions.runtime(3, State.RUNNING, "", 960))
                        .lifecycle()
                        .refused())
                .isEmpty();
        assertThat(SessionProjection.apply(refused, Sessions.runtime(3, State.EXITED, order.getId(), 960))
                        .lifecycle()
                        .refused())
                .isEmpty();
    }

    @Test
    void countsGapsAndIgnoresRepeatedDeliveries() {
        SessionState state = after(
                Sessions.opened(1, "/a"), Sessions.opened(1, "/a"), Sessions.opened(2, "/b"), Sessions.opened(5, "/c"));

        assertThat(state.seen().evidence()).isEqualTo(3);
        assertThat(state.seen().missing()).isEqualTo(2);
    }

    @Test
    void triageBeforeItsAlertIsKept() {
        Event alert = Sessions.alert("File outside the task's scope");
        Event triage = Sessions.triage(alert.getId(), "true_positive");

        for (SessionState state : List.of(after(alert, triage), after(triage, alert))) {
            assertThat(state.alerts().values())
                    .extracting(
                            raised -> Suppressions.NONE.standing(state, raised).status())
                    .containsExactly("true_positive");
            assertThat(state.seen().alerts()).isEqualTo(1);
            assertThat(Documents.consequences(state, alert, Suppressions.NONE))
                    .extracting(IndexOperation::index)
                    .containsExactly("plumbline-alerts", "plumbline-causes");
            assertThat(Documents.consequences(state, alert, Suppressions.NONE))
                    .allSatisfy(operation -> assertThat(operation.json()).contains("\"status\":\"true_positive\""));
        }
    }

    @Test
    void aDecisionCountsOnlyBeforeTheDeadline() {
        for (List<Event> events : List.of(
                List.of(Sessions.approvalRequested(1_000), Sessions.approvalDecided(900)),
                List.of(Sessions.approvalDecided(900), Sessions.approvalRequested(1_000)))) {
            assertThat(after(events.toArray(Event[]::new))
                            .approvals()
                            .getOrDefault("a-1", SessionState.Approval.UNKNOWN)
                            .state())
                    .isEqualTo("approved");
        }
        assertThat(after(Sessions.approvalRequested(1_000), Sessions.approvalDecided(1_100))
                        .approvals()
                        .getOrDefault("a-1", SessionState.Approval.UNKNOWN)
                        .state())
                .isEqualTo("timed_out");
    }

    @Test
    void anAnswerNobodyDecidedIsATimeout() {
        Event answer = EventIds.withId(Sessions.on(Channel.VERDICTS, 1_001)
                .setGateAnswered(GateAnswered.newBuilder()
                        .setApproval("a-1")
                        .setDecision(GateDecision.DENY)
                        .setReason("nobody answered in time")));

        assertThat(after(Sessions.approvalRequested(1_000), answer)
                        .approvals()
                        .getOrDefault("a-1", SessionState.Approval.UNKNOWN)
                        .state())
                .isEqualTo("timed_out");
    }

    @Test
    void anIncrementalPlanChangesItsItems() {
        Event first = plan(false, item("List", "pending", "1"), item("Report", "pending", "2"));
        Event second = plan(true, item("", "completed", "1"));

        assertThat(after(first, second).plan())
                .containsExactly(
                        new SessionState.PlanStep("List", "completed", "1"),
                        new SessionState.PlanStep("Report", "pending", "2"));
    }

    @Test
    void stateSurvivesItsSerializer() throws IOException {
        SessionState state = after(
                Sessions.task(),
                Sessions.freeze(Channel.VERDICTS, 450),
                Sessions.alert("x"),
                Sessions.approvalRequested(1_000),
                plan(false, item("List", "pending", "1")));
        SessionStateSerializer serializer = SessionStateSerializer.INSTANCE;

        assertThat(serializer.fromBytes(serializer.toBytes(state))).isEqualTo(state);
        assertThat(serializer.fromBytes("{\"later\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEqualTo(SessionState.EMPTY);
    }

    @Test
    void anAgentsClockCannotChooseTheIndex() {
        assertThat(Documents.month(
                        Sessions.on(Channel.CLAIMS, 0).setEventTimeNs(1).build()))
                .isEqualTo("2026.11");
        assertThat(Documents.month(Sessions.on(Channel.CLAIMS, 0)
                        .setEventTimeNs(Long.MAX_VALUE)
                        .build()))
                .isEqualTo("2026.11");
    }

    private static Event plan(boolean incremental, PlanItem... items) {
        return EventIds.withId(Sessions.on(Channel.CLAIMS, 5)
                .setPlan(Plan.newBuilder().addAllItems(List.of(items)).setIncremental(incremental)));
    }

    private static PlanItem item(String text, String status, String item) {
        return PlanItem.newBuilder()
                .setText(text)
                .setStatus(status)
                .setItem(item)
                .build();
    }

    /** A first approval of two is no approval, in whichever order it and the watcher's word arrive. */
    @Test
    void theWatcherHasTheLastWordOnAnApproval() {
        Event half = Sessions.approvalSettled(ApprovalState.APPROVAL_NEEDS_SECOND, "ana");
        Event whole = Sessions.approvalSettled(ApprovalState.APPROVAL_APPROVED, "ana", "ben");
        Event superseded = Sessions.approvalSettled(ApprovalState.APPROVAL_SUPERSEDED);
        Event requested = Sessions.approvalRequested(1_000);
        Event decided = Sessions.approvalDecided(900);

        Event ofTwo = Sessions.approvalOfTwo(1_000);

        assertThat(approval(requested, decided).state()).isEqualTo("approved");
        assertThat(approval(ofTwo, decided).state()).isEqualTo("pending");
        assertThat(approval(decided, ofTwo).state()).isEqualTo("pending");
        assertThat(approval(requested, decided, half).state()).isEqualTo("pending");
        assertThat(approval(half, decided, requested).state()).isEqualTo("pending");
        assertThat(approval(requested, decided, half, whole)).satisfies(approval -> {
            assertThat(approval.state()).isEqualTo("approved");
            assertThat(approval.decidedBy()).isEqualTo("ana and ben");
        });
        assertThat(approval(whole, half, decided, requested).state()).isEqualTo("approved");
        assertThat(approval(requested, superseded, decided).state()).isEqualTo("superseded");
    }

    @Test
    void anApprovalSaysWhoApprovedAndForHowLong() {
        Event requested = Sessions.approvalOfTwo(1_000);
        Event half = Sessions.approvalSettled(ApprovalState.APPROVAL_NEEDS_SECOND, "ana");
        Event whole = EventIds.withId(Sessions.on(Channel.VERDICTS, 960)
                .setApprovalSettled(
                        Sessions.approvalSettled(ApprovalState.APPROVAL_APPROVED, "ana", "ben")
                                .getApprovalSettled()
                                .toBuilder()
                                .setSessionUntilNs(7_000_000_000L)));

        assertThat(Documents.consequences(
                                after(requested, Sessions.approvalDecided(900), half), half, Suppressions.NONE)
                        .getFirst()
                        .json())
                .contains("\"state\":\"pending\"", "\"settled\":\"needs_second\"", "\"people\":[\"ana\"]")
                .contains("\"wanted_seconds\":600");
        assertThat(Documents.consequences(after(requested, half, whole), whole, Suppressions.NONE)
                        .getFirst()
                        .json())
                .contains("\"state\":\"approved\"", "\"people\":[\"ana\",\"ben\"]")
                .contains("\"session_until\":\"1970-01-01T00:00:07");
        assertThat(Documents.consequences(after(requested), requested, Suppressions.NONE)
                        .getFirst()
                        .json())
                .contains("\"people_needed\":2", "\"session_seconds\":3600", "\"uninspectable\":[\"$(x)\"]");
    }

    @Test
    void theNewestHeartbeatSaysWhatItsHostIsAndHowFullItsSpool() throws IOException {
        Event first = heartbeat(1, 900);
        SessionState state = after(first, heartbeat(2, 1_200));

        assertThat(Documents.session(state, Suppressions.NONE).json())
                .contains("\"daemon\":{\"version\":\"0.1.0\",\"spool_bytes\":1200,\"spool_limit_bytes\":4096}");
        assertThat(SessionStateSerializer.INSTANCE.fromBytes(SessionStateSerializer.INSTANCE.toBytes(state)))
                .isEqualTo(state);
    }

    @Test
    void whatIsToldOfASessionWithoutTheKernelsEvidenceSaysSo() {
        Event running = EventIds.withId(Sessions.on(Channel.EVIDENCE, 1)
                .setSeq(1)
                .setRuntimeState(
                        RuntimeState.newBuilder().setState(State.RUNNING).setDegraded(true)));
        Event alert = Sessions.alert("seen in part");
        Event asked = Sessions.approvalRequested(1_000);

        SessionState state = after(running, alert, asked);
        assertThat(Documents.consequences(state, alert, Suppressions.NONE))
                .hasSize(2)
                .allSatisfy(document -> assertThat(document.json()).contains("\"degraded\":true"));
        assertThat(Documents.consequences(state, asked, Suppressions.NONE))
                .allSatisfy(document -> assertThat(document.json()).contains("\"degraded\":true"))
                .isNotEmpty();
        assertThat(Documents.consequences(after(alert), alert, Suppressions.NONE))
                .allSatisfy(document -> assertThat(document.json()).contains("\"degraded\":false"));
    }

    private static Event heartbeat(long seq, long spool) {
        return EventIds.withId(Sessions.on(Channel.EVIDENCE, seq)
                .setSeq(seq)
                .setHeartbeat(Heartbeat.newBuilder()
                        .setHostVersion("0.1.0")
                        .setSpoolBytes(spool)
                        .setSpoolLimitBytes(4_096)));
    }

    private static SessionState.Approval approval(Event... events) {
        return after(events).approvals().getOrDefault("a-1", SessionState.Approval.UNKNOWN);
    }
}
