package io.plumbline.sandbox.session;

import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What a call makes of one file.
 *
 * @param path where it leaves something, absolute as seen inside; empty: it names none
 * @param source the file that it is made of; the same one unless it is moved
 * @param whole whether what is left does not depend on what was there
 * @param effect by the source's content as it was, of at most {@link FileContent#MAX}; so is every step in between
 */
record FileEdit(String path, String source, boolean whole, Function<FileContent, Effect> effect) {
    /**
     * @param after what is left
     * @param form in which contents of the file are compared, {@code after} included
     */
    record Effect(FileContent after, UnaryOperator<FileContent> form) {
        /** Compared as it is. */
        static Effect of(FileContent after) {
            return new Effect(after, UnaryOperator.identity());
        }
    }

    /** Of which nothing can be said, whatever is there. */
    static FileEdit unknown(String path, String why) {
        return new FileEdit(path, path, false, before -> Effect.of(FileContent.unknown(why)));
    }
}
