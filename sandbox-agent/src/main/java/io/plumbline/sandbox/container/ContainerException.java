package io.plumbline.sandbox.container;

/** A container's runtime did not do what it was asked for; the message names the runtime, the request and the answer. */
public final class ContainerException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** No answer in time; the runtime may still do it. */
        LATE,
        /** The runtime answered, and did not do it. */
        REFUSED,
        /** The runtime cannot be reached, or its answer cannot be read. */
        UNREACHABLE
    }

    private final Reason reason;

    public ContainerException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public ContainerException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
