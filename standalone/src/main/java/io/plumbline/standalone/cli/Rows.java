package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** The rows of a listing: the answer itself, or what it holds under {@code items}. */
final class Rows {
    private Rows() {}

    static JsonNode of(JsonNode answer) {
        return answer.isArray() ? answer : answer.path("items");
    }
}
