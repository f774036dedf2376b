package io.plumbline.watcher.crosssession;

import io.plumbline.events.EventIds;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;

/** Why sessions belong together. */
public enum Relation {
    /** The same words of the person who gave the task. */
    TASK("task"),
    /** The same folder of the same host. */
    WORKSPACE("workspace"),
    /** The same person or program that gave it. */
    PRINCIPAL("principal");

    private final String word;

    Relation(String word) {
        this.word = word;
    }

    /** For people, and in keys. */
    public String word() {
        return word;
    }

    /**
     * What a session belongs to.
     *
     * @param key {@code tenant/relation/hash}: of another tenant it never is the same
     */
    public record Group(Relation relation, String key) {
        private static Group of(Relation relation, String tenant, String... parts) {
            return new Group(relation, tenant + "/" + relation.word + "/" + EventIds.derived(relation.word, parts));
        }

        /** The groups of a session; none for what its host has not said. */
        public static List<Group> of(WatchState.Builder session) {
            List<Group> groups = new ArrayList<>();
            String tenant = session.getTenant();
            String task = session.getTask().getTask().strip();
            if (!task.isEmpty()) {
                groups.add(of(TASK, tenant, task));
            }
            if (!session.getWorkspaceSha256().isEmpty()) {
                groups.add(of(WORKSPACE, tenant, session.getHost(), session.getWorkspaceSha256()));
            }
            if (!session.getTask().getAssignedBy().isEmpty()) {
                groups.add(of(PRINCIPAL, tenant, session.getTask().getAssignedBy()));
            }
            return groups;
        }

        /** The relation of a key. */
        public static Relation relationOf(String key) {
            int end = key.lastIndexOf('/');
            String word = key.substring(key.lastIndexOf('/', end - 1) + 1, Math.max(0, end));
            for (Relation relation : values()) {
                if (relation.word.equals(word)) {
                    return relation;
                }
            }
            throw new IllegalArgumentException("key: " + key + " (expected: tenant/relation/hash)");
        }
    }
}
