package io.plumbline.console.api;

import org.springframework.http.HttpStatus;

/** An answer that is not the one that was asked for: status and one sentence. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final HttpStatus status;

    ApiException(HttpStatus status, String sentence) {
        super(sentence, null, false, false);
        this.status = status;
    }

    static ApiException notFound(String sentence) {
        return new ApiException(HttpStatus.NOT_FOUND, sentence);
    }

    static ApiException badRequest(String sentence) {
        return new ApiException(HttpStatus.BAD_REQUEST, sentence);
    }

    HttpStatus status() {
        return status;
    }
}
