package io.plumbline.events.claims;

import java.util.concurrent.TimeUnit;

/**
 * How many spans of tool calls are taken from one session: {@value #PER_SECOND} a second, since an agent makes a few calls a second
 * and may send more than anybody reads. Not safe for use by several threads.
 */
public final class SpanBudget {
    static final int PER_SECOND = 50;

    private long second;
    private int taken;

    /** @param nowNanos nanoseconds since the epoch; whether one more is taken in this second */
    public boolean take(long nowNanos) {
        long now = TimeUnit.NANOSECONDS.toSeconds(nowNanos);
        if (now != second) {
            second = now;
            taken = 0;
        }
        if (taken == PER_SECOND) {
            return false;
        }
        taken++;
        return true;
    }
}
