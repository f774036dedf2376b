package io.plumbline.events.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** The keys of one mapping; what was not asked for when it is closed is unknown, and an error. For one thread. */
public final class YamlFields {
    /** Items of a list; more than a person writes by hand. */
    public static final int MAX_ITEMS = 500;

    private final String path;
    private final MappingNode node;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, Node> keys = new LinkedHashMap<>();
    private final Set<String> known = new TreeSet<>();

    YamlFields(String path, MappingNode node) {
        this.path = path;
        this.node = node;
        for (NodeTuple tuple : node.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw YamlException.at(tuple.getKeyNode(), "a key that is not text", "a plain key");
            }
            values.put(key.getValue(), tuple.getValueNode());
            keys.put(key.getValue(), key);
        }
    }

    /**
     * The document's top mapping.
     *
     * @param label what messages call the document
     * @param keys for the message when it is no mapping: some that it takes
     * @throws YamlException when it is longer than {@code maxCharacters}, no YAML, or no mapping
     */
    public static YamlFields document(String label, String yaml, int maxCharacters, String keys) {
        if (yaml.length() > maxCharacters) {
            throw new YamlException(label + ": " + yaml.length() + " characters (expected: <= " + maxCharacters + ")");
        }
        LoadSettings settings = LoadSettings.builder()
                .setLabel(label)
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(10)
                .setCodePointLimit(maxCharacters)
                .build();
        try {
            Node node = new Compose(settings)
                    .composeString(yaml)
                    .orElseThrow(() -> new YamlException(label + ": empty document (expected: a mapping)"));
            if (node instanceof MappingNode mapping) {
                return new YamlFields(label, mapping);
            }
            throw YamlException.at(node, "the document", "a mapping with keys such as " + keys);
        } catch (YamlEngineException e) {
            throw new YamlException(label + ": not YAML: "
                    + String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip());
        }
    }

    public boolean has(String key) {
        return value(key).isPresent();
    }

    /** Whatever stands there. */
    public Optional<YamlValue> value(String key) {
        known.add(key);
        return Optional.ofNullable(values.get(key)).map(found -> new YamlValue(key, found));
    }

    /** A single value. */
    public Optional<YamlValue> text(String key) {
        return value(key).map(YamlValue::single);
    }

    /** A single value that has to be there. */
    public YamlValue required(String key) {
        return text(key).orElseThrow(() -> YamlException.at(node, path + " without " + key, "the key " + key));
    }

    public Optional<YamlFields> mapping(String key) {
        return value(key).map(found -> {
            if (found.node() instanceof MappingNode mapping) {
                return new YamlFields(key, mapping);
            }
            throw YamlException.at(found.node(), key + " is not a mapping", "a mapping");
        });
    }

    /** A list's items, at most {@value #MAX_ITEMS}; none when the key is not there. */
    public List<YamlValue> items(String key) {
        Optional<YamlValue> value = value(key);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!(value.get().node() instanceof SequenceNode sequence)) {
            throw YamlException.at(value.get().node(), key + " is not a list", "a list");
        }
        if (sequence.getValue().size() > MAX_ITEMS) {
            throw YamlException.at(
                    sequence, key + " with " + sequence.getValue().size() + " items", "<= " + MAX_ITEMS);
        }
        List<YamlValue> items = new ArrayList<>();
        sequence.getValue().forEach(item -> items.add(new YamlValue(key, item)));
        return items;
    }

    /** All keys with their values, in the order of the document; none of them is unknown then. */
    public Map<String, YamlValue> entries() {
        Map<String, YamlValue> entries = new LinkedHashMap<>();
        values.forEach((key, found) -> entries.put(key, new YamlValue(key, found)));
        known.addAll(values.keySet());
        return entries;
    }

    /** All of it as maps, lists and texts, in the order of the document; none of its keys is unknown then. */
    public Map<String, Object> plain() {
        Map<String, Object> plain = new LinkedHashMap<>();
        entries().forEach((key, value) -> plain.put(key, value.plain()));
        return plain;
    }

    /** The mapping as a whole is not what it has to be. */
    public YamlException rejected(String what, String expected) {
        return YamlException.at(node, what, expected);
    }

    /** @throws YamlException when there is a key that nobody asked for */
    public void close() {
        for (Map.Entry<String, Node> key : keys.entrySet()) {
            if (!known.contains(key.getKey())) {
                throw YamlException.at(
                        key.getValue(),
                        "unknown key '" + key.getKey() + "' in " + path,
                        "one of " + String.join(", ", known));
            }
        }
    }
}
