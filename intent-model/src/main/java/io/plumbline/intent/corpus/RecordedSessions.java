package io.plumbline.intent.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.text.Resources;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Acts of honest sessions that real agents did in the real sandbox, as {@code plumbline model sessions} wrote them. A third of their tasks
 * belongs to each split of the head; the encoder does not learn from them.
 */
final class RecordedSessions {
    /** Above the numbers of generated sessions. */
    private static final int FIRST = 1_000_000;

    private RecordedSessions() {}

    /** In order; provenance is the scenario, the number of the act in it, and as category the agent. */
    static List<LabelledAct> read() {
        ObjectMapper mapper = new ObjectMapper();
        List<LabelledAct> records = new ArrayList<>();
        Map<String, List<Act>> sessions = new LinkedHashMap<>();
        for (String line : Resources.lines("corpus/recorded.jsonl")) {
            JsonNode json;
            try {
                json = mapper.readTree(line);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("recorded.jsonl: '" + line + "' (expected: a JSON act)", e);
            }
            String name = "recorded/" + json.path("session").asText();
            List<Act> before = sessions.computeIfAbsent(name, any -> new ArrayList<>());
            String task = json.path("task").asText();
            Act act = new Act(
                    Act.Kind.valueOf(json.path("kind").asText().toUpperCase(Locale.ROOT)),
                    json.path("act").asText());
            records.add(new LabelledAct(
                    Split.ofRecorded(task),
                    FIRST + sessions.size(),
                    name,
                    name + "/" + before.size(),
                    json.path("agent").asText(),
                    new Intent(
                            task,
                            json.path("plan").asText(),
                            json.path("reason").asText(),
                            new Intent.Scope(texts(json.path("folders")), texts(json.path("hosts"))),
                            before),
                    act,
                    Label.ON_PLAN));
            before.add(act);
        }
        return records;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
