package io.plumbline.jobs.index;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ThawOrdered;
import io.plumbline.events.v1.TriageNoted;
import java.util.List;

/** Events of one session, for tests. Times are milliseconds after {@link #START_NS}. */
final class Sessions {
    static final long START_NS = 1_795_517_170_000_000_000L;

    private Sessions() {}

    static Event.Builder on(Channel channel, long atMs) {
        return Event.newBuilder()
                .setTenant("acme")
                .setSession("s-1")
                .setHost(channel == Channel.EVIDENCE || channel == Channel.CLAIMS ? "host-3" : "")
                .setChannel(channel)
                .setEventTimeNs(START_NS + atMs * 1_000_000)
                .setObservedTimeNs(START_NS + atMs * 1_000_000);
    }

    static Event task() {
        return EventIds.withId(on(Channel.CONTROL, 0)
                .setTaskAssigned(TaskAssigned.newBuilder()
                        .setTask("List the files in this folder.")
                        .setAgent("claude-code")
                        .setPolicy(TaskPolicy.newBuilder()
                                .setName("maintenance")
                                .setRevision(4)
                                .setFreezeAt(80))));
    }

    static Event opened(long seq, String path) {
        return EventIds.withId(on(Channel.EVIDENCE, 100 + seq)
                .setSeq(seq)
                .setFileOpened(FileOpened.newBuilder().setPath(path)));
    }

    static Event runtime(long seq, RuntimeState.State state, String order, long atMs) {
        return EventIds.withId(on(Channel.EVIDENCE, atMs)
                .setSeq(seq)
                .setRuntimeState(RuntimeState.newBuilder()
                        .setState(state)
                        .setOrder(order)
                        .setRuntime("runsc systrap")));
    }

    static Event freeze(Channel channel, long atMs) {
        return EventIds.withId(on(channel, atMs)
                .setFreezeOrdered(
                        FreezeOrdered.newBuilder().setReason("risk 91 of 80").setOrderedBy("watcher")));
    }

    static Event thaw(Channel channel, String cause, long atMs) {
        return EventIds.withId(on(channel, atMs)
                .setThawOrdered(ThawOrdered.newBuilder()
                        .setReason("it was the build")
                        .setOrderedBy("ana")
                        .setCause(cause)));
    }

    /** What a host answers to an order that it does not carry out. */
    static Event refusal(long seq, RuntimeState.State state, String order, String reason, long atMs) {
        return EventIds.withId(on(Channel.EVIDENCE, atMs)
                .setSeq(seq)
                .setRuntimeState(RuntimeState.newBuilder()
                        .setState(state)
                        .setOrder(order)
                        .setReason(reason)));
    }

    static Event alert(String title) {
        return EventIds.withId(on(Channel.VERDICTS, 500)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.OUT_OF_POLICY)
                        .setSeverity(Severity.HIGH)
                        .setTitle(title)
                        .setSeen("cat (35) opened /home/dev/.ssh/id_rsa")
                        .setRiskAdded(45)
                        .setRisk(76)));
    }

    static Event triage(String alert, String verdict) {
        return EventIds.withId(on(Channel.CONTROL, 900)
                .setTriageNoted(TriageNoted.newBuilder()
                        .setAlert(alert)
                        .setVerdict(verdict)
                        .setNotedBy("ana")));
    }

    static Event approvalRequested(long deadlineMs) {
        return EventIds.withId(on(Channel.VERDICTS, 600)
                .setApprovalRequested(ApprovalRequested.newBuilder()
                        .setApproval("a-1")
                        .setSubject("git push")
                        .setSubjectSha256(EventIds.sha256Hex("git push"))
                        .setTier(Severity.HIGH)
                        .setSessionSeconds(3_600)
                        .addUninspectable("$(x)")
                        .setDeadlineNs(START_NS + deadlineMs * 1_000_000)));
    }

    static Event approvalOfTwo(long deadlineMs) {
        Event one = approvalRequested(deadlineMs);
        return EventIds.withId(one.toBuilder()
                .setApprovalRequested(one.getApprovalRequested().toBuilder().setPeople(2)));
    }

    static Event approvalDecided(long atMs) {
        return EventIds.withId(on(Channel.CONTROL, atMs)
                .setApprovalDecided(ApprovalDecided.newBuilder()
                        .setApproval("a-1")
                        .setApproved(true)
                        .setSessionSeconds(600)
                        .setDecidedBy("ana")));
    }

    static Event approvalSettled(ApprovalState state, String... people) {
        return EventIds.withId(on(Channel.VERDICTS, 950)
                .setApprovalSettled(ApprovalSettled.newBuilder()
                        .setApproval("a-1")
                        .setState(state)
                        .addAllPeople(List.of(people))));
    }
}
