package io.plumbline.console.search;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;

/** The search copy did not answer, or answered with an error or with what makes no sense. Nothing is known about what was asked. */
public final class SearchUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SearchUnavailableException(String what, Throwable cause) {
        super(what, cause);
    }

    /** Whether the store answered that it does not keep what was asked for any longer. */
    public boolean isForgotten() {
        return getCause() instanceof ElasticsearchException told && told.status() == 404;
    }
}
