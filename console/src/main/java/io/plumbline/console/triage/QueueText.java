package io.plumbline.console.triage;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The search line: words are looked for in every text of a cause; {@code field:value} in one field under its ECS name; a minus in
 * front excludes; quotes hold a phrase together. At most {@link #MAX_TERMS} terms count.
 *
 * @param field a name of {@link #FIELDS}; empty: every text
 */
public record QueueText(String field, String value, boolean excluded) {
    static final int MAX_TERMS = 20;

    /** Name for people to the field of the index; ECS where it has one. */
    public static final Map<String, String> FIELDS = fields();

    /** Fields that are compared as a whole; the others are texts. */
    private static final List<String> TEXTS = List.of("title", "said", "seen", "why", "task", "expected");

    private static Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("agent.name", "agent");
        fields.put("event.kind", "kind");
        fields.put("event.reason", "why");
        fields.put("event.severity", "severity");
        fields.put("host.name", "host");
        fields.put("message", "title");
        fields.put("rule.id", "clause");
        fields.put("user.name", "triage.assignee");
        fields.put("plumbline.call.id", "call");
        fields.put("plumbline.said", "said");
        fields.put("plumbline.scope", "scope");
        fields.put("plumbline.seen", "seen");
        fields.put("plumbline.session", "session");
        fields.put("plumbline.suppression", "suppressed_by");
        fields.put("plumbline.task", "task");
        fields.put("plumbline.triage.verdict", "triage.verdict");
        return Map.copyOf(fields);
    }

    public static List<QueueText> parse(String line) {
        List<QueueText> terms = new ArrayList<>();
        for (String token : tokens(line)) {
            if (terms.size() == MAX_TERMS) {
                break;
            }
            boolean excluded = token.length() > 1 && token.startsWith("-");
            String rest = excluded ? token.substring(1) : token;
            Optional<String> field = FIELDS.keySet().stream()
                    .filter(name -> rest.startsWith(name + ":"))
                    .findFirst();
            String value = unquoted(
                    field.map(name -> rest.substring(name.length() + 1)).orElse(rest));
            if (!value.isBlank()) {
                terms.add(new QueueText(field.orElse(""), value, excluded));
            }
        }
        return terms;
    }

    /** The field of the index; empty: every text. */
    public String indexField() {
        return FIELDS.getOrDefault(field, "");
    }

    public boolean isText() {
        return field.isEmpty() || TEXTS.contains(indexField());
    }

    /**
     * What the line may become: its last term completed to field names, or to known values of its field.
     *
     * @param known values by field name
     */
    public static List<String> completions(String line, Map<String, List<String>> known) {
        int start = line.lastIndexOf(' ') + 1;
        String before = line.substring(0, start);
        String last = line.substring(start);
        String minus = last.startsWith("-") ? "-" : "";
        String typed = last.substring(minus.length());
        int colon = typed.indexOf(':');
        if (colon < 0) {
            return FIELDS.keySet().stream()
                    .filter(name -> !typed.isEmpty() && name.contains(typed))
                    .sorted()
                    .map(name -> before + minus + name + ":")
                    .toList();
        }
        String field = typed.substring(0, colon);
        String value = typed.substring(colon + 1);
        return known.getOrDefault(field, List.of()).stream()
                .filter(candidate -> candidate.startsWith(value))
                .limit(12)
                .map(candidate ->
                        before + minus + field + ":" + (candidate.contains(" ") ? '"' + candidate + '"' : candidate))
                .toList();
    }

    private static List<String> tokens(String line) {
        List<String> tokens = new ArrayList<>();
        StringBuilder token = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            quoted ^= c == '"';
            if (Character.isWhitespace(c) && !quoted) {
                if (!token.isEmpty()) {
                    tokens.add(token.toString());
                    token.setLength(0);
                }
            } else {
                token.append(c);
            }
        }
        if (!token.isEmpty()) {
            tokens.add(token.toString());
        }
        return tokens;
    }

    private static String unquoted(String text) {
        return text.replace("\"", "");
    }
}
