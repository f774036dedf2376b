package io.plumbline.console.session;

import io.plumbline.console.search.SessionSummary;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * The state of a session in words. Only what the runtime confirmed is called a state; what is on its way is called requested (a person
 * asked) or ordered (the watcher told the host).
 *
 * @param tone plain, ice, bad, warn
 */
public record StatePill(String text, String tone) {
    /**
     * @param sent an order of this page that the log acknowledged and the search copy may not have yet: freeze, thaw or kill
     */
    public static StatePill of(SessionSummary session, Optional<String> sent) {
        String state = confirmed(session);
        Optional<String> ordered = session.ordered().map(SessionSummary.OrderInFlight::action);
        Optional<String> requested =
                session.requested().map(SessionSummary.OrderInFlight::action).or(() -> sent);
        if (ordered.isPresent()
                && requested.filter(action -> !action.equals(ordered.get())).isEmpty()) {
            return new StatePill(state + " · " + ordered.get() + " ordered, not confirmed", "warn");
        }
        if (requested.isPresent()) {
            return new StatePill(state + " · " + requested.get() + " requested, not confirmed", "warn");
        }
        return switch (session.state()) {
            case "frozen" -> new StatePill("❄ " + state + after(session), "ice");
            case "killed", "failed" -> new StatePill(state + after(session), "bad");
            default -> new StatePill(state, "plain");
        };
    }

    /** The confirmed state, capitalised. */
    public static String confirmed(SessionSummary session) {
        String state = session.state();
        return state.isEmpty() ? "Unknown" : state.substring(0, 1).toUpperCase(Locale.ROOT) + state.substring(1);
    }

    private static String after(SessionSummary session) {
        return session.latency()
                .map(latency -> " · confirmed after " + milliseconds(latency))
                .orElse(" · confirmed");
    }

    static String milliseconds(Duration duration) {
        double ms = duration.toNanos() / 1e6;
        return ms < 10 ? String.format(Locale.ROOT, "%.1f ms", ms) : Math.round(ms) + " ms";
    }
}
