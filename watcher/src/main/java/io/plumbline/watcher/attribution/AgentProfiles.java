package io.plumbline.watcher.attribution;

import io.plumbline.watcher.attribution.AgentProfile.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The profiles in the resource folder {@code profiles}, one file per agent and version. A line is the name of a program and,
 * separated by tabs, its arguments, see {@link AgentProfile.Shape}; {@code #} begins a comment, {@code include NAME} takes over another
 * file, {@code let NAME} and arguments give these a name, by which {@code {NAME}} as an argument stands for them in the lines below,
 * {@code announces} says that the agent announces its calls, and {@code sets} which variables it gives them beside its own.
 */
public final class AgentProfiles {
    private static final List<String> FILES = List.of(
            "claude-code-2.1.330", "codex-0.169.0", "gemini-0.61.0", "opencode-1.18.33", "qwen-0.15.10", "scripted");

    private static final String LET = "let ";
    private static final String SETS = "sets\t";

    private static final AgentProfile NONE = new AgentProfile("none", "", false, List.of(), List.of());
    private static final List<AgentProfile> PROFILES =
            FILES.stream().map(AgentProfiles::parse).toList();

    /**
     * The profile for a session.
     *
     * @param note for people, when it was made for another version; else empty
     */
    public record Chosen(AgentProfile profile, Optional<String> note) {}

    private AgentProfiles() {}

    /**
     * The profile of this version; else the nearest older one, else the oldest. One without housekeeping when the agent is
     * unknown.
     *
     * @param version numbers separated by dots; empty: unknown, the newest profile without a note
     */
    public static Chosen of(String agent, String version) {
        List<AgentProfile> known = PROFILES.stream()
                .filter(profile -> profile.agent().equals(agent))
                .sorted(Comparator.comparing(AgentProfile::version, AgentProfiles::compare))
                .toList();
        if (known.isEmpty()) {
            return new Chosen(NONE, Optional.empty());
        }
        if (version.isEmpty() || known.getFirst().version().isEmpty()) {
            return new Chosen(known.getLast(), Optional.empty());
        }
        AgentProfile chosen = known.stream()
                .filter(profile -> compare(profile.version(), version) <= 0)
                .reduce((older, newer) -> newer)
                .orElse(known.getFirst());
        return new Chosen(
                chosen,
                chosen.version().equals(version)
                        ? Optional.empty()
                        : Optional.of("profile of " + chosen.version() + " used for " + version));
    }

    /** By number at each dot; what is no number counts as 0. */
    static int compare(String one, String other) {
        return Arrays.compare(numbers(one), numbers(other));
    }

    private static long[] numbers(String version) {
        return Arrays.stream(version.split("[.-]", 8))
                .mapToLong(part -> part.matches("[0-9]{1,9}") ? Long.parseLong(part) : 0)
                .toArray();
    }

    private static AgentProfile parse(String file) {
        int dash = file.lastIndexOf('-');
        boolean versioned = dash > 0 && Character.isDigit(file.charAt(dash + 1));
        List<Shape> shapes = new ArrayList<>();
        List<Pattern> sets = new ArrayList<>();
        Map<String, String> named = new LinkedHashMap<>();
        boolean announces = false;
        for (String written : lines(file)) {
            String line = written;
            for (Map.Entry<String, String> name : named.entrySet()) {
                line = line.replace("\t{" + name.getKey() + "}", name.getValue());
            }
            if (line.equals("announces")) {
                announces = true;
            } else if (line.startsWith(SETS)) {
                Arrays.stream(line.substring(SETS.length()).split("\t"))
                        .map(Shape::pattern)
                        .forEach(sets::add);
            } else if (line.startsWith(LET)) {
                int tab = line.indexOf('\t');
                named.put(line.substring(LET.length(), tab), line.substring(tab));
            } else {
                String[] words = line.split("\t");
                shapes.add(new Shape(words[0], List.of(words).subList(1, words.length)));
            }
        }
        return new AgentProfile(
                versioned ? file.substring(0, dash) : file,
                versioned ? file.substring(dash + 1) : "",
                announces,
                shapes,
                sets);
    }

    private static List<String> lines(String file) {
        List<String> lines = new ArrayList<>();
        try (InputStream in = AgentProfiles.class.getResourceAsStream("profiles/" + file + ".profile")) {
            if (in == null) {
                throw new IllegalStateException("profile: " + file + " (expected: a resource)");
            }
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (line.startsWith("include ")) {
                    lines.addAll(lines(line.substring("include ".length()).strip()));
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    lines.add(line);
                }
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
