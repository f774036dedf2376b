package io.plumbline.console.security;

import com.vaadin.flow.server.VaadinServiceInitListener;
import com.vaadin.flow.server.WrappedSession;
import com.vaadin.flow.spring.security.VaadinSecurityConfigurer;
import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.people.AccessStore;
import io.plumbline.console.people.AccessStore.Token;
import io.plumbline.console.people.Person;
import io.plumbline.console.people.Role;
import io.plumbline.console.people.SignInGuard;
import io.plumbline.console.ui.LoginView;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.dao.DaoAuthenticationProvider;
import org.springframework.security.authentication.event.LogoutSuccessEvent;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.session.HttpSessionDestroyedEvent;
import org.springframework.security.web.session.HttpSessionEventPublisher;

/** Two doors: the API under a bearer token without a session, and the pages under a login with one. */
@Configuration
@EnableWebSecurity
class SecurityConfiguration {
    /** Attribute of a session whose person pressed the button. */
    private static final String LEFT = "plumbline.left";

    private static final Logger LOG = LoggerFactory.getLogger(SecurityConfiguration.class);

    @Bean
    @Order(1)
    SecurityFilterChain api(
            HttpSecurity http,
            PlumblineProperties properties,
            LocalAccounts accounts,
            AccessStore access,
            Clock clock,
            ObjectProvider<SecurityContextHolderStrategy> contexts)
            throws Exception {
        String token = properties.apiTokenFile() == null
                ? ""
                : Files.readString(properties.apiTokenFile()).strip();
        return http.securityMatcher("/api/**")
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                // No cookie is looked at here, so there is nothing to forge.
                .csrf(csrf -> csrf.disable())
                .requestCache(cache -> cache.disable())
                .addFilterBefore(
                        new BearerTokenFilter(
                                token,
                                Role.parse(properties.apiTokenRoles()),
                                sent -> access.use(sent, properties.tenant(), clock.instant())
                                        .map(own -> holder(own, accounts.roles(own.owner()))),
                                contexts.getIfAvailable(SecurityContextHolder::getContextHolderStrategy)),
                        AnonymousAuthenticationFilter.class)
                .authorizeHttpRequests(requests -> requests.anyRequest().hasRole("API"))
                .exceptionHandling(errors -> errors.authenticationEntryPoint(BearerTokenFilter::unauthorized))
                .build();
    }

    /** What a token does is marked as done over the API: it proves nobody's presence. */
    private static Person holder(Token token, Set<Role> ownersRoles) {
        return new Person("api:" + token.owner() + ":" + token.name(), AccessStore.rolesOf(token, ownersRoles));
    }

    @Bean
    @Order(2)
    SecurityFilterChain probes(HttpSecurity http) throws Exception {
        return http.securityMatcher("/readyz", "/livez")
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .csrf(csrf -> csrf.disable())
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .build();
    }

    @Bean
    @Order(3)
    SecurityFilterChain pages(
            HttpSecurity http,
            PlumblineProperties properties,
            LocalAccounts accounts,
            AccessStore access,
            AuditLog audit,
            Clock clock)
            throws Exception {
        http.authorizeHttpRequests(requests -> requests
                // An error keeps its status instead of becoming a way to the login.
                .dispatcherTypeMatchers(DispatcherType.ERROR)
                .permitAll()
                .requestMatchers(
                        "/soc.css",
                        "/soc-timeline.js",
                        "/soc-chart.js",
                        "/soc-keys.js",
                        "/soc-notify.js",
                        "/plumbline.svg",
                        "/favicon.ico",
                        "/lumo/**",
                        "/aura/**")
                .permitAll());
        http.with(VaadinSecurityConfigurer.vaadin(), vaadin -> vaadin.loginView(LoginView.class));
        if (properties.oidc() != null) {
            new ProviderSignIn(properties.oidc(), properties.tenant(), accounts, access, audit, clock).configure(http);
        }
        return http.logout(logout -> logout.addLogoutHandler((request, response, authentication) -> {
                    HttpSession session = request.getSession(false);
                    if (session != null) {
                        session.setAttribute(LEFT, true);
                    }
                }))
                .formLogin(login -> login.authenticationDetailsSource(SignInDetails::of))
                .addFilterBefore(
                        new SessionLifetime(properties.sessionLifetime(), clock), SecurityContextHolderFilter.class)
                .build();
    }

