package io.plumbline.console.triage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.text.Csv;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Causes as files for other programs. */
public final class Export {
    private Export() {}

    /**
     * RFC 4180 with a header. A cell that a spreadsheet would take for a formula starts with an apostrophe; characters that are not
     * visible are escaped.
     */
    public static String csv(List<CauseRow> causes) {
        return Csv.of(
                List.copyOf(fields(Optional.empty()).keySet()),
                causes.stream()
                        .map(cause -> List.copyOf(fields(Optional.of(cause)).values()))
                        .toList());
    }

    /** A list of objects; texts are as they came, which JSON can carry. */
    public static String json(List<CauseRow> causes) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (CauseRow cause : causes) {
            ObjectNode object = list.addObject();
            fields(Optional.of(cause)).forEach(object::put);
            ArrayNode history = object.putArray("history");
            cause.history().forEach(decision -> history.addObject()
                    .put("at", decision.at().toString())
                    .put("by", decision.by())
                    .put("verdict", decision.word())
                    .put("reason_code", decision.reasonCode())
                    .put("note", decision.note()));
        }
        return list.toPrettyString();
    }

    private static Map<String, String> fields(Optional<CauseRow> cause) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("session", cause.map(CauseRow::session).orElse(""));
        fields.put("cause", cause.map(CauseRow::cause).orElse(""));
        fields.put("first", cause.map(row -> row.first().toString()).orElse(""));
        fields.put("last", cause.map(row -> row.last().toString()).orElse(""));
        fields.put("severity", cause.map(CauseRow::severity).orElse(""));
        fields.put("risk", cause.map(row -> Integer.toString(row.risk())).orElse(""));
        fields.put("kind", cause.map(CauseRow::kind).orElse(""));
        fields.put("clause", cause.map(CauseRow::clause).orElse(""));
        fields.put("title", cause.map(CauseRow::title).orElse(""));
        fields.put("seen", cause.map(CauseRow::seen).orElse(""));
        fields.put("said", cause.map(CauseRow::said).orElse(""));
        fields.put("why", cause.map(CauseRow::why).orElse(""));
        fields.put("host", cause.map(CauseRow::host).orElse(""));
        fields.put("agent", cause.map(CauseRow::agent).orElse(""));
        fields.put("task", cause.map(CauseRow::task).orElse(""));
        fields.put("alerts", cause.map(row -> Long.toString(row.alerts())).orElse(""));
        fields.put("status", cause.map(CauseRow::status).orElse(""));
        fields.put("assignee", cause.map(CauseRow::assignee).orElse(""));
        return fields;
    }
}
