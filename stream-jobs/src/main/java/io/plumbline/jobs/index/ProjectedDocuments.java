package io.plumbline.jobs.index;

import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the index job writes, without the job: events in, writes out, in one thread and without a clock. For tests, and for filling a
 * search copy from recorded sessions. Remembers every session it was given.
 */
public final class ProjectedDocuments {
    private final Map<String, SessionState> sessions = new HashMap<>();
    private final Map<String, Suppressions> suppressions = new HashMap<>();

    /** The writes that follow from the event, in the order in which they have to be made. */
    public List<IndexOperation> of(Event event) {
        List<IndexOperation> operations = new ArrayList<>();
        operations.add(Documents.event(event));
        Suppressions inForce = suppressions.getOrDefault(event.getTenant(), Suppressions.NONE);
        if (Suppressions.isAbout(event)) {
            Suppressions.Change change = inForce.after(event);
            suppressions.put(event.getTenant(), change.after());
            change.document().ifPresent(operations::add);
            change.changed().ifPresent(changed -> sessions.values().stream()
                    .filter(state -> state.identity().tenant().equals(event.getTenant()))
                    .forEach(state -> operations.addAll(change.after().consequences(changed, state))));
        }
        if (!event.getSession().isEmpty()) {
            SessionState before = sessions.getOrDefault(Topics.key(event), SessionState.EMPTY);
            SessionState state = SessionProjection.apply(before, event);
            sessions.put(Topics.key(event), state);
            operations.addAll(Documents.consequences(state, event, inForce));
            operations.addAll(inForce.consequences(before, state));
            operations.add(Documents.session(state, inForce));
        }
        return operations;
    }

    /** The body of a bulk request for Elasticsearch: one action line and one document line per write. */
    public static String bulkBody(List<IndexOperation> operations) {
        StringBuilder body = new StringBuilder();
        for (IndexOperation operation : operations) {
            String target = "{\"_index\":\"" + operation.index() + "\",\"_id\":\"" + operation.id() + "\"}";
            switch (operation.mode()) {
                case REPLACE ->
                    body.append("{\"index\":").append(target).append("}\n").append(operation.json());
                case MERGE ->
                    body.append("{\"update\":")
                            .append(target)
                            .append("}\n{\"doc_as_upsert\":true,\"doc\":")
                            .append(operation.json())
                            .append('}');
            }
            body.append('\n');
        }
        return body.toString();
    }

    /** The index templates as JSON by name; put them before the first write. */
    public static Map<String, String> templates() throws IOException {
        Map<String, String> templates = new HashMap<>();
        for (String name : IndexTemplates.NAMES) {
            templates.put("plumbline-" + name, IndexTemplates.template(name, 0).toString());
        }
        return templates;
    }
}
