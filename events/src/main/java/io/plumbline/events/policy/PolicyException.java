package io.plumbline.events.policy;

/** A policy document that cannot be used. The message is one line: position, offending value, what was expected. */
public final class PolicyException extends Exception {
    private static final long serialVersionUID = 1L;

    PolicyException(String message) {
        super(message);
    }
}
