package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.SuppressionEnded;
import io.plumbline.events.v1.SuppressionOrdered;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TriageNoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class SuppressionsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MS = 1_000_000;

    private static Event.Builder of(String tenant, String session, Channel channel, long atMs) {
        return Sessions.on(channel, atMs).setTenant(tenant).setSession(session);
    }

    static Event alert(String session, long atMs, Severity severity, String clause) {
        return EventIds.withId(of("acme", session, Channel.VERDICTS, atMs)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.RULE)
                        .setClause(clause)
                        .setSeverity(severity)
                        .setTitle("at " + atMs)
                        .setDeviation(EventIds.derived(session, clause))));
    }

    private static Event task(String session, String agent, String workspace) {
        return EventIds.withId(of("acme", session, Channel.CONTROL, 0)
                .setTaskAssigned(TaskAssigned.newBuilder()
                        .setTask("List the files")
                        .setAgent(agent)
                        .setWorkspace(workspace)));
    }

    static Event ordered(long atMs, UnaryOperator<SuppressionOrdered.Builder> change) {
        return EventIds.withId(of("acme", "", Channel.CONTROL, atMs)
                .setSuppressionOrdered(change.apply(SuppressionOrdered.newBuilder()
                        .setKind(DeviationKind.RULE)
                        .setClause("rule noisy")
                        .setHighest(Severity.MEDIUM)
                        .setOwner("bea")
                        .setOrderedBy("bea")
                        .setReason("known tooling")
                        .setExpiresNs(Sessions.START_NS + 5_000 * MS))));
    }

    static Event ended(Event order, long atMs, String by) {
        return EventIds.withId(of("acme", "", Channel.CONTROL, atMs)
                .setSuppressionEnded(SuppressionEnded.newBuilder()
                        .setSuppression(order.getId())
                        .setEndedBy(by)
                        .setReason("no longer")));
    }

    /** The documents at the end, by index and id, each field as it was written last. */
    private static Map<String, JsonNode> written(List<Event> events) {
        ProjectedDocuments documents = new ProjectedDocuments();
        Map<String, JsonNode> written = new TreeMap<>();
        for (Event event : events) {
            for (IndexOperation operation : documents.of(event)) {
                try {
                    JsonNode document = JSON.readTree(operation.json());
                    written.merge(
                            operation.index() + "/" + operation.id(),
                            document,
                            (before, after) -> operation.mode() == IndexOperation.Mode.MERGE
                                    ? before.<ObjectNode>deepCopy().setAll((ObjectNode) after)
                                    : after);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        }
        return written;
    }

    private static JsonNode at(Map<String, JsonNode> written, String document) {
        return Objects.requireNonNull(written.get(document), document);
    }

    private static String status(Map<String, JsonNode> written, Event alert) {
        return at(written, "plumbline-alerts/" + alert.getId()).path("status").asText();
    }

    private static String status(Event alert, Event... events) {
        List<Event> all = new ArrayList<>(Arrays.asList(events));
        all.add(alert);
        return status(written(all), alert);
    }

    @Test
    void coversTheSameAlertsInEveryInterleaving() {
        Event task = task("s-1", "codex", "acme/web");
        Event early = alert("s-1", 100, Severity.LOW, "rule noisy");
        Event late = alert("s-1", 9_000, Severity.LOW, "rule noisy");
        Event severe = alert("s-2", 200, Severity.HIGH, "rule noisy");
        Event other = alert("s-1", 200, Severity.LOW, "rule other");
        Event order = ordered(1_000, all -> all.setAgent("").setWorkspace("acme/web"));
        List<List<Event>> interleavings = List.of(
                List.of(task, early, late, severe, other, order),
                List.of(order, task, early, late, severe, other),
                List.of(early, late, order, other, task, severe),
                List.of(early, order, task, late, severe, other));

        for (List<Event> events : interleavings) {
            Map<String, JsonNode> written = written(events);
            assertThat(status(written, early)).isEqualTo("suppressed");
            assertThat(at(written, "plumbline-alerts/" + early.getId())
                            .path("suppressed_by")
                            .asText())
                    .isEqualTo(order.getId());
            assertThat(status(written, late)).isEqualTo("open");
            assertThat(status(written, severe)).isEqualTo("open");
            assertThat(status(written, other)).isEqualTo("open");
            // One alert of the cause waits, so the cause does.
            assertThat(at(written, "plumbline-causes/acme/s-1/" + EventIds.derived("s-1", "rule noisy"))
                            .path("status")
                            .asText())
                    .isEqualTo("open");
            assertThat(at(written, "plumbline-sessions/acme/s-1")
                            .at("/counts/open_alerts")
                            .asInt())
                    .isEqualTo(2);
        }
    }

    @Test
    void holdsTheSessionsAgentAndWorkspaceToTheScope() {
        Event low = alert("s-1", 100, Severity.LOW, "rule noisy");
        Event task = task("s-1", "codex", "acme/web");

        assertThat(status(low, task, ordered(1, all -> all.setAgent("codex")))).isEqualTo("suppressed");
        assertThat(status(low, task, ordered(1, all -> all.setAgent("gemini-cli"))))
                .isEqualTo("open");
        assertThat(status(low, task, ordered(1, all -> all.setWorkspace("acme/api"))))
                .isEqualTo("open");
        assertThat(status(low, ordered(1, all -> all.setAgent("codex")))).isEqualTo("open");
    }

    @Test
    void opensWhatItCoveredWhenItIsEndedAndTheFirstEndCounts() {
        Event low = alert("s-1", 100, Severity.LOW, "rule noisy");
        Event order = ordered(1, all -> all);
        Map<String, JsonNode> written =
                written(List.of(order, low, ended(order, 300, "ana"), ended(order, 400, "bea")));

        assertThat(status(written, low)).isEqualTo("open");
        assertThat(at(written, "plumbline-suppressions/acme/" + order.getId())
                        .at("/ended/by")
                        .asText())
                .isEqualTo("ana");
    }

    @Test
    void leavesWhatAPersonDecidedAboutTheAlertItself() {
        Event low = alert("s-1", 100, Severity.LOW, "rule noisy");
        Event reopened = EventIds.withId(of("acme", "s-1", Channel.CONTROL, 900)
                .setTriageNoted(TriageNoted.newBuilder()
                        .setAlert(low.getId())
                        .setCause(low.getAlertRaised().getDeviation())
                        .setVerdict("reopened")
                        .setNote("look again")
                        .setNotedBy("ana")));
        Event order = ordered(1, all -> all);

        assertThat(status(written(List.of(order, low, reopened)), low)).isEqualTo("open");
        assertThat(status(written(List.of(low, reopened, order)), low)).isEqualTo("open");

        // One that comes later is covered, and takes the other out of nobody's sight.
        Event later = alert("s-1", 2_000, Severity.LOW, "rule noisy");
        Map<String, JsonNode> written = written(List.of(order, low, reopened, later));
        assertThat(status(written, later)).isEqualTo("suppressed");
        assertThat(at(written, "plumbline-causes/acme/s-1/" + EventIds.derived("s-1", "rule noisy"))
                        .path("status")
                        .asText())
                .isEqualTo("open");
    }

    @Test
    void neverReachesAnotherTenant() {
        Event foreign = EventIds.withId(
                alert("s-1", 100, Severity.LOW, "rule noisy").toBuilder().setTenant("globex"));

        assertThat(status(foreign, ordered(1, all -> all))).isEqualTo("open");
    }

    @Test
    void refusesWhatHasNoBoundsAndSaysWhy() {
        Map<String, Event> refused = new TreeMap<>();
        refused.put("owner and reason", ordered(1, all -> all.setOwner(" ")));
        refused.put("reason", ordered(2, all -> all.setReason("")));
        refused.put("at most 90 days", ordered(3, all -> all.setExpiresNs(Sessions.START_NS)));
        refused.put("90 days", ordered(4, all -> all.setExpiresNs(Sessions.START_NS + 91L * 86_400_000 * MS)));
        refused.put("critical ones always wait", ordered(5, all -> all.setHighest(Severity.CRITICAL)));
        refused.put("up to high", ordered(6, all -> all.clearHighest()));
        refused.put("unknown kind", ordered(7, all -> all.clearKind()));
        refused.put("not seen", ordered(8, all -> all.setKind(DeviationKind.TELEMETRY_GAP)));
        refused.put("names the rule", ordered(9, all -> all.clearClause()));
        Event low = alert("s-1", 100, Severity.LOW, "rule noisy");

        refused.forEach((why, order) -> {
            Map<String, JsonNode> written = written(List.of(order, low));
            assertThat(at(written, "plumbline-suppressions/acme/" + order.getId())
                            .path("refused")
                            .asText())
                    .contains(why);
            assertThat(status(written, low)).isEqualTo("open");
        });
    }

    @Test
    void remembersNoMoreThanItsBoundWhenEachIsEndedAtOnce() {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < Suppressions.MAX_REMEMBERED; i++) {
            Event order = ordered(i, all -> all);
            events.add(order);
            events.add(ended(order, i, "ana"));
        }
        Event oneMore = ordered(Suppressions.MAX_REMEMBERED, all -> all);
        events.add(oneMore);

        assertThat(at(written(events), "plumbline-suppressions/acme/" + oneMore.getId())
                        .path("refused")
                        .asText())
                .contains("2000 suppressions are remembered");
    }

    @Test
    void takesNoMoreThanAPersonCanRead() {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i <= Suppressions.MAX_IN_FORCE; i++) {
            int number = i;
            events.add(ordered(i, all -> all.setClause("rule " + number)));
        }
        Map<String, JsonNode> written = written(events);

        assertThat(at(
                                written,
                                "plumbline-suppressions/acme/"
                                        + events.getFirst().getId())
                        .path("refused")
                        .asText())
                .isEmpty();
        assertThat(at(written, "plumbline-suppressions/acme/" + events.getLast().getId())
                        .path("refused")
                        .asText())
                .contains("200");
    }
}
