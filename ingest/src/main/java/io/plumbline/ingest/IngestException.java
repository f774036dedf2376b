package io.plumbline.ingest;

import org.jspecify.annotations.Nullable;

/** Ingest cannot start. The message is one line with the offending and the expected value. */
public final class IngestException extends Exception {
    private static final long serialVersionUID = 1L;

    IngestException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
