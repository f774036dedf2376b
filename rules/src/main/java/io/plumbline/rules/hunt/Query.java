package io.plumbline.rules.hunt;

import io.plumbline.rules.sigma.Comparison;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** A question about one document, in two-valued logic: a field that is not there fits nothing. */
sealed interface Query {
    record All(List<Query> parts) implements Query {
        public All {
            parts = List.copyOf(parts);
        }
    }

    record Any(List<Query> parts) implements Query {
        public Any {
            parts = List.copyOf(parts);
        }
    }

    record Not(Query part) implements Query {}

    /** The field has a value in the index. */
    record Exists(String field) implements Query {}

    /** The field has the value, exactly. */
    record Equal(String field, Object value) implements Query {}

    /**
     * The field's text fits a pattern as a whole.
     *
     * @param pattern with {@code *} and {@code ?}; a backslash in front makes them and itself plain
     */
    record Like(String field, String pattern, boolean cased) implements Query {}

    /** The field's text fits an expression of Lucene as a whole. */
    record Expression(String field, String expression) implements Query {}

    record Compare(String field, Comparison comparison, BigDecimal limit) implements Query {}

    static Query all(List<Query> parts) {
        List<Query> flat = new ArrayList<>();
        parts.forEach(part -> {
            if (part instanceof All inner) {
                flat.addAll(inner.parts());
            } else {
                flat.add(part);
            }
        });
        return flat.size() == 1 ? flat.getFirst() : new All(flat);
    }

    static Query all(Query... parts) {
        return all(List.of(parts));
    }

    static Query any(List<Query> parts) {
        List<Query> flat = new ArrayList<>();
        parts.forEach(part -> {
            if (part instanceof Any inner) {
                flat.addAll(inner.parts());
            } else {
                flat.add(part);
            }
        });
        return flat.size() == 1 ? flat.getFirst() : new Any(flat);
    }

    static Query any(Query... parts) {
        return any(List.of(parts));
    }
}
