package io.plumbline.console.live;

import io.plumbline.console.search.Beats;
import io.plumbline.console.search.HostList;
import io.plumbline.console.search.Search;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * One reading of the hosts after another. Heartbeats are many: each reading asks for those of {@link #RECENT}, and now and then one asks for those of
 * {@link #DAY} too, of the hosts that were not heard lately. For one thread.
 */
final class HostReadings {
    /** Longer than any host is silent between two heartbeats, and than the time from one look back to the next. */
    static final Duration RECENT = Duration.ofMinutes(2);

    /** Whoever was silent longer is known by its sessions and its canary. */
    static final Duration DAY = Duration.ofDays(1);

    /** The sessions that are counted: those that were active in it. */
    static final Duration SESSIONS = Duration.ofDays(7);

    static final Duration LOOK_BACK = Duration.ofSeconds(30);

    private final Search search;
    private Beats known = Beats.NONE;
    private Instant lookedBack = Instant.EPOCH;

    HostReadings(Search search) {
        this.search = search;
    }

    HostList read(Instant now) {
        Beats recent = search.heartbeats(now.minus(RECENT), now, List.of());
        // Of more hosts than one answer has, those that are not in it would stand there with what was known at the last
        // look back.
        if (recent.isCut() || !now.isBefore(lookedBack.plus(LOOK_BACK))) {
            known = recent.over(
                    search.heartbeats(now.minus(DAY), now, recent.newest().keySet()));
            lookedBack = now;
        }
        return search.hosts(recent.over(known), now.minus(SESSIONS));
    }
}
