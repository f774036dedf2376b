package io.plumbline.sandbox.probe;

/**
 * The outcome of one check.
 *
 * @param check what was looked at, a few words
 * @param found what is there, one line
 * @param remedy what to do about it, one line; empty when nothing
 */
public record Finding(String check, Grade grade, String found, String remedy) {
    /** How bad it is. */
    public enum Grade {
        OK,
        /** It works, with something to know. */
        WARN,
        /** Sandboxes cannot run here as things are. */
        FAIL
    }

    static Finding ok(String check, String found) {
        return new Finding(check, Grade.OK, found, "");
    }

    static Finding warn(String check, String found, String remedy) {
        return new Finding(check, Grade.WARN, found, remedy);
    }

    static Finding fail(String check, String found, String remedy) {
        return new Finding(check, Grade.FAIL, found, remedy);
    }
}
