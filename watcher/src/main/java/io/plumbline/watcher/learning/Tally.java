package io.plumbline.watcher.learning;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Counts acts that mean the same. */
final class Tally {
    private final Set<String> sessions = new TreeSet<>();
    private final List<String> events = new ArrayList<>();
    private long acts;

    void add(String session, String event) {
        sessions.add(session);
        acts++;
        if (events.size() < Evidence.EXAMPLES) {
            events.add(event);
        }
    }

    Tally add(Tally other) {
        sessions.addAll(other.sessions);
        acts += other.acts;
        other.events.stream().limit(Evidence.EXAMPLES - events.size()).forEach(events::add);
        return this;
    }

    long acts() {
        return acts;
    }

    Evidence evidence() {
        return new Evidence(sessions.size(), acts, events);
    }
}
