package io.plumbline.console.search;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.Time;
import co.elastic.clients.elasticsearch._types.aggregations.Aggregate;
import co.elastic.clients.elasticsearch._types.aggregations.Aggregation;
import co.elastic.clients.elasticsearch._types.aggregations.StringTermsBucket;
import co.elastic.clients.elasticsearch._types.query_dsl.BoolQuery;
import co.elastic.clients.elasticsearch._types.query_dsl.DateRangeQuery;
import co.elastic.clients.elasticsearch._types.query_dsl.Operator;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch._types.query_dsl.TextQueryType;
import co.elastic.clients.elasticsearch.core.GetResponse;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.SearchResponse;
import co.elastic.clients.elasticsearch.core.search.Hit;
import co.elastic.clients.json.JsonpDeserializer;
import co.elastic.clients.transport.endpoints.SimpleEndpoint;
import co.elastic.clients.util.ObjectBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.console.audit.AuditQuery;
import io.plumbline.console.report.PeriodFigures;
import io.plumbline.console.rules.RuleStatistics;
import io.plumbline.console.rules.RuleStatistics.Day;
import io.plumbline.console.triage.QueueQuery;
import io.plumbline.console.triage.QueueText;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.intent.head.ScoreDistribution;
import io.plumbline.rules.engine.EventLimitException;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.hunt.SearchCopy;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions to the search copy, all of one tenant. Every answer is bounded; an index that does not exist yet reads as empty. Throws
 * {@link SearchUnavailableException} when there is no answer.
 */
public final class Search {
    private static final Logger LOG = LoggerFactory.getLogger(Search.class);

    /** Most documents that one question returns. */
    public static final int MAX_RESULTS = 2_000;

    /** Events of a session that are read as rules see them, all at once: a kilobyte or two each. */
    private static final int MAX_STORED = 50_000;

    /** Sessions that are looked at for others that are alike. */
    private static final int MAX_ALIKE = 100;

    private static final int TASK_SEARCHED = 200;

    /** Pieces of time that one question counts. */
    private static final int OFFSET_PIECES = 1_000;

    /** Dense pieces that are looked into, for one list: a person waits for it. What stays dense is cut, and the list says so. */
    private static final int OFFSET_QUESTIONS = 200;

    private static final String EVENTS = "plumbline-events-*";
    /** How long a list stays as it is after somebody has read in it. */
    private static final Time VIEW_LIFE = Time.of(time -> time.time("10m"));

    private static final UnaryOperator<SearchRequest.Builder> LIVE =
            search -> search.index(EVENTS).ignoreUnavailable(true);

