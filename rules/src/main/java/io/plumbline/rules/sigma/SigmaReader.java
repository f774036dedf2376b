package io.plumbline.rules.sigma;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.yaml.YamlNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads one document: a rule, a correlation or a filter. */
public final class SigmaReader {
    /** What a document's status can be. */
    public static final List<String> STATUSES = List.of("stable", "test", "experimental", "deprecated", "unsupported");

    private static final int MAX_TITLE = 256;
    private static final int MAX_DESCRIPTION = 65_535;
    private static final int MAX_TEXT = 4096;

    /** Search identifiers of one detection. */
    static final int MAX_IDENTIFIERS = 1000;

    private final Placeholders placeholders;

    public SigmaReader(Placeholders placeholders) {
        this.placeholders = placeholders;
    }

    /** The modifiers that items can have. */
    public static List<String> modifiers() {
        return Modifier.words();
    }

    /**
     * The document, and which of its search identifiers no condition uses.
     */
    public record Read(SigmaDocument document, Set<String> unused) {}

    /**
     * Reads a document.
     *
     * @throws RuleException if any part of it is wrong or not understood
     */
    public Read read(YamlNode node) {
        YamlNode.Mapping mapping = Shape.mapping(node, "a document");
        YamlNode action = mapping.find("action");
        if (action != null) {
            throw new RuleException(
                    Code.UNSUPPORTED,
                    action.position(),
                    "action: " + action.kind()
                            + " (expected: whole rules; action documents left Sigma with version 2.0)");
        }
        Metadata metadata = metadata(mapping);
        boolean detection = mapping.find("detection") != null;
        boolean correlation = mapping.find("correlation") != null;
        boolean filter = mapping.find("filter") != null;
        if ((detection ? 1 : 0) + (correlation ? 1 : 0) + (filter ? 1 : 0) != 1) {
            throw new RuleException(
                    Code.DOCUMENT,
                    mapping.position(),
                    "a document with "
                            + (detection || correlation || filter ? "more than one" : "none")
                            + " of detection, correlation and filter (expected: exactly one)");
        }
        String taxonomy = Shape.optionalText(mapping, "taxonomy", MAX_TITLE);
        if (correlation) {
            if (taxonomy.equals("ecs")) {
                throw new RuleException(
                        Code.UNSUPPORTED,
                        at(mapping, "taxonomy"),
                        "taxonomy 'ecs' in a correlation (expected: sigma; a correlation has no log source of its own, and its"
                                + " rules' fields have Sigma's names by then)");
            }
            return new Read(CorrelationReader.read(mapping, metadata), Set.of());
        }
        LogSource source = logSource(mapping);
        FieldNames names = FieldNames.of(taxonomy, source);
        if (filter) {
            return filter(mapping, metadata, source, names);
        }
        Conditions conditions = conditions(
                Shape.mapping(Shape.required(mapping, "detection", "a rule", mapping.position()), "detection"),
                Set.of("condition"),
                names);
        return new Read(
                new SigmaDocument.Detection(metadata, source, Expression.or(conditions.expressions())),
                conditions.unused());
    }

    private Read filter(YamlNode.Mapping mapping, Metadata metadata, LogSource source, FieldNames fields) {
        YamlNode.Mapping body =
                Shape.mapping(Shape.required(mapping, "filter", "a filter", mapping.position()), "filter");
        YamlNode rules = Shape.required(body, "rules", "a filter", body.position());
        List<String> names = Shape.distinct(body, "rules");
        if (names.isEmpty()) {
            throw new RuleException(
                    Code.FILTER, rules.position(), "rules: an empty list (expected: ids or names of rules)");
        }
        Conditions conditions = conditions(body, Set.of("condition", "rules"), fields);
        if (conditions.expressions().size() != 1) {
            throw new RuleException(
                    Code.FILTER, body.position(), "a list of conditions (expected: one condition in a filter)");
        }
        Expression expression = conditions.expressions().getFirst();
        return new Read(
                new SigmaDocument.Filter(metadata, source, names, expression, expression instanceof Expression.Not),
                conditions.unused());
    }

    private record Conditions(List<Expression> expressions, Set<String> unused) {}

