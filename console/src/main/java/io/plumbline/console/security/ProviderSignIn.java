package io.plumbline.console.security;

import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.people.AccessStore;
import io.plumbline.console.people.ClaimMapping.Refusal;
import io.plumbline.console.people.ClaimMapping.RefusedException;
import io.plumbline.console.people.Person;
import io.plumbline.console.text.VisibleText;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.SupplierClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestRedirectFilter;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.authentication.SimpleUrlAuthenticationFailureHandler;

/**
 * Signing in with an OpenID Connect provider (OpenID Connect Core 1.0, authorization code flow with PKCE), beside local users. The provider
 * is asked for its metadata when somebody uses it first, so a console starts without it. Who is nobody here is told what a wrong password
 * is told; the audit log has the failure and the console's own log the reason.
 */
final class ProviderSignIn {
    private static final Logger LOG = LoggerFactory.getLogger(ProviderSignIn.class);
    private static final String METHOD = "oidc";
    private static final int MAX_REASON = 300;

    /** Anybody can call the way back from the provider; so many failures are written down in a minute, the rest is counted. */
    private static final int FAILURES_WRITTEN = 60;

    private final PlumblineProperties.Oidc settings;
    private final String tenant;
    private final LocalAccounts accounts;
    private final AccessStore access;
    private final AuditLog audit;
    private final Clock clock;
    private final String secret;
    private Instant minute = Instant.EPOCH;
    private int written;
    private int unwritten;

    /** @throws IOException when the client's secret cannot be read */
    ProviderSignIn(
            PlumblineProperties.Oidc settings,
            String tenant,
            LocalAccounts accounts,
            AccessStore access,
            AuditLog audit,
            Clock clock)
            throws IOException {
        this.access = access;
        this.settings = settings;
        this.tenant = tenant;
        this.accounts = accounts;
        this.audit = audit;
        this.clock = clock;
        this.secret = Files.readString(settings.clientSecretFile()).strip();
        if (secret.isEmpty()) {
            throw new IllegalStateException("plumbline.oidc.client-secret-file: the file is empty");
        }
    }

    void configure(HttpSecurity http) throws Exception {
        SavedRequestAwareAuthenticationSuccessHandler onward = new SavedRequestAwareAuthenticationSuccessHandler();
        SimpleUrlAuthenticationFailureHandler back = new SimpleUrlAuthenticationFailureHandler("/login?error");
        http.oauth2Login(login -> login.withObjectPostProcessor(
                        new ObjectPostProcessor<OAuth2AuthorizationRequestRedirectFilter>() {
                            @Override
                            public <F extends OAuth2AuthorizationRequestRedirectFilter> F postProcess(F way) {
                                way.setAuthenticationFailureHandler(ProviderSignIn::unreachable);
                                return way;
                            }
                        })
                .loginPage("/login")
                .clientRegistrationRepository(new SupplierClientRegistrationRepository(
                        () -> new InMemoryClientRegistrationRepository(registration())))
                .authenticationDetailsSource(SignInDetails::of)
                .userInfoEndpoint(endpoint -> endpoint.oidcUserService(this::user))
                .successHandler((request, response, signedIn) -> {
                    record(signedIn.getName(), "signed_in", request, 0);
                    onward.onAuthenticationSuccess(request, response, signedIn);
                })
                .failureHandler((request, response, failure) -> {
                    OptionalInt before = unwritten(clock.instant());
                    if (before.isPresent()) {
                        // What went wrong may hold what the provider, or whoever came, sent.
                        LOG.warn(
                                "a sign-in with the identity provider is refused: {}",
                                VisibleText.line(reason(failure), MAX_REASON));
                        record("(nobody's name)", "failed", request, before.getAsInt());
                    }
                    back.onAuthenticationFailure(request, response, failure);
                }));
    }

    /** The way to the provider could not be found: its metadata cannot be read, or say something else than what is configured. */
    private static void unreachable(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException failure)
            throws IOException {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        LOG.warn("the identity provider cannot be asked: {}", VisibleText.line(cause.toString(), MAX_REASON));
        response.sendRedirect(request.getContextPath() + "/login?provider");
    }

    private static String reason(AuthenticationException failure) {
        return failure instanceof OAuth2AuthenticationException told
                ? told.getError().getErrorCode() + " " + told.getError().getDescription()
                : failure.getClass().getSimpleName();
    }

    /** How many failures were not written down since the last one that was; empty: this one is not either. */
    private synchronized OptionalInt unwritten(Instant now) {
        if (!now.isBefore(minute.plus(Duration.ofMinutes(1)))) {
            minute = now;
            written = 0;
        }
        if (written >= FAILURES_WRITTEN) {
            unwritten++;
            return OptionalInt.empty();
        }
        written++;
        int before = unwritten;
        unwritten = 0;
        return OptionalInt.of(before);
    }

    private void record(String person, String outcome, HttpServletRequest request, int unseen) {
        audit.signIn(person, outcome, METHOD, SignInDetails.of(request).address(), unseen, Optional.empty());
    }

    private ClientRegistration registration() {
        return ClientRegistrations.fromIssuerLocation(settings.issuer().toString())
                .registrationId(PlumblineProperties.Oidc.REGISTRATION)
                .clientId(settings.clientId())
                .clientSecret(secret)
                .scope(settings.scopes())
                .userNameAttributeName(settings.nameClaim())
                .build();
    }

    /** From the ID token alone, which was verified before: issuer, audience, signature, expiry, nonce. */
    private OidcUser user(OidcUserRequest request) {
        try {
            Person person = settings.mapping()
                    .person(request.getIdToken().getClaims(), tenant, name -> accounts.account(name)
                            .isPresent());
            if (!access.bind(settings.issuer() + " " + request.getIdToken().getSubject(), person.name())) {
                throw refused(Refusal.OTHER_NAME);
            }
            return new DefaultOidcUser(
                    SignedIn.authorities(person.roles()), request.getIdToken(), settings.nameClaim());
        } catch (RefusedException e) {
            throw refused(e.refusal());
        } catch (IOException e) {
            LOG.error("who a person of the identity provider is cannot be kept", e);
            throw new OAuth2AuthenticationException(
                    new OAuth2Error("server_error", "the people file cannot be written", null));
        }
    }

    private static OAuth2AuthenticationException refused(Refusal refusal) {
        return new OAuth2AuthenticationException(
                new OAuth2Error("access_denied", "who comes " + refusal.sentence(), null));
    }
}
