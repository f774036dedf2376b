package io.plumbline.events.shell;

import java.util.List;

/**
 * A word of a command after what can be expanded beforehand was: quotes are gone, the home folder is {@code ~}, the current folder
 * {@code .}, known variables have their values, {@code *} stands for a pattern in a name and {@code **} for whatever cannot be told.
 *
 * @param exact whether the text is all of it
 * @param producers the programs whose output is in it, in the order of the text
 */
public record Argument(String text, boolean exact, List<String> producers) {
    public Argument {
        producers = List.copyOf(producers);
    }

    /** Stands for what cannot be told. */
    public static final String UNKNOWN = "**";

    static Argument unknown(List<String> producers) {
        return new Argument(UNKNOWN, false, producers);
    }

    static Argument of(String text) {
        return new Argument(text, true, List.of());
    }

    /** What stands behind the first {@code =}; empty when there is none. */
    public Argument value() {
        int equals = text.indexOf('=');
        return new Argument(equals < 0 ? "" : text.substring(equals + 1), exact, producers);
    }
}
