package io.plumbline.rules.workbench;

import io.plumbline.rules.yaml.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A document as it is written, beside what it means. */
record RuleText(YamlNode.Mapping mapping) {
    /**
     * An item of a search identifier.
     *
     * @param field empty for keywords
     * @param values one for a single value
     */
    record Item(String identifier, YamlNode place, String field, List<String> modifiers, List<YamlNode.Scalar> values) {
        Item {
            modifiers = List.copyOf(modifiers);
            values = List.copyOf(values);
        }

        boolean has(String modifier) {
            return modifiers.contains(modifier);
        }

        /** True when values are texts that are compared as a whole. */
        boolean whole() {
            return modifiers.stream()
                            .noneMatch(
                                    List.of("contains", "startswith", "endswith", "re", "cidr", "fieldref")::contains)
                    && !field.isEmpty();
        }
    }

    Optional<YamlNode.Scalar> scalar(String key) {
        return mapping.find(key) instanceof YamlNode.Scalar scalar ? Optional.of(scalar) : Optional.empty();
    }

    /** The text of a key; empty when it has none. */
    String text(String key) {
        return scalar(key).map(scalar -> scalar.text().strip()).orElse("");
    }

    /** The scalars of a list; a single scalar is a list of one. */
    List<YamlNode.Scalar> list(String key) {
        return scalars(mapping.find(key));
    }

    static List<YamlNode.Scalar> scalars(@Nullable YamlNode node) {
        List<YamlNode.Scalar> scalars = new ArrayList<>();
        switch (node) {
            case YamlNode.Scalar scalar -> scalars.add(scalar);
            case YamlNode.Sequence sequence ->
                sequence.items().forEach(item -> {
                    if (item instanceof YamlNode.Scalar scalar) {
                        scalars.add(scalar);
                    }
                });
            case null, default -> {}
        }
        return scalars;
    }

    /** The detection of a rule or the filter of a filter. */
    Optional<YamlNode.Mapping> detection() {
        for (String key : List.of("detection", "filter")) {
            if (mapping.find(key) instanceof YamlNode.Mapping body) {
                return Optional.of(body);
            }
        }
        return Optional.empty();
    }

    List<YamlNode.Scalar> conditions() {
        return detection().map(body -> scalars(body.find("condition"))).orElse(List.of());
    }

    /** Names of the search identifiers, in their order. */
    List<YamlNode.Scalar> identifiers() {
        List<YamlNode.Scalar> names = new ArrayList<>();
        detection().ifPresent(body -> body.entries().forEach(entry -> {
            if (isIdentifier(entry.key().text())) {
                names.add(entry.key());
            }
        }));
        return names;
    }

    private static boolean isIdentifier(String key) {
        return !key.equals("condition") && !key.equals("rules");
    }

    List<Item> items() {
        List<Item> items = new ArrayList<>();
        detection().ifPresent(body -> body.entries().forEach(entry -> {
            if (isIdentifier(entry.key().text())) {
                collect(entry.key().text(), entry.value(), items);
            }
        }));
        return items;
    }

    private static void collect(String identifier, YamlNode node, List<Item> items) {
        switch (node) {
            case YamlNode.Scalar keyword ->
                items.add(new Item(identifier, keyword, "", List.of("contains"), List.of(keyword)));
            case YamlNode.Sequence sequence -> {
                List<YamlNode.Scalar> keywords = scalars(sequence);
                if (!keywords.isEmpty()) {
                    items.add(new Item(identifier, keywords.getFirst(), "", List.of("contains"), keywords));
                }
                sequence.items().stream()
                        .filter(YamlNode.Mapping.class::isInstance)
                        .forEach(item -> collect(identifier, item, items));
            }
            case YamlNode.Mapping mapping ->
                mapping.entries().forEach(entry -> {
                    String[] parts = entry.key().text().split("\\|", -1);
                    items.add(new Item(
                            identifier,
                            entry.key(),
                            parts[0],
                            List.of(parts).subList(1, parts.length),
                            scalars(entry.value())));
                });
        }
    }
}
