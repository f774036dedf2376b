package io.plumbline.console.security;

import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.people.Role;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Grants the role API, and the roles of the token, to requests that carry one: the console's own, or one that a person has made. Compared in
 * constant time. Without a configured token and tokens of people nobody gets in.
 */
final class BearerTokenFilter extends OncePerRequestFilter {
    private static final Logger LOG = LoggerFactory.getLogger(BearerTokenFilter.class);
    private static final String SCHEME = "Bearer ";
    private static final String ACTOR_HEADER = "X-Plumbline-Actor";

    private final byte[] token;
    private final Set<Role> tokenRoles;
    private final PeoplesTokens peoplesTokens;
    private final SecurityContextHolderStrategy contexts;

    /** Finds who acts with a token that a person has made. */
    interface PeoplesTokens {
        /** Empty: no such token, or no more. */
        Optional<Person> holder(String sent) throws IOException;
    }

    /**
     * @param token the console's own; empty: there is none
     * @param contexts where the other filters of the chain look for who is signed in
     */
    BearerTokenFilter(
            String token, Set<Role> tokenRoles, PeoplesTokens peoplesTokens, SecurityContextHolderStrategy contexts) {
        this.token = token.getBytes(StandardCharsets.UTF_8);
        this.tokenRoles = tokenRoles;
        this.peoplesTokens = peoplesTokens;
        this.contexts = contexts;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String header = request.getHeader("Authorization");
        if (header != null && header.startsWith(SCHEME)) {
            holder(header.substring(SCHEME.length()).strip(), request).ifPresent(this::signIn);
        }
        try {
            // The chain's first filter clears its own context when the request is over.
            chain.doFilter(request, response);
        } finally {
            SecurityContextHolder.clearContext();
        }
    }

    private Optional<Person> holder(String sent, HttpServletRequest request) {
        if (token.length > 0 && MessageDigest.isEqual(token, sent.getBytes(StandardCharsets.UTF_8))) {
            return Optional.of(new Person(actor(request.getHeader(ACTOR_HEADER)), tokenRoles));
        }
        try {
            // Who is nothing in this tenant any more looks at nothing.
            return peoplesTokens.holder(sent).filter(person -> person.may(Permission.VIEW));
        } catch (IOException e) {
            LOG.warn("the use of a token could not be written down; it is refused: {}", e.toString());
            return Optional.empty();
        }
    }

    private void signIn(Person person) {
        List<GrantedAuthority> authorities = new ArrayList<>(SignedIn.authorities(person.roles()));
        authorities.add(new SimpleGrantedAuthority("ROLE_API"));
        SecurityContext context = contexts.createEmptyContext();
        context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(person.name(), null, authorities));
        contexts.setContext(context);
        // Where SignedIn looks. Of several consoles in one process only the newest has the same place for both.
        SecurityContextHolder.setContext(context);
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
