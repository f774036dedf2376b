package io.plumbline.events.claims;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.Base64;
import java.util.HexFormat;

/**
 * OTLP/JSON (opentelemetry-proto, "JSON Protobuf Encoding"): the protobuf JSON mapping with hex trace and span ids. As
 * tolerant as senders need: 64-bit integers as text or number, null for absent, unknown fields ignored, and a value of the
 * wrong type counts as absent.
 */
final class OtlpJson {
    private OtlpJson() {}

    static ExportLogsServiceRequest logs(byte[] body) throws MalformedRecordException {
        JsonNode root = BoundedJson.object(body);
        ExportLogsServiceRequest.Builder request = ExportLogsServiceRequest.newBuilder();
        for (JsonNode resourceLogs : field(root, "resourceLogs", "resource_logs")) {
            ResourceLogs.Builder resource = ResourceLogs.newBuilder();
            Resource.Builder attributes = Resource.newBuilder();
            for (JsonNode attribute : resourceLogs.path("resource").path("attributes")) {
                attributes.addAttributes(keyValue(attribute));
            }
            resource.setResource(attributes);
            for (JsonNode scopeLogs : field(resourceLogs, "scopeLogs", "scope_logs")) {
                ScopeLogs.Builder scope = ScopeLogs.newBuilder()
                        .setScope(InstrumentationScope.newBuilder()
                                .setName(scopeLogs.path("scope").path("name").asText(""))
                                .setVersion(
                                        scopeLogs.path("scope").path("version").asText("")));
                for (JsonNode logRecord : field(scopeLogs, "logRecords", "log_records")) {
                    scope.addLogRecords(logRecord(logRecord));
                }
                resource.addScopeLogs(scope);
            }
            request.addResourceLogs(resource);
        }
        return request.build();
    }

    static ExportTraceServiceRequest traces(byte[] body) throws MalformedRecordException {
        JsonNode root = BoundedJson.object(body);
        ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
        for (JsonNode resourceSpans : field(root, "resourceSpans", "resource_spans")) {
            ResourceSpans.Builder resource = ResourceSpans.newBuilder();
            Resource.Builder attributes = Resource.newBuilder();
            for (JsonNode attribute : resourceSpans.path("resource").path("attributes")) {
                attributes.addAttributes(keyValue(attribute));
            }
            resource.setResource(attributes);
            for (JsonNode scopeSpans : field(resourceSpans, "scopeSpans", "scope_spans")) {
                ScopeSpans.Builder scope = ScopeSpans.newBuilder();
                for (JsonNode span : scopeSpans.path("spans")) {
                    scope.addSpans(span(span));
                }
                resource.addScopeSpans(scope);
            }
            request.addResourceSpans(resource);
        }
        return request.build();
    }

    private static Span span(JsonNode node) {
        Span.Builder span = Span.newBuilder()
                .setName(node.path("name").asText(""))
                .setStartTimeUnixNano(integer(field(node, "startTimeUnixNano", "start_time_unix_nano")))
                .setEndTimeUnixNano(integer(field(node, "endTimeUnixNano", "end_time_unix_nano")));
        for (JsonNode attribute : node.path("attributes")) {
            span.addAttributes(keyValue(attribute));
        }
        for (JsonNode event : node.path("events")) {
            Span.Event.Builder happened =
                    Span.Event.newBuilder().setName(event.path("name").asText(""));
            for (JsonNode attribute : event.path("attributes")) {
                happened.addAttributes(keyValue(attribute));
            }
            span.addEvents(happened);
        }
        return span.build();
    }

    private static LogRecord logRecord(JsonNode node) {
        LogRecord.Builder logRecord = LogRecord.newBuilder()
                .setTimeUnixNano(integer(field(node, "timeUnixNano", "time_unix_nano")))
                .setObservedTimeUnixNano(integer(field(node, "observedTimeUnixNano", "observed_time_unix_nano")))
                .setSeverityText(field(node, "severityText", "severity_text").asText(""))
                .setEventName(field(node, "eventName", "event_name").asText(""))
                .setTraceId(hex(field(node, "traceId", "trace_id")))
                .setSpanId(hex(field(node, "spanId", "span_id")));
        JsonNode body = node.path("body");
        if (body.isObject()) {
            logRecord.setBody(value(body));
        }
        for (JsonNode attribute : node.path("attributes")) {
            logRecord.addAttributes(keyValue(attribute));
        }
        return logRecord.build();
    }

    private static KeyValue keyValue(JsonNode node) {
        return KeyValue.newBuilder()
                .setKey(node.path("key").asText(""))
                .setValue(value(node.path("value")))
                .build();
    }

    private static AnyValue value(JsonNode node) {
        AnyValue.Builder value = AnyValue.newBuilder();
        JsonNode text = field(node, "stringValue", "string_value");
        JsonNode truth = field(node, "boolValue", "bool_value");
        JsonNode integer = field(node, "intValue", "int_value");
        JsonNode number = field(node, "doubleValue", "double_value");
        JsonNode array = field(node, "arrayValue", "array_value");
        JsonNode pairs = field(node, "kvlistValue", "kvlist_value");
        JsonNode bytes = field(node, "bytesValue", "bytes_value");
        if (text.isTextual()) {
            value.setStringValue(text.textValue());
        } else if (truth.isBoolean()) {
            value.setBoolValue(truth.booleanValue());
        } else if (integer.isTextual() || integer.isNumber()) {
            value.setIntValue(integer(integer));
        } else if (number.isTextual() || number.isNumber()) {
            value.setDoubleValue(number.asDouble());
        } else if (array.isObject()) {
            ArrayValue.Builder values = ArrayValue.newBuilder();
            array.path("values").forEach(element -> values.addValues(value(element)));
            value.setArrayValue(values);
        } else if (pairs.isObject()) {
            KeyValueList.Builder values = KeyValueList.newBuilder();
            pairs.path("values").forEach(element -> values.addValues(keyValue(element)));
            value.setKvlistValue(values);
        } else if (bytes.isTextual()) {
            try {
                value.setBytesValue(ByteString.copyFrom(Base64.getDecoder().decode(bytes.textValue())));
            } catch (IllegalArgumentException e) {
                value.setStringValue(bytes.textValue());
            }
        }
        return value.build();
    }

    private static long integer(JsonNode node) {
        if (node.isNumber()) {
            return node.longValue();
        }
        try {
            // Unsigned: fixed64 of the protobuf.
            return node.isTextual() ? parse(node.textValue()) : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static long parse(String text) {
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }

    private static ByteString hex(JsonNode node) {
        if (!node.isTextual() || node.textValue().length() > 64) {
            return ByteString.EMPTY;
        }
        try {
            return ByteString.copyFrom(HexFormat.of().parseHex(node.textValue()));
        } catch (IllegalArgumentException e) {
            return ByteString.EMPTY;
        }
    }

    /** The protobuf JSON mapping takes lowerCamelCase and the original names. */
    private static JsonNode field(JsonNode node, String name, String original) {
        JsonNode value = node.path(name);
        return value.isMissingNode() ? node.path(original) : value;
    }
}
