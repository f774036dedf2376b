package io.plumbline.intent.corpus;

/** Part of the corpus; task families and templates belong to one only. */
public enum Split {
    TRAIN,
    DEVELOPMENT,
    TEST;

    /** By a hash of the name, so that a new template moves no other: three fifths, one fifth, one fifth. */
    static Split of(String name) {
        int bucket = Math.floorMod(mixed(name), 5);
        return bucket < 3 ? TRAIN : bucket == 3 ? DEVELOPMENT : TEST;
    }

    private static int mixed(String name) {
        int hash = name.hashCode() * 0x9E3779B1;
        hash ^= hash >>> 15;
        hash *= 0x85EBCA6B;
        return hash ^ hash >>> 13;
    }
}
