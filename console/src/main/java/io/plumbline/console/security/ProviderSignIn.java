package io.plumbline.console.security;

import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.people.ClaimMapping.RefusedException;
import io.plumbline.console.people.Person;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.SupplierClientRegistrationRepository;
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

    private final PlumblineProperties.Oidc settings;
    private final String tenant;
    private final LocalAccounts accounts;
    private final AuditLog audit;

    ProviderSignIn(PlumblineProperties.Oidc settings, String tenant, LocalAccounts accounts, AuditLog audit) {
        this.settings = settings;
        this.tenant = tenant;
        this.accounts = accounts;
        this.audit = audit;
    }

    void configure(HttpSecurity http) throws Exception {
        SavedRequestAwareAuthenticationSuccessHandler onward = new SavedRequestAwareAuthenticationSuccessHandler();
        SimpleUrlAuthenticationFailureHandler back = new SimpleUrlAuthenticationFailureHandler("/login?error");
        http.oauth2Login(login -> login.loginPage("/login")
                .clientRegistrationRepository(new SupplierClientRegistrationRepository(
                        () -> new InMemoryClientRegistrationRepository(registration())))
                .authenticationDetailsSource(SignInDetails::of)
                .userInfoEndpoint(endpoint -> endpoint.oidcUserService(this::user))
                .successHandler((request, response, signedIn) -> {
                    record(signedIn.getName(), "signed_in", request);
                    onward.onAuthenticationSuccess(request, response, signedIn);
                })
                .failureHandler((request, response, failure) -> {
                    // What went wrong may hold what the provider sent; its name is enough to look for.
                    LOG.warn("a sign-in with the identity provider is refused: {}", reason(failure));
                    record("(nobody's name)", "failed", request);
                    back.onAuthenticationFailure(request, response, failure);
                }));
    }

    private static String reason(AuthenticationException failure) {
        return failure instanceof OAuth2AuthenticationException told
                ? told.getError().getErrorCode() + " " + told.getError().getDescription()
                : failure.getClass().getSimpleName();
    }

    private void record(String person, String outcome, HttpServletRequest request) {
        audit.signIn(person, outcome, METHOD, SignInDetails.of(request).address(), 0, Optional.empty());
    }

    private ClientRegistration registration() {
        try {
            return ClientRegistrations.fromIssuerLocation(settings.issuer().toString())
                    .registrationId(PlumblineProperties.Oidc.REGISTRATION)
                    .clientId(settings.clientId())
                    .clientSecret(Files.readString(settings.clientSecretFile()).strip())
                    .scope(settings.scopes())
                    .userNameAttributeName(settings.nameClaim())
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From the ID token alone, which was verified before: issuer, audience, signature, expiry, nonce. */
    private OidcUser user(OidcUserRequest request) {
        try {
            Person person = settings.mapping()
                    .person(request.getIdToken().getClaims(), tenant, name -> accounts.account(name)
                            .isPresent());
            return new DefaultOidcUser(
                    SignedIn.authorities(person.roles()), request.getIdToken(), settings.nameClaim());
        } catch (RefusedException e) {
            throw new OAuth2AuthenticationException(
                    new OAuth2Error("access_denied", "who comes " + e.refusal().sentence(), null));
        }
    }
}
