package io.plumbline.rules.hunt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.workbench.Backtest.Verdicts;
import io.plumbline.rules.workbench.Recordings;
import io.plumbline.rules.workbench.Recordings.Recording;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Sessions of one tenant as Elasticsearch has them, and what people decided about their alerts. Everything of one call is read at one point in
 * time; what does not answer in full is an error, never a shorter answer.
 */
public final class SearchCopy {
    private static final String EVENTS = "plumbline-events-*";
    private static final String ALERTS = "plumbline-alerts*";

    /** A pattern may find nothing; what it finds and is closed is an error. */
    private static final String INDICES = "&ignore_unavailable=false&expand_wildcards=open,closed";

    private static final String KEEP_ALIVE = "2m";

    /** Documents of one answer; each has at most what an event has. */
    private static final int PAGE = 500;

    /** Alerts with a verdict that are read. */
    private static final int MAX_ALERTS = 100_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** How a cluster is asked. */
    @FunctionalInterface
    public interface Cluster {
        /**
         * @param path with its query, without the address
         * @return the body of an answer that says that it went well
         * @throws IOException for every other answer
         */
        JsonNode send(String method, String path, JsonNode body) throws IOException;
    }

    /**
     * What is read.
     *
     * @param sessions ids; empty: all
     * @param from first time, inclusive
     * @param until last time, inclusive
     */
    public record Selection(String tenant, List<String> sessions, Optional<Instant> from, Optional<Instant> until) {
        public Selection {
            sessions = List.copyOf(sessions);
        }
    }

    /**
     * One event, where it belongs.
     *
     * @param seq number in its channel, for events of one time
     */
    private record Placed(SigmaEvent event, long seq) {}

    private final Cluster cluster;

