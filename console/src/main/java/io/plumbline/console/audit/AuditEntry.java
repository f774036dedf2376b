package io.plumbline.console.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.text.Csv;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One act of a person.
 *
 * @param event id in the log
 * @param about what it was about, in words and ids
 * @param outcome success or failure; empty where it is told elsewhere
 * @param address where it came from; of sign-ins only
 */
public record AuditEntry(
        String event,
        Instant at,
        String person,
        String act,
        String about,
        String session,
        String reason,
        String outcome,
        String address) {
    public static AuditEntry of(TimelineEvent event) {
        JsonNode own = event.document().path("plumbline");
        return new AuditEntry(
                event.id(),
                event.at(),
                event.text("/user/name"),
                act(event, own),
                about(event.action(), own, event),
                event.text("/plumbline/session"),
                event.action().equals("triage-noted") ? own.at("/triage/note").asText() : event.text("/event/reason"),
                event.text("/event/outcome"),
                event.text("/source/address"));
    }

    private static String act(TimelineEvent event, JsonNode own) {
        return switch (event.action()) {
            case "triage-noted" -> spoken(own.at("/triage/verdict").asText());
            case "approval-decided" -> own.at("/approval/approved").asBoolean() ? "approved" : "denied";
            case "review-decided" -> own.at("/review/accepted").asBoolean() ? "changes accepted" : "changes refused";
            case "sign-in-recorded", "unmasking-recorded", "export-recorded", "access-changed" ->
                spoken(own.at("/access/act").asText());
            default -> event.action().replace('-', ' ');
        };
    }

    private static String about(String action, JsonNode own, TimelineEvent event) {
        List<String> parts = new ArrayList<>();
        switch (action) {
            case "triage-noted" -> {
                add(parts, "cause", own.at("/triage/cause"));
                add(parts, "code", own.at("/triage/reason_code"));
                add(parts, "assignee", own.at("/triage/assignee"));
                add(parts, "until", own.at("/triage/suppression/expires"));
            }
            case "suppression-ordered", "suppression-ended" -> {
                for (String name :
                        List.of("id", "kind", "clause", "agent", "workspace", "highest", "owner", "expires")) {
                    add(parts, name, own.path("suppression").path(name));
                }
            }
            case "approval-decided" -> {
                add(parts, "approval", own.at("/approval/id"));
                add(parts, "bytes", own.at("/approval/subject_sha256"));
                add(parts, "seconds", own.at("/approval/session_seconds"));
            }
            case "review-decided" -> add(parts, "changes", own.at("/review/changes_sha256"));
            case "policy-revised" -> add(parts, "statement", own.at("/policy/statement"));
            case "rule-set-activated", "activation-proposed", "model-activated" -> {
                add(parts, "action", own.at("/activation/action"));
                add(parts, "set", event.document().at("/rule/ruleset"));
                add(parts, "model", own.path("model"));
                add(parts, "sha256", own.path("sha256"));
            }
            case "thaw-ordered" -> add(parts, "accepted", own.path("accepted"));
            default -> {
                for (String name : List.of(
                        "what",
                        "query",
                        "format",
                        "event",
                        "person",
                        "token",
                        "roles",
                        "expires",
                        "method",
                        "refused_unseen",
                        "locked_until")) {
                    add(parts, name.replace('_', ' '), own.path("access").path(name));
                }
            }
        }
        return String.join(", ", parts);
    }

    private static void add(List<String> parts, String name, JsonNode value) {
        if (value.isArray()) {
            List<String> words = new ArrayList<>();
            value.forEach(word -> words.add(word.asText()));
            if (!words.isEmpty()) {
                parts.add(name + " " + String.join(" ", words));
            }
        } else if (!value.asText().isEmpty()) {
            parts.add(name + " " + value.asText());
        }
    }

    private static String spoken(String word) {
        return word.replace('_', ' ');
    }

    /** A table of them, safe in a spreadsheet. */
    public static String csv(List<AuditEntry> entries) {
        List<List<String>> rows = entries.stream()
                .map(entry -> List.copyOf(entry.fields().values()))
                .toList();
        return Csv.of(List.copyOf(EMPTY.fields().keySet()), rows);
    }

    /** A list of objects; texts are as they came, which JSON can carry. */
    public static String json(List<AuditEntry> entries) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (AuditEntry entry : entries) {
            ObjectNode object = list.addObject();
            entry.fields().forEach(object::put);
        }
        return list.toPrettyString();
    }

    private static final AuditEntry EMPTY = new AuditEntry("", Instant.EPOCH, "", "", "", "", "", "", "");

    private Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("at", at.toString());
        fields.put("person", person);
        fields.put("act", act);
        fields.put("about", about);
        fields.put("session", session);
        fields.put("reason", reason);
        fields.put("outcome", outcome);
        fields.put("address", address);
        fields.put("event", event);
        return fields;
    }
}
