package io.plumbline.console.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Grants the role API to requests that carry the one token; compared in constant time. Without a configured token nobody gets in.
 */
final class BearerTokenFilter extends OncePerRequestFilter {
    private static final String SCHEME = "Bearer ";
    private static final String ACTOR_HEADER = "X-Plumbline-Actor";

    private final byte[] token;
    private final SecurityContextHolderStrategy contexts;

    /** @param contexts where the other filters of the chain look for who is signed in */
    BearerTokenFilter(String token, SecurityContextHolderStrategy contexts) {
        this.token = token.getBytes(StandardCharsets.UTF_8);
        this.contexts = contexts;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String header = request.getHeader("Authorization");
        if (token.length > 0
                && header != null
                && header.startsWith(SCHEME)
                && MessageDigest.isEqual(
                        token, header.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8))) {
            SecurityContext context = contexts.createEmptyContext();
            context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(
                    actor(request.getHeader(ACTOR_HEADER)), null, List.of(new SimpleGrantedAuthority("ROLE_API"))));
            contexts.setContext(context);
        }
        // The chain's first filter clears the context when the request is over.
        chain.doFilter(request, response);
    }

    /** The token speaks for whoever holds it; the header only says in whose name, and is marked as that. */
    private static String actor(@Nullable String name) {
        if (name == null || !name.matches("[A-Za-z0-9._@-]{1,64}")) {
            return "api";
        }
        return "api:" + name;
    }

    static void unauthorized(HttpServletRequest request, HttpServletResponse response, AuthenticationException error)
            throws IOException {
        response.setStatus(HttpServletResponse.SC_UNAUTHORIZED);
        response.setHeader("WWW-Authenticate", "Bearer");
        response.setContentType("application/json");
        response.getOutputStream()
                .write("{\"error\":\"unauthorized\",\"message\":\"A bearer token is required.\"}"
                        .getBytes(StandardCharsets.UTF_8));
    }
}
