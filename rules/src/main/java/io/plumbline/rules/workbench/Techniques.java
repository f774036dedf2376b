package io.plumbline.rules.workbench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The published techniques and tactics of one knowledge base: ATT&amp;CK Enterprise 19 or ATLAS 5.6. Read from a table of this jar:
 * id, name, tactics by their short names. A technique without a name was retired; its third column says which one took its place.
 */
public enum Techniques {
    ATTACK("attack", "enterprise-attack", "19", "/mitre/attack.tsv"),
    ATLAS("atlas", "atlas-atlas", "5.6.0", "/mitre/atlas.tsv");

    private final String namespace;
    private final String domain;
    private final String version;
    private final Map<String, Technique> techniques = new LinkedHashMap<>();
    private final Map<String, String> retired = new LinkedHashMap<>();
    private final Map<String, Tactic> tactics = new LinkedHashMap<>();

    /**
     * A technique or sub-technique.
     *
     * @param tactics short names, in alphabetical order
     */
    public record Technique(String id, String name, List<String> tactics) {
        public Technique {
            tactics = List.copyOf(tactics);
        }
    }

    /** A tactic; its short name is what tags and layers call it. */
    public record Tactic(String id, String name, String shortName) {}

    Techniques(String namespace, String domain, String version, String resource) {
        this.namespace = namespace;
        this.domain = domain;
        this.version = version;
        for (String line : text(resource).lines().toList()) {
            String[] columns = line.split("\t", -1);
            String id = columns[0];
            if (id.startsWith("TA") || id.startsWith("AML.TA")) {
                String shortName = columns[1].toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
                tactics.put(shortName, new Tactic(id, columns[1], shortName));
            } else if (columns[1].isEmpty()) {
                retired.put(id, columns[2]);
            } else {
                techniques.put(id, new Technique(id, columns[1], List.of(columns[2].split(","))));
            }
        }
    }

    private static String text(String resource) {
        try (InputStream in = Techniques.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("resource " + resource + " (expected: part of this jar)");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What tags of it begin with. */
    public String namespace() {
        return namespace;
    }

    /** What Navigator layers call it. */
    public String domain() {
        return domain;
    }

    /** The published version that the table was made from. */
    public String version() {
        return version;
    }

    /** Techniques and sub-techniques in use, by id. */
    public Map<String, Technique> techniques() {
        return java.util.Collections.unmodifiableMap(techniques);
    }

    /** Tactics by short name, in the order of the matrix. */
    public Map<String, Tactic> tactics() {
        return java.util.Collections.unmodifiableMap(tactics);
    }

    /** What took a retired technique's place: an id, or nothing when nothing did. Empty when the id was not retired. */
    public Optional<String> retired(String id) {
        return Optional.ofNullable(retired.get(id));
    }

    /** The technique's id in a tag such as {@code attack.t1059.004} or {@code atlas.aml.t0051}; empty for other tags. */
    public Optional<String> technique(String tag) {
        String id = rest(tag).toUpperCase(Locale.ROOT);
        return id.matches("(AML\\.)?T[0-9]{4}(\\.[0-9]{3})?") && id.startsWith("AML") == (this == ATLAS)
                ? Optional.of(id)
                : Optional.empty();
    }

    /** The tactic that a tag names by its short name or its id; empty for other tags. */
    public Optional<Tactic> tactic(String tag) {
        String rest = rest(tag);
        Tactic byName = tactics.get(rest);
        return byName != null
                ? Optional.of(byName)
                : tactics.values().stream()
                        .filter(tactic -> tactic.id().equalsIgnoreCase(rest))
                        .findFirst();
    }

    private String rest(String tag) {
        return tag.startsWith(namespace + ".") ? tag.substring(namespace.length() + 1) : "";
    }

    /** The short names of all tactics of all techniques that tags name, and nothing for those that do not exist. */
    Set<String> tacticsOf(List<String> tags) {
        Set<String> names = new TreeSet<>();
        for (String tag : tags) {
            technique(tag).map(techniques::get).ifPresent(technique -> names.addAll(technique.tactics()));
        }
        return names;
    }
}
