package io.plumbline.jobs.index;

import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.SuppressionOrdered;
import io.plumbline.jobs.index.SessionState.Alert;
import io.plumbline.jobs.index.SessionState.Cause;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The suppressions of one tenant that count. Which alerts they cover depends on the alerts' own times and on which suppressions were
 * ended, not on when either is read: in any interleaving of the topics the same alerts end as suppressed. What a person decided about
 * an alert itself comes first.
 *
 * @param byId orders with their end, the oldest first
 */
record Suppressions(Map<String, Suppression> byId) {
    /** Orders that one tenant can have in force at once: a person reads the list. */
    static final int MAX_IN_FORCE = 200;

    /** Orders of one tenant that are remembered, with those that were ended or have expired: every subtask keeps them all. */
    static final int MAX_REMEMBERED = 2_000;

    private static final Comparator<Suppression> OLDEST = Comparator.<Suppression>comparingLong(
                    one -> one.ordered().getEventTimeNs())
            .thenComparing(one -> one.ordered().getId());

    static final Suppressions NONE = new Suppressions(Map.of());

    /** @param end empty while nobody ended it */
    record Suppression(Event ordered, Optional<Event> end) {
        private SuppressionOrdered order() {
            return ordered.getSuppressionOrdered();
        }

        boolean isInForce(long atNs) {
            return end.isEmpty() && order().getExpiresNs() >= atNs;
        }

        /** Whether it is about such alerts, whenever they are raised and however severe. */
        boolean concerns(SessionState state, Cause cause) {
            SuppressionOrdered order = order();
            return order.getKind().name().equals(cause.kind())
                    && anyOr(order.getClause(), cause.clause())
                    && anyOr(order.getAgent(), state.agent().name())
                    && anyOr(order.getWorkspace(), state.task().workspace());
        }

        private boolean covers(SessionState state, Cause cause, int severity, long raisedNs) {
            return isInForce(raisedNs)
                    && severity > 0
                    && severity <= order().getHighest().getNumber()
                    && concerns(state, cause);
        }

        private static boolean anyOr(String wanted, String value) {
            return wanted.isEmpty() || wanted.equals(value);
        }
    }

    /**
     * What an alert or a cause waits for.
     *
     * @param status open, acknowledged, a verdict or suppressed
     * @param suppressedBy id of the tenant's suppression that covers it; empty: none does
     */
    record Standing(String status, String suppressedBy) {
        boolean isOpen() {
            return status.equals(Triage.OPEN);
        }
    }

    Suppressions {
        Map<String, Suppression> sorted = new LinkedHashMap<>();
        byId.values().stream()
                .sorted(OLDEST)
                .forEach(one -> sorted.put(one.ordered().getId(), one));
        byId = sorted;
    }

    /** Whether an event orders a suppression of a whole tenant or ends one. */
    static boolean isAbout(Event event) {
        return event.hasSuppressionOrdered() || event.hasSuppressionEnded();
    }

    /** Why an order does not count; empty: it does. */
    Optional<String> objection(Event event) {
        SuppressionOrdered order = event.getSuppressionOrdered();
        long lasts = order.getExpiresNs() - event.getEventTimeNs();
        if (order.getOwner().isBlank() || order.getReason().isBlank()) {
            return Optional.of("a suppression needs owner and reason");
        }
        if (lasts <= 0 || lasts > Triage.MAX_SUPPRESSION_NS) {
            return Optional.of("a suppression lasts at most 90 days");
        }
        if (order.getHighest() == Severity.SEVERITY_UNSPECIFIED
                || order.getHighest() == Severity.CRITICAL
                || order.getHighest() == Severity.UNRECOGNIZED) {
            return Optional.of("a suppression covers alerts up to high; critical ones always wait for somebody");
        }
        Optional<String> kind = kindObjection(order.getKind(), order.getClause());
        if (kind.isPresent()) {
            return kind;
        }
        long inForce = byId.values().stream()
                .filter(one -> one.isInForce(event.getEventTimeNs()))
                .count();
        if (inForce >= MAX_IN_FORCE) {
            return Optional.of(inForce + " suppressions are in force (expected: fewer than " + MAX_IN_FORCE + ")");
        }
        int remembered = remembered(event.getEventTimeNs()).size();
        return remembered < MAX_REMEMBERED
                ? Optional.empty()
                : Optional.of(
                        remembered + " suppressions are remembered, with those that are over (expected: fewer than "
                                + MAX_REMEMBERED + ")");
    }

