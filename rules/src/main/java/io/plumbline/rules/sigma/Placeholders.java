package io.plumbline.rules.sigma;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a pipeline puts in place of placeholders: name without the percent signs to values, which may have wildcards.
 */
public record Placeholders(Map<String, List<String>> values) {
    /** Nothing is known: each rule with a placeholder is refused. */
    public static final Placeholders NONE = new Placeholders(Map.of());

    public Placeholders {
        Map<String, List<String>> copy = new TreeMap<>();
        values.forEach((name, list) -> copy.put(name, List.copyOf(list)));
        values = java.util.Collections.unmodifiableMap(copy);
    }

    /**
     * Reads the {@code vars} of a processing pipeline: a map of names to a value or a list of values. Its other parts
     * transform for query languages and mean nothing here, so a pipeline that has them is refused.
     */
    public static Placeholders read(String source, String yaml) {
        Map<String, List<String>> values = new TreeMap<>();
        for (YamlNode document : YamlReader.read(source, yaml)) {
            for (YamlNode.Entry entry : Shape.mapping(document, "a pipeline").entries()) {
                switch (entry.key().text()) {
                    case "name", "priority" ->
                        Shape.text(entry.value(), entry.key().text());
                    case "vars" -> {
                        for (YamlNode.Entry variable :
                                Shape.mapping(entry.value(), "vars").entries()) {
                            values.put(variable.key().text(), list(variable.value()));
                        }
                    }
                    default ->
                        throw new RuleException(
                                Code.UNSUPPORTED,
                                entry.key().position(),
                                "pipeline key " + entry.key().kind() + " (expected: name, priority or vars)");
                }
            }
        }
        return new Placeholders(values);
    }

    private static List<String> list(YamlNode node) {
        if (node instanceof YamlNode.Sequence sequence) {
            List<String> items = new ArrayList<>();
            sequence.items().forEach(item -> items.add(Shape.text(item, "a variable's value")));
            return items;
        }
        return List.of(Shape.text(node, "a variable's value"));
    }
}
