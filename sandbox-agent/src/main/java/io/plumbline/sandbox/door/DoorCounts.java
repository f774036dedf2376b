package io.plumbline.sandbox.door;

import io.plumbline.events.gate.HookGate;

/**
 * What has passed the door.
 *
 * @param hooks see {@link HookGate.Counts}
 * @param logRequests OpenTelemetry log requests accepted
 * @param logClaims claims published from them
 * @param spansDropped spans accepted and dropped, by design: all but those of tool calls, and of these what exceeds the rate
 * @param metricsDropped metric requests accepted and dropped, by design
 * @param malformed OpenTelemetry requests that could not be read
 * @param unpublished OpenTelemetry claims that could not be published
 * @param undrained requests whose claims came before the trace could be drained; calls among them were denied
 */
public record DoorCounts(
        HookGate.Counts hooks,
        long logRequests,
        long logClaims,
        long spansDropped,
        long metricsDropped,
        long malformed,
        long unpublished,
        long undrained) {}