    /** Those that have expired so long before that sessions of their time are forgotten, too, are none. */
    private Map<String, Suppression> remembered(long nowNs) {
        Map<String, Suppression> remembered = new LinkedHashMap<>(byId);
        remembered.values().removeIf(one -> one.order().getExpiresNs() + SessionState.RETENTION.toNanos() < nowNs);
        return remembered;
    }

    private static Optional<String> kindObjection(DeviationKind kind, String clause) {
        return switch (kind) {
            case DEVIATION_UNSPECIFIED, UNRECOGNIZED -> Optional.of("unknown kind");
            case TELEMETRY_GAP -> Optional.of("what was not seen is not suppressed for a whole tenant");
            case RULE, CROSS_SESSION ->
                clause.isBlank() ? Optional.of("a suppression of this kind names the rule") : Optional.empty();
            case UNANNOUNCED, OUT_OF_POLICY, OFF_PLAN, FALSE_REPORT -> Optional.empty();
        };
    }

    /**
     * What an order or an end does.
     *
     * @param changed what came into force or was ended; empty: nothing changes for any session
     * @param document what people are told about it; empty: nothing new
     */
    record Change(Suppressions after, Optional<Suppression> changed, Optional<IndexOperation> document) {}

    /** An order that was read before, and any end but the first, change nothing. */
    Change after(Event event) {
        return switch (event.getPayloadCase()) {
            case SUPPRESSION_ORDERED -> ordered(event);
            case SUPPRESSION_ENDED -> ended(event);
            default ->
                throw new IllegalArgumentException(
                        "payload: " + event.getPayloadCase() + " (expected: SUPPRESSION_ORDERED or SUPPRESSION_ENDED)");
        };
    }

    private Change ordered(Event event) {
        if (byId.containsKey(event.getId())) {
            return new Change(this, Optional.empty(), Optional.empty());
        }
        Optional<String> objection = objection(event);
        Optional<IndexOperation> document = Optional.of(Documents.suppression(event, objection));
        if (objection.isPresent()) {
            return new Change(this, Optional.empty(), document);
        }
        Map<String, Suppression> next = remembered(event.getEventTimeNs());
        Suppression added = new Suppression(event, Optional.empty());
        next.put(event.getId(), added);
        return new Change(new Suppressions(next), Optional.of(added), document);
    }

    private Change ended(Event event) {
        String id = event.getSuppressionEnded().getSuppression();
        Suppression before = byId.get(id);
        if (before == null || before.end().isPresent()) {
            return new Change(this, Optional.empty(), Optional.empty());
        }
        Suppression over = new Suppression(before.ordered(), Optional.of(event));
        Map<String, Suppression> next = new LinkedHashMap<>(byId);
        next.put(id, over);
        return new Change(new Suppressions(next), Optional.of(over), Optional.of(Documents.suppressionEnd(event)));
    }

    /** What a session's documents have to say anew after such a change. */
    List<IndexOperation> consequences(Suppression changed, SessionState state) {
        return Documents.standing(state, cause -> changed.concerns(state, cause), this);
    }

    /** Likewise when the session's agent or workspace has become known. */
    List<IndexOperation> consequences(SessionState before, SessionState after) {
        boolean same = before.agent().name().equals(after.agent().name())
                && before.task().workspace().equals(after.task().workspace());
        return same || byId.isEmpty() ? List.of() : Documents.standing(after, cause -> true, this);
    }

    Standing standing(SessionState state, Alert alert) {
        return standing(state, state.cause(alert.cause()), alert.severity(), alert.atNs());
    }

    /**
     * Later alerts are covered by fewer decisions and severer ones by fewer suppressions, so it waits if any alert of it does. One that a
     * person opened again waits, too, when a suppression covers those after it.
     */
    Standing standing(SessionState state, Cause cause) {
        Standing last = standing(state, cause, cause.severity(), cause.lastNs());
        boolean reopened = !last.suppressedBy().isEmpty()
                && cause.triage()
                        .decided(cause.firstNs())
                        .filter(Triage.OPEN::equals)
                        .isPresent();
        return reopened ? new Standing(Triage.OPEN, "") : last;
    }

    private Standing standing(SessionState state, Cause cause, int severity, long raisedNs) {
        Optional<String> decided = cause.triage().decided(raisedNs);
        if (decided.isPresent()) {
            return new Standing(decided.get(), "");
        }
        return byId.values().stream()
                .filter(one -> one.covers(state, cause, severity, raisedNs))
                .findFirst()
                .map(one -> new Standing(Triage.SUPPRESSED, one.ordered().getId()))
                .orElseGet(() -> new Standing(Triage.OPEN, ""));
    }
}
