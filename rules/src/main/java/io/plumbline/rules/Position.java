package io.plumbline.rules;

/**
 * A place in a source of rules.
 *
 * @param source name of the file or resource
 * @param line from 1
 * @param column from 1, in characters
 */
public record Position(String source, int line, int column) {
    @Override
    public String toString() {
        return source + ":" + line + ":" + column;
    }
}
