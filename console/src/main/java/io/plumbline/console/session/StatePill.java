package io.plumbline.console.session;

import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.OrderInFlight;
import io.plumbline.console.text.VisibleText;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * The state of a session in words. Only what the runtime confirmed is called a state; what is on its way is called requested (a person
 * asked) or ordered (the watcher told the host).
 *
 * @param tone plain, ice, bad, warn
 */
public record StatePill(String text, String tone) {
    /** A host confirms within a second; nobody waits for one that is gone. */
    private static final Duration OVERDUE = Duration.ofSeconds(15);

    /**
     * @param sent an order of this page that the log acknowledged and the search copy may not have yet: freeze, thaw or kill
     */
    public static StatePill of(SessionSummary session, Optional<String> sent) {
        String state = confirmed(session);
        Optional<String> ordered = session.ordered().map(OrderInFlight::action);
        Optional<String> requested =
                session.requested().map(OrderInFlight::action).or(() -> sent);
        if (ordered.isPresent()
                && requested.filter(action -> !action.equals(ordered.get())).isEmpty()) {
            return waiting(state, ordered.get(), "ordered", session.ordered().flatMap(OrderInFlight::at));
        }
        if (requested.isPresent()) {
            return waiting(
                    state, requested.get(), "requested", session.requested().flatMap(OrderInFlight::at));
        }
        return switch (session.state()) {
            case "frozen" -> new StatePill("❄ " + state + after(session), "ice");
            case "killed", "failed" -> new StatePill(state + after(session), "bad");
            default -> new StatePill(state, "plain");
        };
    }

    private static StatePill waiting(String state, String action, String step, Optional<Instant> since) {
        boolean overdue =
                since.map(at -> at.isBefore(Instant.now().minus(OVERDUE))).orElse(false);
        return overdue
                ? new StatePill(state + " · " + action + " " + step + ", FAILED to be confirmed", "bad")
                : new StatePill(state + " · " + action + " " + step + ", not confirmed", "warn");
    }

    /** The confirmed state, capitalised. */
    public static String confirmed(SessionSummary session) {
        String state = session.state();
        return state.isEmpty() ? "Unknown" : state.substring(0, 1).toUpperCase(Locale.ROOT) + state.substring(1);
    }

    private static String after(SessionSummary session) {
        return session.latency()
                        .map(latency -> " · confirmed " + milliseconds(latency) + " later")
                        .orElse(" · confirmed")
                + (session.host().isEmpty() ? "" : " by " + VisibleText.line(session.host(), 40));
    }

    static String milliseconds(Duration duration) {
        double ms = duration.toNanos() / 1e6;
        return ms < 10 ? String.format(Locale.ROOT, "%.1f ms", ms) : Math.round(ms) + " ms";
    }
}
