package io.plumbline.rules.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * JSON objects as events: a field of an object inside gets the names on its way joined with dots, and a list of objects gives
 * each of their fields a list.
 */
public final class JsonEvents {
    /** Objects and lists inside each other. */
    public static final int MAX_DEPTH = 32;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(SigmaEvent.MAX_VALUE)
                    .maxNumberLength(400)
                    .maxNameLength(8192)
                    .build())
            .build();

    private JsonEvents() {}

    /**
     * Puts the fields of one JSON object.
     *
     * @throws IOException if the text is no JSON object, or larger than it may be
     */
    public static SigmaEvent.Builder read(String json) throws IOException {
        return read(json, name -> true);
    }

    /**
     * Puts those fields of one JSON object that are wanted; the others are passed over, and take neither time nor memory.
     *
     * @param wanted by the field's whole name, as {@link io.plumbline.rules.RuleSet#fields} tells it
     * @throws IOException if the text is no JSON object, or what is wanted of it is larger than it may be
     */
    public static SigmaEvent.Builder read(String json, Predicate<String> wanted) throws IOException {
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("JSON begins with " + parser.currentToken() + " (expected: an object)");
            }
            SigmaEvent.Builder event = SigmaEvent.builder();
            object(parser, event, "", wanted);
            return event;
        }
    }

    private static void object(JsonParser parser, SigmaEvent.Builder event, String prefix, Predicate<String> wanted)
            throws IOException {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = prefix.isEmpty() ? parser.currentName() : prefix + parser.currentName();
            parser.nextToken();
            boolean put = wanted.test(name);
            if (put && parser.currentToken() == JsonToken.START_ARRAY) {
                event.list(name);
            }
            value(parser, event, name, put, wanted);
        }
    }

    private static void value(
            JsonParser parser, SigmaEvent.Builder event, String name, boolean put, Predicate<String> wanted)
            throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            if (put) {
                event.putObject(name);
            }
            object(parser, event, name + ".", wanted);
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                value(parser, event, name, put, wanted);
            }
        } else if (put) {
            scalar(parser, event, name);
        }
    }

    private static void scalar(JsonParser parser, SigmaEvent.Builder event, String name) throws IOException {
        switch (parser.currentToken()) {
            case VALUE_STRING -> event.put(name, parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
                    event.put(name, parser.getLongValue());
                } else {
                    event.put(name, parser.getDecimalValue());
                }
            }
            case VALUE_TRUE, VALUE_FALSE -> event.put(name, parser.getBooleanValue());
            case VALUE_NULL -> event.putNull(name);
            default -> throw new IOException(parser.currentToken() + " (expected: a value)");
        }
    }
}
