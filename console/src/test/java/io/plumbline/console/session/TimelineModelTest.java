package io.plumbline.console.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class TimelineModelTest {
    private static PlanItem step(String text, String status) {
        return PlanItem.newBuilder().setText(text).setStatus(status).build();
    }

    private static TimelineEvent plan(long atMs, boolean incremental, PlanItem... items) {
        return Records.document(Records.on(Channel.CLAIMS, atMs)
                .setPlan(Plan.newBuilder().addAllItems(List.of(items)).setIncremental(incremental)));
    }

    private static List<String> labels(JsonNode lane) {
        return StreamSupport.stream(lane.spliterator(), false)
                .map(item -> item.path("label").asText())
                .toList();
    }

    @Test
    void ofAPlanTheChangesAreToldAndNotThatThereIsOne() {
        JsonNode said = TimelineModel.of(Records.record(
                        List.of(
                                plan(1, false, step("Read it", "pending"), step("Mend it", "pending")),
                                plan(2, false, step("Read it", "completed"), step("Mend it", "pending")),
                                plan(3, false, step("Send it away", "pending")),
                                plan(4, true, step("Mend it", "in_progress"))),
                        List.of(),
                        List.of(),
                        List.of()))
                .path("said");

        assertThat(labels(said))
                .containsExactly(
                        "plan: 2 steps", "plan: 1 of 2 done", "plan changed: 1 step", "plan: “Mend it” in_progress");
    }

    @Test
    void aResultIsShownAsItWasTold() {
        JsonNode said = TimelineModel.of(Records.record(
                        List.of(Records.document(Records.on(Channel.CLAIMS, 1)
                                .setToolResult(ToolResult.newBuilder()
                                        .setCall("c1")
                                        .setOutcome("failure")
                                        .setOutput("no such file")))),
                        List.of(),
                        List.of(),
                        List.of()))
                .path("said");

        assertThat(labels(said)).containsExactly("told: failure “no such file”");
    }

    @Test
    void whatAnAlertRestsOnAndNoCallExplainsIsUnexplained() {
        Event known = EventIds.withId(Records.on(Channel.EVIDENCE, 1)
                .setFileOpened(FileOpened.newBuilder().setPath("/work/a")));
        Event explained = EventIds.withId(Records.on(Channel.EVIDENCE, 2)
                .setFileOpened(FileOpened.newBuilder().setPath("/work/b")));
        Event stranger = EventIds.withId(Records.on(Channel.EVIDENCE, 3)
                .setFileOpened(FileOpened.newBuilder().setPath("/home/agent/.ssh/id_rsa")));
        Event away = EventIds.withId(Records.on(Channel.EVIDENCE, 4)
                .setEgressDecided(EgressDecided.newBuilder()
                        .setConnection(1)
                        .setHost("evil.example.net")
                        .setPort(443)
                        .setAllowed(true)
                        .setBytesOut(12_345)
                        .setBytesIn(6)));

        JsonNode model = TimelineModel.of(Records.record(
                List.of(),
                List.of(Records.document(known), Records.document(explained), Records.document(stranger)),
                List.of(Records.document(away)),
                List.of(
                        Records.alert(raised("c1", explained)),
                        Records.alert(raised("", stranger)),
                        Records.alert(raised("", away)))));

        assertThat(model.path("files"))
                .extracting(file -> file.path("unexplained").asBoolean())
                .containsExactly(false, false, true);
        assertThat(labels(model.path("egress")))
                .containsExactly("evil.example.net:443 · allowed · 12,345 B out, 6 B in");
        assertThat(model.at("/egress/0/unexplained").asBoolean()).isTrue();
        assertThat(labels(model.path("gates"))).containsExactly("Found c1", "Found ", "Found ");
    }

    @Test
    void whatACallNamesAndWhatWasJudgedOfItBelongsToItWhileItIsUnderWay() {
        List<TimelineEvent> claims = List.of(
                Records.document(Records.on(Channel.CLAIMS, 10)
                        .setToolCall(ToolCall.newBuilder()
                                .setCall("c1")
                                .setTool("Edit")
                                .addPaths("src/a.txt"))),
                Records.document(Records.on(Channel.VERDICTS, 11)
                        .setGateAnswered(GateAnswered.newBuilder().setCall("c1").setDecision(GateDecision.ASK))),
                Records.document(Records.on(Channel.VERDICTS, 12)
                        .setApprovalRequested(ApprovalRequested.newBuilder()
                                .setCall("c1")
                                .setApproval("a1")
                                .setTier(Severity.LOW))),
                Records.document(Records.on(Channel.CONTROL, 13)
                        .setApprovalDecided(ApprovalDecided.newBuilder()
                                .setApproval("a1")
                                .setApproved(true)
                                .setDecidedBy("ana"))),
                Records.document(Records.on(Channel.CLAIMS, 20)
                        .setToolResult(ToolResult.newBuilder().setCall("c1").setOutcome("success"))));
        Event secret = EventIds.withId(Records.on(Channel.EVIDENCE, 16)
                .setFileOpened(FileOpened.newBuilder().setPath("/home/agent/src/a.txt")));

        JsonNode model = TimelineModel.of(Records.record(
                claims,
                List.of(
                        opened(9, "/work/src/a.txt"),
                        opened(15, "/work/src/a.txt"),
                        opened(15, "/work/other-src/a.txt"),
                        opened(15, "/work/src/b.txt"),
                        // Whatever it is called: the watcher says that no call explains it.
                        Records.document(secret),
                        opened(21, "/work/src/a.txt")),
                List.of(),
                List.of(Records.alert(raised("", secret)))));

        assertThat(model.path("files"))
                .extracting(file -> file.path("call").asText())
                .containsExactly("", "c1", "", "", "", "");
        assertThat(model.at("/files/4/unexplained").asBoolean()).isTrue();
        assertThat(labels(model.path("gates"))).containsExactly("gate: ask", "asked: low", "approved by ana", "Found ");
        assertThat(model.path("gates"))
                .extracting(gate -> gate.path("call").asText())
                .containsExactly("c1", "c1", "c1", "");
    }

    private static TimelineEvent opened(long atMs, String path) {
        return Records.document(Records.on(Channel.EVIDENCE, atMs)
                .setFileOpened(FileOpened.newBuilder().setPath(path)));
    }

    private static Event raised(String call, Event evidence) {
        return EventIds.withId(Records.on(Channel.VERDICTS, 5)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.UNANNOUNCED)
                        .setSeverity(Severity.HIGH)
                        .setTitle("Found " + call)
                        .setCall(call)
                        .addEvidence(evidence.getId())));
    }
}
