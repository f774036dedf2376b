package io.plumbline.console.people;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.EventIds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tokens and second factors of people, and the names of those whom an identity provider vouches for, kept in one file that only the console's user reads. Of a token it has the SHA-256; the secret of a
 * second factor has to be known to check its codes and stands there as it is.
 */
public final class AccessStore {
    /** Longest life of a token. */
    public static final Duration LONGEST_LIFE = Duration.ofDays(365);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern TOKEN = Pattern.compile("plb_([0-9a-f]{8})_[0-9a-f]{64}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,40}");
    private static final int MAX_TOKENS = 500;
    private static final int MAX_TOKENS_OF_ONE = 20;
    private static final int TOKEN_BYTES = 32;

    /** People of an identity provider that one console knows. */
    private static final int MAX_BOUND = 10_000;

    /** The last use is written down at most once in so long. */
    private static final Duration USE_STEP = Duration.ofMinutes(1);

    private final Optional<Path> file;
    private final IntFunction<byte[]> secrets;
    private final List<Token> tokens = new ArrayList<>();
    private final List<Factor> factors = new ArrayList<>();
    private final List<Bound> bound = new ArrayList<>();

    /**
     * Without its secret.
     *
     * @param id 8 hex digits, part of what its holder sends
     * @param sha256 of what its holder sends
     * @param roles words of {@link Role}; what it may is never more than its owner may
     * @param expires, lastUse, created ISO-8601; lastUse empty: never
     */
    public record Token(
            String id,
            String owner,
            String name,
            String tenant,
            String sha256,
            List<String> roles,
            String created,
            String expires,
            String lastUse) {
        public Token {
            roles = List.copyOf(roles);
        }

        @JsonIgnore
        public boolean isExpired(Instant now) {
            return !now.isBefore(Instant.parse(expires));
        }

        Token usedAt(Instant now) {
            return new Token(id, owner, name, tenant, sha256, roles, created, expires, now.toString());
        }
    }

    /** @param lastStep of the newest code that was used; it is not taken again */
    record Factor(String person, String secret, long lastStep) {}

    /**
     * A person of an identity provider and the one name that the person has here.
     *
     * @param subject issuer and subject of the provider's tokens, which it never gives to somebody else
     */
    record Bound(String subject, String name) {}

    record Content(
            List<Token> tokens,
            List<Factor> factors,
            @Nullable List<Bound> bound) {
        Content {
            bound = Objects.requireNonNullElse(bound, List.of());
        }
    }

    /** A new token, and what its holder has to send; nobody can be told it again. */
    public record Created(Token token, String secret) {}

    /** What cannot be done, one sentence. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String sentence) {
            super(sentence);
        }
    }

    /**
     * @param secrets gives so many random bytes
     * @throws IOException when the file is there and is not of this class
     */
    public AccessStore(Optional<Path> file, IntFunction<byte[]> secrets) throws IOException {
        this.file = file;
        this.secrets = secrets;
        if (file.isPresent() && Files.exists(file.get())) {
            try {
                Content content = JSON.readValue(file.get().toFile(), Content.class);
                tokens.addAll(content.tokens());
                factors.addAll(content.factors());
                bound.addAll(Objects.requireNonNull(content.bound()));
            } catch (JsonProcessingException e) {
                // Its text is not told: it holds secrets.
                throw new IOException("plumbline.people-file: " + file.get() + " (expected: tokens and factors)");
            }
        }
    }

    /**
     * @param life at most {@link #LONGEST_LIFE}
     * @param roles at least one; each of them the owner has
     * @throws RefusedException when it cannot be
     */
    public synchronized Created create(
            Person owner, String name, Set<Role> roles, String tenant, Duration life, Instant now)
            throws RefusedException, IOException {
        if (!NAME.matcher(name).matches()) {
            throw new RefusedException("The name of a token has 1 to 40 letters, digits, dots, dashes or underscores.");
        }
        if (roles.isEmpty() || !covered(owner.roles()).containsAll(roles)) {
            throw new RefusedException("A token may be what you are in this tenant, or less.");
        }
        if (life.isNegative() || life.isZero() || life.compareTo(LONGEST_LIFE) > 0) {
            throw new RefusedException("A token ends within " + LONGEST_LIFE.toDays() + " days.");
        }
        List<Token> kept = new ArrayList<>(tokens);
        kept.removeIf(token -> token.isExpired(now));
        if (kept.size() >= MAX_TOKENS
                || kept.stream()
                                .filter(token -> token.owner().equals(owner.name()))
                                .count()
                        >= MAX_TOKENS_OF_ONE) {
            throw new RefusedException("There are " + MAX_TOKENS_OF_ONE + " tokens of yours, or " + MAX_TOKENS
                    + " of everybody, already.");
        }
        if (kept.stream()
                .anyMatch(token ->
                        token.owner().equals(owner.name()) && token.name().equals(name))) {
            throw new RefusedException("You have a token of this name already.");
        }
        byte[] random = secrets.apply(TOKEN_BYTES + 4);
        String id = HexFormat.of().formatHex(random, TOKEN_BYTES, TOKEN_BYTES + 4);
        String secret = "plb_" + id + "_" + HexFormat.of().formatHex(random, 0, TOKEN_BYTES);
        Token token = new Token(
                id,
                owner.name(),
                name,
                tenant,
                EventIds.sha256Hex(secret),
                roles.stream().sorted().map(Role::word).toList(),
                now.toString(),
                now.plus(life).toString(),
                "");
        kept.add(token);
        keep(kept, factors);
        return new Created(token, secret);
    }

