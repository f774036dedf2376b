package io.plumbline.console.people;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who somebody is that an identity provider vouches for. Closed: without a name, a place in this tenant and a role that is known, nobody.
 *
 * @param nameClaim claim with the name that the console and its logs use
 * @param roleClaim claim with one word or a list of words
 * @param roles what a word of that claim stands for; a word that is not here stands for nothing
 * @param tenantClaim claim with one word or a list of words
 * @param tenants which tenant a word of that claim stands for; empty: the tenant of that name
 */
public record ClaimMapping(
        String nameClaim,
        String roleClaim,
        Map<String, Set<Role>> roles,
        String tenantClaim,
        Map<String, String> tenants) {
    /** As for local users: what stands in logs is legible. */
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}._@-]{1,64}");

    /** Words of one claim that are looked at. */
    private static final int MAX_WORDS = 200;

    public ClaimMapping {
        roles = Map.copyOf(roles);
        tenants = Map.copyOf(tenants);
    }

    /** Why somebody is nobody here. */
    public enum Refusal {
        NAME("has no name that can be used"),
        LOCAL_NAME("has the name of a local user"),
        OTHER_NAME("has another name here, or the name of somebody else"),
        TENANT("has no place in this tenant"),
        ROLE("has no role that is known here");

        private final String sentence;

        Refusal(String sentence) {
            this.sentence = sentence;
        }

        public String sentence() {
            return sentence;
        }
    }

    /** Nobody; the provider's word does not suffice. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        private final Refusal refusal;

        RefusedException(Refusal refusal) {
            super(refusal.sentence());
            this.refusal = refusal;
        }

        public Refusal refusal() {
            return refusal;
        }
    }

    /**
     * @param claims of a token that was verified
     * @param tenant of this console
     * @param isLocal whether a local user has a name
     */
    public Person person(Map<String, Object> claims, String tenant, Predicate<String> isLocal) throws RefusedException {
        if (!(claims.get(nameClaim) instanceof String name)
                || !NAME.matcher(name).matches()
                || name.equals("api")) {
            throw new RefusedException(Refusal.NAME);
        }
        if (isLocal.test(name)) {
            throw new RefusedException(Refusal.LOCAL_NAME);
        }
        boolean here = words(claims.get(tenantClaim)).stream()
                .map(word -> tenants.isEmpty() ? word : tenants.getOrDefault(word, ""))
                .anyMatch(tenant::equals);
        if (!here) {
            throw new RefusedException(Refusal.TENANT);
        }
        Set<Role> granted = EnumSet.noneOf(Role.class);
        words(claims.get(roleClaim)).forEach(word -> granted.addAll(roles.getOrDefault(word, Set.of())));
        if (granted.isEmpty()) {
            throw new RefusedException(Refusal.ROLE);
        }
        return new Person(name, granted);
    }

    private static List<String> words(@Nullable Object claim) {
        if (claim instanceof String word) {
            return List.of(word);
        }
        return claim instanceof Collection<?> list
                ? list.stream()
                        .limit(MAX_WORDS)
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList()
                : List.of();
    }
}
