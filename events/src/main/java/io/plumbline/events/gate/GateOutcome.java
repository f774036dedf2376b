package io.plumbline.events.gate;

/**
 * How a held call ended.
 *
 * @param allowed true only when the platform said so
 * @param reason told to the agent; empty when allowed without one
 */
public record GateOutcome(Kind kind, boolean allowed, String reason) {
    /** Why it ended. All but {@link #ANSWERED} deny. */
    public enum Kind {
        /** The platform allowed or denied it. */
        ANSWERED,
        /** No answer before the gate's deadline. */
        NO_ANSWER,
        /** Nobody decided before the approval's deadline. */
        APPROVAL_TIMED_OUT,
        /** Too many calls are held already. */
        OVERLOADED,
        /** The session is over. */
        CLOSED
    }

    static GateOutcome denied(Kind kind, String reason) {
        return new GateOutcome(kind, false, reason);
    }
}
