package io.plumbline.console.security;

import com.vaadin.flow.spring.security.VaadinSecurityConfigurer;
import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.ui.LoginView;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextHolderStrategy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;

/** Two doors: the API under a bearer token without a session, and the pages under a login with one. */
@Configuration
@EnableWebSecurity
class SecurityConfiguration {
    private static final Logger LOG = LoggerFactory.getLogger(SecurityConfiguration.class);

    @Bean
    @Order(1)
    SecurityFilterChain api(
            HttpSecurity http, PlumblineProperties properties, ObjectProvider<SecurityContextHolderStrategy> contexts)
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
                                token, contexts.getIfAvailable(SecurityContextHolder::getContextHolderStrategy)),
                        AnonymousAuthenticationFilter.class)
                .authorizeHttpRequests(requests -> requests.anyRequest().hasRole("API"))
                .exceptionHandling(errors -> errors.authenticationEntryPoint(BearerTokenFilter::unauthorized))
                .build();
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
    SecurityFilterChain pages(HttpSecurity http) throws Exception {
        http.authorizeHttpRequests(requests -> requests
                // An error keeps its status instead of becoming a way to the login.
                .dispatcherTypeMatchers(DispatcherType.ERROR)
                .permitAll()
                .requestMatchers(
                        "/soc.css",
                        "/soc-timeline.js",
                        "/soc-keys.js",
                        "/soc-notify.js",
                        "/plumbline.svg",
                        "/favicon.ico",
                        "/lumo/**",
                        "/aura/**")
                .permitAll());
        return http.with(VaadinSecurityConfigurer.vaadin(), vaadin -> vaadin.loginView(LoginView.class))
                .build();
    }

    @Bean
    PasswordEncoder passwordEncoder() {
        return PasswordEncoderFactories.createDelegatingPasswordEncoder();
    }

    @Bean
    UserDetailsService users(PlumblineProperties properties, PasswordEncoder encoder) throws IOException {
        InMemoryUserDetailsManager users = new InMemoryUserDetailsManager();
        String hash = adminHash(properties, encoder);
        if (hash.isEmpty()) {
            LOG.warn(
                    "neither plumbline.admin-password-file nor plumbline.admin-password-hash is set: there is no admin");
        } else {
            users.createUser(User.withUsername("admin")
                    .password(hash)
                    .roles("ADMIN", "ANALYST")
                    .build());
        }
        for (PlumblineProperties.LocalUser user : properties.localUsers()) {
            String[] roles = user.role().equals("admin")
                    ? new String[] {"ADMIN", "ANALYST"}
                    : new String[] {user.role().toUpperCase(Locale.ROOT)};
            users.createUser(User.withUsername(user.name())
                    .password(user.passwordHash())
                    .roles(roles)
                    .build());
        }
        return users;
    }

    private static String adminHash(PlumblineProperties properties, PasswordEncoder encoder) throws IOException {
        if (properties.adminPasswordHash() != null) {
            return properties.adminPasswordHash();
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
