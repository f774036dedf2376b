package io.plumbline.ingest;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;

/**
 * A verdict that its host has not confirmed.
 *
 * @param takenNanos {@link System#nanoTime} when it was read from the log
 */
record PendingVerdict(Event verdict, StageTimes stages, int partition, long offset, long takenNanos) {
    String id() {
        return verdict.getId();
    }

    /** Something that a host carries out or waits for, rather than something worth knowing. */
    boolean isOrder() {
        return switch (verdict.getPayloadCase()) {
            case GATE_ANSWERED, EGRESS_ANSWERED, FREEZE_ORDERED, THAW_ORDERED, KILL_ORDERED, POLICY_REVISED -> true;
            default -> false;
        };
    }
}