    private Conditions conditions(YamlNode.Mapping body, Set<String> reserved, FieldNames names) {
        YamlNode condition = Shape.required(body, "condition", "a detection", body.position());
        Map<String, Expression> identifiers = new LinkedHashMap<>();
        for (YamlNode.Entry entry : body.entries()) {
            String name = entry.key().text();
            if (reserved.contains(name)) {
                continue;
            }
            if (name.equals("timeframe")) {
                throw new RuleException(
                        Code.UNSUPPORTED,
                        entry.key().position(),
                        "timeframe (expected: a correlation rule with timespan, since Sigma 2.0)");
            }
            if (identifiers.size() == MAX_IDENTIFIERS) {
                throw new RuleException(
                        Code.LIMIT,
                        entry.key().position(),
                        "more search identifiers (expected: <= " + MAX_IDENTIFIERS + ")");
            }
            identifiers.put(name, identifier(name, entry.value(), names));
        }
        if (identifiers.isEmpty()) {
            throw new RuleException(
                    Code.DETECTION,
                    body.position(),
                    "no search identifier (expected: at least one beside the condition)");
        }
        List<YamlNode> texts =
                condition instanceof YamlNode.Sequence list && !list.items().isEmpty()
                        ? list.items()
                        : List.of(condition);
        List<Expression> expressions = new ArrayList<>();
        Set<String> unused = new HashSet<>(identifiers.keySet());
        for (YamlNode text : texts) {
            if (!(text instanceof YamlNode.Scalar scalar)) {
                throw new RuleException(
                        Code.CONDITION,
                        text.position(),
                        "condition: " + text.kind() + " (expected: text, or a list of texts)");
            }
            ConditionReader.Read read = ConditionReader.read(scalar, identifiers);
            expressions.add(read.expression());
            unused.removeAll(read.used());
        }
        return new Conditions(expressions, unused);
    }

    private Expression identifier(String name, YamlNode node, FieldNames names) {
        return switch (node) {
            case YamlNode.Mapping mapping -> mapping(name, mapping, names);
            case YamlNode.Scalar scalar -> ItemReader.keywords(placeholders, List.of(scalar), scalar.position());
            case YamlNode.Sequence sequence -> {
                if (sequence.items().isEmpty()) {
                    throw new RuleException(
                            Code.DETECTION, sequence.position(), name + ": an empty list (expected: maps or keywords)");
                }
                List<YamlNode> keywords = sequence.items().stream()
                        .filter(YamlNode.Scalar.class::isInstance)
                        .toList();
                List<Expression> parts = new ArrayList<>();
                if (!keywords.isEmpty()) {
                    parts.add(ItemReader.keywords(placeholders, keywords, sequence.position()));
                }
                for (YamlNode item : sequence.items()) {
                    switch (item) {
                        case YamlNode.Scalar ignored -> {}
                        case YamlNode.Mapping mapping -> parts.add(mapping(name, mapping, names));
                        case YamlNode.Sequence nested ->
                            throw new RuleException(
                                    Code.DETECTION,
                                    nested.position(),
                                    name + ": a list in a list (expected: maps or keywords)");
                    }
                }
                yield Expression.or(parts);
            }
        };
    }

    private Expression mapping(String name, YamlNode.Mapping mapping, FieldNames names) {
        if (mapping.entries().isEmpty()) {
            throw new RuleException(Code.DETECTION, mapping.position(), name + ": an empty map (expected: fields)");
        }
        List<Expression> parts = new ArrayList<>();
        for (YamlNode.Entry entry : mapping.entries()) {
            ItemReader item = new ItemReader(placeholders, names, entry.key());
            parts.add(
                    switch (entry.value()) {
                        case YamlNode value when item.asksForExistence() -> item.existence(value);
                        case YamlNode.Sequence list -> item.expression(list.items());
                        case YamlNode value -> item.expression(List.of(value));
                    });
        }
        return Expression.and(parts);
    }

    private static LogSource logSource(YamlNode.Mapping document) {
        YamlNode.Mapping mapping =
                Shape.mapping(Shape.required(document, "logsource", "a document", document.position()), "logsource");
        LogSource source = new LogSource(
                Shape.optionalText(mapping, "category", MAX_TITLE),
                Shape.optionalText(mapping, "product", MAX_TITLE),
                Shape.optionalText(mapping, "service", MAX_TITLE));
        if (source.equals(new LogSource("", "", ""))) {
            throw new RuleException(
                    Code.DOCUMENT,
                    mapping.position(),
                    "logsource without category, product and service (expected: at least one of them)");
        }
        return source;
    }

