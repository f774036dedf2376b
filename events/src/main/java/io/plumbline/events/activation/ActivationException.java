package io.plumbline.events.activation;

/** An activation that cannot be taken; the message names what was found and what was expected. */
public final class ActivationException extends Exception {
    private static final long serialVersionUID = 1L;

    public ActivationException(String message) {
        super(message);
    }
}
