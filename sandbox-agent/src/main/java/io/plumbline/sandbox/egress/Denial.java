package io.plumbline.sandbox.egress;

/** Ends a connection that may not be. */
final class Denial extends Exception {
    private static final long serialVersionUID = 1L;

    private final EgressReason reason;
    private final String verdict;

    Denial(EgressReason reason) {
        this(reason, "");
    }

    Denial(EgressReason reason, String verdict) {
        super(reason.word(), null, false, false);
        this.reason = reason;
        this.verdict = verdict;
    }

    EgressReason reason() {
        return reason;
    }

    /** Id of the verdict that said so; empty when the host decided alone. */
    String verdict() {
        return verdict;
    }
}