    private static final String SESSIONS = "plumbline-sessions";
    private static final String ALERTS = "plumbline-alerts";
    private static final String CAUSES = "plumbline-causes";
    private static final String SUPPRESSIONS = "plumbline-suppressions";
    private static final String APPROVALS = "plumbline-approvals";
    private static final List<String> TEXTS = List.of("title^3", "seen", "why", "said", "task", "expected");
    private static final List<String> CLOSED = List.of("true_positive", "benign", "expected_by_policy", "duplicate");

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
        return newest(SESSIONS, tenantQuery("tenant").build(), "last_seen", limit, "sessions").stream()
                .map(hit -> Documents.session(source(hit)))
                .toList();
    }

    public Optional<SessionSummary> session(String session) {
        return document(SESSIONS, tenant + "/" + session).map(Documents::session);
    }

    /**
     * Other sessions of the same task, then of the same workspace; the newest of each first.
     *
     * @param limit of each
     */
    public List<SessionSummary> alike(SessionSummary session, int limit) {
        List<SessionSummary> found = new ArrayList<>();
        if (!session.task().isBlank()) {
            // A long task is found by its beginning and compared as a whole.
            String beginning = beginning(session.task());
            sessionsWith(session, q -> q.matchPhrase(m -> m.field("task").query(beginning)), MAX_ALIKE).stream()
                    .filter(other -> other.task().equals(session.task()))
                    .limit(limit)
                    .forEach(found::add);
        }
        if (!session.workspace().isBlank()) {
            sessionsWith(session, q -> q.term(t -> t.field("workspace").value(session.workspace())), MAX_ALIKE).stream()
                    .filter(other -> !other.task().equals(session.task()))
                    .limit(limit)
                    .forEach(found::add);
        }
        return found;
    }

    /** Ends between two words: the store knows no half of one. */
    private static String beginning(String task) {
        if (task.length() <= TASK_SEARCHED) {
            return task;
        }
        int end = TASK_SEARCHED;
        while (end > 0 && !Character.isWhitespace(task.charAt(end))) {
            end--;
        }
        return task.substring(0, end == 0 ? TASK_SEARCHED : end);
    }

    private List<SessionSummary> sessionsWith(
            SessionSummary session, Function<Query.Builder, ObjectBuilder<Query>> like, int limit) {
        BoolQuery query = tenantQuery("tenant")
                .filter(like)
                .mustNot(q -> q.term(t -> t.field("session").value(session.session())))
                .build();
        return newest(SESSIONS, query, "last_seen", limit, "sessions").stream()
                .map(hit -> Documents.session(source(hit)))
                .toList();
    }

    /**
     * How often each value occurs, the most frequent first.
     *
     * @param isCut whether there are more values
     */
    public record Occurrences(Map<String, Long> counts, boolean isCut) {
        public Occurrences {
            counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
        }
    }

    /** Programs that a session ran, by their path. */
    public Occurrences programs(String session, int limit) {
        BoolQuery.Builder bool = sessionEvents(session);
        word(bool, "event.action", "process-started");
        bool.mustNot(q -> q.term(t -> t.field("event.outcome").value("failure")));
        return occurrences(bool.build(), "process.executable", limit);
    }

    /** Files that a session opened for writing or changed, by their path. */
    public Occurrences written(String session, int limit) {
        BoolQuery query = sessionEvents(session)
                .filter(q -> q.bool(b -> b.should(
                                x -> x.term(t -> t.field("event.action").value("file-changed")))
                        .should(x -> x.term(t -> t.field("plumbline.operation").value(EcsDocument.OPEN_WRITE)))
                        .should(x -> x.term(t -> t.field("plumbline.operation").value(EcsDocument.OPEN_BOTH)))))
                .mustNot(q -> q.term(t -> t.field("event.outcome").value("failure")))
                .build();
        return occurrences(query, "file.path", limit);
    }

    private Occurrences occurrences(BoolQuery query, String field, int limit) {
        Map<String, Long> counts = counts(EVENTS, query, field, bounded(limit) + 1);
        boolean cut = counts.size() > bounded(limit);
        Map<String, Long> kept = new LinkedHashMap<>();
        counts.entrySet().stream().limit(bounded(limit)).forEach(entry -> kept.put(entry.getKey(), entry.getValue()));
        return new Occurrences(kept, cut);
    }

    /** Newest first; {@code session} empty: of every session. */
    public List<AlertRow> alerts(Optional<String> session, int limit) {
        BoolQuery.Builder query = tenantQuery("tenant");
        session.ifPresent(id -> query.filter(q -> q.term(t -> t.field("session").value(id))));
        // Triage that was read before its alert leaves a document without a time; it is no alert yet.
        query.filter(q -> q.exists(e -> e.field("@timestamp")));
        return newest(ALERTS, query.build(), "@timestamp", limit, "alerts").stream()
                .map(hit -> Documents.alert(id(hit), source(hit)))
                .toList();
    }

    public Optional<AlertRow> alert(String id) {
        return document(ALERTS, id).map(d -> Documents.alert(id, d));
    }

    /** @param total how many there are, this page's included */
    public record CausePage(List<CauseRow> rows, long total) {}

    /**
     * The highest risk first, then the highest severity, then what waits longest.
     *
     * @param person whose causes {@code mine} are
     */
    public CausePage causes(QueueQuery query, String person, Instant now, int limit) {
        BoolQuery built = causeQuery(query, person, now).build();
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> s.index(CAUSES)
                        .ignoreUnavailable(true)
                        .size(bounded(limit))
                        .trackTotalHits(t -> t.enabled(true))
                        .query(q -> q.bool(built))
                        .sort(o -> o.field(f -> f.field("risk").order(SortOrder.Desc)))
                        .sort(o -> o.field(f -> f.field("severity_number").order(SortOrder.Desc)))
                        .sort(o -> o.field(f -> f.field("first").order(SortOrder.Asc)))
                        .sort(o -> o.field(f -> f.field("cause").order(SortOrder.Asc)))),
                "causes");
        var total = response.hits().total();
        return new CausePage(
                response.hits().hits().stream()
                        .map(hit -> Documents.cause(source(hit)))
                        .toList(),
                total == null ? 0 : total.value());
    }

    private BoolQuery.Builder causeQuery(QueueQuery query, String person, Instant now) {
        BoolQuery.Builder bool = tenantQuery("tenant").filter(q -> q.exists(e -> e.field("@timestamp")));
        switch (query.state()) {
            case "waiting" -> words(bool, "status", List.of("open", "acknowledged"));
            case "open", "suppressed" -> word(bool, "status", query.state());
            case "mine" -> {
                word(bool, "triage.assignee", person);
                words(bool, "status", List.of("open", "acknowledged"));
            }
            case "closed" -> words(bool, "status", CLOSED);
            default -> {
                // all
            }
        }
        int lowest = QueueQuery.SEVERITIES.indexOf(query.severity()) + 1;
        if (lowest > 0) {
            bool.filter(
                    q -> q.range(r -> r.number(n -> n.field("severity_number").gte((double) lowest))));
        }
        word(bool, "kind", query.kind());
        word(bool, "host", query.host());
        word(bool, "agent", query.agent());
        word(bool, "triage.assignee", query.assignee());
        if (query.within() > 0) {
            String since = now.minus(query.age()).toString();
            bool.filter(q -> q.range(r -> r.date(d -> d.field("@timestamp").gte(since))));
        }
        for (QueueText term : QueueText.parse(query.text())) {
            Query question = question(term);
            if (term.excluded()) {
                bool.mustNot(question);
            } else {
                bool.filter(question);
            }
        }
        return bool;
    }

    private static Query question(QueueText term) {
        if (term.field().isEmpty()) {
            return Query.of(q -> q.multiMatch(m -> m.query(term.value())
                    .fields(TEXTS)
                    .type(term.value().contains(" ") ? TextQueryType.Phrase : TextQueryType.BestFields)
                    .operator(Operator.And)));
        }
        return term.isText()
                ? Query.of(q -> q.matchPhrase(m -> m.field(term.indexField()).query(term.value())))
                : Query.of(q -> q.term(t -> t.field(term.indexField()).value(term.value())));
    }

    private static void word(BoolQuery.Builder bool, String field, String value) {
        if (!value.isEmpty()) {
            bool.filter(q -> q.term(t -> t.field(field).value(value)));
        }
    }

    private static void words(BoolQuery.Builder bool, String field, Collection<String> values) {
        bool.filter(in(field, values));
    }

    private static Query in(String field, Collection<String> values) {
        List<FieldValue> words = values.stream().map(FieldValue::of).toList();
        return Query.of(q -> q.terms(t -> t.field(field).terms(v -> v.value(words))));
    }

    private static void within(BoolQuery.Builder bool, String field, Instant from, Instant to) {
        bool.filter(q ->
                q.range(r -> r.date(d -> d.field(field).gte(from.toString()).lt(to.toString()))));
    }

    /** A cause of one session, with everything that was decided about it. */
    public Optional<CauseRow> cause(String session, String cause) {
        return document(CAUSES, tenant + "/" + session + "/" + cause).map(Documents::cause);
    }

    /** The tenant's suppressions, newest first. */
    public List<SuppressionRow> suppressions(int limit) {
        return newest(SUPPRESSIONS, tenantQuery("tenant").build(), "@timestamp", limit, "suppressions").stream()
                .map(hit -> Documents.suppression(source(hit)))
                .toList();
    }

    /** @param id of its order */
    public Optional<SuppressionRow> suppression(String id) {
        return document(SUPPRESSIONS, tenant + "/" + id).map(Documents::suppression);
    }

    /** How many suppressions are in force. */
    public long suppressionsInForce(Instant now) {
        BoolQuery query = tenantQuery("tenant")
                .filter(q -> q.term(t -> t.field("refused").value("")))
                .filter(q -> q.range(r -> r.date(d -> d.field("expires").gte(now.toString()))))
                .mustNot(q -> q.exists(e -> e.field("ended.event")))
                .build();
        return count(SUPPRESSIONS, query, "suppressions");
    }

    /** Alerts that wait for nobody because of a suppression, by the id of its order. */
    public Map<String, Long> suppressedAlerts() {
        BoolQuery.Builder bool = tenantQuery("tenant");
        word(bool, "status", "suppressed");
        bool.mustNot(q -> q.term(t -> t.field("suppressed_by").value("")));
        return counts(ALERTS, bool.build(), "suppressed_by", MAX_RESULTS);
    }

    /** Open causes that such a suppression would cover now, whatever their workspace. */
    public long openCausesLike(String kind, String clause, String agent, Collection<String> severities) {
        BoolQuery.Builder bool = tenantQuery("tenant").filter(q -> q.exists(e -> e.field("@timestamp")));
        word(bool, "status", "open");
        word(bool, "kind", kind);
        word(bool, "clause", clause);
        word(bool, "agent", agent);
        words(bool, "severity", List.copyOf(severities));
        return count(CAUSES, bool.build(), "causes");
    }

    private long count(String index, BoolQuery query, String what) {
        var total = ask(
                        SearchRequest.of(s -> s.index(index)
                                .ignoreUnavailable(true)
                                .size(0)
                                .trackTotalHits(t -> t.enabled(true))
                                .query(q -> q.bool(query))),
                        what)
                .hits()
                .total();
        return total == null ? 0 : total.value();
    }

    /** Open causes by severity word. */
    public Map<String, Long> waitingCauses() {
        BoolQuery.Builder bool = tenantQuery("tenant").filter(q -> q.exists(e -> e.field("@timestamp")));
        word(bool, "status", "open");
        return counts(CAUSES, bool.build(), "severity", 10);
    }

    /** The values that occur most in fields of causes, for filters and completion. */
    public Map<String, List<String>> causeValues(List<String> fields) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        counts(CAUSES, tenantQuery("tenant").build(), fields, 30)
                .forEach((field, counts) -> values.put(field, List.copyOf(counts.keySet())));
        return values;
    }

    private Map<String, Long> counts(String index, BoolQuery query, String field, int limit) {
        return counts(index, query, List.of(field), limit).getOrDefault(field, Map.of());
    }

    /** By field, each value and how often it occurs, the most frequent first. */
    private Map<String, Map<String, Long>> counts(String index, BoolQuery query, List<String> fields, int limit) {
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> {
                    s.index(index).ignoreUnavailable(true).size(0).query(q -> q.bool(query));
                    fields.forEach(field -> s.aggregations(
                            field, a -> a.terms(t -> t.field(field).size(limit))));
                    return s;
                }),
                "counts");
        Map<String, Map<String, Long>> all = new LinkedHashMap<>();
        response.aggregations().forEach((field, aggregate) -> {
            Map<String, Long> counts = new LinkedHashMap<>();
            if (aggregate.isSterms()) {
                aggregate
                        .sterms()
                        .buckets()
                        .array()
                        .forEach(bucket -> counts.put(bucket.key().stringValue(), bucket.docCount()));
            }
            all.put(field, counts);
        });
        return all;
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

    /** Decided approvals of one tool, newest first. */
    public List<ApprovalRow> decidedApprovals(String tool, int limit) {
        BoolQuery.Builder query = tenantQuery("tenant");
        word(query, "tool", tool);
        words(query, "state", List.of("approved", "denied"));
        return newest(APPROVALS, query.build(), "@timestamp", limit, "approvals").stream()
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
    public List<TimelineEvent> events(
            String session, Collection<String> actions, Optional<Window> window, Keep keep, int limit) {
        BoolQuery.Builder bool = sessionEvents(session);
        words(bool, "event.action", List.copyOf(actions));
        window.ifPresent(piece -> bool.filter(q -> q.range(r -> r.date(d -> d.field("@timestamp")
                .gte(piece.from().toString())
                .lte(piece.to().toString())))));
        BoolQuery query = bool.build();
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

    /**
     * The events of a session as they stood at one moment: what arrives later does not move them, wherever its time is.
     *
     * @param view the store's name for that moment; it forgets it ten minutes after the last question
     */
    public record EventList(String view, EventOffsets offsets) {
        public static final EventList EMPTY = new EventList("", EventOffsets.EMPTY);
    }

    /**
     * Where each event of a session is, as of now; to be given to {@link #release}.
     *
     * @param actions which; empty: every one
     */
    public EventList list(String session, Collection<String> actions) {
        String view;
        try {
            view = client.openPointInTime(
                            open -> open.index(EVENTS).ignoreUnavailable(true).keepAlive(VIEW_LIFE))
                    .id();
        } catch (ElasticsearchException | IOException e) {
            throw new SearchUnavailableException("events", e);
        }
        try {
            Optional<long[]> span =
                    span(frozen(view), sessionEvents(session, actions).build());
            if (span.isEmpty()) {
                return new EventList(view, EventOffsets.EMPTY);
            }
            List<EventOffsets.Piece> pieces = new ArrayList<>();
            pieces(
                    frozen(view),
                    session,
                    actions,
                    span.get()[0],
                    span.get()[1] + 1,
                    pieces,
                    new AtomicInteger(OFFSET_QUESTIONS));
            return new EventList(view, EventOffsets.of(pieces));
        } catch (SearchUnavailableException e) {
            release(new EventList(view, EventOffsets.EMPTY));
            throw e;
        }
    }

    /** Nobody reads the list any more. */
    public void release(EventList list) {
        if (list.view().isEmpty()) {
            return;
        }
        try {
            client.closePointInTime(close -> close.id(list.view()));
        } catch (ElasticsearchException | IOException e) {
            // It is forgotten by itself.
            LOG.debug("a view of events could not be closed", e);
        }
    }

    private static UnaryOperator<SearchRequest.Builder> frozen(String view) {
        return search -> search.pit(pit -> pit.id(view).keepAlive(VIEW_LIFE)).allowPartialSearchResults(false);
    }

    /** Counts by time, in smaller pieces where many events are close together; {@code to} is exclusive, both in milliseconds. */
    private void pieces(
            UnaryOperator<SearchRequest.Builder> of,
            String session,
            Collection<String> actions,
            long from,
            long to,
            List<EventOffsets.Piece> pieces,
            AtomicInteger questions) {
        long step = Math.max(1, (to - from + OFFSET_PIECES - 1) / OFFSET_PIECES);
        BoolQuery query = sessionEvents(session, actions)
                .filter(q -> q.range(r -> r.date(d -> d.field("@timestamp")
                        .gte(Instant.ofEpochMilli(from).toString())
                        .lt(Instant.ofEpochMilli(to).toString()))))
                .build();
        for (EventOffsets.Piece piece : byTime(of, query, from, step)) {
            if (piece.count() > EventOffsets.MAX_IN_PIECE && step > 1 && questions.getAndDecrement() > 0) {
                pieces(of, session, actions, piece.fromMs(), Math.min(to, piece.fromMs() + step), pieces, questions);
            } else {
                pieces.add(piece);
            }
        }
    }

    /** Counts of pieces that begin at {@code from} and are {@code step} milliseconds long; those without an event are left out. */
    private List<EventOffsets.Piece> byTime(
            UnaryOperator<SearchRequest.Builder> of, BoolQuery query, long from, long step) {
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> of.apply(s)
                        .size(0)
                        .query(q -> q.bool(query))
                        .aggregations(
                                "time",
                                a -> a.dateHistogram(h -> h.field("@timestamp")
                                        .fixedInterval(t -> t.time(step + "ms"))
                                        .offset(t -> t.time(from % step + "ms"))
                                        .minDocCount(1)))),
                "counts by time");
        List<EventOffsets.Piece> pieces = new ArrayList<>();
        var time = response.aggregations().get("time");
        if (time != null && time.isDateHistogram()) {
            time.dateHistogram()
                    .buckets()
                    .array()
                    .forEach(bucket -> pieces.add(new EventOffsets.Piece(bucket.key(), bucket.docCount())));
        }
        return pieces;
    }

    /** First and last moment, milliseconds since the epoch. */
    private Optional<long[]> span(UnaryOperator<SearchRequest.Builder> of, BoolQuery query) {
        SearchResponse<ObjectNode> ends = ask(
                SearchRequest.of(s -> of.apply(s)
                        .size(0)
                        .query(q -> q.bool(query))
                        .aggregations("first", a -> a.min(m -> m.field("@timestamp")))
                        .aggregations("last", a -> a.max(m -> m.field("@timestamp")))),
                "span");
        var first = ends.aggregations().get("first");
        var last = ends.aggregations().get("last");
        Double start = first == null ? null : first.min().value();
        Double end = last == null ? null : last.max().value();
        if (start == null || end == null || !Double.isFinite(start) || !Double.isFinite(end)) {
            return Optional.empty();
        }
        return Optional.of(new long[] {start.longValue(), end.longValue()});
    }

    /** Events from an offset on, in the order of their time; at most {@code limit}, and none beyond the offsets' end. */
    public List<TimelineEvent> eventsFrom(
            String session, Collection<String> actions, EventList list, long offset, int limit) {
        EventOffsets offsets = list.offsets();
        if (offset >= offsets.total()) {
            return List.of();
        }
        EventOffsets.Place place = offsets.place(offset);
        int size = Math.min(bounded(limit), offsets.readable(offset));
        BoolQuery query = sessionEvents(session, actions)
                .filter(q -> q.range(r -> r.date(d -> d.field("@timestamp")
                        .gte(Instant.ofEpochMilli(place.fromMs()).toString()))))
                .build();
        return hits(
                        SearchRequest.of(s -> {
                            frozen(list.view())
                                    .apply(s)
                                    .from(place.skip())
                                    .size(size)
                                    .query(q -> q.bool(query));
                            byTime(s, SortOrder.Asc);
                            return s;
                        }),
                        "events")
                .stream()
                .map(hit -> Documents.event(id(hit), source(hit)))
                .toList();
    }

    private BoolQuery.Builder sessionEvents(String session, Collection<String> actions) {
        BoolQuery.Builder bool = sessionEvents(session);
        if (!actions.isEmpty()) {
            words(bool, "event.action", List.copyOf(actions));
        }
        return bool;
    }

    /** The last event of a session until a moment; of a session that began later the first one. */
    public Optional<TimelineEvent> eventAt(String session, Instant moment) {
        return nearest(session, SortOrder.Desc, d -> d.field("@timestamp").lte(moment.toString()))
                .or(() -> nearest(
                        session, SortOrder.Asc, d -> d.field("@timestamp").gte(moment.toString())));
    }

    private Optional<TimelineEvent> nearest(
            String session, SortOrder order, UnaryOperator<DateRangeQuery.Builder> side) {
        BoolQuery query = sessionEvents(session)
                .filter(q -> q.range(r -> r.date(side::apply)))
                .build();
        return hits(
                        SearchRequest.of(s -> {
                            s.index(EVENTS).ignoreUnavailable(true).size(1).query(q -> q.bool(query));
                            byTime(s, order);
                            return s;
                        }),
                        "events")
                .stream()
                .map(hit -> Documents.event(id(hit), source(hit)))
                .findFirst();
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
        return counts(EVENTS, sessionEvents(session).build(), "event.action", 100);
    }

    /**
     * Counts by time; of the whole session when there is no window.
     *
     * @param pieces how many, about
     */
    public Optional<Density> density(
            String session,
            Optional<Window> window,
            int pieces,
            Collection<String> processes,
            Collection<String> files,
            Collection<String> network) {
        BoolQuery.Builder seen = sessionEvents(session);
        words(seen, "plumbline.channel", List.of("claims", "evidence"));
        BoolQuery all = seen.build();
        Optional<long[]> span = span(LIVE, all);
        if (span.isEmpty()) {
            return Optional.empty();
        }
        long start = span.get()[0];
        long end = span.get()[1];
        long from = window.map(piece -> piece.from().toEpochMilli()).orElse(start);
        long to = window.map(piece -> piece.to().toEpochMilli()).orElse(end);
        long step = Math.max(1, (to - from) / Math.max(1, pieces) + 1);
        int count = (int) ((to - from) / step + 1);
        return Optional.of(new Density(
                start * 1_000_000,
                end * 1_000_000,
                from,
                step,
                histogram(session, processes, from, to, step, count),
                histogram(session, files, from, to, step, count),
                histogram(session, network, from, to, step, count)));
    }

    private List<Long> histogram(String session, Collection<String> actions, long from, long to, long step, int count) {
        BoolQuery.Builder bool = sessionEvents(session);
        words(bool, "event.action", List.copyOf(actions));
        bool.filter(q -> q.range(r -> r.date(d -> d.field("@timestamp")
                .gte(Instant.ofEpochMilli(from).toString())
                .lte(Instant.ofEpochMilli(to).toString()))));
        BoolQuery query = bool.build();
        Long[] counts = new Long[count];
        Arrays.fill(counts, 0L);
        byTime(LIVE, query, from, step).forEach(piece -> {
            int at = (int) Math.clamp((piece.fromMs() - from) / step, 0, count - 1);
            counts[at] += piece.count();
        });
        return List.of(counts);
    }

    /** What was done with each path, the most used first. */
    public List<FileUse> files(String session, int limit) {
        BoolQuery.Builder bool = sessionEvents(session);
        words(bool, "event.action", List.of("file-opened", "file-changed"));
        BoolQuery query = bool.build();
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> s.index(EVENTS)
                        .ignoreUnavailable(true)
                        .size(0)
                        .query(q -> q.bool(query))
                        .aggregations(
                                "paths", a -> a.terms(t -> t.field("file.path").size(bounded(limit)))
                                        .aggregations("last", m -> m.max(x -> x.field("@timestamp")))
                                        .aggregations(
                                                "changed",
                                                f -> f.filter(q -> q.term(t ->
                                                        t.field("event.action").value("file-changed"))))
                                        .aggregations(
                                                "failed",
                                                f -> f.filter(q -> q.term(t ->
                                                        t.field("event.outcome").value("failure")))))),
                "files");
        List<FileUse> files = new ArrayList<>();
        var paths = response.aggregations().get("paths");
        if (paths != null && paths.isSterms()) {
            paths.sterms().buckets().array().forEach(bucket -> {
                long changed = filtered(bucket.aggregations(), "changed");
                files.add(new FileUse(
                        bucket.key().stringValue(),
                        bucket.docCount() - changed,
                        changed,
                        filtered(bucket.aggregations(), "failed"),
                        Instant.ofEpochMilli((long) metric(bucket.aggregations(), "last"))));
            });
        }
        return files;
    }

    /** Bytes by host, the most connections first. A connection tells its bytes more than once; the highest count is its own. */
    public List<HostUse> hosts(String session, int limit) {
        BoolQuery.Builder bool = sessionEvents(session);
        word(bool, "event.action", "egress-decided");
        BoolQuery query = bool.build();
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> s.index(EVENTS)
                        .ignoreUnavailable(true)
                        .size(0)
                        .query(q -> q.bool(query))
                        .aggregations("hosts", a -> a.terms(
                                        t -> t.field("destination.domain").size(bounded(limit)))
                                .aggregations(
                                        "refused",
                                        f -> f.filter(q -> q.term(t -> t.field("plumbline.egress.allowed")
                                                .value(false))))
                                .aggregations("connections", c -> c.terms(t -> t.field("plumbline.egress.connection")
                                                .size(1_000))
                                        .aggregations("out", m -> m.max(x -> x.field("source.bytes")))
                                        .aggregations("in", m -> m.max(x -> x.field("destination.bytes")))))),
                "hosts");
        List<HostUse> found = new ArrayList<>();
        var hosts = response.aggregations().get("hosts");
        if (hosts != null && hosts.isSterms()) {
            hosts.sterms().buckets().array().forEach(bucket -> {
                long out = 0;
                long in = 0;
                long connections = 0;
                var each = bucket.aggregations().get("connections");
                if (each != null && each.isLterms()) {
                    for (var connection : each.lterms().buckets().array()) {
                        connections++;
                        out += (long) metric(connection.aggregations(), "out");
                        in += (long) metric(connection.aggregations(), "in");
                    }
                }
                found.add(new HostUse(
                        bucket.key().stringValue(), connections, filtered(bucket.aggregations(), "refused"), out, in));
            });
        }
        return found;
    }

    private static long filtered(Map<String, Aggregate> aggregates, String name) {
        Aggregate aggregate = aggregates.get(name);
        return aggregate == null ? 0 : aggregate.filter().docCount();
    }

    private static double metric(Map<String, Aggregate> aggregates, String name) {
        Aggregate aggregate = aggregates.get(name);
        Double value = aggregate == null ? null : aggregate.max().value();
        return value == null || !Double.isFinite(value) ? 0 : value;
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

    /** What people proposed and a second person has to confirm, the newest first. */
    public List<ObjectNode> proposals(String subject, int limit) {
        return newest(
                tenantEvents("activation-proposed", "plumbline.activation.subject", subject)
                        .build(),
                limit);
    }

    /**
     * How each rule did, by its id.
     *
     * @param days back from now, today included
     */
    public Map<String, RuleStatistics> ruleStatistics(int days, Instant now) {
        Instant today = now.truncatedTo(ChronoUnit.DAYS);
        Instant from = today.minus(days - 1L, ChronoUnit.DAYS);
        BoolQuery.Builder bool = tenantQuery("tenant")
                .filter(q -> q.range(r -> r.date(d -> d.field("@timestamp").gte(from.toString()))));
        word(bool, "kind", "rule");
        BoolQuery query = bool.build();
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> s.index(ALERTS)
                        .ignoreUnavailable(true)
                        .size(0)
                        .query(q -> q.bool(query))
                        .aggregations(
                                "rules", a -> a.terms(t -> t.field("clause").size(MAX_RESULTS))
                                        .aggregations("days", d -> d.dateHistogram(h -> h.field("@timestamp")
                                                        .fixedInterval(t -> t.time("1d"))
                                                        .minDocCount(1))
                                                .aggregations("right", verdict(RIGHT))
                                                .aggregations("wrong", verdict(WRONG)))
                                        .aggregations("right", verdict(RIGHT))
                                        .aggregations("wrong", verdict(WRONG))
                                        .aggregations("triaged", m -> m.max(x -> x.field("triage.at"))))),
                "rules");
        Map<String, RuleStatistics> statistics = new LinkedHashMap<>();
        var rules = response.aggregations().get("rules");
        if (rules != null && rules.isSterms()) {
            rules.sterms().buckets().array().forEach(bucket -> {
                String rule = bucket.key().stringValue().replaceFirst("^rule ", "");
                Day[] perDay = new Day[days];
                Arrays.fill(perDay, Day.EMPTY);
                var histogram = bucket.aggregations().get("days");
                if (histogram != null && histogram.isDateHistogram()) {
                    histogram.dateHistogram().buckets().array().forEach(day -> {
                        long at = ChronoUnit.DAYS.between(from, Instant.ofEpochMilli(day.key()));
                        perDay[(int) Math.clamp(at, 0, days - 1L)] = new Day(
                                day.docCount(),
                                filtered(day.aggregations(), "right"),
                                filtered(day.aggregations(), "wrong"));
                    });
                }
                double triaged = metric(bucket.aggregations(), "triaged");
                statistics.put(
                        rule,
                        new RuleStatistics(
                                rule,
                                bucket.docCount(),
                                List.of(perDay),
                                filtered(bucket.aggregations(), "right"),
                                filtered(bucket.aggregations(), "wrong"),
                                triaged == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli((long) triaged))));
            });
        }
        return statistics;
    }

    private static final List<String> RIGHT = List.of("true_positive");

    /** Verdicts that count against a rule. */
    private static final List<String> WRONG = List.of("benign", "expected_by_policy");

    private static Aggregation verdict(List<String> words) {
        List<FieldValue> values = words.stream().map(FieldValue::of).toList();
        return Aggregation.of(a -> a.filter(q -> q.terms(t -> t.field("status").terms(v -> v.value(values)))));
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

    /** @param total how many there are, this page's included */
    public record AuditPage(List<TimelineEvent> events, long total) {}

    /** What people did, the newest first. */
    public AuditPage audit(AuditQuery query, Instant now, int limit) {
        BoolQuery built = auditQuery(query, now.minus(query.age()), now, query.within() > 0);
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> {
                    s.index(EVENTS)
                            .ignoreUnavailable(true)
                            .size(bounded(limit))
                            .trackTotalHits(t -> t.enabled(true))
                            .query(q -> q.bool(built));
                    byTime(s, SortOrder.Desc);
                    return s;
                }),
                "audit");
        var total = response.hits().total();
        return new AuditPage(
                response.hits().hits().stream()
                        .map(hit -> Documents.event(id(hit), source(hit)))
                        .toList(),
                total == null ? 0 : total.value());
    }

    private BoolQuery auditQuery(AuditQuery query, Instant from, Instant to, boolean bounded) {
        // The watcher repeats orders to hosts on its own channel.
        BoolQuery.Builder bool = tenantQuery("organization.id");
        word(bool, "plumbline.channel", "control");
        words(bool, "event.action", query.actions());
        word(bool, "plumbline.session", query.session());
        if (!query.person().isEmpty()) {
            String person = query.person();
            // Two people who put something in force are named together; tokens act under their owner's name.
            bool.filter(q ->
                    q.bool(b -> b.should(x -> x.term(t -> t.field("user.name").value(person)))
                            .should(x -> x.prefix(t -> t.field("user.name").value("api:" + person + ":")))
                            .should(x -> x.prefix(t -> t.field("user.name").value(person + " and ")))
                            .should(x -> x.wildcard(t -> t.field("user.name").value("* and " + literal(person))))));
        }
        if (!query.reason().isEmpty()) {
            bool.filter(q ->
                    q.match(m -> m.field("event.reason").query(query.reason()).operator(Operator.And)));
        }
        if (bounded) {
            within(bool, "@timestamp", from, to);
        }
        return bool.build();
    }

    private static String literal(String text) {
        return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?");
    }

    /**
     * What happened in a time, for {@link PeriodFigures}; documents as they stand, the newest {@link #MAX_RESULTS} of each kind.
     *
     * @param from the time begins, {@code to} it is over
     */
    public PeriodFigures period(Instant from, Instant to) {
        int days = (int) Math.clamp(ChronoUnit.DAYS.between(from.truncatedTo(ChronoUnit.DAYS), to) + 1, 1, 366);
        return PeriodFigures.of(
                from,
                to,
                counts(ALERTS, within("@timestamp", from, to), "severity", 10),
                counts(ALERTS, within("@timestamp", from, to), "status", 20),
                counts(EVENTS, auditQuery(AuditQuery.ALL, from, to, true), "user.name", 50),
                counts(EVENTS, eventsWithin("tool-call", from, to), "event.action", 1)
                        .getOrDefault("tool-call", 0L),
                documentsWithin(APPROVALS, "@timestamp", from, to),
                documentsWithin(CAUSES, "@timestamp", from, to),
                documentsWithin(SESSIONS, "last_seen", from, to),
                ruleStatistics(days, to));
    }

    /** The newest report of each host's canary, by host, the newest first; of {@link #MAX_RESULTS} hosts. */
    public Map<String, CanaryReport> canaries() {
        BoolQuery query = tenantQuery("organization.id")
                .filter(q -> q.term(t -> t.field("event.action").value("canary-reported")))
                .build();
        Map<String, CanaryReport> newest = new LinkedHashMap<>();
        hits(
                        SearchRequest.of(s -> {
                            s.index(EVENTS)
                                    .ignoreUnavailable(true)
                                    .allowPartialSearchResults(false)
                                    .size(MAX_RESULTS)
                                    .query(q -> q.bool(query))
                                    .collapse(c -> c.field("host.name"));
                            byTime(s, SortOrder.Desc);
                            return s;
                        }),
                        "canaries")
                .stream()
                .map(Search::source)
                .forEach(
                        document -> newest.putIfAbsent(document.at("/host/name").asText(), Documents.canary(document)));
        return newest;
    }

    /**
     * The newest heartbeat of each host, of {@link EveryHost#MAX} hosts.
     *
     * @param since by the hosts' own clocks, which may be ahead
     * @param except hosts that are not asked about
     */
    public Beats heartbeats(Instant since, Instant now, Collection<String> except) {
        BoolQuery.Builder bool = tenantQuery("organization.id");
        word(bool, "event.action", "heartbeat");
        within(bool, "@timestamp", since, now.plus(EveryHost.AHEAD));
        if (!except.isEmpty()) {
            bool.mustNot(in("host.name", except));
        }
        return EveryHost.beats(
                ask(EveryHost.heartbeats(EVENTS, bool.build()), "heartbeats").aggregations());
    }

    /**
     * Every host that has a heartbeat among {@code beats}, a canary, or a session.
     *
     * @param since the sessions that count were active then or later
     */
    public HostList hosts(Beats beats, Instant since) {
        var answer = hostSessions(since, List.of());
        Map<String, StringTermsBucket> ran = new HashMap<>(EveryHost.buckets(answer));
        boolean cut = EveryHost.isCut(answer);
        if (cut) {
            // A host that is listed by its heartbeat is not to stand there as one without sessions.
            List<String> missing = beats.newest().keySet().stream()
                    .filter(host -> !ran.containsKey(host))
                    .limit(EveryHost.MAX)
                    .toList();
            if (!missing.isEmpty()) {
                ran.putAll(EveryHost.buckets(hostSessions(since, missing)));
            }
        }
        return EveryHost.of(ran, cut, beats, canaries());
    }

    /** @param hosts empty: all */
    private Map<String, Aggregate> hostSessions(Instant since, Collection<String> hosts) {
        BoolQuery.Builder bool = tenantQuery("tenant")
                .filter(q -> q.range(r -> r.date(d -> d.field("last_seen").gte(since.toString()))));
        if (!hosts.isEmpty()) {
            bool.filter(in("host", hosts));
        }
        return ask(EveryHost.sessions(SESSIONS, bool.build()), "hosts").aggregations();
    }

    /** How many acts the intent model gave which score, by the bins of {@link ScoreDistribution}, the lowest first. */
    public List<Long> scores(Instant from, Instant to) {
        BoolQuery query = eventsWithin("scores-counted", from, to);
        SearchResponse<ObjectNode> response = ask(
                SearchRequest.of(s -> {
                    s.index(EVENTS).ignoreUnavailable(true).size(0).query(q -> q.bool(query));
                    for (int bin = 0; bin < ScoreDistribution.BINS; bin++) {
                        String field = "plumbline.scores.bin_" + bin;
                        s.aggregations(field, a -> a.sum(sum -> sum.field(field)));
                    }
                    return s;
                }),
                "scores");
        List<Long> scores = new ArrayList<>();
        for (int bin = 0; bin < ScoreDistribution.BINS; bin++) {
            Aggregate sum = response.aggregations().get("plumbline.scores.bin_" + bin);
            scores.add(sum == null ? 0 : Math.round(sum.sum().value()));
        }
        return scores;
    }

    private BoolQuery within(String field, Instant from, Instant to) {
        BoolQuery.Builder bool = tenantQuery("tenant");
        within(bool, field, from, to);
        return bool.build();
    }

    private BoolQuery eventsWithin(String action, Instant from, Instant to) {
        BoolQuery.Builder bool = tenantQuery("organization.id");
        word(bool, "event.action", action);
        within(bool, "@timestamp", from, to);
        return bool.build();
    }

    private List<ObjectNode> documentsWithin(String index, String field, Instant from, Instant to) {
        BoolQuery query = within(field, from, to);
        return hits(
                        SearchRequest.of(s -> s.index(index)
                                .ignoreUnavailable(true)
                                .size(MAX_RESULTS)
                                .query(q -> q.bool(query))
                                .sort(o -> o.field(f -> f.field(field).order(SortOrder.Desc)))),
                        index)
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
        } catch (IOException | RuntimeException e) {
            throw new SearchUnavailableException(index, e);
        }
    }

    /** @param time the field that says which are newest */
    private List<Hit<ObjectNode>> newest(String index, BoolQuery query, String time, int limit, String what) {
        return hits(
                SearchRequest.of(s -> s.index(index)
                        .ignoreUnavailable(true)
                        .size(bounded(limit))
                        .query(q -> q.bool(query))
                        .sort(o -> o.field(f -> f.field(time).order(SortOrder.Desc)))),
                what);
    }

    private List<Hit<ObjectNode>> hits(SearchRequest request, String what) {
        return ask(request, what).hits().hits();
    }

    private SearchResponse<ObjectNode> ask(SearchRequest request, String what) {
        SearchResponse<ObjectNode> response;
        try {
            response = client.search(request, ObjectNode.class);
        } catch (IOException | RuntimeException e) {
            throw new SearchUnavailableException(what, e);
        }
        if (response.shards().total().intValue() > 0
                && !response.aggregations()
                        .keySet()
                        .containsAll(request.aggregations().keySet())) {
            // Nothing told is not nothing there.
            throw new SearchUnavailableException(
                    what,
                    new IllegalStateException(
                            "told of " + response.aggregations().keySet() + " (expected: of each of "
                                    + request.aggregations().keySet() + ")"));
        }
        return response;
    }

    /**
     * A session's events as rules see them, with what documents have of them; empty when there is none.
     *
     * @return empty when it has more than fit into memory
     * @throws SearchUnavailableException also when the answer is of a part of the indices
     */
    public Optional<List<SigmaEvent>> stored(String session) {
        BoolQuery query = tenantQuery("organization.id")
                .filter(q -> q.term(t -> t.field("plumbline.session").value(session)))
                .build();
        if (count(EVENTS, query, "events") > MAX_STORED) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SearchCopy(this::send)
                            .sessions(
                                    new SearchCopy.Selection(
                                            tenant, List.of(session), Optional.empty(), Optional.empty()),
                                    MAX_STORED)
                            .stream()
                            .flatMap(recording -> recording.events().stream())
                            .toList());
        } catch (ElasticsearchException | IOException | EventLimitException e) {
            throw new SearchUnavailableException("search copy: " + e.getMessage(), e);
        }
    }

    private JsonNode send(String method, String path, JsonNode body) throws IOException {
        URI target = URI.create(path);
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String parameter :
                Objects.requireNonNullElse(target.getQuery(), "").split("&")) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                parameters.put(parameter.substring(0, equals), parameter.substring(equals + 1));
            }
        }
        return client._transport()
                .performRequest(
                        body,
                        new SimpleEndpoint<JsonNode, JsonNode>(
                                "search-copy",
                                request -> method,
                                request -> target.getPath(),
                                request -> Map.of(),
                                request -> parameters,
                                request -> Map.of(),
                                !body.isEmpty(),
                                JsonpDeserializer.of(JsonNode.class)),
                        null);
    }

    private static int bounded(int limit) {
        return Math.clamp(limit, 1, MAX_RESULTS);
    }

    private static String id(Hit<ObjectNode> hit) {
        return Objects.requireNonNullElse(hit.id(), "");
    }

    private static ObjectNode source(Hit<ObjectNode> hit) {
        ObjectNode source = hit.source();
        if (source == null) {
            throw new SearchUnavailableException(
                    "document " + id(hit), new IllegalStateException("no source (expected: each has one)"));
        }
        return source;
    }
}
