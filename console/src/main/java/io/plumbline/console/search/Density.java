package io.plumbline.console.search;

import java.util.List;

/**
 * How many events a session has, piece by piece of its time; counted by the search copy, so also for sessions that are too large to read.
 *
 * @param firstNs of what was said and seen in the whole session, nanoseconds since the epoch
 * @param lastNs likewise
 * @param fromMs start of the first piece, milliseconds since the epoch
 * @param stepMs length of a piece
 */
public record Density(
        long firstNs,
        long lastNs,
        long fromMs,
        long stepMs,
        List<Long> processes,
        List<Long> files,
        List<Long> network) {}
