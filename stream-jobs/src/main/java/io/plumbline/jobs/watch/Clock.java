package io.plumbline.jobs.watch;

import java.time.Instant;

/** Wall clock for measurements that travel beside events; nothing that is judged reads it. */
final class Clock {
    private Clock() {}

    /** Nanoseconds since the epoch. */
    static long nanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
