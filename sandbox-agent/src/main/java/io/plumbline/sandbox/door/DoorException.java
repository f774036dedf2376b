package io.plumbline.sandbox.door;

import org.jspecify.annotations.Nullable;

/** The door cannot be opened; the session must not start. One line with the offending and the expected value. */
public final class DoorException extends Exception {
    private static final long serialVersionUID = 1L;

    DoorException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
