package io.plumbline.sandbox.session;

import io.plumbline.sandbox.posix.TerminalSize;

/** The standard streams of a session's command. */
public sealed interface Stdio {
    /** No input; standard output and standard error apart. */
    record OutputOnly() implements Stdio {}

    /** Input as it is offered, until its end is; standard output and standard error apart. */
    record Piped() implements Stdio {}

    /**
     * One terminal for all three.
     *
     * @param type value of TERM: letters, digits and {@code +._-}, at most 64
     */
    record Terminal(String type, TerminalSize size) implements Stdio {
        public Terminal {
            if (!type.matches("[A-Za-z0-9+._-]{1,64}")) {
                throw new IllegalArgumentException(
                        "terminal type: " + type.length() + " characters (expected: 1 to 64 letters, digits, + . _ -)");
            }
        }
    }
}
