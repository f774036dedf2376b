package io.plumbline.sandbox.trace;

/** A trace message that does not follow the wire format or exceeds its limits. */
final class MalformedTraceException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedTraceException(String message) {
        super(message);
    }
}
