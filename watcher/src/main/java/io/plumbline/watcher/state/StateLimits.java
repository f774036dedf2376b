package io.plumbline.watcher.state;

/** How much of one session the watcher remembers. What does not fit is a deviation of its own, never silence. */
public final class StateLimits {
    /** An agent's longest sessions announce a few hundred calls; finished ones are forgotten oldest first. */
    public static final int CALLS = 2_000;

    /** Live processes of a sandbox are limited by its policy; exited ones are forgotten oldest first. */
    public static final int PROCESSES = 8_000;

    /** Distinct deviations; a session with more is flooding and is frozen. */
    public static final int DEVIATIONS = 500;

    /** Orders of people, kept to recognise a repeated delivery. */
    public static final int ORDERS = 256;

    /** Revisions of the policy that wait for the host; one at a time is usual. */
    public static final int REVISIONS = 16;

    /** Approvals, pending and decided. */
    public static final int APPROVALS = 500;

    /** Other names for protected files and their folders; an honest session makes none. */
    public static final int ALIASES = 1_000;

    /** Items of a plan. */
    public static final int PLAN_ITEMS = 200;

    /** Characters kept of a command line. */
    public static final int COMMAND_LINE = 400;

    private StateLimits() {}
}
