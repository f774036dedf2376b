package io.plumbline.intent.corpus;

/** Part of the corpus; task families and templates belong to one only. */
public enum Split {
    /** What the encoder learns from: tasks and the acts that serve them. What it knows must not be what the head learns to trust. */
    ENCODER,
    /** What the head learns from. */
    TRAIN,
    /** What choices are made by: thresholds, calibration, settings. */
    DEVELOPMENT,
    /** What only judges. */
    TEST;

    private static final int BUCKETS = 40;

    /** A family of tasks, by a hash of its name, so that a new one moves no other: 55 %, 15 %, 12.5 %, 17.5 %. */
    static Split ofFamily(String name) {
        int bucket = Math.floorMod(mixed(name), BUCKETS);
        if (bucket < 22) {
            return ENCODER;
        }
        return bucket < 28 ? TRAIN : bucket < 33 ? DEVELOPMENT : TEST;
    }

    /** What no family owns: the encoder does not learn from it, so its share goes to the head. */
    static Split of(String name) {
        Split split = ofFamily(name);
        return split == ENCODER ? TRAIN : split;
    }

    /** A recorded task: a third each for what the head learns from, what choices are made by, and what judges. */
    static Split ofRecorded(String task) {
        return switch (Math.floorMod(mixed(task), 3)) {
            case 0 -> TRAIN;
            case 1 -> DEVELOPMENT;
            default -> TEST;
        };
    }

    private static int mixed(String name) {
        int hash = name.hashCode() * 0x9E3779B1;
        hash ^= hash >>> 15;
        hash *= 0x85EBCA6B;
        return hash ^ hash >>> 13;
    }
}
