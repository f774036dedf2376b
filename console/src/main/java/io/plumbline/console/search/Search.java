package io.plumbline.console.search;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.query_dsl.BoolQuery;
import co.elastic.clients.elasticsearch.core.GetResponse;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.SearchResponse;
import co.elastic.clients.elasticsearch.core.search.Hit;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Questions to the search copy, all of one tenant. Every answer is bounded; an index that does not exist yet reads as empty. Throws
 * {@link SearchUnavailableException} when there is no answer.
 */
public final class Search {
    /** Most documents that one question returns. */
    public static final int MAX_RESULTS = 2_000;

    private static final String EVENTS = "plumbline-events-*";
    private static final String SESSIONS = "plumbline-sessions";
    private static final String ALERTS = "plumbline-alerts";
    private static final String APPROVALS = "plumbline-approvals";

    private final ElasticsearchClient client;
    private final String tenant;

    public Search(ElasticsearchClient client, String tenant) {
        this.client = client;
        this.tenant = tenant;
    }

    /** A page of events and the cursor of the next one; empty when this was the last. */
    public record EventPage(List<TimelineEvent> events, Optional<String> next) {}

    /** Which end of a session is cut when there are more events than the limit. */
    public enum Keep {
        OLDEST,
        NEWEST
    }

    /** Newest activity first. */
    public List<SessionSummary> sessions(int limit) {
        return hits(
                        SearchRequest.of(s -> s.index(SESSIONS)
                                .ignoreUnavailable(true)
                                .size(bounded(limit))
                                .query(q -> q.term(t -> t.field("tenant").value(tenant)))
                                .sort(o -> o.field(f -> f.field("last_seen").order(SortOrder.Desc)))),
                        "sessions")
                .stream()
                .map(hit -> Documents.session(source(hit)))
                .toList();
    }

    public Optional<SessionSummary> session(String session) {
        return document(SESSIONS, tenant + "/" + session).map(Documents::session);
    }

    /** Newest first; {@code session} empty: of every session. */
    public List<AlertRow> alerts(Optional<String> session, int limit) {
        BoolQuery.Builder query = tenantQuery("tenant");
        session.ifPresent(id -> query.filter(q -> q.term(t -> t.field("session").value(id))));
        // Triage that was read before its alert leaves a document without a time; it is no alert yet.
        query.filter(q -> q.exists(e -> e.field("@timestamp")));
        BoolQuery built = query.build();
        return hits(
                        SearchRequest.of(s -> s.index(ALERTS)
                                .ignoreUnavailable(true)
                                .size(bounded(limit))
                                .query(q -> q.bool(built))
                                .sort(o -> o.field(f -> f.field("@timestamp").order(SortOrder.Desc)))),
                        "alerts")
                .stream()
                .map(hit -> Documents.alert(id(hit), source(hit)))
                .toList();
    }

    public Optional<AlertRow> alert(String id) {
        return document(ALERTS, id).map(d -> Documents.alert(id, d));
    }

    /** The highest tier first, the oldest first within one; {@code state} empty: in every state. */
    public List<ApprovalRow> approvals(Optional<String> state, int limit) {
        BoolQuery.Builder query = tenantQuery("tenant");
        state.ifPresent(word -> query.filter(q -> q.term(t -> t.field("state").value(word))));
        BoolQuery built = query.build();
        return hits(
                        SearchRequest.of(s -> s.index(APPROVALS)
                                .ignoreUnavailable(true)
                                .size(bounded(limit))
                                .query(q -> q.bool(built))
                                .sort(o -> o.field(f -> f.field("tier_number").order(SortOrder.Desc)))
                                .sort(o -> o.field(f -> f.field("@timestamp").order(SortOrder.Asc)))),
                        "approvals")
                .stream()
                .map(hit -> Documents.approval(id(hit), source(hit)))
                .toList();
    }

    public Optional<ApprovalRow> approval(String id) {
        return document(APPROVALS, id).map(d -> Documents.approval(id, d));
    }

    /**
     * Events of a session in the order of their time.
     *
     * @param channel claims, evidence, control, verdicts; empty for all
     * @param after cursor of an earlier page; empty for the first
     */
    public EventPage events(String session, Optional<String> channel, Optional<String> after, int limit) {
        BoolQuery.Builder query = sessionEvents(session);
        channel.ifPresent(word ->
                query.filter(q -> q.term(t -> t.field("plumbline.channel").value(word))));
        BoolQuery built = query.build();
        List<TimelineEvent> events = hits(
                        SearchRequest.of(s -> {
                            s.index(EVENTS)
                                    .ignoreUnavailable(true)
                                    .size(bounded(limit))
                                    .query(q -> q.bool(built));
                            byTime(s, SortOrder.Asc);
                            after.ifPresent(cursor -> s.searchAfter(cursor(cursor)));
                            return s;
                        }),
                        "events")
                .stream()
                .map(hit -> Documents.event(id(hit), source(hit)))
                .toList();
        Optional<String> next = events.size() < bounded(limit)
                ? Optional.empty()
                : Optional.of(events.getLast().atNs() + "." + events.getLast().id());
        return new EventPage(events, next);
    }

    /** Events of the named actions, in the order of their time; at most {@code limit}, of the end that {@code keep} names. */
    public List<TimelineEvent> events(String session, Collection<String> actions, Keep keep, int limit) {
        List<FieldValue> words = actions.stream().map(FieldValue::of).toList();
        BoolQuery query = sessionEvents(session)
                .filter(q -> q.terms(t -> t.field("event.action").terms(v -> v.value(words))))
                .build();
        List<TimelineEvent> events = new ArrayList<>(hits(
                        SearchRequest.of(s -> {
                            s.index(EVENTS)
                                    .ignoreUnavailable(true)
                                    .size(bounded(limit))
                                    .query(q -> q.bool(query));
                            byTime(s, keep == Keep.OLDEST ? SortOrder.Asc : SortOrder.Desc);
                            return s;
                        }),
                        "events")
                .stream()
                .map(hit -> Documents.event(id(hit), source(hit)))
                .toList());
        return keep == Keep.OLDEST ? events : events.reversed();
    }

