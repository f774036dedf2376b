package io.plumbline.standalone;

/** A command cannot do what it was asked for. The message is one line: the value, and what was expected. */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /** A failure with exit code {@link ExitCodes#FAILED}. */
    public CommandException(String message) {
        this(message, ExitCodes.FAILED);
    }

    public CommandException(String message, int exitCode) {
        super(message);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }

    /** The message; never null, unlike a throwable's in general. */
    public String line() {
        return String.valueOf(getMessage());
    }
}
