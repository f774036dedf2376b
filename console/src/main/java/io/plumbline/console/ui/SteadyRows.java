package io.plumbline.console.ui;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A list that does not move under the pointer: rows that are shown keep their place and are replaced by their newest version; new
 * ones wait until somebody asks for them.
 *
 * @param <T> the row
 */
final class SteadyRows<T> {
    private final Function<T, String> id;
    private final Map<String, Row<T>> shown = new LinkedHashMap<>();
    private List<T> newest = List.of();

    SteadyRows(Function<T, String> id) {
        this.id = id;
    }

    /** A place in the list. Equality is identity of place, so that a selection survives a newer version. */
    static final class Row<T> {
        private T value;

        private Row(T value) {
            this.value = value;
        }

        T value() {
            return value;
        }
    }

    /** Takes the newest list and returns the shown rows whose content changed. */
    List<Row<T>> update(List<T> list) {
        newest = list;
        List<Row<T>> changed = new ArrayList<>();
        for (T value : list) {
            Row<T> row = shown.get(id.apply(value));
            if (row != null && !row.value.equals(value)) {
                row.value = value;
                changed.add(row);
            }
        }
        return changed;
    }

    /** Takes a newer version of one row that is not in the newest list any more. */
    Optional<Row<T>> replace(T value) {
        Row<T> row = shown.get(id.apply(value));
        if (row == null || row.value.equals(value)) {
            return Optional.empty();
        }
        row.value = value;
        return Optional.of(row);
    }

    /** Shown rows that the newest list has not. */
    List<Row<T>> departed() {
        Set<String> known = new HashSet<>();
        newest.forEach(value -> known.add(id.apply(value)));
        return shown.entrySet().stream()
                .filter(entry -> !known.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** How many of the newest list are not shown. */
    int waiting() {
        return (int) newest.stream()
                .filter(value -> !shown.containsKey(id.apply(value)))
                .count();
    }

    /** Shows the newest list in its order; rows that were shown before are the same objects. */
    List<Row<T>> showNewest() {
        Map<String, Row<T>> next = new LinkedHashMap<>();
        for (T value : newest) {
            String key = id.apply(value);
            Row<T> row = shown.get(key);
            if (row == null) {
                row = new Row<>(value);
            }
            row.value = value;
            next.put(key, row);
        }
        shown.clear();
        shown.putAll(next);
        return rows();
    }

    List<Row<T>> rows() {
        return List.copyOf(shown.values());
    }
}
