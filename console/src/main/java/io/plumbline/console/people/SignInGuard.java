package io.plumbline.console.people;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Slows down who tries passwords: counts failures by account and by address, and locks for a time. A name that nobody has is counted like
 * any other, so the lock says nothing about who exists. Bounded: the account or address that was idle longest is forgotten first.
 */
public final class SignInGuard {
    /** Failures in a row after which an account is locked. */
    public static final int ACCOUNT_FAILURES = 5;

    /** Likewise of an address, behind which several people may sit. */
    public static final int ADDRESS_FAILURES = 20;

    private static final Duration FIRST_LOCK = Duration.ofMinutes(1);
    private static final Duration LONGEST_LOCK = Duration.ofMinutes(15);

    /** Failures are forgotten when nothing was tried for so long. */
    private static final Duration MEMORY = Duration.ofHours(1);

    private static final int MAX_KNOWN = 10_000;
    private static final int MAX_NAME = 64;

    private final Map<String, Count> accounts = known();
    private final Map<String, Count> addresses = known();

    private record Count(int failures, int refusedUnseen, Instant last, Instant lockedUntil) {
        static final Count NONE = new Count(0, 0, Instant.EPOCH, Instant.EPOCH);
    }

    /**
     * What became of a failure.
     *
     * @param lockedUntil present when this failure locked the account or the address
     * @param refusedUnseen attempts on the account that were refused because of locks since its last failure that was looked at
     */
    public record Failure(Optional<Instant> lockedUntil, int refusedUnseen) {}

    /** Until when nothing that comes from there is looked at; counts the attempt as refused. Empty: it may be tried. */
    public synchronized Optional<Instant> locked(String account, String address, Instant now) {
        Count byAccount = count(accounts, account, now);
        Instant end =
                later(byAccount.lockedUntil(), count(addresses, address, now).lockedUntil());
        if (!end.isAfter(now)) {
            return Optional.empty();
        }
        // A locked address may try any number of names; they must not push out accounts that are locked.
        if (byAccount.failures() > 0) {
            accounts.put(
                    key(account),
                    new Count(
                            byAccount.failures(),
                            byAccount.refusedUnseen() + 1,
                            byAccount.last(),
                            byAccount.lockedUntil()));
        }
        return Optional.of(end);
    }

    public synchronized Failure failed(String account, String address, Instant now) {
        Count before = count(accounts, account, now);
        Instant end =
                later(fail(accounts, account, ACCOUNT_FAILURES, now), fail(addresses, address, ADDRESS_FAILURES, now));
        return new Failure(Optional.of(end).filter(now::isBefore), before.refusedUnseen());
    }

    /**
     * Forgets the account's failures; those of the address stay, so that an own account does not buy tries at others.
     *
     * @return attempts on the account that were refused unseen
     */
    public synchronized int succeeded(String account, Instant now) {
        int unseen = count(accounts, account, now).refusedUnseen();
        accounts.remove(key(account));
        return unseen;
    }

    private static Instant fail(Map<String, Count> counts, String name, int allowed, Instant now) {
        Count before = count(counts, name, now);
        int failures = before.failures() + 1;
        Instant end = Instant.EPOCH;
        if (failures >= allowed) {
            // Twice as long for each further failure.
            Duration lock = FIRST_LOCK.multipliedBy(1L << Math.min(failures - allowed, 10));
            end = now.plus(lock.compareTo(LONGEST_LOCK) < 0 ? lock : LONGEST_LOCK);
        }
        counts.put(key(name), new Count(failures, 0, now, end));
        return end;
    }

    private static Count count(Map<String, Count> counts, String name, Instant now) {
        Count known = counts.getOrDefault(key(name), Count.NONE);
        return known.last().plus(MEMORY).isAfter(now) ? known : Count.NONE;
    }

    private static String key(String name) {
        return name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Map<String, Count> known() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Count> eldest) {
                return size() > MAX_KNOWN;
            }
        };
    }
}
