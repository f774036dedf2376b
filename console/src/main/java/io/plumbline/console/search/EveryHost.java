package io.plumbline.console.search;

import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.aggregations.Aggregate;
import co.elastic.clients.elasticsearch._types.aggregations.Aggregation;
import co.elastic.clients.elasticsearch._types.aggregations.StringTermsBucket;
import co.elastic.clients.elasticsearch._types.query_dsl.BoolQuery;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.console.search.Beats.Beat;
import io.plumbline.console.search.SessionSummary.Daemon;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the search copy is asked about hosts, and its answers put together. */
final class EveryHost {
    /** Hosts of one answer. */
    static final int MAX = 1_000;

    /** A clock that is ahead by more is not believed at all. */
    static final Duration AHEAD = Duration.ofDays(1);

    private static final int MAX_RUNTIMES = 3;

    private EveryHost() {}

    static SearchRequest sessions(String index, BoolQuery query) {
        Query over = Query.of(q -> q.terms(t -> t.field("state.confirmed")
                .terms(v ->
                        v.value(List.of(FieldValue.of("killed"), FieldValue.of("exited"), FieldValue.of("failed"))))));
        Query spooling = Query.of(q ->
                q.range(r -> r.number(n -> n.field("daemon.spool_limit_bytes").gt(0.0))));
        return SearchRequest.of(s -> s.index(index)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .size(0)
                .query(q -> q.bool(query))
                .aggregations("hosts", a -> a.terms(t -> t.field("host").size(MAX))
                        .aggregations("heard", m -> m.max(x -> x.field("last_seen")))
                        .aggregations("missing", m -> m.sum(x -> x.field("counts.missing")))
                        .aggregations("dropped", m -> m.sum(x -> x.field("counts.dropped")))
                        .aggregations(
                                "runtimes",
                                r -> r.terms(t -> t.field("runtime.name").size(MAX_RUNTIMES)))
                        .aggregations("live", f -> f.filter(q -> q.bool(b -> b.mustNot(over)))
                                .aggregations(
                                        "frozen",
                                        g -> g.filter(q -> q.term(
                                                t -> t.field("state.confirmed").value("frozen"))))
                                .aggregations(
                                        "degraded",
                                        g -> g.filter(q -> q.term(
                                                t -> t.field("runtime.degraded").value(true)))))
                        .aggregations("told", f -> f.filter(spooling)
                                .aggregations("newest", newest("last_seen", List.of("daemon"))))));
    }

    static SearchRequest heartbeats(String index, BoolQuery query) {
        return SearchRequest.of(s -> s.index(index)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .size(0)
                .query(q -> q.bool(query))
                .aggregations("hosts", a -> a.terms(t -> t.field("host.name").size(MAX))
                        .aggregations("newest", newest("@timestamp", List.of("@timestamp", "plumbline.heartbeat")))));
    }

    private static Aggregation newest(String time, List<String> fields) {
        return Aggregation.of(a -> a.topHits(t -> t.size(1)
                .source(source -> source.filter(f -> f.includes(fields)))
                .sort(o -> o.field(f -> f.field(time).order(SortOrder.Desc)))));
    }

    static Beats beats(Map<String, Aggregate> heartbeats) {
        Map<String, Beat> newest = new HashMap<>();
        buckets(heartbeats).forEach((host, bucket) -> newest(bucket.aggregations())
                .flatMap(document ->
                        Documents.instant(document, "/@timestamp").map(at -> new Beat(at, beaten(document))))
                .ifPresent(beat -> newest.put(host, beat)));
        newest.remove("");
        return new Beats(newest, isCut(heartbeats));
    }

    /** Whether there are hosts without a bucket. */
    static boolean isCut(Map<String, Aggregate> answer) {
        Aggregate hosts = answer.get("hosts");
        return hosts != null
                && hosts.isSterms()
                && Objects.requireNonNullElse(hosts.sterms().sumOtherDocCount(), 0L) > 0;
    }

