package io.plumbline.console.people;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.console.people.AccessStore.Created;
import io.plumbline.console.people.AccessStore.RefusedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessStoreTest {
    private static final Instant T0 = Instant.parse("2026-01-02T03:04:05Z");
    private static final Person BEA = Person.of("bea", Role.ANALYST);
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    private Path folder;

    private Path file = Path.of("");
    private final AtomicInteger seed = new AtomicInteger();

    @BeforeEach
    void place() {
        file = folder.resolve("people.json");
    }

    private AccessStore store() throws Exception {
        return new AccessStore(Optional.of(file), length -> {
            byte[] bytes = new byte[length];
            Arrays.fill(bytes, (byte) seed.incrementAndGet());
            return bytes;
        });
    }

    private static Created token(AccessStore store) throws Exception {
        return store.create(BEA, "ci", Set.of(Role.VIEWER), "acme", DAY, T0);
    }

    @Test
    void aPersonOfAProviderHasOneNameAlsoAfterARestart() throws Exception {
        assertThat(store().bind("https://id s-1", "cleo")).isTrue();

        AccessStore again = store();
        assertThat(again.bind("https://id s-1", "cleo")).isTrue();
        assertThat(again.bind("https://id s-1", "cleo.two")).isFalse();
        assertThat(again.bind("https://id s-2", "cleo")).isFalse();
        assertThat(again.bind("https://id s-2", "dana")).isTrue();
    }

    @Test
    void aTokenIsKeptAsAHashAndKnownAfterARestart() throws Exception {
        Created created = token(store());
        assertThat(Files.readString(file)).doesNotContain(created.secret());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(store().use(created.secret(), "acme", T0))
                .map(AccessStore.Token::owner)
                .contains("bea");
    }

    @Test
    void anotherTextAnotherTenantAndALaterTimeAreNoToken() throws Exception {
        AccessStore store = store();
        String secret = token(store).secret();
        assertThat(store.use(secret, "other", T0)).isEmpty();
        assertThat(store.use(secret, "acme", T0.plus(DAY))).isEmpty();
        assertThat(store.use(secret.substring(0, secret.length() - 1) + "0", "acme", T0))
                .isEmpty();
        assertThat(store.use(secret + "0", "acme", T0)).isEmpty();
        assertThat(store.use("", "acme", T0)).isEmpty();
        assertThat(store.use(secret, "acme", T0.plus(DAY).minusSeconds(1))).isPresent();
    }

    @Test
    void aRevokedTokenIsNone() throws Exception {
        AccessStore store = store();
        Created created = token(store);
        assertThat(store.revoke(created.token().id())).isPresent();
        assertThat(store.use(created.secret(), "acme", T0)).isEmpty();
        assertThat(store().use(created.secret(), "acme", T0)).isEmpty();
        assertThat(store.revoke(created.token().id())).isEmpty();
    }

    @Test
    void theLastUseIsKept() throws Exception {
        AccessStore store = store();
        String secret = token(store).secret();
        assertThat(store.tokens().getFirst().lastUse()).isEmpty();
        store.use(secret, "acme", T0.plusSeconds(5));
        store.use(secret, "acme", T0.plusSeconds(20));
        assertThat(store().tokens().getFirst().lastUse())
                .isEqualTo(T0.plusSeconds(5).toString());
        store.use(secret, "acme", T0.plusSeconds(90));
        assertThat(store().tokens().getFirst().lastUse())
                .isEqualTo(T0.plusSeconds(90).toString());
    }

    @Test
    void aTokenIsNeverMoreThanItsOwner() throws Exception {
        AccessStore store = store();
        assertThatThrownBy(() -> store.create(BEA, "ci", Set.of(Role.ADMIN), "acme", DAY, T0))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("or less");
        Created admin = store.create(Person.of("ana", Role.ADMIN), "ci", Set.of(Role.RULE_ENGINEER), "acme", DAY, T0);
        assertThat(AccessStore.rolesOf(admin.token(), Set.of(Role.ADMIN))).containsExactly(Role.RULE_ENGINEER);
        assertThat(AccessStore.rolesOf(admin.token(), Set.of(Role.ANALYST))).isEmpty();
        assertThat(AccessStore.rolesOf(admin.token(), Set.of())).isEmpty();
    }

    @Test
    void whatCannotBeIsToldInASentence() throws Exception {
        AccessStore store = store();
        token(store);
        assertThatThrownBy(() -> token(store)).hasMessageContaining("of this name");
        assertThatThrownBy(() -> store.create(BEA, "a b", Set.of(Role.VIEWER), "acme", DAY, T0))
                .hasMessageContaining("1 to 40");
        assertThatThrownBy(() -> store.create(BEA, "long", Set.of(Role.VIEWER), "acme", Duration.ofDays(366), T0))
                .hasMessageContaining("365 days");
        for (int i = 1; i < 20; i++) {
            store.create(BEA, "ci-" + i, Set.of(Role.VIEWER), "acme", DAY, T0);
        }
        assertThatThrownBy(() -> store.create(BEA, "more", Set.of(Role.VIEWER), "acme", DAY, T0))
                .hasMessageContaining("already");
        assertThat(store.create(BEA, "more", Set.of(Role.VIEWER), "acme", DAY, T0.plus(DAY))
                        .token()
                        .name())
                .isEqualTo("more");
    }

    @Test
    void aSecondFactorIsSetWithACodeAndACodeIsUsedOnceAlsoAfterARestart() throws Exception {
        AccessStore store = store();
        String secret = store.freshSecret();
        String code = Totp.code(Totp.secret(secret), T0);
        assertThat(store.setSecondFactor("bea", secret, "000000", T0)).isFalse();
        assertThat(store.hasSecondFactor("bea")).isFalse();
        assertThat(store.setSecondFactor("bea", secret, code, T0)).isTrue();
        assertThat(store.peopleWithSecondFactor()).containsExactly("bea");
        assertThatThrownBy(() -> store.setSecondFactor("bea", store.freshSecret(), code, T0))
                .isInstanceOf(AccessStore.RefusedException.class)
                .hasMessageContaining("remove it first");
        assertThat(store.acceptCode("bea", code, T0)).isFalse();
        Instant later = T0.plusSeconds(30);
        String next = Totp.code(Totp.secret(secret), later);
        assertThat(store.acceptCode("bea", next, later)).isTrue();
        assertThat(store().acceptCode("bea", next, later)).isFalse();
        assertThat(store().hasSecondFactor("bea")).isTrue();
        assertThat(store.acceptCode("nobody", next, later)).isFalse();
        store.removeSecondFactor("bea");
        assertThat(store().hasSecondFactor("bea")).isFalse();
    }

    @Test
    void aFileOfSomethingElseIsRefusedWithoutItsText() throws Exception {
        Files.writeString(file, "{\"tokens\": \"plb_secret\"}");
        assertThatThrownBy(this::store)
                .hasMessageContaining("expected: tokens and factors")
                .hasNoCause();
    }
}
