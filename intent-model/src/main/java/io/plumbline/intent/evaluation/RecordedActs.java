package io.plumbline.intent.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Sessions of agents from a folder that is not part of this product: files {@code *.jsonl}, one act a line, in order. A line has {@code
 * session}, {@code agent}, {@code task}, {@code kind} (command, edit, files, egress, tool), {@code act}, {@code honest} (of the whole
 * session), and may have {@code plan}, {@code reason}, {@code folders}, {@code hosts} and {@code label} (serves or deviates, of the act).
 *
 * @param sessions their acts in order, by name
 */
public record RecordedActs(String name, Map<String, List<Entry>> sessions) {
    private static final int MAX_ACTS = 200_000;

    /**
     * @param honest whether the whole session was; in one that was not, only labels say which act was wrong
     * @param serves whether the act serves the task, where somebody has said so
     */
    public record Entry(String agent, boolean honest, Intent intent, Act act, Optional<Boolean> serves) {}

    public static RecordedActs read(Path folder) throws IOException {
        Map<String, List<Entry>> sessions = new LinkedHashMap<>();
        int acts = 0;
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(".jsonl"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            int number = 0;
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                if (++acts > MAX_ACTS) {
                    throw new IOException(folder + ": more than " + MAX_ACTS + " acts (expected: at most so many)");
                }
                try {
                    JsonNode json = new ObjectMapper().readTree(line);
                    List<Entry> session =
                            sessions.computeIfAbsent(json.path("session").asText(), ignored -> new ArrayList<>());
                    session.add(entry(json, session.stream().map(Entry::act).toList()));
                } catch (IOException | IllegalArgumentException e) {
                    throw new IOException(file + ":" + number + ": " + e.getMessage() + " (expected: a JSON act)", e);
                }
            }
        }
        if (sessions.isEmpty()) {
            throw new IOException(folder + ": no acts (expected: *.jsonl, one act a line)");
        }
        return new RecordedActs(
                String.valueOf(folder.toAbsolutePath().normalize().getFileName()), sessions);
    }

    private static Entry entry(JsonNode json, List<Act> before) {
        Intent intent = new Intent(
                json.path("task").asText(),
                json.path("plan").asText(),
                json.path("reason").asText(),
                new Intent.Scope(texts(json.path("folders")), texts(json.path("hosts"))),
                before);
        return new Entry(
                json.path("agent").asText("unknown"),
                json.path("honest").asBoolean(),
                intent,
                new Act(
                        Act.Kind.valueOf(json.path("kind").asText().toUpperCase(Locale.ROOT)),
                        json.path("act").asText()),
                serves(json.path("label").asText()));
    }

    private static Optional<Boolean> serves(String label) {
        return switch (label) {
            case "" -> Optional.empty();
            case "serves" -> Optional.of(true);
            case "deviates" -> Optional.of(false);
            default -> throw new IllegalArgumentException("label '" + label + "' is neither serves nor deviates");
        };
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
