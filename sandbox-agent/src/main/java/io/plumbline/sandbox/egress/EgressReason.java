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
    /** The policy names the destination, but not this method. */
    METHOD_NOT_ALLOWED,
    /** The policy names the destination, but not this path, or the path can be read in more than one way. */
    PATH_NOT_ALLOWED,
    /** The rule's methods and paths cannot be seen inside a tunnel that is not terminated. */
    TUNNEL_NOT_ALLOWED,
    /** A tunnel that does not begin with a TLS hello. */
    NOT_TLS,
    /** The TLS hello names no server. */
    NO_SERVER_NAME,
    /** The TLS hello names another server than the tunnel. */
    SERVER_NAME_MISMATCH,
    /** The TLS hello hides the server's name. */
    ENCRYPTED_HELLO,
    /** A request inside a tunnel names another host than the tunnel. */
    HOST_MISMATCH,
    /** The placeholder of a credential was on its way to a host that it is not for. */
    PLACEHOLDER_ELSEWHERE,
    /** The destination sent the credential back. */
    CREDENTIAL_ECHOED,
    /** The session, or the rule, has sent as many bytes as it may. */
    EGRESS_BUDGET,
    /** The session has received as many bytes as it may. */
    INGRESS_BUDGET,
    /** The session sends faster than it may. */
    EGRESS_RATE,
    /** The session receives faster than it may. */
    INGRESS_RATE,
    /** The request, or the TLS hello, took too long to come. */
    TOO_SLOW,
    /** The TLS handshake with the sandbox failed. */
    TLS_FAILED,
    /** The destination's TLS failed, or its certificate is not its own. */
    UPSTREAM_TLS_FAILED,
    /** The destination's answer can be read in more than one way. */
    MALFORMED_RESPONSE,
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
    /** The connection was open when a revision of the policy came into force that does not allow it. */
    POLICY_REVISED,
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
