package io.plumbline.rules.hunt;

/** A rule has a part that the store cannot be asked for exactly. The message names it and says why. */
public final class ConversionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConversionException(String message) {
        super(message);
    }
}
