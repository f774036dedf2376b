package io.plumbline.console.people;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.people.SignInGuard.Failure;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SignInGuardTest {
    private static final Instant T0 = Instant.parse("2026-01-02T03:04:05Z");

    private final SignInGuard guard = new SignInGuard();

    private Failure fail(int times, String account, String address, Instant now) {
        Failure last = guard.failed(account, address, now);
        for (int i = 1; i < times; i++) {
            last = guard.failed(account, address, now);
        }
        return last;
    }

    @Test
    void locksTheAccountAfterFiveFailuresForAMinute() {
        assertThat(fail(4, "ana", "a", T0).lockedUntil()).isEmpty();
        assertThat(guard.locked("ana", "a", T0)).isEmpty();
        assertThat(fail(1, "ana", "a", T0).lockedUntil()).contains(T0.plusSeconds(60));
        assertThat(guard.locked("ana", "b", T0.plusSeconds(59))).contains(T0.plusSeconds(60));
        assertThat(guard.locked("ana", "b", T0.plusSeconds(60))).isEmpty();
        assertThat(guard.locked("bea", "a", T0)).isEmpty();
    }

    @Test
    void eachFurtherFailureLocksTwiceAsLongUpToAQuarterOfAnHour() {
        fail(5, "ana", "a", T0);
        Instant now = T0.plusSeconds(60);
        assertThat(fail(1, "ana", "a", now).lockedUntil()).contains(now.plusSeconds(120));
        fail(10, "ana", "b", now);
        assertThat(guard.locked("ana", "c", now)).contains(now.plus(Duration.ofMinutes(15)));
    }

    @Test
    void aNameThatNobodyHasIsLockedAlike() {
        fail(5, "no such person", "a", T0);
        assertThat(guard.locked("no such person", "b", T0)).isPresent();
    }

    @Test
    void locksAnAddressThatTriesManyNames() {
        for (int i = 0; i < SignInGuard.ADDRESS_FAILURES; i++) {
            assertThat(guard.locked("name-" + i, "a", T0)).isEmpty();
            guard.failed("name-" + i, "a", T0);
        }
        assertThat(guard.locked("ana", "a", T0)).isPresent();
        assertThat(guard.locked("ana", "b", T0)).isEmpty();
    }

    @Test
    void signingInForgetsTheAccountsFailuresAndNotThoseOfTheAddress() {
        for (int i = 0; i < SignInGuard.ADDRESS_FAILURES; i++) {
            guard.failed("name-" + i, "a", T0);
            guard.succeeded("mine", T0);
        }
        assertThat(guard.locked("ana", "a", T0)).isPresent();
        fail(4, "bea", "b", T0);
        guard.succeeded("bea", T0);
        assertThat(fail(4, "bea", "b", T0).lockedUntil()).isEmpty();
    }

    @Test
    void tellsHowManyTriesWereNotLookedAt() {
        fail(5, "ana", "a", T0);
        guard.locked("ana", "a", T0);
        guard.locked("ana", "a", T0);
        assertThat(fail(1, "ana", "a", T0.plusSeconds(60)).refusedUnseen()).isEqualTo(2);
        guard.locked("ana", "a", T0.plusSeconds(61));
        assertThat(guard.succeeded("ana", T0.plusSeconds(300))).isEqualTo(1);
    }

    @Test
    void forgetsWhatIsLongAgo() {
        fail(4, "ana", "a", T0);
        assertThat(fail(1, "ana", "a", T0.plus(Duration.ofMinutes(61))).lockedUntil())
                .isEmpty();
    }

    @Test
    void isBoundedWhateverNamesAreTried() {
        for (int i = 0; i < 30_000; i++) {
            guard.failed("x".repeat(1_000) + i, "address-" + i, T0);
            guard.failed("name-" + i, "address-" + i, T0);
        }
        // Names are told apart by their first characters only.
        assertThat(guard.locked("x".repeat(1_000), "b", T0)).isPresent();
    }
}
