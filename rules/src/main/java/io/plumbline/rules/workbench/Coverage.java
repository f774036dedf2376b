package io.plumbline.rules.workbench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Techniques.Tactic;
import io.plumbline.rules.workbench.Techniques.Technique;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which techniques of a knowledge base the reported rules of a set are tagged with, and which not. A tag is a claim, not a proof. */
public final class Coverage {
    private final Techniques base;
    private final Map<String, List<String>> rules = new TreeMap<>();

    /**
     * One tactic.
     *
     * @param techniques all that belong to it, sub-techniques counted on their own
     * @param covered those that a rule has a tag of
     * @param missing ids of the techniques (no sub-techniques) of which, with all their sub-techniques, no rule has a tag
     */
    public record Row(Tactic tactic, int techniques, int covered, List<Technique> missing) {
        public Row {
            missing = List.copyOf(missing);
        }
    }

    private Coverage(Techniques base) {
        this.base = base;
    }

    /** The coverage of a set. */
    public static Coverage of(RuleSet set, Techniques base) {
        Coverage coverage = new Coverage(base);
        for (SigmaDocument document : set.documents()) {
            if (!set.reports(document)) {
                continue;
            }
            for (String tag : document.metadata().tags()) {
                base.technique(tag).filter(base.techniques()::containsKey).ifPresent(id -> coverage.rules
                        .computeIfAbsent(id, ignored -> new ArrayList<>())
                        .add(document.metadata().title()));
            }
        }
        return coverage;
    }

    /** Titles of the rules by technique. */
    public Map<String, List<String>> rules() {
        return java.util.Collections.unmodifiableMap(rules);
    }

    /** The tactics in the order of the matrix. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Tactic tactic : base.tactics().values()) {
            List<Technique> all = base.techniques().values().stream()
                    .filter(technique -> technique.tactics().contains(tactic.shortName()))
                    .toList();
            int covered = (int) all.stream()
                    .filter(technique -> rules.containsKey(technique.id()))
                    .count();
            List<Technique> missing = all.stream()
                    .filter(technique -> parent(technique.id()).equals(technique.id()))
                    .filter(technique ->
                            rules.keySet().stream().noneMatch(id -> parent(id).equals(technique.id())))
                    .sorted(Comparator.comparing(Technique::id))
                    .toList();
            rows.add(new Row(tactic, all.size(), covered, missing));
        }
        return rows;
    }

    private static String parent(String id) {
        int dot = id.lastIndexOf('.');
        return dot > id.indexOf('T') ? id.substring(0, dot) : id;
    }

    /**
     * A layer of the ATT&amp;CK Navigator, format 4.5, or of the ATLAS Navigator, which is a fork that reads 4.3: the score is the number of
     * rules, the comment has their titles.
     */
    public ObjectNode layer(String name) {
        ObjectNode layer = JsonNodeFactory.instance.objectNode().put("name", name);
        ObjectNode versions = layer.putObject("versions");
        if (base == Techniques.ATTACK) {
            versions.put("attack", base.version()).put("navigator", "5.1.0").put("layer", "4.5");
        } else {
            versions.put("navigator", "4.6.4").put("layer", "4.3");
        }
        layer.put("domain", base.domain())
                .put("description", "Techniques that rules have tags of; the score is their number.");
        ArrayNode techniques = layer.putArray("techniques");
        int most = 1;
        for (Map.Entry<String, List<String>> entry : rules.entrySet()) {
            most = Math.max(most, entry.getValue().size());
            techniques
                    .addObject()
                    .put("techniqueID", entry.getKey())
                    .put("score", entry.getValue().size())
                    .put("comment", String.join("\n", entry.getValue()))
                    .put("enabled", true)
                    .put("showSubtechniques", entry.getKey().equals(parent(entry.getKey())));
        }
        ObjectNode gradient = layer.putObject("gradient");
        gradient.putArray("colors").add("#ffffff").add("#66b1ff");
        gradient.put("minValue", 0).put("maxValue", most);
        return layer;
    }
}
