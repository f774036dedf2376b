package io.plumbline.events;

/** Which Plumbline this is. */
public final class Version {
    /** Major, minor and patch, as in the build. */
    public static final String CURRENT = "0.1.0";

    private Version() {}
}
