package io.plumbline.sandbox.egress;

/** Ends a connection that may not be. */
final class Denial extends Exception {
    private static final long serialVersionUID = 1L;

    private final EgressReason reason;
    private final String verdict;
    private final String detail;

    Denial(EgressReason reason) {
        this(reason, "");
    }

    Denial(EgressReason reason, String verdict) {
        this(reason, verdict, "");
    }

    Denial(EgressReason reason, String verdict, String detail) {
        super(reason.word(), null, false, false);
        this.detail = detail;
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

    /** What the reason is about; may be empty. */
    String detail() {
        return detail;
    }
}
