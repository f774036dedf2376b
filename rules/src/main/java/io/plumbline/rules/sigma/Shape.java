package io.plumbline.rules.sigma;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.yaml.YamlNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parts of documents in the form that they have to have. */
final class Shape {
    private Shape() {}

    static YamlNode.Mapping mapping(YamlNode node, String what) {
        if (node instanceof YamlNode.Mapping mapping) {
            return mapping;
        }
        throw new RuleException(Code.DOCUMENT, node.position(), what + ": " + node.kind() + " (expected: a map)");
    }

    static String text(YamlNode node, String what) {
        if (node instanceof YamlNode.Scalar scalar && !scalar.text().isBlank()) {
            return scalar.text();
        }
        throw new RuleException(Code.DOCUMENT, node.position(), what + ": " + node.kind() + " (expected: text)");
    }

    /** Text, or nothing when the key is missing. */
    static String optionalText(YamlNode.@Nullable Mapping mapping, String key, int limit) {
        YamlNode node = mapping == null ? null : mapping.find(key);
        if (node == null) {
            return "";
        }
        if (!(node instanceof YamlNode.Scalar scalar)) {
            throw new RuleException(Code.DOCUMENT, node.position(), key + ": " + node.kind() + " (expected: text)");
        }
        if (scalar.text().length() > limit) {
            throw new RuleException(
                    Code.LIMIT,
                    node.position(),
                    key + ": " + scalar.text().length() + " characters (expected: <= " + limit + ")");
        }
        return scalar.text().strip();
    }

    /** Texts; nothing when the key is missing. */
    static List<String> texts(YamlNode.Mapping mapping, String key) {
        YamlNode node = mapping.find(key);
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof YamlNode.Sequence sequence)) {
            throw new RuleException(Code.DOCUMENT, node.position(), key + ": " + node.kind() + " (expected: a list)");
        }
        List<String> texts = new ArrayList<>();
        for (YamlNode item : sequence.items()) {
            texts.add(text(item, key));
        }
        return texts;
    }

    /** A list without repetition, or a single text as a list of one. */
    static List<String> distinct(YamlNode.Mapping mapping, String key) {
        YamlNode node = mapping.find(key);
        if (node == null) {
            return List.of();
        }
        List<String> texts = node instanceof YamlNode.Scalar ? List.of(text(node, key)) : texts(mapping, key);
        if (texts.stream().distinct().count() != texts.size()) {
            throw new RuleException(Code.DOCUMENT, node.position(), key + ": an item twice (expected: each once)");
        }
        return texts;
    }

    static YamlNode required(YamlNode.Mapping mapping, String key, String where, Position position) {
        YamlNode node = mapping.find(key);
        if (node == null) {
            throw new RuleException(
                    Code.DOCUMENT, position, where + " without " + key + " (expected: the key " + key + ")");
        }
        return node;
    }

    static void onlyKeys(YamlNode.Mapping mapping, String where, List<String> known) {
        for (YamlNode.Entry entry : mapping.entries()) {
            if (!known.contains(entry.key().text())) {
                throw new RuleException(
                        Code.DOCUMENT,
                        entry.key().position(),
                        where + " key " + entry.key().kind() + " (expected: one of " + String.join(", ", known) + ")");
            }
        }
    }

    /** The place of a character of a scalar; its beginning where it has several lines. */
    static Position within(YamlNode.Scalar scalar, int offset) {
        Position start = scalar.position();
        return scalar.text().indexOf('\n') >= 0
                ? start
                : new Position(start.source(), start.line(), start.column() + offset + (scalar.plain() ? 0 : 1));
    }
}
