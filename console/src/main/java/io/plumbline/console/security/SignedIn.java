package io.plumbline.console.security;

import io.plumbline.console.people.Person;
import io.plumbline.console.people.Role;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;

/** The person behind the current request, and how roles stand in Spring's terms. */
public final class SignedIn {
    private static final String PREFIX = "ROLE_";

    private SignedIn() {}

    /** Without a name and roles when nobody is signed in. */
    public static Person person() {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        return authentication == null
                ? new Person("", Set.of())
                : new Person(authentication.getName(), roles(authentication.getAuthorities()));
    }

    /** Whether a provider vouches for the person; local passwords, codes and tokens are not theirs. */
    public static boolean byProvider() {
        return SecurityContextHolder.getContext().getAuthentication() instanceof OAuth2AuthenticationToken;
    }

    static String method(Authentication authentication) {
        return authentication instanceof OAuth2AuthenticationToken ? "oidc" : "password";
    }

    static Set<Role> roles(Collection<? extends GrantedAuthority> authorities) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (Role role : Role.values()) {
            if (authorities.stream().anyMatch(granted -> (PREFIX + role.name()).equals(granted.getAuthority()))) {
                roles.add(role);
            }
        }
        return roles;
    }

    static List<GrantedAuthority> authorities(Set<Role> roles) {
        return roles.stream()
                .sorted()
                .<GrantedAuthority>map(role -> new SimpleGrantedAuthority(PREFIX + role.name()))
                .toList();
    }
}
