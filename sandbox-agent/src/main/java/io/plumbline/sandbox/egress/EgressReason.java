package io.plumbline.sandbox.egress;

import java.util.Locale;

/** The closed set of words in {@code EgressDecided.reason} and in the header {@code X-Plumbline-Reason}. */
public enum EgressReason {
    /** The policy and the platform allow it. */
    ALLOWED,
    /** The platform said no. */
    DENIED_BY_PLATFORM,
    /** The platform did not answer in time. */
    NO_ANSWER,
    /** What the session did before could not be brought to the log first. */
    TRACE_NOT_DRAINED,
    /** No rule of the policy names this host and port. */
    NOT_IN_POLICY,
    /** The request is no HTTP/1.1 that a proxy takes. */
    MALFORMED_REQUEST,
    /** The host is written in a form that hides what it is. */
    MALFORMED_HOST,
    /** The name leads to an address that is not public. */
    ADDRESS_NOT_ALLOWED,
    /** The name leads nowhere. */
    RESOLVE_FAILED,
    /** The destination did not take the connection. */
    CONNECT_FAILED,
    /** The session is frozen. */
    FROZEN,
    /** The session is over. */
    SESSION_OVER,
    /** Too many connections at once. */
    TOO_MANY_CONNECTIONS,
    /** The decision could not be recorded. */
    EVIDENCE_LOST,
    /** The connection is over; the byte counts are final. */
    CLOSED;

    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
