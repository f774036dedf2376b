package io.plumbline.console.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.console.people.ClaimMapping.RefusedException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClaimMappingTest {
    private static final ClaimMapping MAPPING = new ClaimMapping(
            "name",
            "groups",
            Map.of("soc", Set.of(Role.ANALYST, Role.APPROVER), "look", Set.of(Role.VIEWER)),
            "org",
            Map.of("acme-inc", "acme"));
    private static final Map<String, Object> GOOD =
            Map.of("name", "cleo", "groups", List.of("soc", "golf"), "org", "acme-inc");

    @Test
    void whoHasANameATenantAndARoleIsSomebody() throws Exception {
        assertThat(person(GOOD)).isEqualTo(Person.of("cleo", Role.ANALYST, Role.APPROVER));
        assertThat(person(with("groups", "look")).roles()).containsExactly(Role.VIEWER);
        assertThat(person(with("org", List.of("other", "acme-inc"))).name()).isEqualTo("cleo");
    }

    @Test
    void aClaimThatIsMissingOrUnknownMakesNobody() {
        refused(without("name"), ClaimMapping.Refusal.NAME);
        refused(with("name", "api"), ClaimMapping.Refusal.NAME);
        refused(with("name", "api:bea:token"), ClaimMapping.Refusal.NAME);
        refused(with("name", List.of("cleo")), ClaimMapping.Refusal.NAME);
        refused(with("name", "Bea"), ClaimMapping.Refusal.LOCAL_NAME);
        refused(without("org"), ClaimMapping.Refusal.TENANT);
        // The word is mapped; the tenant's own name is not one of the provider's words.
        refused(with("org", "acme"), ClaimMapping.Refusal.TENANT);
        refused(without("groups"), ClaimMapping.Refusal.ROLE);
        refused(with("groups", List.of("golf", "admin")), ClaimMapping.Refusal.ROLE);
        refused(with("groups", Map.of("soc", true)), ClaimMapping.Refusal.ROLE);
    }

    @Test
    void withoutATableOfTenantsTheWordIsTheTenant() throws Exception {
        ClaimMapping plain = new ClaimMapping("name", "groups", MAPPING.roles(), "org", Map.of());
        assertThat(plain.person(with("org", "acme"), "acme", name -> false).name())
                .isEqualTo("cleo");
        assertThatThrownBy(() -> plain.person(GOOD, "acme", name -> false)).isInstanceOf(RefusedException.class);
    }

    private static void refused(Map<String, Object> claims, ClaimMapping.Refusal refusal) {
        assertThatThrownBy(() -> person(claims))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.refusal()).isEqualTo(refusal));
    }

    private static Person person(Map<String, Object> claims) throws RefusedException {
        return MAPPING.person(claims, "acme", name -> name.equalsIgnoreCase("bea"));
    }

    private static Map<String, Object> with(String claim, Object value) {
        Map<String, Object> claims = new HashMap<>(GOOD);
        claims.put(claim, value);
        return claims;
    }

    private static Map<String, Object> without(String claim) {
        Map<String, Object> claims = new HashMap<>(GOOD);
        claims.remove(claim);
        return claims;
    }
}
