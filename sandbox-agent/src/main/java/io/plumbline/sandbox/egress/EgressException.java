package io.plumbline.sandbox.egress;

import org.jspecify.annotations.Nullable;

/** The proxy cannot be opened; the session must not start. One line with the offending and the expected value. */
public final class EgressException extends Exception {
    private static final long serialVersionUID = 1L;

    EgressException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
