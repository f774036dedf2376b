package io.plumbline.search;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the command line of the search node says.
 *
 * @param data directory that holds everything the node writes; created when missing
 * @param port HTTP port on 127.0.0.1; 0 takes a free one
 * @param portFile file that gets the HTTP port in decimal once the node answers
 */
record NodeOptions(Path data, int port, Optional<Path> portFile) {
    static final String USAGE = "usage: SearchNode --data DIR [--port N] [--port-file FILE]";

    NodeOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("--port: " + port + " (expected: 0..65535)");
        }
    }

    /** Throws {@link IllegalArgumentException} with one line for a person when the arguments make no sense. */
    static NodeOptions parse(String... arguments) {
        Optional<Path> data = Optional.empty();
        Optional<Path> portFile = Optional.empty();
        int port = 0;
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + ": no value. " + USAGE);
            }
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--data" -> data = Optional.of(Path.of(value));
                case "--port" -> port = parsePort(value);
                case "--port-file" -> portFile = Optional.of(Path.of(value));
                default -> throw new IllegalArgumentException(arguments[i] + ": unknown option. " + USAGE);
            }
        }
        return new NodeOptions(
                data.orElseThrow(() -> new IllegalArgumentException("--data is missing. " + USAGE)), port, portFile);
    }

    private static int parsePort(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--port: " + value + " (expected: 0..65535)", e);
        }
    }
}
