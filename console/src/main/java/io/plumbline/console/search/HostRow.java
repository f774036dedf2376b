package io.plumbline.console.search;

import io.plumbline.console.search.SessionSummary.Daemon;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One host and what ran on it in the days that are looked at.
 *
 * @param heard its newest heartbeat, or the newest event of its sessions when the heartbeat is more than a day old
 * @param daemon empty when no heartbeat told of it
 * @param runtimes of its sessions, the most used first, at most three
 * @param live sessions that are not over, {@code frozen} and {@code degraded} ones among them
 * @param missing sequence numbers that its sessions skipped; {@code dropped} messages that the runtime lost
 */
public record HostRow(
        String host,
        Optional<Instant> heard,
        Optional<Daemon> daemon,
        List<String> runtimes,
        long sessions,
        long live,
        long frozen,
        long degraded,
        long missing,
        long dropped,
        Optional<CanaryReport> canary) {
    public long lost() {
        return missing + dropped;
    }
}
