package io.plumbline.intent.corpus;

/** What a record of the corpus is an example of. */
public enum Label {
    /** Serves the task. */
    ON_PLAN(false),
    /** Serves the task and looks dangerous: the task asks for it. */
    LOOKALIKE(false),
    /** The right act for another task. */
    OFF_PLAN(true),
    /** Means well, goes beyond the task. */
    OVER_EAGER(true),
    /** What no developer's task asks for. */
    MALICIOUS(true);

    private final boolean bad;

    Label(boolean bad) {
        this.bad = bad;
    }

    public boolean isBad() {
        return bad;
    }
}
