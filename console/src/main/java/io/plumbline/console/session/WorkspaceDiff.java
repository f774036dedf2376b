package io.plumbline.console.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.console.search.TimelineEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a session changed in its workspace, as the host told it: the changes that wait for a review with the beginning of their
 * differences, else what was kept when it was frozen: names and sizes, and of a copied workspace the beginning of the differences. Texts are
 * as they came.
 *
 * @param events ids of the events that have the differences; empty: only names and sizes were kept
 * @param sha256 over the exact change set; empty without a review
 * @param files at most {@value #MAX_FILES}
 * @param isCut whether there are more files, or more of a difference, than this
 * @param review what became of the changes; empty: nothing yet, or nobody is asked
 */
public record WorkspaceDiff(
        List<String> events,
        String sha256,
        long added,
        long changed,
        long deleted,
        List<File> files,
        boolean isCut,
        Optional<Review> review) {
    public static final int MAX_FILES = 500;

    private static final int MAX_LINES = 20_000;
    /** What the host's redaction leaves of a private key, which has several lines. */
    private static final String PRIVATE_KEY = "[redacted:pem:";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern HUNK = Pattern.compile("@@ -\\d+(?:,(\\d{1,9}))? \\+\\d+(?:,(\\d{1,9}))? @@.*");

    /**
     * @param change A, M or D; empty when only the freeze's list has it
     * @param isProtected whether it changes what runs outside of the session later
     * @param detail size, or what is known beside
     * @param lines of its difference; empty: none was told
     */
    public record File(String path, String change, boolean isProtected, String detail, List<String> lines) {
        public File {
            lines = List.copyOf(lines);
        }

        public long plus() {
            return lines.stream().filter(line -> line.startsWith("+")).count();
        }

        public long minus() {
            return lines.stream().filter(line -> line.startsWith("-")).count();
        }
    }

    /** @param failure why what was accepted could not be applied; empty: it was */
    public record Review(boolean accepted, String by, String reason, String failure) {}

    public WorkspaceDiff {
        events = List.copyOf(events);
        files = List.copyOf(files);
    }

    /** Of the newest change set, else of the newest freeze; empty when the host told of neither. */
    public static Optional<WorkspaceDiff> of(List<TimelineEvent> events) {
        Optional<TimelineEvent> found = newest(events, "changes-found");
        return found.isPresent() ? found.map(changes -> reviewed(changes, events)) : frozen(events);
    }

    private static Optional<TimelineEvent> newest(List<TimelineEvent> events, String action) {
        return events.stream().filter(event -> event.action().equals(action)).reduce((first, last) -> last);
    }

    private static WorkspaceDiff reviewed(TimelineEvent changes, List<TimelineEvent> events) {
        String sha256 = changes.text("/plumbline/changes/sha256");
        Set<String> guarded = new HashSet<>(changes.texts("/plumbline/changes/protected_paths"));
        Differences differences = Differences.of(changes.text("/plumbline/changes/diff"));
        List<File> files = new ArrayList<>();
        for (String told : changes.texts("/plumbline/changes/paths")) {
            if (files.size() >= MAX_FILES) {
                break;
            }
            String path = told.length() > 2 ? told.substring(2) : told;
            files.add(new File(
                    path,
                    told.isEmpty() ? "" : told.substring(0, 1),
                    guarded.contains(path),
                    "",
                    differences.byPath().getOrDefault(path, List.of())));
        }
        long added = changes.number("/plumbline/changes/added");
        long changed = changes.number("/plumbline/changes/changed");
        long deleted = changes.number("/plumbline/changes/deleted");
        Optional<Review> review = newest(events, "review-decided")
                .filter(decided ->
                        decided.text("/plumbline/review/changes_sha256").equals(sha256))
                .map(decided -> new Review(
                        decided.flag("/plumbline/review/accepted"),
                        decided.text("/user/name"),
                        decided.text("/event/reason"),
                        decided.text("/plumbline/review/failure")));
        return new WorkspaceDiff(
                List.of(changes.id()),
                sha256,
                added,
                changed,
                deleted,
                files,
                files.size() < added + changed + deleted
                        || differences.isCut()
                        || !changes.texts("/plumbline/truncated").isEmpty(),
                review);
    }

    private static Optional<WorkspaceDiff> frozen(List<TimelineEvent> events) {
        Optional<TimelineEvent> last = events.stream()
                .filter(event -> event.action().equals("evidence-collected")
                        && event.text("/plumbline/collected/kind").equals("workspace"))
                .reduce((first, next) -> next);
        if (last.isEmpty()) {
            return Optional.empty();
        }
        List<TimelineEvent> parts = parts(events, last.get().text("/plumbline/collected/order"));
        List<JsonNode> taken = parts.stream()
                .map(part -> parsed(part.text("/plumbline/collected/json")))
                .toList();
        boolean cut = parts.size() < last.get().number("/plumbline/collected/parts");
        List<String> lines = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        for (int i = 0; i < taken.size(); i++) {
            JsonNode part = taken.get(i);
            cut |= part.isMissingNode()
                    || part.path("unavailable").asBoolean(false)
                    || !part.path("complete").asBoolean(true)
                    || part.path("not_shown").asInt(0) > 0;
            if (!part.path("diff").isEmpty()) {
                part.path("diff").forEach(line -> lines.add(line.asText()));
                sources.add(parts.get(i).id());
            }
        }
        Differences differences = Differences.of(lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
        List<File> files = new ArrayList<>();
        for (String list : List.of("changed", "gone")) {
            for (JsonNode part : taken) {
                for (JsonNode entry : part.path(list)) {
                    files.add(file(entry, list.equals("gone"), differences));
                }
            }
        }
        cut |= files.size() > MAX_FILES || differences.isCut();
        return Optional.of(new WorkspaceDiff(
                sources, "", 0, 0, 0, files.subList(0, Math.min(files.size(), MAX_FILES)), cut, Optional.empty()));
    }

    /** Each part once, in their order. */
    private static List<TimelineEvent> parts(List<TimelineEvent> events, String order) {
        Map<Long, TimelineEvent> parts = new TreeMap<>();
        events.stream()
                .filter(event -> event.action().equals("evidence-collected")
                        && event.text("/plumbline/collected/kind").equals("workspace")
                        && event.text("/plumbline/collected/order").equals(order))
                .forEach(event -> parts.putIfAbsent(event.number("/plumbline/collected/part"), event));
        return List.copyOf(parts.values());
    }

    /** Without a letter where nobody knows whether it was there before. */
    private static File file(JsonNode entry, boolean gone, Differences differences) {
        String letter =
                switch (entry.path("change").asText()) {
                    case "added" -> "A";
                    case "modified" -> "M";
                    default -> gone ? "D" : "";
                };
        List<String> told = new ArrayList<>();
        for (String name : List.of("kind", "bytes", "changed")) {
            if (entry.hasNonNull(name)) {
                told.add(entry.path(name).asText() + (name.equals("bytes") ? " B" : ""));
            }
        }
        String path = entry.path("path").asText();
        return new File(
                path,
                letter,
                false,
                String.join(", ", told),
                differences.byPath().getOrDefault(path, List.of()));
    }

    private static JsonNode parsed(String json) {
        try {
            JsonNode read = JSON.readTree(json);
            return read == null ? JSON.missingNode() : read;
        } catch (JsonProcessingException e) {
            return JSON.missingNode();
        }
    }

    /**
     * A unified diff taken apart. Lines belong to a file by the counts of its hunks, never by how they look: a file may hold lines that
     * look like the head of another.
     */
    private record Differences(Map<String, List<String>> byPath, boolean isCut) {
        static Differences of(String diff) {
            Map<String, List<String>> byPath = new LinkedHashMap<>();
            String[] lines = diff.stripTrailing().split("\n", MAX_LINES + 1);
            // Whole lines end with a line break; what was cut in the middle of one does not.
            boolean cut = lines.length > MAX_LINES || (!diff.isEmpty() && !diff.endsWith("\n"));
            int at = 0;
            List<String> current = new ArrayList<>();
            while (at < Math.min(lines.length, MAX_LINES)) {
                String line = lines[at];
                Matcher hunk = HUNK.matcher(line);
                if (line.startsWith("--- ") && at + 1 < lines.length && lines[at + 1].startsWith("+++ b/")) {
                    current = byPath.computeIfAbsent(
                            lines[at + 1].substring("+++ b/".length()), absent -> new ArrayList<>());
                    at += 2;
                } else if (hunk.matches()) {
                    current.add(line);
                    at++;
                    long before = count(hunk.group(1));
                    long after = count(hunk.group(2));
                    while ((before > 0 || after > 0) && at < Math.min(lines.length, MAX_LINES)) {
                        String part = lines[at++];
                        current.add(part);
                        if (part.contains(PRIVATE_KEY)) {
                            // Lines are missing, so the counts would give this file the lines of the next.
                            return new Differences(byPath, true);
                        }
                        before -= part.startsWith("+") ? 0 : 1;
                        after -= part.startsWith("-") ? 0 : 1;
                    }
                    // The end of the text came before the end of the hunk.
                    cut |= before > 0 || after > 0;
                } else {
                    cut |= line.startsWith("content not shown: ");
                    at++;
                }
            }
            return new Differences(byPath, cut);
        }

        private static long count(@Nullable String digits) {
            return digits == null ? 1 : Long.parseLong(digits);
        }
    }
}
