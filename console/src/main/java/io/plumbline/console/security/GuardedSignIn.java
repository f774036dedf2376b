package io.plumbline.console.security;

import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.people.AccessStore;
import io.plumbline.console.people.SignInGuard;
import io.plumbline.console.people.SignInGuard.Failure;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;

/**
 * Passwords and second factors behind the guard. Whatever is wrong (name, password, code, lock), the answer is the same; the audit log has
 * which.
 */
final class GuardedSignIn implements AuthenticationProvider {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedSignIn.class);

    private final AuthenticationProvider passwords;
    private final LocalAccounts accounts;
    private final AccessStore access;
    private final SignInGuard guard;
    private final AuditLog audit;
    private final Clock clock;

    GuardedSignIn(
            AuthenticationProvider passwords,
            LocalAccounts accounts,
            AccessStore access,
            SignInGuard guard,
            AuditLog audit,
            Clock clock) {
        this.passwords = passwords;
        this.accounts = accounts;
        this.access = access;
        this.guard = guard;
        this.audit = audit;
        this.clock = clock;
    }

    /** One at a time: many tries at once would all be made before the first of them is counted. */
    @Override
    public synchronized Authentication authenticate(Authentication tried) throws AuthenticationException {
        SignInDetails details = SignInDetails.of(tried);
        Instant now = clock.instant();
        String account = accounts.account(tried.getName())
                .map(known -> known.getUsername())
                // As for accounts that are there: else other letters would tell which are.
                .orElse(tried.getName().toLowerCase(Locale.ROOT));
        if (guard.locked(account, details.address(), now).isPresent()) {
            throw refused();
        }
        try {
            Authentication signedIn = passwords.authenticate(tried);
            if (signedIn == null) {
                throw refused();
            }
            boolean twoFactors = access.hasSecondFactor(signedIn.getName());
            if (twoFactors && !access.acceptCode(signedIn.getName(), details.code(), now)) {
                throw refused();
            }
            int unseen = guard.succeeded(account, now);
            audit.signIn(
                    signedIn.getName(),
                    "signed_in",
                    twoFactors ? "password_and_code" : "password",
                    details.address(),
                    unseen,
                    Optional.empty());
            return signedIn;
        } catch (IOException e) {
            LOG.warn("a code could not be marked as used; nobody signs in with it: {}", e.toString());
            throw refused();
        } catch (AuthenticationException e) {
            Failure failure = guard.failed(account, details.address(), now);
            // A name that nobody has may be a password in the wrong field.
            audit.signIn(
                    accounts.account(account).isPresent() ? account : "(nobody's name)",
                    failure.lockedUntil().isPresent() ? "locked" : "failed",
                    details.code().isEmpty() ? "password" : "password_and_code",
                    details.address(),
                    failure.refusedUnseen(),
                    failure.lockedUntil());
            throw refused();
        }
    }

    private static BadCredentialsException refused() {
        return new BadCredentialsException("refused");
    }

    @Override
    public boolean supports(Class<?> authentication) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(authentication);
    }
}
