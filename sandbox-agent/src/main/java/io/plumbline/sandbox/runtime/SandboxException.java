package io.plumbline.sandbox.runtime;

/** A sandbox runtime could not do what it was asked for; the message says what was tried and what it answered. */
public final class SandboxException extends Exception {
    private static final long serialVersionUID = 1L;

    public SandboxException(String message) {
        super(message);
    }

    public SandboxException(String message, Throwable cause) {
        super(message, cause);
    }
}