    private static Metadata metadata(YamlNode.Mapping document) {
        Position position = document.position();
        Shape.text(Shape.required(document, "title", "a document", position), "title");
        String status = Shape.optionalText(document, "status", MAX_TEXT);
        if (!status.isEmpty() && !STATUSES.contains(status)) {
            throw new RuleException(
                    Code.DOCUMENT,
                    at(document, "status"),
                    "status '" + status + "' (expected: one of " + String.join(", ", STATUSES) + ")");
        }
        String id = Shape.optionalText(document, "id", MAX_TITLE);
        String taxonomy = Shape.optionalText(document, "taxonomy", MAX_TITLE);
        if (!taxonomy.isEmpty() && !FieldNames.TAXONOMIES.contains(taxonomy)) {
            throw new RuleException(
                    Code.UNSUPPORTED,
                    at(document, "taxonomy"),
                    "taxonomy '" + taxonomy + "' (expected: one of " + String.join(", ", FieldNames.TAXONOMIES)
                            + "; no other is mapped)");
        }
        String modified = date(document, "modified");
        return new Metadata(
                Shape.optionalText(document, "title", MAX_TITLE),
                id.isEmpty() ? "unnamed-" + contentHash(document).substring(0, 16) : id,
                Shape.optionalText(document, "name", MAX_TITLE),
                status,
                level(document),
                Shape.optionalText(document, "description", MAX_DESCRIPTION),
                Shape.optionalText(document, "author", MAX_TEXT),
                Shape.optionalText(document, "license", MAX_TEXT),
                modified.isEmpty() ? date(document, "date") : modified,
                Shape.texts(document, "tags"),
                position);
    }

    private static Position at(YamlNode.Mapping document, String key) {
        YamlNode node = document.find(key);
        return node == null ? document.position() : node.position();
    }

    private static String date(YamlNode.Mapping document, String key) {
        String date = Shape.optionalText(document, key, MAX_TEXT);
        if (!date.isEmpty() && !date.matches("\\d{4}[-/](0?[1-9]|1[0-2])[-/](0?[1-9]|[12]\\d|3[01])")) {
            throw new RuleException(
                    Code.DOCUMENT, at(document, key), key + " '" + date + "' (expected: a date such as 2026-01-31)");
        }
        return date;
    }

    private static Optional<Level> level(YamlNode.Mapping document) {
        String level = Shape.optionalText(document, "level", MAX_TEXT);
        if (level.isEmpty()) {
            return Optional.empty();
        }
        for (Level known : Level.values()) {
            if (known.name().toLowerCase(Locale.ROOT).equals(level)) {
                return Optional.of(known);
            }
        }
        throw new RuleException(
                Code.DOCUMENT,
                at(document, "level"),
                "level '" + level + "' (expected: one of informational, low, medium, high, critical)");
    }

    /** SHA-256 over a document's content, 64 hex digits: the same for another layout, other comments and other quotes. */
    public static String contentHash(YamlNode node) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            update(digest, node);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void update(MessageDigest digest, YamlNode node) {
        switch (node) {
            case YamlNode.Scalar scalar -> {
                byte[] text = scalar.text().getBytes(StandardCharsets.UTF_8);
                digest.update((byte) (scalar.plain() ? 1 : 2));
                digest.update(length(text.length));
                digest.update(text);
            }
            case YamlNode.Sequence sequence -> {
                digest.update((byte) 3);
                digest.update(length(sequence.items().size()));
                sequence.items().forEach(item -> update(digest, item));
            }
            case YamlNode.Mapping mapping -> {
                digest.update((byte) 4);
                digest.update(length(mapping.entries().size()));
                for (YamlNode.Entry entry : mapping.entries()) {
                    update(digest, entry.key());
                    update(digest, entry.value());
                }
            }
        }
    }

    private static byte[] length(int length) {
        return new byte[] {(byte) (length >> 24), (byte) (length >> 16), (byte) (length >> 8), (byte) length};
    }
}
