package io.plumbline.watcher.crosssession;

import java.time.Duration;

/** How much is remembered of the sessions that belong together. What does not fit is counted in {@code CrossEvicted}. */
public final class CrossSessionLimits {
    /** Sessions further apart, on the hosts' clocks, do not belong together. */
    public static final Duration WINDOW = Duration.ofDays(7);

    /** Hosts, credentials and refused acts each; the one with the fewest bytes and sessions goes first. */
    public static final int SUBJECTS = 128;

    /** Sessions of one of them; of a host the bytes of those that go are kept. */
    public static final int PARTS = 32;

    /** Sessions that were stopped. */
    public static final int STOPPED = 64;

    /** Deviations that were told. */
    public static final int TOLD = 256;

    /** Characters of a host, path or act. */
    public static final int TEXT = 300;

    /** Sessions in which the same act was refused that are a deviation. */
    public static final int REFUSED_SESSIONS = 3;

    /** Stopped sessions that are a deviation. */
    public static final int STOPPED_SESSIONS = 3;

    private CrossSessionLimits() {}
}