    /**
     * @param ran what the sessions of each host say
     * @param isCut whether there are more hosts with sessions
     */
    static HostList of(
            Map<String, StringTermsBucket> ran, boolean isCut, Beats beats, Map<String, CanaryReport> canaries) {
        TreeSet<String> names = new TreeSet<>(beats.newest().keySet());
        // Where heartbeats are missing from the answer, a host without one may well be heard.
        if (!beats.isCut()) {
            names.addAll(ran.keySet());
            names.addAll(canaries.keySet());
        }
        names.remove("");
        List<HostRow> rows = names.stream()
                .map(host -> row(
                        host,
                        Optional.ofNullable(ran.get(host)),
                        Optional.ofNullable(beats.newest().get(host)),
                        Optional.ofNullable(canaries.get(host))))
                .sorted(Comparator.comparing(row -> row.heard().orElse(Instant.EPOCH)))
                .limit(MAX)
                .sorted(Comparator.comparing(HostRow::host))
                .toList();
        return new HostList(rows, isCut || beats.isCut() || rows.size() < names.size());
    }

    private static HostRow row(
            String host, Optional<StringTermsBucket> ran, Optional<Beat> beat, Optional<CanaryReport> canary) {
        Map<String, Aggregate> sessions =
                ran.map(StringTermsBucket::aggregations).orElse(Map.of());
        Map<String, Aggregate> live = within(sessions, "live");
        return new HostRow(
                host,
                beat.map(Beat::at).or(() -> moment(sessions.get("heard"))).or(() -> canary.map(CanaryReport::at)),
                beat.flatMap(Beat::daemon).or(() -> newest(within(sessions, "told"))
                        .map(document -> Documents.session(document).daemon())),
                buckets(sessions, "runtimes").keySet().stream()
                        .filter(name -> !name.isEmpty())
                        .toList(),
                ran.map(StringTermsBucket::docCount).orElse(0L),
                number(sessions.get("live")),
                number(live.get("frozen")),
                number(live.get("degraded")),
                sum(sessions.get("missing")),
                sum(sessions.get("dropped")),
                canary);
    }

    /** Empty when it is of a host that does not tell. */
    private static Optional<Daemon> beaten(JsonNode document) {
        JsonNode beat = document.at("/plumbline/heartbeat");
        return beat.path("spool_limit_bytes").asLong() > 0
                ? Optional.of(new Daemon(
                        beat.path("host_version").asText(),
                        beat.path("spool_bytes").asLong(),
                        beat.path("spool_limit_bytes").asLong()))
                : Optional.empty();
    }

    /** By host. */
    static Map<String, StringTermsBucket> buckets(Map<String, Aggregate> answer) {
        return buckets(answer, "hosts");
    }

    private static Map<String, StringTermsBucket> buckets(Map<String, Aggregate> aggregates, String name) {
        Aggregate terms = aggregates.get(name);
        Map<String, StringTermsBucket> found = new LinkedHashMap<>();
        if (terms != null && terms.isSterms()) {
            terms.sterms()
                    .buckets()
                    .array()
                    .forEach(bucket -> found.put(bucket.key().stringValue(), bucket));
        }
        return found;
    }

    private static Map<String, Aggregate> within(Map<String, Aggregate> aggregates, String filter) {
        Aggregate aggregate = aggregates.get(filter);
        return aggregate == null ? Map.of() : aggregate.filter().aggregations();
    }

    private static Optional<JsonNode> newest(Map<String, Aggregate> aggregates) {
        Aggregate aggregate = aggregates.get("newest");
        return aggregate == null
                ? Optional.empty()
                : aggregate.topHits().hits().hits().stream()
                        .findFirst()
                        .flatMap(hit -> Optional.ofNullable(hit.source()))
                        .map(source -> source.to(JsonNode.class));
    }

    private static long number(@Nullable Aggregate filter) {
        return filter == null ? 0 : filter.filter().docCount();
    }

    private static long sum(@Nullable Aggregate sum) {
        Double value = sum == null ? null : sum.sum().value();
        return value == null ? 0 : Math.round(value);
    }

    private static Optional<Instant> moment(@Nullable Aggregate max) {
        Double value = max == null ? null : max.max().value();
        return value == null || !Double.isFinite(value) || value <= 0
                ? Optional.empty()
                : Optional.of(Instant.ofEpochMilli(value.longValue()));
    }
}
