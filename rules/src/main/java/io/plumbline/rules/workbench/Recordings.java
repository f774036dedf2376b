package io.plumbline.rules.workbench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Recorded events: files of JSON lines, also compressed with gzip. A line is an object of fields with Sigma's names; {@code _source} is
 * {@code category/product}, {@code _at} its time in seconds and may have a fraction, {@code _id} its id, else file and line. Events of one file
 * and one {@code SessionId} are one recording.
 */
public final class Recordings {
    /** Events of one run. */
    public static final int MAX_EVENTS = 500_000;

    /** Characters of one line: an event has at most so many in all that is sent. */
    private static final int MAX_LINE = 4 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One session, or what is known of it.
     *
     * @param events in their order
     */
    public record Recording(String name, List<SigmaEvent> events) {
        public Recording {
            events = List.copyOf(events);
        }
    }

    private final Map<String, List<SigmaEvent>> sessions = new LinkedHashMap<>();
    private int count;

    private Recordings() {}

    /**
     * The recordings of files and folders, in alphabetical order; of folders, what ends in .jsonl or .jsonl.gz.
     *
     * @throws IOException if something cannot be read or is over a limit; the message names it
     */
    public static List<Recording> read(List<Path> paths) throws IOException {
        Recordings recordings = new Recordings();
        for (Path path : paths) {
            List<Path> files;
            try (Stream<Path> walk = Files.walk(path)) {
                files = walk.filter(Files::isRegularFile)
                        .filter(file -> file.equals(path) || file.toString().matches(".*\\.jsonl(\\.gz)?"))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new IOException("path " + path + " (expected: a readable file or folder)", e);
            }
            for (Path file : files) {
                recordings.file(file);
            }
        }
        List<Recording> read = new ArrayList<>();
        recordings.sessions.forEach((name, events) -> read.add(new Recording(name, events)));
        return read;
    }

    private void file(Path file) throws IOException {
        int number = 0;
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = line(reader); !line.isEmpty(); line = line(reader)) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                if (count++ == MAX_EVENTS) {
                    throw new IOException("more events (expected: <= " + MAX_EVENTS + ")");
                }
                event(file, number, line);
            }
        } catch (IOException e) {
            throw new IOException(file + ":" + Math.max(1, number) + ": " + oneLine(e), e);
        }
    }

    private static String oneLine(IOException e) {
        String message =
                e instanceof JsonProcessingException json ? json.getOriginalMessage() : String.valueOf(e.getMessage());
        return message.lines().findFirst().orElse("unreadable");
    }

    /** The next line with its end; empty behind the last. */
    private static String line(BufferedReader reader) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            line.append((char) c);
            if (c == '\n') {
                break;
            }
            if (line.length() > MAX_LINE) {
                throw new IOException(
                        "a line of more than " + MAX_LINE + " characters (expected: <= " + MAX_LINE + ")");
            }
        }
        return line.toString();
    }

    private void event(Path file, int number, String line) throws IOException {
        if (!(JSON.readTree(line) instanceof ObjectNode object)) {
            throw new IOException("no JSON object (expected: one on each line)");
        }
        String[] source = taken(object, "_source").split("/", -1);
        if (source.length != 2 && source.length != 3) {
            throw new IOException("_source '" + String.join("/", source) + "' (expected: category/product)");
        }
        String at = taken(object, "_at");
        String id = taken(object, "_id");
        SigmaEvent.Builder event = JsonEvents.read(object.toString())
                .id(id.isEmpty() ? file.getFileName() + ":" + number : id)
                .logSource(new LogSource(source[0], source[1], source.length == 3 ? source[2] : ""));
        if (!at.isEmpty()) {
            event.timeNs(nanoseconds(at));
        }
        sessions.computeIfAbsent(file + " " + object.path("SessionId").asText(), ignored -> new ArrayList<>())
                .add(event.build());
    }

    private static String taken(ObjectNode object, String name) {
        JsonNode value = object.remove(name);
        return value == null ? "" : value.asText();
    }

    private static long nanoseconds(String seconds) throws IOException {
        if (!seconds.matches("[0-9]{1,10}(\\.[0-9]{1,9})?")) {
            throw new IOException("_at '" + seconds + "' (expected: seconds)");
        }
        return new BigDecimal(seconds).movePointRight(9).longValueExact();
    }
}
