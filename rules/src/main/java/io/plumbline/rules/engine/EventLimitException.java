package io.plumbline.rules.engine;

/** An event that is larger than what rules are run over. The message is one line: what, its size, and the limit. */
public final class EventLimitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EventLimitException(String message) {
        super(message);
    }
}
