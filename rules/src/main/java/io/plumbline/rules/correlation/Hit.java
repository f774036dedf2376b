package io.plumbline.rules.correlation;

import io.plumbline.rules.engine.SigmaEvent;
import java.util.List;
import java.util.Map;

/**
 * A match of a rule as a correlation takes it in. The fields of a correlation's match are its group's, and else those of the event
 * that completed it.
 *
 * @param events ids of the events that it rests on, oldest first
 */
public record Hit(SigmaEvent event, Map<String, String> group, long timeNs, List<String> events) {
    public Hit {
        events = List.copyOf(events);
    }

    /** The match of a rule on one event. */
    public static Hit of(SigmaEvent event) {
        return new Hit(event, Map.of(), event.timeNs(), List.of(event.id()));
    }

    /** Values of a field; empty when it has none. */
    List<String> texts(String field) {
        String value = group.get(field);
        return value == null ? event.texts(field) : List.of(value);
    }
}
