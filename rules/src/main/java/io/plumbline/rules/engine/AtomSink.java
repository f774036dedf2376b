package io.plumbline.rules.engine;

/** Takes the atoms that an event makes true. */
interface AtomSink {
    /** The atoms are true. */
    void set(int[] atoms);
}
