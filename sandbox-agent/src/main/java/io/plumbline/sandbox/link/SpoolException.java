package io.plumbline.sandbox.link;

import org.jspecify.annotations.Nullable;

/** An event could not be kept on disk. Whoever publishes must treat the session as unwatched. */
public final class SpoolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SpoolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
