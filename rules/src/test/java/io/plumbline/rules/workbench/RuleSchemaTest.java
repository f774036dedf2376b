package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaReader;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema against the reader: both take a document, or both do not. */
class RuleSchemaTest {
    private static final JsonNode SCHEMA = RuleSchema.render();
    private static final String HEAD = "title: t\nlogsource: {category: test}\n";
    private static final String RULE = HEAD + "detection: {s: {F: x}, condition: s}\n";

    /** As much of a validator as the schema has keywords; an unknown one fails the test. */
    private static boolean valid(JsonNode schema, YamlNode node) {
        if (schema.isBoolean()) {
            return schema.booleanValue();
        }
        for (Map.Entry<String, JsonNode> rule : schema.properties()) {
            JsonNode value = rule.getValue();
            boolean holds =
                    switch (rule.getKey()) {
                        case "$schema",
                                "$defs",
                                "title",
                                "description",
                                "format",
                                "properties",
                                "additionalProperties" -> true;
                        case "$ref" -> valid(SCHEMA.at(value.asText().substring(1)), node);
                        case "type" -> type(value, node);
                        case "enum" ->
                            node instanceof YamlNode.Scalar scalar
                                    && texts(value).contains(scalar.text());
                        case "pattern" ->
                            !(node instanceof YamlNode.Scalar scalar)
                                    || Pattern.compile(value.asText())
                                            .matcher(scalar.text())
                                            .find();
                        case "minLength" ->
                            !(node instanceof YamlNode.Scalar scalar)
                                    || scalar.text().length() >= value.asInt();
                        case "minimum" -> number(node) >= value.asInt();
                        case "maximum" -> number(node) <= value.asInt();
                        case "minItems" ->
                            !(node instanceof YamlNode.Sequence list)
                                    || list.items().size() >= value.asInt();
                        case "uniqueItems" ->
                            !(node instanceof YamlNode.Sequence list)
                                    || new HashSet<>(RuleText.scalars(list).stream()
                                                            .map(YamlNode.Scalar::text)
                                                            .toList())
                                                    .size()
                                            == list.items().size();
                        case "items" ->
                            !(node instanceof YamlNode.Sequence list)
                                    || list.items().stream().allMatch(item -> valid(value, item));
                        case "minProperties" ->
                            !(node instanceof YamlNode.Mapping map)
                                    || map.entries().size() >= value.asInt();
                        case "required" ->
                            !(node instanceof YamlNode.Mapping map)
                                    || texts(value).stream().allMatch(key -> map.find(key) != null);
                        case "propertyNames" ->
                            !(node instanceof YamlNode.Mapping map)
                                    || map.entries().stream().allMatch(entry -> valid(value, entry.key()));
                        case "oneOf" -> count(value, node) == 1;
                        case "anyOf" -> count(value, node) >= 1;
                        default -> throw new AssertionError("keyword " + rule.getKey());
                    };
            if (!holds) {
                return false;
            }
        }
        return !(node instanceof YamlNode.Mapping map)
                || map.entries().stream().allMatch(entry -> {
                    JsonNode named = schema.path("properties").get(entry.key().text());
                    JsonNode other = schema.get("additionalProperties");
                    return named != null ? valid(named, entry.value()) : other == null || valid(other, entry.value());
                });
    }

