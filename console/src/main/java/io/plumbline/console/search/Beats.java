package io.plumbline.console.search;

import io.plumbline.console.search.SessionSummary.Daemon;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The newest heartbeat of each host in a piece of time, of those hosts that were asked about.
 *
 * @param isCut whether there are hosts that are not among them
 */
public record Beats(Map<String, Beat> newest, boolean isCut) {
    public static final Beats NONE = new Beats(Map.of(), false);

    /**
     * @param at by the host's own clock
     * @param daemon empty when the host does not tell of it
     */
    public record Beat(Instant at, Optional<Daemon> daemon) {}

    public Beats {
        newest = Map.copyOf(newest);
    }

    /**
     * These, and of hosts that are not among them those of an earlier time.
     *
     * @param earlier of a time that begins before this one's and ends no earlier, of all hosts but those that are among these: what is
     *     missing here is there
     */
    public Beats over(Beats earlier) {
        Map<String, Beat> all = new HashMap<>(earlier.newest);
        all.putAll(newest);
        return new Beats(all, earlier.isCut);
    }
}
