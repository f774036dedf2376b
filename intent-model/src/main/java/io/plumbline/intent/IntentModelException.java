package io.plumbline.intent;

/** The model, or a file it is made from, cannot be used; the message names what was found and what was expected. */
public final class IntentModelException extends Exception {
    public IntentModelException(String message) {
        super(message);
    }

    public IntentModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