    public SearchCopy(Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * The events of each session in the order of their time, by session.
     *
     * @throws IOException if the cluster does not answer in full, or has more than {@link Recordings#MAX_EVENTS} of them
     * @throws io.plumbline.rules.engine.EventLimitException for a document that is over the limits of events
     */
    public List<Recording> sessions(Selection selection) throws IOException {
        return sessions(selection, Recordings.MAX_EVENTS);
    }

    /**
     * The same of at most so many documents; more are an error.
     *
     * @throws IOException if the cluster does not answer in full, or has more documents
     * @throws io.plumbline.rules.engine.EventLimitException for a document that is over the limits of events
     */
    public List<Recording> sessions(Selection selection, int most) throws IOException {
        Map<String, List<Placed>> sessions = new TreeMap<>();
        ArrayNode sort = JSON.createArrayNode();
        sort.addObject().put("plumbline.session", "asc");
        sort.addObject().put("@timestamp", "asc");
        sort.addObject().put("plumbline.seq", "asc");
        Executables executables = new Executables();
        pages(EVENTS, eventsOf(selection), sort, most, document -> {
            executables.complete(document);
            if (selection.from().isEmpty()
                    || !Instant.parse(document.path("@timestamp").asText())
                            .isBefore(selection.from().get())) {
                StoredEvents.of(document).ifPresent(event -> sessions.computeIfAbsent(
                                document.at("/plumbline/session").asText(), ignored -> new ArrayList<>())
                        .add(new Placed(event, document.at("/plumbline/seq").asLong())));
            }
        });
        List<Recording> recordings = new ArrayList<>();
        sessions.forEach((session, events) -> {
            events.sort(
                    Comparator.comparingLong((Placed placed) -> placed.event().timeNs())
                            .thenComparingLong(Placed::seq));
            recordings.add(
                    new Recording(session, events.stream().map(Placed::event).toList()));
        });
        return recordings;
    }

    /**
     * What people said of rules' alerts: a true positive, or benign and expected, which are false ones.
     *
     * @throws IOException if the cluster does not answer in full, or has more than 100,000 of them
     */
    public Verdicts verdicts(Selection selection) throws IOException {
        Map<String, Boolean> verdicts = new HashMap<>();
        ObjectNode query = query("tenant", "session", selection);
        ArrayNode filter = (ArrayNode) query.at("/bool/filter");
        filter.addObject().putObject("term").put("kind", "rule");
        ArrayNode words = filter.addObject().putObject("terms").putArray("status");
        List.of("true_positive", "benign", "expected_by_policy").forEach(words::add);
        ArrayNode sort = JSON.createArrayNode();
        sort.addObject().put("@timestamp", "asc");
        pages(ALERTS, query, sort, MAX_ALERTS, alert -> {
            String rule = alert.path("clause").asText().replaceFirst("^rule ", "");
            boolean right = alert.path("status").asText().equals("true_positive");
            alert.path("evidence").forEach(event -> verdicts.put(Verdicts.key(rule, event.asText()), right));
        });
        return new Verdicts(verdicts);
    }

    /** What is selected, and what says which program its processes run, which may be before it. */
    private static ObjectNode eventsOf(Selection selection) {
        ObjectNode selected = query("organization.id", "plumbline.session", selection);
        if (selection.from().isEmpty()) {
            return selected;
        }
        ObjectNode before = query(
                "organization.id",
                "plumbline.session",
                new Selection(selection.tenant(), selection.sessions(), Optional.empty(), selection.until()));
        ArrayNode actions = ((ArrayNode) before.at("/bool/filter"))
                .addObject()
                .putObject("terms")
                .putArray("event.action");
        Executables.ACTIONS.forEach(actions::add);
        ObjectNode query = JSON.createObjectNode();
        query.putObject("bool").putArray("should").add(selected).add(before);
        return query;
    }

    private static ObjectNode query(String tenant, String session, Selection selection) {
        ObjectNode query = JSON.createObjectNode();
        ArrayNode filter = query.putObject("bool").putArray("filter");
        filter.addObject().putObject("term").put(tenant, selection.tenant());
        if (!selection.sessions().isEmpty()) {
            ArrayNode ids = filter.addObject().putObject("terms").putArray(session);
            selection.sessions().forEach(ids::add);
        }
        if (selection.from().isPresent() || selection.until().isPresent()) {
            ObjectNode range = filter.addObject().putObject("range").putObject("@timestamp");
            selection.from().ifPresent(time -> range.put("gte", time.toString()));
            selection.until().ifPresent(time -> range.put("lte", time.toString()));
        }
        return query;
    }

    private void pages(String index, ObjectNode query, ArrayNode sort, int most, Consumer<JsonNode> each)
            throws IOException {
        String pit = text(
                cluster.send("POST", "/" + index + "/_pit?keep_alive=" + KEEP_ALIVE + INDICES, JSON.createObjectNode()),
                "id");
        int count = 0;
        try {
            JsonNode after = null;
            while (true) {
                ObjectNode body = JSON.createObjectNode().put("size", PAGE).put("track_total_hits", false);
                body.putObject("pit").put("id", pit).put("keep_alive", KEEP_ALIVE);
                body.set("query", query);
                body.set("sort", sort);
                if (after != null) {
                    body.set("search_after", after);
                }
                JsonNode answer = cluster.send("POST", "/_search?allow_partial_search_results=false", body);
                complete(answer);
                pit = text(answer, "pit_id");
                JsonNode hits = answer.at("/hits/hits");
                for (JsonNode hit : hits) {
                    if (count++ == most) {
                        throw new IOException(index + ": more documents (expected: <= " + most
                                + "; name sessions or a shorter time)");
                    }
                    each.accept(hit.path("_source"));
                    after = hit.path("sort");
                }
                if (hits.size() < PAGE) {
                    return;
                }
            }
        } finally {
            release(pit);
        }
    }

    private void release(String pit) {
        try {
            cluster.send("DELETE", "/_pit", JSON.createObjectNode().put("id", pit));
        } catch (IOException e) {
            // The cluster forgets it by itself; what was read is not worse for it.
        }
    }

    private static void complete(JsonNode answer) throws IOException {
        if (answer.path("timed_out").asBoolean()
                || answer.at("/_shards/failed").asInt() != 0
                || !answer.at("/hits/hits").isArray()) {
            throw new IOException("the search copy: an answer of a part (expected: of all of its shards)");
        }
    }

    private static String text(JsonNode answer, String name) throws IOException {
        if (!answer.path(name).isTextual()) {
            throw new IOException("the search copy: an answer without " + name);
        }
        return answer.path(name).asText();
    }
}