    /** Roles whose permissions these roles have all of: an admin may make a token of any role. */
    private static Set<Role> covered(Set<Role> roles) {
        Person person = new Person("", roles);
        Set<Role> covered = EnumSet.noneOf(Role.class);
        for (Role role : Role.values()) {
            Person other = Person.of("", role);
            boolean less = true;
            for (Permission permission : Permission.values()) {
                less &= person.may(permission) || !other.may(permission);
            }
            if (less) {
                covered.add(role);
            }
        }
        return covered;
    }

    /** What a token's holder may: its roles, without those that its owner does not cover any more. */
    public static Set<Role> rolesOf(Token token, Set<Role> ownersRoles) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        token.roles().forEach(word -> roles.addAll(Role.parse(word)));
        roles.retainAll(covered(ownersRoles));
        return roles;
    }

    /**
     * Keeps a person of an identity provider and the name together from the first sign-in on: who changes the name at the provider does
     * not become a second person here, and nobody takes the name of another one.
     *
     * @param subject issuer and subject of the provider's token
     * @return false: the person has another name here, another person has the name, or there is no room
     */
    public synchronized boolean bind(String subject, String name) throws IOException {
        for (Bound known : bound) {
            if (known.subject().equals(subject) || known.name().equals(name)) {
                return known.subject().equals(subject) && known.name().equals(name);
            }
        }
        if (bound.size() >= MAX_BOUND) {
            return false;
        }
        bound.add(new Bound(subject, name));
        try {
            keep(tokens, factors);
        } catch (IOException e) {
            bound.removeLast();
            throw e;
        }
        return true;
    }

    public synchronized List<Token> tokens() {
        return List.copyOf(tokens);
    }

    /** @return the token that is no more; empty: there was none */
    public synchronized Optional<Token> revoke(String id) throws IOException {
        Optional<Token> revoked =
                tokens.stream().filter(token -> token.id().equals(id)).findFirst();
        if (revoked.isPresent()) {
            keep(tokens.stream().filter(token -> !token.id().equals(id)).toList(), factors);
        }
        return revoked;
    }

    /** The token that somebody sends; empty when there is none, it has expired, or it is of another tenant. */
    public synchronized Optional<Token> use(String sent, String tenant, Instant now) throws IOException {
        Matcher matcher = TOKEN.matcher(sent);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String id = matcher.group(1);
        byte[] sha256 = EventIds.sha256Hex(sent).getBytes(StandardCharsets.US_ASCII);
        Optional<Token> used = tokens.stream()
                .filter(token -> token.id().equals(id)
                        && MessageDigest.isEqual(token.sha256().getBytes(StandardCharsets.US_ASCII), sha256)
                        && token.tenant().equals(tenant)
                        && !token.isExpired(now))
                .findFirst();
        if (used.filter(token -> token.lastUse().isEmpty()
                        || Instant.parse(token.lastUse()).plus(USE_STEP).isBefore(now))
                .isPresent()) {
            keep(change(tokens, token -> token.id().equals(id), token -> token.usedAt(now)), factors);
        }
        return used;
    }

    /** A secret for a second factor that is not set yet. */
    public String freshSecret() {
        return Totp.base32(secrets.apply(Totp.SECRET_BYTES));
    }

    public synchronized boolean hasSecondFactor(String person) {
        return factors.stream().anyMatch(factor -> factor.person().equals(person));
    }

    /** Who has one. */
    public synchronized List<String> peopleWithSecondFactor() {
        return factors.stream().map(Factor::person).sorted().toList();
    }

    /**
     * Sets the second factor once its holder has shown that the codes fit.
     *
     * @return whether the code fits
     * @throws RefusedException when there is one already: whoever finds a screen that is open could put theirs in its place
     */
    public synchronized boolean setSecondFactor(String person, String secret, String code, Instant now)
            throws RefusedException, IOException {
        if (hasSecondFactor(person)) {
            throw new RefusedException("There is a second factor already; remove it first.");
        }
        OptionalLong step = Totp.accept(Totp.secret(secret), code, now, 0);
        if (step.isEmpty()) {
            return false;
        }
        List<Factor> changed = new ArrayList<>(factors);
        changed.add(new Factor(person, secret, step.getAsLong()));
        keep(tokens, changed);
        return true;
    }

    public synchronized void removeSecondFactor(String person) throws IOException {
        keep(
                tokens,
                factors.stream()
                        .filter(factor -> !factor.person().equals(person))
                        .toList());
    }

    /** Whether the code fits and was not used before; it is used up by that. */
    public synchronized boolean acceptCode(String person, String code, Instant now) throws IOException {
        for (Factor factor : factors) {
            if (factor.person().equals(person)) {
                OptionalLong step = Totp.accept(Totp.secret(factor.secret()), code, now, factor.lastStep());
                if (step.isEmpty()) {
                    return false;
                }
                Factor used = new Factor(person, factor.secret(), step.getAsLong());
                keep(tokens, change(factors, factor::equals, old -> used));
                return true;
            }
        }
        return false;
    }

    private static <T> List<T> change(List<T> all, Predicate<T> which, UnaryOperator<T> to) {
        return all.stream().map(one -> which.test(one) ? to.apply(one) : one).toList();
    }

    private void keep(List<Token> newTokens, List<Factor> newFactors) throws IOException {
        Content content = new Content(List.copyOf(newTokens), List.copyOf(newFactors), List.copyOf(bound));
        if (file.isPresent()) {
            Path directory = file.get().toAbsolutePath().getParent();
            Path fresh = Files.createTempFile(
                    directory,
                    ".people",
                    "",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(content));
            Files.move(fresh, file.get(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        tokens.clear();
        tokens.addAll(content.tokens());
        factors.clear();
        factors.addAll(content.factors());
    }
}
