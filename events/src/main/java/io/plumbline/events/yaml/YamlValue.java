package io.plumbline.events.yaml;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * What stands at a key, or as an item of the list at that key.
 *
 * @param text of a single value; empty for a nested one
 */
public record YamlValue(String key, Node node, String text) {
    /** An anchor can hold itself. */
    private static final int MAX_DEPTH = 50;

    YamlValue(String key, Node node) {
        this(key, node, node instanceof ScalarNode scalar ? scalar.getValue() : "");
    }

    public boolean isSingle() {
        return node instanceof ScalarNode;
    }

    YamlValue single() {
        if (!isSingle()) {
            throw YamlException.at(node, key + " is not a single value", "a single value");
        }
        return this;
    }

    /** A text that is not empty. */
    public String value() {
        if (!isSingle() || text.isEmpty()) {
            throw YamlException.at(node, key + " holds an empty or nested value", "a text");
        }
        return text;
    }

    /** The keys of a mapping; messages call it {@code path}. */
    public YamlFields fields(String path) {
        if (node instanceof MappingNode mapping) {
            return new YamlFields(path, mapping);
        }
        throw YamlException.at(node, path + " item is not a mapping", "a mapping");
    }

    public YamlValue mapped(UnaryOperator<String> change) {
        return new YamlValue(key, node, change.apply(value()));
    }

    public String matching(Pattern pattern, String expected) {
        if (!pattern.matcher(value()).matches()) {
            throw rejected(expected);
        }
        return value();
    }

    public String oneOf(Set<String> words) {
        if (!words.contains(value())) {
            throw rejected("one of " + String.join(", ", new TreeSet<>(words)));
        }
        return value();
    }

    public boolean bool() {
        return switch (value()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw rejected("true or false");
        };
    }

    public long number(long low, long high) {
        try {
            long number = Long.parseLong(value());
            if (number >= low && number <= high) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the same rejection as a number outside the range
        }
        throw rejected("a whole number from " + low + " to " + high);
    }

    /**
     * All of it as maps, lists and texts, in the order of the document.
     *
     * @throws YamlException when it is nested deeper than {@value #MAX_DEPTH}
     */
    public Object plain() {
        return plain(node, 0);
    }

    private static Object plain(Node node, int depth) {
        if (depth > MAX_DEPTH) {
            throw YamlException.at(node, "nested more than " + MAX_DEPTH + " deep", "<= " + MAX_DEPTH);
        }
        return switch (node) {
            case MappingNode mapping -> {
                Map<String, Object> plain = new LinkedHashMap<>();
                new YamlFields("mapping", mapping)
                        .entries()
                        .forEach((key, value) -> plain.put(key, plain(value.node(), depth + 1)));
                yield plain;
            }
            case SequenceNode sequence ->
                sequence.getValue().stream().map(item -> plain(item, depth + 1)).toList();
            case ScalarNode scalar -> scalar.getValue();
            default -> throw YamlException.at(node, "a node of another kind", "a mapping, a list or a text");
        };
    }

    /** The value is not what it has to be. */
    public YamlException rejected(String expected) {
        return rejected(key + ": '" + text + "'", expected);
    }

    public YamlException rejected(String what, String expected) {
        return YamlException.at(node, what, expected);
    }
}
