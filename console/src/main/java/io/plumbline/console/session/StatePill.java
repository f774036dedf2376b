package io.plumbline.console.session;

import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.OrderInFlight;
import io.plumbline.console.search.SessionSummary.RefusedOrder;
import io.plumbline.console.text.VisibleText;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * The state of a session in words. Only what the runtime confirmed is called a state; what is on its way is called requested (a person
 * asked) or ordered (the watcher told the host). What the host has not done says the host's reason.
 *
 * @param tone plain, ice, bad, warn
 */
public record StatePill(String text, String tone) {
    /** A host confirms within a second; nobody waits for one that is gone. */
    public static final Duration OVERDUE = Duration.ofSeconds(15);

    /**
     * @param sent an order of this page that the log acknowledged and the search copy may not have yet: freeze, thaw or kill
     */
    public static StatePill of(SessionSummary session, Optional<OrderInFlight> sent, Instant now) {
        String state = confirmed(session);
        Optional<OrderInFlight> ordered = session.ordered();
        Optional<OrderInFlight> requested = session.requested().or(() -> sent);
        if (ordered.isPresent()
                && requested
                        .filter(order -> !order.action().equals(ordered.get().action()))
                        .isEmpty()) {
            return waiting(state, ordered.get(), "ordered", now);
        }
        if (requested.isPresent()) {
            return waiting(state, requested.get(), "requested", now);
        }
        if (session.refused().isPresent()) {
            RefusedOrder refused = session.refused().get();
            return new StatePill(
                    state + " · " + refused.action() + " refused: " + VisibleText.line(refused.reason(), 200), "bad");
        }
        return switch (session.state()) {
            case "frozen" -> new StatePill("❄ " + state + after(session), "ice");
            case "killed", "failed" -> new StatePill(state + after(session), "bad");
            default -> new StatePill(state, "plain");
        };
    }

    private static StatePill waiting(String state, OrderInFlight order, String step, Instant now) {
        boolean overdue = order.at().map(at -> at.isBefore(now.minus(OVERDUE))).orElse(false);
        return overdue
                ? new StatePill(state + " · " + order.action() + " " + step + ", FAILED to be confirmed", "bad")
                : new StatePill(state + " · " + order.action() + " " + step + ", not confirmed", "warn");
    }

    /** Whether it changes by time alone: what waits becomes overdue. */
    public boolean isWaiting() {
        return tone.equals("warn");
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
