package io.plumbline.console.orders;

import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.search.CauseRow;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.SuppressionOrdered;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A suppression for all sessions of the tenant.
 *
 * @param scope what it covers
 * @param reason at most {@link Orders#MAX_REASON} characters
 * @param until at most {@link TriageDecision#LONGEST_SUPPRESSION} from now
 */
public record TenantSuppression(Scope scope, String reason, Instant until) {
    /** Kinds that a whole tenant can do without; what was not seen is none of them. */
    public static final List<String> KINDS =
            List.of("unannounced", "out_of_policy", "off_plan", "rule", "false_report", "cross_session");

    /** Critical alerts always wait for somebody. */
    public static final List<String> SEVERITIES = List.of("informational", "low", "medium", "high");

    /** Characters of clause, agent and workspace, each. */
    static final int MAX_SCOPE = 4_096;

    /** Kinds that say too little without the rule. */
    private static final List<String> OF_A_RULE = List.of("rule", "cross_session");

    /**
     * @param kind one of {@link #KINDS}
     * @param clause the whole clause; empty: any
     * @param agent empty: any
     * @param workspace empty: any
     * @param highest one of {@link #SEVERITIES}
     */
    public record Scope(String kind, String clause, String agent, String workspace, String highest) {
        /**
         * What is like this cause; empty when such alerts cannot be suppressed for a whole tenant.
         *
         * @param workspace of its session
         */
        public static Optional<Scope> like(CauseRow cause, String workspace) {
            return KINDS.contains(cause.kind()) && SEVERITIES.contains(cause.severity())
                    ? Optional.of(new Scope(cause.kind(), cause.clause(), cause.agent(), workspace, cause.severity()))
                    : Optional.empty();
        }
    }

    Optional<Outcome> objection(Instant now) {
        Optional<Outcome> wrong = Orders.wrongReason(reason);
        if (wrong.isPresent()) {
            return wrong;
        }
        if (!KINDS.contains(scope.kind())) {
            return refused("kind: '" + scope.kind() + "' (expected: one of " + String.join(", ", KINDS) + ")");
        }
        if (!SEVERITIES.contains(scope.highest())) {
            return refused("highest: '" + scope.highest() + "' (expected: one of " + String.join(", ", SEVERITIES)
                    + "; critical alerts always wait for somebody)");
        }
        if (OF_A_RULE.contains(scope.kind()) && scope.clause().isBlank()) {
            return refused("clause: empty (expected: the rule, as the alert names it)");
        }
        for (String part : List.of(scope.clause(), scope.agent(), scope.workspace())) {
            if (part.length() > MAX_SCOPE) {
                return refused("clause, agent or workspace: " + part.length() + " characters (expected: at most "
                        + MAX_SCOPE + ")");
            }
        }
        boolean bounded = until.isAfter(now) && !until.isAfter(now.plus(TriageDecision.LONGEST_SUPPRESSION));
        return bounded ? Optional.empty() : refused("A suppression ends within 90 days.");
    }

    private static Optional<Outcome> refused(String explanation) {
        return Optional.of(new Refused(Refusal.WORD, explanation));
    }

    /** @param person who orders it and answers for it */
    SuppressionOrdered order(String person) {
        return SuppressionOrdered.newBuilder()
                .setKind(named(DeviationKind.values(), scope.kind()))
                .setClause(scope.clause())
                .setAgent(scope.agent())
                .setWorkspace(scope.workspace())
                .setHighest(named(Severity.values(), scope.highest()))
                .setOwner(person)
                .setOrderedBy(person)
                .setReason(reason.strip())
                .setExpiresNs(ControlEvents.nanoseconds(until))
                .build();
    }

    private static <E extends Enum<E>> E named(E[] all, String word) {
        return Arrays.stream(all)
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow();
    }
}
