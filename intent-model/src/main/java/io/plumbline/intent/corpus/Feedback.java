package io.plumbline.intent.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What people said of the model's alerts, as labelled records: one JSON object on each line of a file that {@code plumbline model
 * feedback export} writes and a second person reviews. {@code docs/intent-model.md} describes the fields.
 *
 * @param alert id of the alert that the verdict is about
 * @param task the person's words
 * @param serves whether the act served the task, by the verdict
 * @param floor what the act's structure made certain, 0 to 1
 * @param notedBy who gave the verdict
 * @param reviewedBy who read the record afterwards, another person
 */
public record Feedback(
        String alert,
        String task,
        Act act,
        boolean serves,
        double floor,
        String verdict,
        String notedBy,
        String reviewedBy) {
    /** The value of {@code format} of every record. */
    public static final String FORMAT = "plumbline intent feedback 1";

    /** Records of one training; more would weigh as much as the corpus. */
    public static final int MAX_RECORDS = 2_000;

    private static final int MAX_LINE = 64 * 1024;

    /** Verdicts after which an act counts as one that served. */
    private static final List<String> SERVES = List.of("benign", "expected_by_policy");

    private static final String DEVIATES = "true_positive";

    /**
     * Whether an act served the task by a verdict of triage.
     *
     * @throws IllegalArgumentException for a verdict that says nothing of it
     */
    public static boolean serves(String verdict) {
        if (!saysSomething(verdict)) {
            throw new IllegalArgumentException(
                    "verdict: " + verdict + " (expected: true_positive, benign or expected_by_policy)");
        }
        return !verdict.equals(DEVIATES);
    }

    /** Whether a verdict of triage says if the act served the task; a duplicate does not. */
    public static boolean saysSomething(String verdict) {
        return verdict.equals(DEVIATES) || SERVES.contains(verdict);
    }

    /**
     * Reads a reviewed file.
     *
     * @throws IOException when it cannot be read, has a line that is no record, a record that nobody else than the author of its verdict
     *     reviewed, or two records that say the opposite; the message names the line
     */
    public static List<Feedback> read(Path file) throws IOException {
        return read(List.of(file));
    }

    /** Reads reviewed files as if they were one: the same refusals, and at most {@value #MAX_RECORDS} records in all. */
    public static List<Feedback> read(List<Path> files) throws IOException {
        List<Feedback> records = new ArrayList<>();
        Map<String, String> lines = new HashMap<>();
        Map<String, Boolean> said = new HashMap<>();
        for (Path file : files) {
            read(file, records, lines, said);
        }
        return List.copyOf(records);
    }

    private static void read(Path file, List<Feedback> records, Map<String, String> lines, Map<String, Boolean> said)
            throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                String where = file.getFileName() + ":" + number + ": ";
                if (line.length() > MAX_LINE) {
                    throw new IOException(where + line.length() + " characters (expected: <= " + MAX_LINE + ")");
                }
                if (records.size() == MAX_RECORDS) {
                    throw new IOException(where + "more than " + MAX_RECORDS + " records (expected: at most so many)");
                }
                Feedback record = parse(where, line);
                String pair = record.task() + "\n" + record.act();
                String before = lines.putIfAbsent(pair, "line " + number + " of " + file.getFileName());
                if (before != null && !said.getOrDefault(pair, record.serves()).equals(record.serves())) {
                    throw new IOException(where + "says the opposite of " + before
                            + " (expected: one verdict for a task and an act)");
                }
                said.put(pair, record.serves());
                if (before == null) {
                    records.add(record);
                }
            }
        }
    }

    private static Feedback parse(String where, String line) throws IOException {
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(line);
        } catch (IOException e) {
            throw new IOException(where + "no JSON (expected: an object of " + FORMAT + ")", e);
        }
        if (!json.path("format").asText().equals(FORMAT)) {
            throw new IOException(where + "format: '" + json.path("format").asText() + "' (expected: " + FORMAT + ")");
        }
        for (String field : List.of("alert", "task", "act", "kind", "verdict", "noted_by", "reviewed_by")) {
            if (json.path(field).asText().isBlank()) {
                throw new IOException(where + field + ": empty (expected: a text"
                        + (field.equals("reviewed_by") ? ", the name of who reviewed the record)" : ")"));
            }
        }
        String verdict = json.path("verdict").asText();
        String notedBy = json.path("noted_by").asText();
        String reviewedBy = json.path("reviewed_by").asText();
        if (notedBy.strip().equalsIgnoreCase(reviewedBy.strip())) {
            throw new IOException(
                    where + "reviewed_by: " + reviewedBy + " gave the verdict (expected: another person)");
        }
        try {
            return new Feedback(
                    json.path("alert").asText(),
                    json.path("task").asText(),
                    new Act(
                            Act.Kind.valueOf(json.path("kind").asText().toUpperCase(Locale.ROOT)),
                            json.path("act").asText()),
                    serves(verdict),
                    json.path("floor").asDouble(),
                    verdict,
                    notedBy,
                    reviewedBy);
        } catch (IllegalArgumentException e) {
            throw new IOException(where + e.getMessage(), e);
        }
    }

    /** As a record of the training split, with where it comes from as its template. */
    public LabelledAct labelled() {
        Label bad = floor > 0 ? Label.OVER_EAGER : Label.OFF_PLAN;
        return new LabelledAct(
                Split.TRAIN,
                -1,
                "feedback",
                "feedback/" + alert,
                verdict + " by " + notedBy + ", reviewed by " + reviewedBy,
                Intent.of(task),
                act,
                serves ? Label.LOOKALIKE : bad);
    }
}
