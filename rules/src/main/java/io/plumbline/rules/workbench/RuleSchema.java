package io.plumbline.rules.workbench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.sigma.FieldNames;
import io.plumbline.rules.sigma.Level;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.sigma.SigmaReader;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * JSON Schema (2020-12) of rules, correlations and filters, for editors. It says the form of documents, made from what the reader
 * knows; what documents say of each other, and of expressions, networks and placeholders, is the reader's and {@link Lint}'s.
 */
public final class RuleSchema {
    private static final String DATE = "^[0-9]{4}[-/](0?[1-9]|1[0-2])[-/](0?[1-9]|[12][0-9]|3[01])$";

    private RuleSchema() {}

    public static ObjectNode render() {
        ObjectNode schema = object().put("$schema", "https://json-schema.org/draft/2020-12/schema")
                .put("title", "Sigma 2.1 as Plumbline reads it")
                .put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        text(properties, "title", "What the rule is about, one line");
        text(properties, "id", "UUID of the rule").put("format", "uuid");
        text(properties, "name", "What correlations and filters may call it");
        text(properties, "description", "What a match means");
        text(properties, "author", "Who answers for it");
        text(properties, "license", "SPDX id");
        values(properties, "taxonomy", FieldNames.TAXONOMIES);
        values(properties, "status", SigmaReader.STATUSES);
        values(
                properties,
                "level",
                Arrays.stream(Level.values())
                        .map(level -> level.name().toLowerCase(Locale.ROOT))
                        .toList());
        text(properties, "date", "When it was written").put("pattern", DATE);
        text(properties, "modified", "When it was changed last").put("pattern", DATE);
        texts(properties, "references");
        texts(properties, "tags");
        texts(properties, "fields");
        ObjectNode either = properties.putObject("falsepositives");
        either.putArray("type").add("array").add("string");
        properties.set("logsource", logSource());
        properties.set("detection", detection());
        properties.set("filter", filter());
        properties.set("correlation", correlation());
        // Documents of earlier versions, which are refused as a whole.
        properties.put("action", false);
        schema.putArray("required").add("title");
        ArrayNode kinds = schema.putArray("oneOf");
        for (String kind : List.of("detection", "filter", "correlation")) {
            ArrayNode required = kinds.addObject().putArray("required").add(kind);
            if (!kind.equals("correlation")) {
                required.add("logsource");
            }
        }
        schema.putObject("$defs").set("identifier", identifier());
        return schema;
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static ObjectNode text(ObjectNode properties, String name, String description) {
        return properties.putObject(name).put("type", "string").put("description", description);
    }

    private static void values(ObjectNode properties, String name, List<String> values) {
        values.forEach(properties.putObject(name).putArray("enum")::add);
    }

    private static ObjectNode texts(ObjectNode properties, String name) {
        ObjectNode list = properties.putObject(name).put("type", "array");
        list.putObject("items").put("type", "string").put("minLength", 1);
        return list;
    }

    private static ObjectNode logSource() {
        ObjectNode source = object().put("type", "object").put("description", "Where the events come from");
        ObjectNode properties = source.putObject("properties");
        for (String part : List.of("category", "product", "service", "definition")) {
            properties.putObject(part).put("type", "string");
        }
        ArrayNode some = source.putArray("anyOf");
        List.of("category", "product", "service")
                .forEach(part -> some.addObject().putArray("required").add(part));
        return source;
    }

    private static ObjectNode conditions(boolean several) {
        ObjectNode condition = object().put("description", "Search identifiers with and, or, not, 1 of, all of");
        if (!several) {
            return condition.put("type", "string").put("minLength", 1);
        }
        ArrayNode kinds = condition.putArray("oneOf");
        kinds.addObject().put("type", "string").put("minLength", 1);
        ObjectNode list = kinds.addObject().put("type", "array").put("minItems", 1);
        list.putObject("items").put("type", "string").put("minLength", 1);
        return condition;
    }

    private static ObjectNode reference(String name) {
        return object().put("$ref", "#/$defs/" + name);
    }

    private static ObjectNode detection() {
        ObjectNode body = object().put("type", "object").put("minProperties", 2);
        ObjectNode properties = body.putObject("properties");
        properties.set("condition", conditions(true));
        properties.put("timeframe", false);
        body.set("additionalProperties", reference("identifier"));
        body.putArray("required").add("condition");
        return body;
    }

    private static ObjectNode filter() {
        ObjectNode body = object().put("type", "object").put("minProperties", 3);
        ObjectNode properties = body.putObject("properties");
        properties.set("condition", conditions(false));
        properties.put("timeframe", false);
        names(properties, "rules");
        body.set("additionalProperties", reference("identifier"));
        body.putArray("required").add("condition").add("rules");
        return body;
    }

    private static void names(ObjectNode properties, String name) {
        ArrayNode kinds = properties.putObject(name).putArray("oneOf");
        kinds.addObject().put("type", "string").put("minLength", 1);
        ObjectNode list =
                kinds.addObject().put("type", "array").put("minItems", 1).put("uniqueItems", true);
        list.putObject("items").put("type", "string").put("minLength", 1);
    }

    private static ObjectNode identifier() {
        ObjectNode scalar = object();
        scalar.putArray("type").add("string").add("number").add("boolean");
        ObjectNode value = object();
        ArrayNode values = value.putArray("oneOf");
        values.addObject()
                .putArray("type")
                .add("string")
                .add("number")
                .add("boolean")
                .add("null");
        values.addObject().put("type", "array").put("minItems", 1).set("items", scalar.deepCopy());
        ObjectNode map = object().put("type", "object").put("minProperties", 1);
        map.putObject("propertyNames")
                .put("pattern", "^([^|]+|[^|]*(\\|(" + String.join("|", SigmaReader.modifiers()) + "))+)$");
        map.set("additionalProperties", value);
        ObjectNode identifier = object();
        ArrayNode kinds = identifier.putArray("oneOf");
        kinds.add(map);
        kinds.add(scalar.deepCopy());
        ObjectNode list = kinds.addObject().put("type", "array").put("minItems", 1);
        list.putObject("items").putArray("oneOf").add(map.deepCopy()).add(scalar.deepCopy());
        return identifier;
    }

    private static ObjectNode correlation() {
        ObjectNode body = object().put("type", "object").put("additionalProperties", false);
        ObjectNode properties = body.putObject("properties");
        values(
                properties,
                "type",
                Arrays.stream(SigmaDocument.Type.values())
                        .map(SigmaDocument.Type::word)
                        .toList());
        names(properties, "rules");
        names(properties, "group-by");
        properties
                .putObject("timespan")
                .put("type", "string")
                .put("pattern", "^[1-9][0-9]{0,8}[smhd]$")
                .put("description", "Such as 30s, 5m, 1h or 1d");
        properties.putObject("generate").put("type", "boolean");
        ObjectNode fields = object().put("type", "object").put("minProperties", 1);
        fields.putObject("additionalProperties").put("type", "string").put("minLength", 1);
        properties.putObject("aliases").put("type", "object").set("additionalProperties", fields);
        ObjectNode condition = properties
                .putObject("condition")
                .put("type", "object")
                .put("minProperties", 1)
                .put("additionalProperties", false);
        ObjectNode limits = condition.putObject("properties");
        for (String comparison : List.of("gt", "gte", "lt", "lte", "eq", "neq")) {
            limits.putObject(comparison).put("type", "number");
        }
        names(limits, "field");
        limits.putObject("percentile").put("type", "number").put("minimum", 0).put("maximum", 100);
        body.putArray("required").add("type").add("rules").add("timespan");
        return body;
    }
}
