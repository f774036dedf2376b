package io.plumbline.console;

import io.plumbline.console.people.ClaimMapping;
import io.plumbline.console.people.Role;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of the console, {@code plumbline.*}. A name that is not listed here fails the start.
 *
 * @param elasticsearchUrl base URL of the search copy
 * @param elasticsearchApiKeyFile file with an Elasticsearch API key in its encoded form; absent when the cluster asks for none
 * @param kafkaBootstrap host:port pairs of the log, comma separated
 * @param kafka further properties of the Kafka clients ({@code plumbline.kafka.security-protocol} is written as Kafka names it:
 *     {@code plumbline.kafka[security.protocol]})
 * @param tenant the tenant that this console shows; every question and order carries it
 * @param adminPasswordFile file with the password of the user {@code admin}; read once at the start
 * @param adminPasswordHash hash of that password, {@code {bcrypt}$2...} or {@code {pbkdf2@SpringSecurity_v5_8}...}; instead of the file
 * @param users further local users
 * @param apiTokenFile file with the bearer token of {@code /api/v1}; absent: the API answers 401 to everybody
 * @param policyKeyFile PEM with the Ed25519 private and public key that revised policies are signed with; absent: none are
 * @param viewsFile JSON file that saved views are kept in; absent: they last until the console stops
 * @param apiTokenRoles what the holder of that token may, roles with commas between
 * @param peopleFile JSON file that tokens and second factors of people are kept in, read by the console alone; absent: they last until the
 *     console stops
 * @param sessionLifetime after which a person signs in again, however busy
 * @param rulesFourEyes whether it takes two people to put a rule set in force or back
 * @param oidc an identity provider that vouches for people; absent: there are local users alone
 */
@ConfigurationProperties(prefix = "plumbline", ignoreUnknownFields = false)
public record PlumblineProperties(
        @DefaultValue("http://127.0.0.1:9200") URI elasticsearchUrl,
        @Nullable Path elasticsearchApiKeyFile,
        @DefaultValue("127.0.0.1:9092") String kafkaBootstrap,
        @Nullable Map<String, String> kafka,
        @DefaultValue("local") String tenant,
        @Nullable Path adminPasswordFile,
        @Nullable String adminPasswordHash,
        @Nullable List<LocalUser> users,
        @Nullable Path apiTokenFile,
        @DefaultValue("admin") String apiTokenRoles,
        @Nullable Path policyKeyFile,
        @Nullable Path peopleFile,
        @DefaultValue("12h") Duration sessionLifetime,
        @Nullable Path viewsFile,
        @DefaultValue("false") boolean rulesFourEyes,
        @Nullable Oidc oidc) {
    public PlumblineProperties {
        kafka = kafka == null ? Map.of() : Map.copyOf(kafka);
        users = users == null ? List.of() : List.copyOf(users);
        if (tenant.isBlank() || tenant.contains("/")) {
            throw new IllegalArgumentException("plumbline.tenant: '" + tenant + "' (expected: a name without '/')");
        }
    }

    /** Properties of the Kafka clients beside the bootstrap servers. */
    public Map<String, String> kafkaClient() {
        return Objects.requireNonNullElse(kafka, Map.of());
    }

    /** Local users beside {@code admin}. */
    public List<LocalUser> localUsers() {
        return Objects.requireNonNullElse(users, List.of());
    }

    /**
     * @param issuer of the OpenID Connect provider, as its tokens name it; https, or a loopback address
     * @param clientSecretFile file with the secret that the provider gave to this console
     * @param scopes that are asked for, {@code openid} among them
     * @param nameClaim claim of the ID token with the person's name
     * @param roleClaim claim with a word, or a list of words, that {@code roles} knows
     * @param roles by such a word: {@link Role#parse roles}, commas between
     * @param tenantClaim claim with a word, or a list of words; one of them has to stand for this console's tenant
     * @param tenants by such a word: a tenant; absent: a word is the tenant's name
     */
    public record Oidc(
            URI issuer,
            String clientId,
            Path clientSecretFile,
            @DefaultValue({"openid", "profile"}) List<String> scopes,
            @DefaultValue("preferred_username") String nameClaim,
            @DefaultValue("roles") String roleClaim,
            Map<String, String> roles,
            @DefaultValue("tenant") String tenantClaim,
            @Nullable Map<String, String> tenants) {
        /** In the addresses of the flow. */
        public static final String REGISTRATION = "provider";

        private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

        public Oidc {
            Objects.requireNonNull(issuer, "plumbline.oidc.issuer: missing");
            Objects.requireNonNull(clientId, "plumbline.oidc.client-id: missing");
            Objects.requireNonNull(clientSecretFile, "plumbline.oidc.client-secret-file: missing");
            Objects.requireNonNull(roles, "plumbline.oidc.roles: missing");
            if (issuer.getHost() == null
                    || (!"https".equals(issuer.getScheme()) && !LOOPBACK.contains(issuer.getHost()))) {
                throw new IllegalArgumentException(
                        "plumbline.oidc.issuer: " + issuer + " (expected: an https address)");
            }
            if (!scopes.contains("openid")) {
                throw new IllegalArgumentException(
                        "plumbline.oidc.scopes: " + scopes + " (expected: openid among them)");
            }
            if (roles.isEmpty()) {
                throw new IllegalArgumentException("plumbline.oidc.roles: none (expected: at least one)");
            }
            scopes = List.copyOf(scopes);
            roles = Map.copyOf(roles);
            tenants = tenants == null ? Map.of() : Map.copyOf(tenants);
            roles.values().forEach(Role::parse);
        }

        /** What people know the provider by. */
        public String host() {
            return Objects.requireNonNullElse(issuer.getHost(), "");
        }

        public ClaimMapping mapping() {
            Map<String, Set<Role>> parsed = new HashMap<>();
            roles.forEach((word, names) -> parsed.put(word, Role.parse(names)));
            return new ClaimMapping(
                    nameClaim, roleClaim, parsed, tenantClaim, Objects.requireNonNullElse(tenants, Map.of()));
        }
    }

    /**
     * @param passwordHash {@code {bcrypt}$2...} or {@code {pbkdf2@SpringSecurity_v5_8}...}; any other kind fails the start
     * @param role in the console's tenant: {@link Role#parse roles}, commas between
     * @param roles the same by tenant, for a list of users that consoles of several tenants share; a person without roles in the console's
     *     tenant cannot sign in
     */
    public record LocalUser(
            String name,
            String passwordHash,
            @Nullable String role,
            @Nullable Map<String, String> roles) {
        public LocalUser {
            if (name.equals("api") || name.startsWith("api:")) {
                throw new IllegalArgumentException("user " + name + " (expected: a name that is not the API's)");
            }
            if (!name.matches("[\\p{L}\\p{N}._@-]{1,64}")) {
                throw new IllegalArgumentException(
                        "user " + name + " (expected: 1 to 64 letters, digits, dots, dashes, underscores or @)");
            }
            roles = roles == null ? Map.of() : Map.copyOf(roles);
            if ((role == null) == roles.isEmpty()) {
                throw new IllegalArgumentException("user " + name + " (expected: role, or roles by tenant)");
            }
            if (role != null) {
                Role.parse(role);
            }
            roles.values().forEach(Role::parse);
        }

        /** What the person is there; empty: nothing. */
        public Set<Role> rolesIn(String tenant) {
            String words = role == null
                    ? Objects.requireNonNullElse(roles, Map.<String, String>of())
                            .get(tenant)
                    : role;
            return words == null ? Set.of() : Role.parse(words);
        }
    }
}
