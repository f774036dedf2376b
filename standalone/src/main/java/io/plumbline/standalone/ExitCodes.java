package io.plumbline.standalone;

/** What the exit codes of {@code plumbline} mean. */
public final class ExitCodes {
    /** Done. */
    public static final int OK = 0;

    /** Tried and failed; the message says why. */
    public static final int FAILED = 1;

    /** The command line or a document could not be understood. */
    public static final int USAGE = 2;

    /** Nothing runs that could be asked; {@code plumbline up} first. */
    public static final int NOT_RUNNING = 3;

    /** The named session, alert or approval does not exist. */
    public static final int NOT_FOUND = 4;

    /** The machine lacks something; {@code plumbline doctor} names it. */
    public static final int UNFIT = 5;

    /** Nothing is wrong with the evidence, and nobody has checked who signed it. */
    public static final int ORIGIN_NOT_VERIFIED = 6;

    private ExitCodes() {}
}
