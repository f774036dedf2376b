package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.Suppression;
import io.plumbline.events.v1.TriageNoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TriageTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CAUSE = "c".repeat(32);
    private static final Event FIRST = alert(500);
    private static final Event SECOND = alert(800);

    private static Event alert(long atMs) {
        return EventIds.withId(Sessions.on(Channel.VERDICTS, atMs)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setSeverity(Severity.HIGH)
                        .setTitle("File outside the task's scope")
                        .setDeviation(CAUSE)
                        .setRisk(76)));
    }

    private static TriageNoted.Builder noted(String word, int version, long coversMs, String by) {
        return TriageNoted.newBuilder()
                .setAlert(FIRST.getId())
                .setCause(CAUSE)
                .setVerdict(word)
                .setVersion(version)
                .setCoversUntilNs(Sessions.START_NS + coversMs * 1_000_000)
                .setNotedBy(by);
    }

    private static Event order(long atMs, TriageNoted.Builder noted) {
        return EventIds.withId(Sessions.on(Channel.CONTROL, atMs).setTriageNoted(noted));
    }

    /** The documents after the events, by index and id. */
    private static Map<String, JsonNode> documents(List<Event> events) throws IOException {
        ProjectedDocuments projected = new ProjectedDocuments();
        Map<String, JsonNode> documents = new TreeMap<>();
        for (Event event : events) {
            for (IndexOperation operation : projected.of(event)) {
                String key = operation.index() + " " + operation.id();
                JsonNode written = JSON.readTree(operation.json());
                if (operation.mode() == IndexOperation.Mode.REPLACE || !documents.containsKey(key)) {
                    documents.put(key, written);
                } else {
                    merge((ObjectNode) documents.get(key), written);
                }
            }
        }
        return documents;
    }

    /** Objects field by field, everything else as a whole; as Elasticsearch merges a partial document. */
    private static void merge(ObjectNode target, JsonNode written) {
        written.properties().forEach(field -> {
            if (field.getValue().isObject() && target.path(field.getKey()).isObject()) {
                merge((ObjectNode) target.path(field.getKey()), field.getValue());
            } else {
                target.set(field.getKey(), field.getValue());
            }
        });
    }

    private static JsonNode cause(List<Event> events) throws IOException {
        return documents(events).getOrDefault("plumbline-causes acme/s-1/" + CAUSE, JSON.missingNode());
    }

    private static String status(List<Event> events, Event alert) throws IOException {
        return documents(events)
                .getOrDefault("plumbline-alerts " + alert.getId(), JSON.missingNode())
                .path("status")
                .asText();
    }

    @Test
    void ofTwoWhoDecideOnTheSameSightTheFirstInTheLogIsFollowed() throws IOException {
        Event bea = order(900, noted("acknowledged", 0, 500, "bea").setAssignee("bea"));
        Event ana = order(890, noted("benign", 0, 500, "ana").setReasonCode("tooling"));

        JsonNode document = cause(List.of(FIRST, bea, ana));

        assertThat(document.path("status").asText()).isEqualTo("acknowledged");
        assertThat(document.at("/triage/version").asLong()).isEqualTo(1);
        assertThat(document.at("/triage/assignee").asText()).isEqualTo("bea");
        assertThat(document.path("history")).hasSize(1);
        assertThat(document.at("/refusals/0/event").asText()).isEqualTo(ana.getId());
        assertThat(document.at("/refusals/0/by").asText()).isEqualTo("ana");
        assertThat(document.at("/refusals/0/version").asLong()).isEqualTo(1);
        assertThat(status(List.of(FIRST, bea, ana), FIRST)).isEqualTo("acknowledged");
    }

    @Test
    void aDecisionOnTheNewVersionIsFollowed() throws IOException {
        JsonNode document = cause(List.of(
                FIRST,
                order(900, noted("acknowledged", 0, 500, "bea").setAssignee("bea")),
                order(950, noted("benign", 1, 500, "bea").setReasonCode("tooling"))));

        assertThat(document.path("status").asText()).isEqualTo("benign");
        assertThat(document.at("/triage/reason_code").asText()).isEqualTo("tooling");
        assertThat(document.at("/triage/assignee").asText()).isEqualTo("bea");
    }

    @Test
    void anAlertThatNobodySawStaysOpen() throws IOException {
        List<Event> events = List.of(FIRST, SECOND, order(900, noted("benign", 0, 500, "ana")));

        assertThat(status(events, FIRST)).isEqualTo("benign");
        assertThat(status(events, SECOND)).isEqualTo("open");
        assertThat(cause(events).path("status").asText()).isEqualTo("open");
        assertThat(cause(events).path("alerts").asLong()).isEqualTo(2);
    }

    @Test
    void aNoteChangesNothingButTheVersion() throws IOException {
        JsonNode document =
                cause(List.of(FIRST, order(900, noted("noted", 0, 500, "ana").setNote("asked the team"))));

        assertThat(document.path("status").asText()).isEqualTo("open");
        assertThat(document.at("/triage/version").asLong()).isEqualTo(1);
        assertThat(document.at("/history/0/note").asText()).isEqualTo("asked the team");
    }

    @Test
    void aSuppressedAlertIsCountedAndReachableUntilTheSuppressionEnds() throws IOException {
        Event suppressed = order(600, suppression(0, 700));
        Event within = alert(650);

        List<Event> events = List.of(FIRST, suppressed, within, SECOND);

        assertThat(status(events, FIRST)).isEqualTo("suppressed");
        assertThat(status(events, within)).isEqualTo("suppressed");
        assertThat(status(events, SECOND)).isEqualTo("open");
        assertThat(cause(events).path("alerts").asLong()).isEqualTo(3);
        assertThat(cause(events).at("/triage/suppression/owner").asText()).isEqualTo("ana");

        Event reopened = order(660, noted("reopened", 1, 650, "bea"));
        assertThat(status(List.of(FIRST, suppressed, within, reopened, alert(690)), alert(690)))
                .isEqualTo("open");
    }

    private static TriageNoted.Builder suppression(int version, long expiresMs) {
        return noted("suppressed", version, 500, "ana")
                .setNote("known build step")
                .setSuppression(Suppression.newBuilder()
                        .setOwner("ana")
                        .setScope("cause")
                        .setExpiresNs(Sessions.START_NS + expiresMs * 1_000_000));
    }

    @Test
    void aSuppressionWithoutOwnerReasonOrEndIsRefused() throws IOException {
        for (TriageNoted.Builder incomplete : List.of(
                suppression(0, 700).setNote(" "),
                suppression(0, 100L * 24 * 3_600 * 1_000),
                suppression(0, 550),
                suppression(0, 700).clearSuppression(),
                noted("silenced", 0, 500, "ana"))) {
            JsonNode document = cause(List.of(FIRST, order(600, incomplete)));
            assertThat(document.path("status").asText()).isEqualTo("open");
            assertThat(document.path("refusals")).hasSize(1);
        }
    }

    @Test
    void aRepeatedOrderIsNeitherFollowedTwiceNorRefused() throws IOException {
        Event bea = order(900, noted("acknowledged", 0, 500, "bea"));

        JsonNode document = cause(List.of(FIRST, bea, bea));

        assertThat(document.at("/triage/version").asLong()).isEqualTo(1);
        assertThat(document.path("refusals")).isEmpty();
    }

    @Test
    void theDocumentsDoNotDependOnWhenTheVerdictsAreRead() throws IOException {
        List<Event> orders = List.of(
                order(600, suppression(0, 700)),
                order(900, noted("reopened", 1, 800, "bea")),
                order(910, noted("benign", 1, 800, "ana")),
                order(920, noted("true_positive", 2, 800, "bea").setAssignee("bea")));
        List<Event> verdictsFirst = new ArrayList<>(List.of(FIRST, SECOND));
        verdictsFirst.addAll(orders);
        List<Event> ordersFirst = new ArrayList<>(orders);
        Collections.addAll(ordersFirst, FIRST, SECOND);

        Map<String, JsonNode> one = documents(verdictsFirst);
        Map<String, JsonNode> other = documents(ordersFirst);

        assertThat(other).isEqualTo(one);
        assertThat(one.get("plumbline-causes acme/s-1/" + CAUSE)).isNotNull();
    }

    @Test
    void theRecordIsBounded() {
        Triage triage = Triage.NONE;
        for (int version = 0; version < 200; version++) {
            triage = triage.after(order(600 + version, noted("noted", version, 500, "ana")))
                    .after(order(5_000 + version, noted("benign", 7_000, 500, "bea")));
        }

        assertThat(triage.version()).isEqualTo(200);
        assertThat(triage.history()).hasSize(Triage.MAX_HISTORY);
        assertThat(triage.refusals()).hasSize(Triage.MAX_REFUSALS);
    }
}
