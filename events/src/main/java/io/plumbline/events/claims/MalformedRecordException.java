package io.plumbline.events.claims;

import org.jspecify.annotations.Nullable;

/** A body that an agent sent is not what it should be: no JSON, no protobuf, too deep, too large. */
public final class MalformedRecordException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
