package io.plumbline.console.search;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A suppression of the whole tenant. Empty clause, agent and workspace: any.
 *
 * @param id of the order
 * @param at when it was ordered
 * @param kind of deviation
 * @param highest severity word; what is more severe is not covered
 * @param owner who answers for it; {@code by} who ordered it
 * @param refused why the index job did not take it; empty: it counts
 */
public record SuppressionRow(
        String id,
        Instant at,
        String kind,
        String clause,
        String agent,
        String workspace,
        String highest,
        String owner,
        String by,
        String reason,
        Instant expires,
        String refused,
        Optional<End> end) {
    /** @param event id of the order that ended it */
    public record End(String event, Instant at, String by, String reason) {}

    /** refused, ended, expired, in force */
    public String state(Instant now) {
        if (!refused.isEmpty()) {
            return "refused";
        }
        if (end.isPresent()) {
            return "ended";
        }
        return expires.isBefore(now) ? "expired" : "in force";
    }

    public boolean isInForce(Instant now) {
        return state(now).equals("in force");
    }

    /** What it covers, in words. */
    public String scope() {
        List<String> parts = new ArrayList<>();
        parts.add(about(kind, clause));
        parts.add("up to " + highest);
        if (!agent.isEmpty()) {
            parts.add("of " + agent);
        }
        if (!workspace.isEmpty()) {
            parts.add("in " + workspace);
        }
        return String.join(", ", parts);
    }

    /** Kind and clause, which may begin with the kind, in words. */
    public static String about(String kind, String clause) {
        String spoken = kind.replace('_', ' ');
        if (clause.isEmpty()) {
            return spoken;
        }
        return clause.startsWith(spoken) ? clause : spoken + ", " + clause;
    }
}
