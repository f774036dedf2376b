package io.plumbline.sandbox.door;

import io.plumbline.events.gate.HookGate;

/**
 * What has passed the door.
 *
 * @param hooks see {@link HookGate.Counts}
 * @param logRequests OpenTelemetry log requests accepted
 * @param logClaims claims published from them
 * @param tracesDropped trace requests accepted and dropped, by design
 * @param metricsDropped metric requests accepted and dropped, by design
 * @param malformed OpenTelemetry requests that could not be read
 * @param unpublished OpenTelemetry claims that could not be published
 */
public record DoorCounts(
        HookGate.Counts hooks,
        long logRequests,
        long logClaims,
        long tracesDropped,
        long metricsDropped,
        long malformed,
        long unpublished) {}
