package io.plumbline.sandbox.link;

/**
 * What has passed over the link since the daemon started.
 *
 * @param published events that sessions handed over
 * @param truncated of these, events that lost something to a limit
 * @param refused events that the spool could not take; each leaves a hole in its session's numbering
 * @param sent events sent, repetitions included
 * @param resent events sent again after a reconnect
 * @param batches in which events were sent
 * @param acknowledged events that are in the platform's log
 * @param unreadable events lost to a damaged spool file
 * @param connects times that a connection was made
 * @param verdicts verdicts handed to sessions
 * @param repeatedVerdicts verdicts that had been handed over before
 * @param strayVerdicts verdicts for sessions that are not here any more
 * @param failedVerdicts verdicts whose listener failed; they will come again
 * @param spoolBytes bytes on disk now
 * @param waiting events in the spool now that are not acknowledged
 */
public record LinkCounts(
        long published,
        long truncated,
        long refused,
        long sent,
        long resent,
        long batches,
        long acknowledged,
        long unreadable,
        long connects,
        long verdicts,
        long repeatedVerdicts,
        long strayVerdicts,
        long failedVerdicts,
        long spoolBytes,
        long waiting) {}
