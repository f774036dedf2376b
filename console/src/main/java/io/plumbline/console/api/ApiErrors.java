package io.plumbline.console.api;

import io.plumbline.console.search.SearchUnavailableException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Every failure of the API as {@code {"error":status,"message":sentence}}, never with a stack trace. */
@RestControllerAdvice(basePackageClasses = ApiErrors.class)
class ApiErrors {
    private static final Logger LOG = LoggerFactory.getLogger(ApiErrors.class);

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> refused(ApiException e) {
        return answer(e.status(), String.valueOf(e.getMessage()));
    }

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> unavailable(SearchUnavailableException e) {
        LOG.warn("the search copy does not answer: {}", String.valueOf(e.getCause()));
        return answer(HttpStatus.SERVICE_UNAVAILABLE, "The search copy does not answer.");
    }

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> other(Exception e) {
        if (e instanceof ErrorResponse known) {
            HttpStatus status = HttpStatus.valueOf(known.getStatusCode().value());
            return answer(status, status.getReasonPhrase());
        }
        if (e instanceof HttpMessageNotReadableException || e instanceof TypeMismatchException) {
            return answer(HttpStatus.BAD_REQUEST, "The request could not be read.");
        }
        LOG.error("an API request failed", e);
        return answer(HttpStatus.INTERNAL_SERVER_ERROR, "The request failed; the console's log says why.");
    }

    private static ResponseEntity<Map<String, Object>> answer(HttpStatus status, String sentence) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_JSON)
                .body(Map.of("error", status.value(), "message", sentence));
    }
}
