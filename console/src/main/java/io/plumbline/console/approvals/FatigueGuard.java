package io.plumbline.console.approvals;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Slows down who approves without reading: after a streak of quick approvals, and after many in a short time, the next approval opens
 * later. Denying is never slowed down. Remembers the last {@link #REMEMBERED} decisions of a person until the console stops.
 */
public final class FatigueGuard {
    static final int REMEMBERED = 40;
    static final int STREAK = 10;
    static final int QUICK_OF_STREAK = 9;
    static final Duration QUICK = Duration.ofSeconds(5);
    static final int RATE = 15;
    static final Duration RATE_WINDOW = Duration.ofMinutes(10);
    static final Duration STREAK_PAUSE = Duration.ofSeconds(3);
    static final Duration RATE_PAUSE = Duration.ofSeconds(10);

    private final Map<String, Deque<Decided>> people = new HashMap<>();

    /** @param shown when the person saw the bytes */
    public record Decided(Instant shown, Instant at, boolean approved) {
        boolean quick() {
            return Duration.between(shown, at).compareTo(QUICK) < 0;
        }
    }

    /** @param sentence says why, without the time that is left */
    public record Pause(Duration length, String sentence) {}

    public synchronized void decided(String person, Decided decision) {
        Deque<Decided> recent = people.computeIfAbsent(person, name -> new ArrayDeque<>());
        recent.addLast(decision);
        if (recent.size() > REMEMBERED) {
            recent.removeFirst();
        }
    }

    /** How long the next approval of this person stays closed after it is shown. */
    public synchronized Optional<Pause> pause(String person, Instant now) {
        return pause(List.copyOf(people.getOrDefault(person, new ArrayDeque<>())), now);
    }

    /** @param recent oldest first */
    static Optional<Pause> pause(List<Decided> recent, Instant now) {
        long inWindow = recent.stream()
                .filter(Decided::approved)
                .filter(decision -> decision.at().isAfter(now.minus(RATE_WINDOW)))
                .count();
        if (inWindow >= RATE) {
            return Optional.of(new Pause(
                    RATE_PAUSE, "You approved " + inWindow + " in the last " + RATE_WINDOW.toMinutes() + " minutes."));
        }
        List<Decided> last = recent.subList(Math.max(0, recent.size() - STREAK), recent.size());
        long quick = last.stream()
                .filter(decision -> decision.approved() && decision.quick())
                .count();
        return quick >= QUICK_OF_STREAK
                ? Optional.of(new Pause(
                        STREAK_PAUSE,
                        "You approved " + quick + " of the last " + last.size() + " in under " + QUICK.toSeconds()
                                + " s."))
                : Optional.empty();
    }
}
