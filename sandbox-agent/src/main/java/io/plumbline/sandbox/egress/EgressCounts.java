package io.plumbline.sandbox.egress;

import java.util.Map;

/**
 * What has passed the proxy.
 *
 * @param connections accepted from the session
 * @param decided by reason: {@code ALLOWED} and each kind of denial
 * @param open connections now
 * @param bytesOut from the session to destinations
 * @param bytesIn from destinations to the session
 * @param evidenceLost decisions and ends that could not be recorded
 */
public record EgressCounts(
        long connections, Map<EgressReason, Long> decided, int open, long bytesOut, long bytesIn, long evidenceLost) {
    public EgressCounts {
        decided = Map.copyOf(decided);
    }
}
