package io.plumbline.console.orders;

/** What became of an order. */
public sealed interface Outcome {
    /** It is in the log under this event id. Whether it was carried out is for the runtime to confirm. */
    record Accepted(String event) implements Outcome {}

    /** It was not written; {@code explanation} is one sentence for the person who gave it. */
    record Refused(Refusal refusal, String explanation) implements Outcome {}

    /** Why an order was not written. */
    enum Refusal {
        /** None of the person's roles may do it. */
        NOT_ALLOWED,
        /** No reason was given, or it is too long. */
        REASON,
        /** There is no such session, alert or approval in this tenant. */
        UNKNOWN,
        /** The approval is no longer pending. */
        NOT_PENDING,
        /** Who approves has approved before, and another person has to. */
        SAME_PERSON,
        /** What the order was made from is not what is in force any more. */
        STALE,
        /** The hash is not that of the bytes that would run. */
        HASH,
        /** The word is not one of those that are defined. */
        WORD,
        /** The policy's text cannot be used. */
        POLICY,
        /** The content of an activation is too large, or not what it is said to be. */
        CONTENT,
        /** This console has no key to sign policies with, or the session no host that would check it. */
        UNSIGNED,
        /** The log did not acknowledge. */
        LOG
    }
}