    private static long count(JsonNode schemas, YamlNode node) {
        List<JsonNode> all = new ArrayList<>();
        schemas.forEach(all::add);
        return all.stream().filter(schema -> valid(schema, node)).count();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    private static double number(YamlNode node) {
        return node instanceof YamlNode.Scalar scalar
                        && Numbers.parse(scalar.text()) instanceof java.math.BigDecimal number
                ? number.doubleValue()
                : Double.NaN;
    }

    private static boolean type(JsonNode types, YamlNode node) {
        List<String> names = types.isTextual() ? List.of(types.asText()) : texts(types);
        return switch (node) {
            case YamlNode.Mapping ignored -> names.contains("object");
            case YamlNode.Sequence ignored -> names.contains("array");
            case YamlNode.Scalar scalar -> {
                String own = !scalar.plain()
                        ? "string"
                        : switch (scalar.text()) {
                            case "", "null", "~" -> "null";
                            case "true", "false" -> "boolean";
                            default -> Numbers.parse(scalar.text()) == null ? "string" : "number";
                        };
                yield names.contains(own);
            }
        };
    }

    private static boolean valid(String text) {
        return YamlReader.read("r.yml", text).stream().allMatch(node -> valid(SCHEMA, node));
    }

    private static boolean readable(String text) {
        SigmaReader reader = new SigmaReader(Placeholders.NONE);
        try {
            YamlReader.read("r.yml", text).forEach(reader::read);
            return true;
        } catch (RuleException e) {
            return false;
        }
    }

    @Test
    void takesEveryRuleOfThePack() {
        Map<String, Boolean> answers = new TreeMap<>();
        for (RuleSource source : RulePack.sources()) {
            answers.put(source.name(), valid(source.text()));
        }
        assertThat(answers)
                .allSatisfy((name, valid) -> assertThat(valid).as(name).isTrue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "detection: {s: {F: x}, condition: s}",
                "detection: {s: [x, 5], condition: [s, not s]}",
                "detection: {s: [{F|contains|all: [x, y]}, {G|re|i: z}], condition: 1 of s*}",
                "detection: {s: {F: null, '|contains': x}, condition: s}",
                "detection: {s: {F|exists: true}, condition: s}",
                "filter: {rules: [a], s: {F: x}, condition: not s}",
                "correlation: {type: event_count, rules: [a], timespan: 5m, condition: {gte: 3}}",
                "correlation: {type: temporal, rules: [a, b], group-by: [U], timespan: 1d, generate: true}",
                "correlation: {type: value_percentile, rules: a, timespan: 5m, condition: {gte: 3, field: F, percentile: 90}}"
            })
    void takesWhatTheReaderTakes(String body) {
        assertThat(readable(HEAD + body)).isTrue();
        assertThat(valid(HEAD + body)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "description: d",
                "detection: {s: {F: x}}",
                "detection: {condition: s}",
                "detection: {s: {}, condition: s}",
                "detection: {s: [], condition: s}",
                "detection: {s: {F: []}, condition: s}",
                "detection: {s: {F: {a: b}}, condition: s}",
                "detection: {s: {F|contain: x}, condition: s}",
                "detection: {s: {F: x}, condition: s, timeframe: 5m}",
                "detection: {s: {F: x}, condition: {a: b}}",
                "detection: {s: {F: x}, condition: s}\nfilter: {rules: [a], s: {F: x}, condition: not s}",
                "detection: {s: {F: x}, condition: s}\nstatus: done",
                "detection: {s: {F: x}, condition: s}\nlevel: bad",
                "detection: {s: {F: x}, condition: s}\ndate: yesterday",
                "detection: {s: {F: x}, condition: s}\ntags: attack.t1059",
                "detection: {s: {F: x}, condition: s}\ntaxonomy: mine",
                "action: global",
                "filter: {rules: [], s: {F: x}, condition: not s}",
                "filter: {s: {F: x}, condition: not s}",
                "correlation: {type: count, rules: [a], timespan: 5m, condition: {gte: 3}}",
                "correlation: {type: event_count, rules: [a], timespan: 5 minutes, condition: {gte: 3}}",
                "correlation: {type: event_count, rules: [a], timespan: 5m, condition: {more: 3}}",
                "correlation: {type: event_count, rules: [a], timespan: 5m, condition: {gte: 3}, window: x}",
                "correlation: {type: event_count, rules: [a, a], timespan: 5m, condition: {gte: 3}}",
                "correlation: {type: value_percentile, rules: [a], timespan: 5m, condition: {gte: 3, field: F, percentile: 101}}"
            })
    void refusesWhatTheReaderRefuses(String body) {
        assertThat(readable(HEAD + body)).isFalse();
        assertThat(valid(HEAD + body)).isFalse();
    }

    @Test
    void knowsEveryModifierOfTheReader() {
        assertThat(Set.copyOf(SigmaReader.modifiers()))
                .allSatisfy(modifier -> assertThat(valid(RULE.replace("F: x", "F|" + modifier + ": x")))
                        .isTrue());
        assertThat(valid(RULE.replace("logsource: {category: test}", "logsource: {}")))
                .isFalse();
    }
}