    public List<TimelineEvent> eventsById(String session, Collection<String> ids) {
        List<FieldValue> values = ids.stream().map(FieldValue::of).toList();
        BoolQuery query = sessionEvents(session)
                .filter(q -> q.terms(t -> t.field("event.id").terms(v -> v.value(values))))
                .build();
        return hits(
                        SearchRequest.of(s -> s.index(EVENTS)
                                .ignoreUnavailable(true)
                                .size(MAX_RESULTS)
                                .query(q -> q.bool(query))),
                        "events")
                .stream()
                .map(hit -> Documents.event(id(hit), source(hit)))
                .toList();
    }

    /** How many events a session has of each action. */
    public Map<String, Long> countsByAction(String session) {
        BoolQuery query = sessionEvents(session).build();
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> s.index(EVENTS)
                        .ignoreUnavailable(true)
                        .size(0)
                        .query(q -> q.bool(query))
                        .aggregations(
                                "actions",
                                a -> a.terms(t -> t.field("event.action").size(100)))),
                "counts");
        Map<String, Long> counts = new LinkedHashMap<>();
        var aggregate = response.aggregations().get("actions");
        if (aggregate != null && aggregate.isSterms()) {
            aggregate
                    .sterms()
                    .buckets()
                    .array()
                    .forEach(bucket -> counts.put(bucket.key().stringValue(), bucket.docCount()));
        }
        return counts;
    }

    /**
     * The newest answers to activations of a kind, as they stand in documents.
     *
     * @param subject rules or model
     * @param order id of one order; empty: of all
     */
    public List<ObjectNode> activationAnswers(String subject, Optional<String> order, int limit) {
        BoolQuery.Builder query = tenantEvents("activation-answered", "plumbline.activation.subject", subject);
        order.ifPresent(
                id -> query.filter(q -> q.term(t -> t.field("plumbline.cause").value(id))));
        return newest(query.build(), limit);
    }

    /** What the tasks of the watch job have counted of a shadow, the newest report of each. */
    public List<ObjectNode> shadowCounts(String order, int limit) {
        return newest(tenantEvents("shadow-counted", "plumbline.cause", order).build(), limit);
    }

    private BoolQuery.Builder tenantEvents(String action, String field, String value) {
        return tenantQuery("organization.id")
                .filter(q -> q.term(t -> t.field("event.action").value(action)))
                .filter(q -> q.term(t -> t.field(field).value(value)));
    }

    private List<ObjectNode> newest(BoolQuery query, int limit) {
        return hits(
                        SearchRequest.of(s -> {
                            s.index(EVENTS)
                                    .ignoreUnavailable(true)
                                    .size(bounded(limit))
                                    .query(q -> q.bool(query));
                            byTime(s, SortOrder.Desc);
                            return s;
                        }),
                        "activations")
                .stream()
                .map(Search::source)
                .toList();
    }

    /** Throws when the cluster cannot answer searches. */
    public void check() {
        sessions(1);
    }

    private BoolQuery.Builder sessionEvents(String session) {
        return tenantQuery("organization.id")
                .filter(q -> q.term(t -> t.field("plumbline.session").value(session)));
    }

    private BoolQuery.Builder tenantQuery(String field) {
        return new BoolQuery.Builder().filter(q -> q.term(t -> t.field(field).value(tenant)));
    }

    private static void byTime(SearchRequest.Builder search, SortOrder order) {
        search.sort(o -> o.field(f -> f.field("@timestamp").order(order)))
                .sort(o -> o.field(f -> f.field("event.id").order(order)));
    }

    private static List<FieldValue> cursor(String cursor) {
        int dot = cursor.indexOf('.');
        try {
            return List.of(
                    FieldValue.of(Long.parseLong(cursor.substring(0, Math.max(0, dot)))),
                    FieldValue.of(cursor.substring(dot + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("after: no cursor of an earlier page", e);
        }
    }

    private Optional<ObjectNode> document(String index, String id) {
        try {
            GetResponse<ObjectNode> response = client.get(g -> g.index(index).id(id), ObjectNode.class);
            // Ids are no secret, so the tenant is checked on the document.
            return Optional.ofNullable(response.source())
                    .filter(d -> tenant.equals(d.path("tenant").asText()));
        } catch (ElasticsearchException e) {
            if (e.status() == 404) {
                return Optional.empty();
            }
            throw new SearchUnavailableException(index, e);
        } catch (IOException e) {
            throw new SearchUnavailableException(index, e);
        }
    }

    private List<Hit<ObjectNode>> hits(SearchRequest request, String what) {
        return ask(request, what).hits().hits();
    }

    private SearchResponse<ObjectNode> ask(SearchRequest request, String what) {
        try {
            return client.search(request, ObjectNode.class);
        } catch (ElasticsearchException | IOException e) {
            throw new SearchUnavailableException(what, e);
        }
    }

    private static int bounded(int limit) {
        return Math.clamp(limit, 1, MAX_RESULTS);
    }

    private static String id(Hit<ObjectNode> hit) {
        return Objects.requireNonNullElse(hit.id(), "");
    }

    private static ObjectNode source(Hit<ObjectNode> hit) {
        return Objects.requireNonNull(hit.source(), "documents are stored with their source");
    }
}
