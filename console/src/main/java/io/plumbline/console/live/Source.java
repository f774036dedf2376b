package io.plumbline.console.live;

import java.util.function.Consumer;

/**
 * What several pages look at together, read once for all of them.
 *
 * @param <S> what is known at one moment; immutable
 */
public interface Source<S> {
    /** The newest that is known. */
    S current();

    /** Tells the listener every change from now on; run the result to stop. */
    Runnable subscribe(Consumer<S> listener);
}
