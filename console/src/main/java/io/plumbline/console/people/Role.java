package io.plumbline.console.people;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What a person is in a tenant. Nobody is anything in a tenant that is not named. */
public enum Role {
    VIEWER,
    ANALYST,
    APPROVER,
    RULE_ENGINEER,
    ADMIN;

    /** As it is written in the configuration: {@code rule-engineer}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * One role, or several with commas between.
     *
     * @throws IllegalArgumentException for another word, or none
     */
    public static Set<Role> parse(String words) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String word : words.split(",", -1)) {
            roles.add(Arrays.stream(values())
                    .filter(role -> role.word().equals(word.strip()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("role " + word.strip() + " (expected: "
                            + words(List.of(values()), " or ") + ", several with commas between)")));
        }
        return roles;
    }

    static String words(List<Role> roles, String between) {
        return roles.stream().map(Role::word).collect(Collectors.joining(between));
    }
}
