package io.plumbline.rules.hunt;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.sigma.Comparison;
import java.util.List;
import java.util.Locale;

/** Queries in Elasticsearch's query DSL. */
final class QueryDsl {
    /** What the store may spend on one expression; ten times its default, enough for the longest of the pack. */
    private static final int MAX_STATES = 100_000;

    private QueryDsl() {}

    static ObjectNode render(Query query) {
        return switch (query) {
            case Query.All all -> bool("filter", all.parts());
            case Query.Any any -> any.parts().isEmpty() ? wrap("match_none", object()) : bool("should", any.parts());
            case Query.Not not -> bool("must_not", List.of(not.part()));
            case Query.Exists exists -> wrap("exists", object().put("field", exists.field()));
            case Query.Equal equal -> wrap("term", object().putPOJO(equal.field(), equal.value()));
            case Query.Like like -> {
                ObjectNode pattern = object().put("value", like.pattern()).put("case_insensitive", !like.cased());
                yield wrap("wildcard", object().set(like.field(), pattern));
            }
            case Query.Expression expression ->
                wrap(
                        "regexp",
                        object().set(
                                        expression.field(),
                                        object().put("value", expression.expression())
                                                .put("flags", "NONE")
                                                .put("max_determinized_states", MAX_STATES)));
            case Query.Compare compare -> compare(compare);
        };
    }

    private static ObjectNode compare(Query.Compare compare) {
        if (compare.comparison() == Comparison.EQ) {
            return wrap("term", object().put(compare.field(), compare.limit()));
        }
        if (compare.comparison() == Comparison.NEQ) {
            return render(Query.all(
                    new Query.Exists(compare.field()),
                    new Query.Not(new Query.Compare(compare.field(), Comparison.EQ, compare.limit()))));
        }
        ObjectNode limit = object().put(compare.comparison().name().toLowerCase(Locale.ROOT), compare.limit());
        return wrap("range", object().set(compare.field(), limit));
    }

    private static ObjectNode bool(String clause, List<Query> parts) {
        ObjectNode body = object();
        ArrayNode list = body.putArray(clause);
        parts.forEach(part -> list.add(render(part)));
        return wrap("bool", body);
    }

    private static ObjectNode wrap(String name, ObjectNode body) {
        return object().set(name, body);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
