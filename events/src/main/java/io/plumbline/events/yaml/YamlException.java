package io.plumbline.events.yaml;

import org.snakeyaml.engine.v2.nodes.Node;

/** A document that cannot be used. The message is one line: document, line and column, offending value, what was expected. */
public final class YamlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public YamlException(String message) {
        super(message);
    }

    /** The message; never null, unlike a throwable's in general. */
    public String line() {
        return String.valueOf(getMessage());
    }

    static YamlException at(Node node, String what, String expected) {
        String place = node.getStartMark()
                .map(mark -> mark.getName() + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1) + ": ")
                .orElse("");
        return new YamlException(place + what + " (expected: " + expected + ")");
    }
}
