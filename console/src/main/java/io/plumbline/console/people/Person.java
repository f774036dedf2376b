package io.plumbline.console.people;

import java.util.Set;

/**
 * Who acts.
 *
 * @param name of a local user; {@code api}, or {@code api:} and a name, when a token acts
 * @param roles in the console's tenant
 */
public record Person(String name, Set<Role> roles) {
    public Person {
        roles = Set.copyOf(roles);
    }

    public static Person of(String name, Role... roles) {
        return new Person(name, Set.of(roles));
    }

    public boolean may(Permission permission) {
        return permission.roles().stream().anyMatch(roles::contains);
    }
}
