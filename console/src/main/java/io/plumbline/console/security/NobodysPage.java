package io.plumbline.console.security;

import com.vaadin.flow.internal.CurrentInstance;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * A request begins as nobody's. A server thread that was made while a page was served inherits that page's session, and the security
 * context is looked for there first: without this the next request on the thread could be taken for the page's person.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class NobodysPage extends OncePerRequestFilter {
    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        CurrentInstance.clearAll();
        chain.doFilter(request, response);
    }
}
