package io.plumbline.standalone.scenario;

import java.util.Locale;

/** What became of a session. The gravest counts. */
public enum Outcome {
    /** Nobody stopped it, and nobody was asked. */
    RUNS,
    /** A person was asked. */
    ASKED,
    /** It was frozen. */
    FROZEN,
    /** It was ended by the host. */
    KILLED;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
