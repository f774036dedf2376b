package io.plumbline.console.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PermissionTest {
    /** Written down a second time, so that nobody changes the table by accident. */
    private static final Map<Role, Set<Permission>> EXPECTED = new EnumMap<>(Map.of(
            Role.VIEWER, EnumSet.of(Permission.VIEW),
            Role.ANALYST,
                    EnumSet.of(
                            Permission.VIEW,
                            Permission.TRIAGE,
                            Permission.FREEZE,
                            Permission.TIGHTEN_POLICY,
                            Permission.UNMASK,
                            Permission.EXPORT_EVIDENCE),
            Role.APPROVER,
                    EnumSet.of(
                            Permission.VIEW,
                            Permission.FREEZE,
                            Permission.THAW,
                            Permission.TIGHTEN_POLICY,
                            Permission.DECIDE_APPROVALS),
            Role.RULE_ENGINEER,
                    EnumSet.of(
                            Permission.VIEW,
                            Permission.TIGHTEN_POLICY,
                            Permission.REVISE_POLICY,
                            Permission.CHANGE_RULES),
            Role.ADMIN, EnumSet.allOf(Permission.class)));

    @Test
    void eachRoleMayWhatTheTableSaysAndNothingElse() {
        for (Role role : Role.values()) {
            Set<Permission> may = EnumSet.noneOf(Permission.class);
            for (Permission permission : Permission.values()) {
                if (Person.of("x", role).may(permission)) {
                    may.add(permission);
                }
            }
            assertThat(may).as(role.word()).isEqualTo(EXPECTED.get(role));
        }
    }

    @Test
    void severalRolesAddUpAndNoneMayNothing() {
        Person both = new Person("bea", Role.parse("analyst, rule-engineer"));
        assertThat(both.may(Permission.TRIAGE)).isTrue();
        assertThat(both.may(Permission.CHANGE_RULES)).isTrue();
        assertThat(both.may(Permission.KILL)).isFalse();
        for (Permission permission : Permission.values()) {
            assertThat(new Person("", Set.of()).may(permission)).isFalse();
        }
    }

    @Test
    void aRefusalNamesTheRolesThatMay() {
        assertThat(Permission.KILL.refusal()).isEqualTo("Killing a session needs the role admin.");
        assertThat(Permission.DECIDE_APPROVALS.refusal())
                .isEqualTo("Deciding about approvals needs the role approver or admin.");
    }

    @Test
    void anotherWordIsNoRole() {
        for (String words : new String[] {"", "root", "ADMIN", "analyst,", "analyst;admin"}) {
            assertThatThrownBy(() -> Role.parse(words)).as(words).hasMessageContaining("expected: viewer or analyst");
        }
    }
}
