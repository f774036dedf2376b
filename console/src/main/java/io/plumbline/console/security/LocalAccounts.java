package io.plumbline.console.security;

import io.plumbline.console.people.Role;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;

/** The people of this console's tenant, as the configuration names them. Upper and lower case of a name are the same person. */
final class LocalAccounts implements UserDetailsService {
    private final Map<String, UserDetails> accounts = new HashMap<>();

    /** @param roles none: the person has no place in this tenant and cannot sign in */
    void add(String name, String passwordHash, Set<Role> roles) {
        if (!roles.isEmpty()
                && accounts.put(
                                key(name),
                                User.withUsername(name)
                                        .password(passwordHash)
                                        .authorities(SignedIn.authorities(roles))
                                        .build())
                        != null) {
            throw new IllegalArgumentException("user " + name + " (expected: a name that only one has)");
        }
    }

    Optional<UserDetails> account(String name) {
        return Optional.ofNullable(accounts.get(key(name)));
    }

    /** Empty for who is no longer there. */
    Set<Role> roles(String name) {
        return account(name)
                .map(account -> SignedIn.roles(account.getAuthorities()))
                .orElse(Set.of());
    }

    @Override
    public UserDetails loadUserByUsername(String name) {
        // A copy: Spring erases the password of what it is given.
        return account(name)
                .map(account -> User.withUserDetails(account).build())
                .orElseThrow(() -> new UsernameNotFoundException("no such account"));
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
