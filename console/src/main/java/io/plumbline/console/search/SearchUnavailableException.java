package io.plumbline.console.search;

/** The search copy did not answer, or answered with an error. Nothing is known about what was asked. */
public final class SearchUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SearchUnavailableException(String what, Throwable cause) {
        super(what, cause);
    }
}
