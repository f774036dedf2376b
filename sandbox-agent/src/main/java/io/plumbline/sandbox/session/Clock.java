package io.plumbline.sandbox.session;

import java.time.Instant;

/** Wall clock in the unit of events. */
final class Clock {
    private Clock() {}

    /** Nanoseconds since the epoch. */
    static long nowNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