    @Bean
    PasswordEncoder passwordEncoder() {
        return PasswordHashes.encoder();
    }

    @Bean
    LocalAccounts accounts(PlumblineProperties properties, PasswordEncoder encoder) throws IOException {
        LocalAccounts accounts = new LocalAccounts();
        String hash = adminHash(properties, encoder);
        if (hash.isEmpty()) {
            LOG.warn("neither plumbline.admin-password-file nor plumbline.admin-password-hash is set: there is no"
                    + " admin");
        } else {
            accounts.add("admin", hash, Set.of(Role.ADMIN));
        }
        for (PlumblineProperties.LocalUser user : properties.localUsers()) {
            accounts.add(
                    user.name(),
                    PasswordHashes.checked("user " + user.name() + ": password-hash", user.passwordHash()),
                    user.rolesIn(properties.tenant()));
        }
        return accounts;
    }

    @Bean
    SignInGuard signInGuard() {
        return new SignInGuard();
    }

    @Bean
    AuthenticationProvider signIn(
            LocalAccounts accounts,
            PasswordEncoder encoder,
            AccessStore access,
            SignInGuard guard,
            AuditLog audit,
            Clock clock) {
        DaoAuthenticationProvider passwords = new DaoAuthenticationProvider(accounts);
        passwords.setPasswordEncoder(encoder);
        return new GuardedSignIn(passwords, accounts, access, guard, audit, clock);
    }

    /** Somebody left by the button. */
    @Bean
    ApplicationListener<LogoutSuccessEvent> signOuts(AuditLog audit) {
        return left -> audit.signIn(
                left.getAuthentication().getName(),
                "signed_out",
                SignedIn.method(left.getAuthentication()),
                SignInDetails.of(left.getAuthentication()).address(),
                0,
                Optional.empty());
    }

    @Bean
    HttpSessionEventPublisher sessionEvents() {
        return new HttpSessionEventPublisher();
    }

    /** A page that nobody touches asks the server for nothing but whether it is there. Its sign-in ends with it. */
    @Bean
    VaadinServiceInitListener idlePages() {
        return starting -> starting.getSource().addSessionDestroyListener(ended -> {
            WrappedSession session = ended.getSession().getSession();
            try {
                if (session != null) {
                    session.invalidate();
                }
            } catch (IllegalStateException e) {
                LOG.debug("the session has ended before its pages", e);
            }
        });
    }

    /** A session ended by time; of one that somebody left the log has that already, and a console that stops ends no person's shift. */
    @Bean
    ApplicationListener<HttpSessionDestroyedEvent> sessionEnds(AuditLog audit, ConfigurableApplicationContext console) {
        return ended -> {
            if (ended.getSession().getAttribute(LEFT) != null || !console.isActive()) {
                return;
            }
            for (SecurityContext context : ended.getSecurityContexts()) {
                Authentication authentication = context.getAuthentication();
                if (authentication != null && authentication.isAuthenticated()) {
                    audit.signIn(
                            authentication.getName(),
                            "session_ended",
                            SignedIn.method(authentication),
                            SignInDetails.of(authentication).address(),
                            0,
                            Optional.empty());
                }
            }
        };
    }

    private static String adminHash(PlumblineProperties properties, PasswordEncoder encoder) throws IOException {
        if (properties.adminPasswordHash() != null) {
            return PasswordHashes.checked("plumbline.admin-password-hash", properties.adminPasswordHash());
        }
        if (properties.adminPasswordFile() == null) {
            return "";
        }
        String password = Files.readString(properties.adminPasswordFile()).strip();
        if (password.isEmpty()) {
            throw new IllegalStateException("plumbline.admin-password-file: the file is empty");
        }
        return String.valueOf(encoder.encode(password));
    }
}
