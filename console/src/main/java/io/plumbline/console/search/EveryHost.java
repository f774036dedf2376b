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
import io.plumbline.console.search.SessionSummary.Daemon;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the search copy is asked about hosts, and its answers put together. */
final class EveryHost {
    /** Hosts of one tenant; those with the fewest sessions are left out of more. */
    static final int MAX = 1_000;

    /** Beats are many: those of a day are looked through, and whoever was silent longer is known by its sessions. */
    static final Duration HEARTBEATS = Duration.ofDays(1);

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
                        .aggregations("told", f -> f.filter(spooling).aggregations("newest", newest("last_seen")))));
    }

    static SearchRequest heartbeats(String index, BoolQuery query) {
        return SearchRequest.of(s -> s.index(index)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .size(0)
                .query(q -> q.bool(query))
                .aggregations("hosts", a -> a.terms(t -> t.field("host.name").size(MAX))
                        .aggregations("newest", newest("@timestamp"))));
    }

    private static Aggregation newest(String time) {
        return Aggregation.of(a ->
                a.topHits(t -> t.size(1).sort(o -> o.field(f -> f.field(time).order(SortOrder.Desc)))));
    }

    /** By name. */
    static List<HostRow> of(
            Map<String, Aggregate> sessions, Map<String, Aggregate> heartbeats, Map<String, CanaryReport> canaries) {
        Map<String, StringTermsBucket> ran = buckets(sessions.get("hosts"));
        Map<String, JsonNode> beats = new TreeMap<>();
        buckets(heartbeats.get("hosts")).forEach((host, bucket) -> newest(bucket.aggregations())
                .ifPresent(document -> beats.put(host, document)));
        TreeSet<String> names = new TreeSet<>(ran.keySet());
        names.addAll(beats.keySet());
        names.addAll(canaries.keySet());
        return names.stream()
                .filter(host -> !host.isEmpty())
                .map(host -> row(
                        host,
                        Optional.ofNullable(ran.get(host)),
                        Optional.ofNullable(beats.get(host)),
                        Optional.ofNullable(canaries.get(host))))
                .toList();
    }

    private static HostRow row(
            String host, Optional<StringTermsBucket> ran, Optional<JsonNode> beat, Optional<CanaryReport> canary) {
        Map<String, Aggregate> sessions =
                ran.map(StringTermsBucket::aggregations).orElse(Map.of());
        Map<String, Aggregate> live = within(sessions, "live");
        return new HostRow(
                host,
                beat.flatMap(document -> Documents.instant(document, "/@timestamp"))
                        .or(() -> moment(sessions.get("heard")))
                        .or(() -> canary.map(CanaryReport::at)),
                beat.flatMap(EveryHost::beaten).or(() -> newest(within(sessions, "told"))
                        .map(document -> Documents.session(document).daemon())),
                buckets(sessions.get("runtimes")).keySet().stream()
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

    private static Map<String, StringTermsBucket> buckets(@Nullable Aggregate terms) {
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
