package io.plumbline.console.search;

import java.time.Instant;

/** A piece of a session's time, both ends included. */
public record Window(Instant from, Instant to) {
    public Window {
        if (to.isBefore(from)) {
            throw new IllegalArgumentException("window: " + from + " to " + to + " (expected: the earlier end first)");
        }
    }
}
