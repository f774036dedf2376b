package io.plumbline.ingest;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Wall clock in the contract's unit. */
final class Clock {
    private Clock() {}

    /** Nanoseconds since the epoch. */
    static long nanos() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }
}
