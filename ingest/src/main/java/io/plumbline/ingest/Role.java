package io.plumbline.ingest;

/** What a token may be used for. */
enum Role {
    /** A sandbox host's daemon: the host link. */
    HOST,
    /** Agents without a host daemon: hooks and OpenTelemetry over HTTP. */
    AGENT
}
