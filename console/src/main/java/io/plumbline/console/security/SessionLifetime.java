package io.plumbline.console.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.springframework.web.filter.OncePerRequestFilter;

/** Ends sessions of pages that are older than they may be, however busy they are. */
final class SessionLifetime extends OncePerRequestFilter {
    private final Duration longest;
    private final Clock clock;

    SessionLifetime(Duration longest, Clock clock) {
        this.longest = longest;
        this.clock = clock;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        HttpSession session = request.getSession(false);
        try {
            if (session != null
                    && Instant.ofEpochMilli(session.getCreationTime())
                            .plus(longest)
                            .isBefore(clock.instant())) {
                session.invalidate();
            }
        } catch (IllegalStateException e) {
            logger.debug("another request has ended the session meanwhile", e);
        }
        chain.doFilter(request, response);
    }
}
