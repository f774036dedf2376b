package io.plumbline.watcher.state;

/** How much of one session the watcher remembers. What does not fit is a deviation of its own, never silence. */
public final class StateLimits {
    /** An agent's longest sessions announce a few hundred calls; finished ones are forgotten oldest first. */
    public static final int CALLS = 2_000;

    /** Bytes of all remembered calls: those of a day's work have a few hundred each. */
    public static final long CALL_BYTES = 4L * 1024 * 1024;

    /** Hosts remembered of one call. */
    public static final int CALL_HOSTS = 16;

    /** Calls up to which finished ones are remembered; their number makes the state of a long session. */
    public static final int SETTLED_CALLS = 300;

    /** So many are forgotten together: looking for the oldest costs as much as there are. */
    public static final int FORGOTTEN_AT_ONCE = 100;

    /** Live processes of a sandbox are limited by its policy; exited ones are forgotten oldest first. */
    public static final int PROCESSES = 8_000;

    /** Processes up to which exited ones are remembered. */
    public static final int SETTLED_PROCESSES = 500;

    /** Distinct deviations; a session with more is flooding and is frozen. */
    public static final int DEVIATIONS = 500;

    /** Orders of people, kept to recognise a repeated delivery. */
    public static final int ORDERS = 256;

    /** Revisions of the policy that wait for the host; one at a time is usual. */
    public static final int REVISIONS = 16;

    /** Approvals, pending and decided. */
    public static final int APPROVALS = 500;

    /** Approvals that hold for longer. */
    public static final int GRANTS = 64;

    /** Deviations that a person accepted. */
    public static final int ACCEPTED = 200;

    /** Other names for protected files and their folders; an honest session makes none. */
    public static final int ALIASES = 1_000;

    /** Connections that were made to the proxy and not asked for yet; a request follows its connection within milliseconds. */
    public static final int PROXY_CONNECTIONS = 256;

    /** Connections of the proxy whose owner is remembered. */
    public static final int EGRESS_OWNERS = 256;

    /** Files that hold what was read from a credential. */
    public static final int TAINTED_FILES = 1_000;

    /** Files remembered that a call has written before it read a credential, which may have been copied there. */
    public static final int WRITTEN = 16;

    /** Credentials remembered of one process; a process that has read more is no better. */
    public static final int TAINTS = 4;

    /** Processes that wait for an announcement; what is more is unannounced at once. */
    public static final int PENDING = 64;

    /** Bytes of the arguments of one of them; a longer command line is unannounced at once. */
    public static final int PENDING_ARGUMENTS = 32 * 1024;

    /** Paths, hosts and programs that deviations were about. */
    public static final int SUSPECTS = 64;

    /** Findings that are no proof, from evidence and from claims each; further ones are counted. */
    public static final int SOFT_FINDINGS = 50;

    /** Risk that findings without proof add in all: less than the lowest step of the default ladder. */
    public static final int SOFT_RISK = 15;

    /** Items of a plan. */
    public static final int PLAN_ITEMS = 200;

    /** Bytes remembered of an item's text, and of its id and its status. */
    public static final int PLAN_TEXT = 1024;

    public static final int PLAN_ITEM_ID = 256;

    /**
     * Whether to look for what may be forgotten before one more is added: at each {@link #FORGOTTEN_AT_ONCE}th only, since what may not be
     * forgotten would be looked at again each time; always when there is no room.
     *
     * @param settled up to which all are kept
     * @param most that are kept in any case
     */
    public static boolean isTimeToForget(int size, int settled, int most) {
        return size >= most || size >= settled + FORGOTTEN_AT_ONCE && size % FORGOTTEN_AT_ONCE == 0;
    }

    private StateLimits() {}
}
